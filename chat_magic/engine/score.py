"""The function `score`: how likely a model is to answer with each of some texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.core.request.scoring import Scoring, read_candidates
from chat_magic.core.unset import UNSET
from chat_magic.engine.chat import start_answer
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.prepare import build_request, prepare_call, request_limits
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.prompt import Prompt

__all__ = ["score", "scoring_request", "with_logprobs"]

_ALTERNATIVES = 5
"""Alternatives of each token that a score has by default."""


def score(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt,
    candidates: Iterable[str],
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    end: bool = True,
    timeout: float | None = None,
    retries: int | None = None,
    extra: Mapping[str, Any] | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> ChatResult:
    """Return how likely a model is to answer with each of some texts, without sampling anything.

    Each text becomes a choice with the log probabilities of its tokens. These are the model's own,
    at temperature 1: no sampling parameter changes them. They are those of the usual tokens of the
    text: of the text itself, which other tokens could write too, they are a lower bound. A server
    repeats them only to about 1e-6 nats, in rare cases to a few tenths.

    It is exact on `local`, llama.cpp and vLLM, and on servers that echo a prompt. Other servers
    give bounds, by the alternatives of the first token. It costs at least a request for each text;
    where only bounds are known, one request for all.

    Args:
        messages: As for `chat`.
        candidates: The texts, all different. They continue a last assistant message.
        model: As for `chat`.
        after: As for `chat`.
        variables: Values for `{{ }}` in the messages; the texts have no templates.
        end: Whether `share` and `rank` are those of answers that end after the text, for which the
            probability of the end is asked too; if not, of answers that begin with it.
        timeout: Seconds that all may take together.
        retries: As for `chat`.
        extra: As for `chat`.
        history: As for `chat`.
        max_cost: As for `chat`.
        cache: As for `chat`.
        cassette: As for `chat`.
        **parameters: As for `chat`; those that the prompt is made from, such as `tools`, and
            `top_logprobs`, which is 5 by default.

    Raises:
        InvalidRequest: A text is empty or given twice, the server cannot tokenize it, or it does
            not fit into the window; or the model thinks before it answers.
        ApiError: The server refused, or cannot score.
        ChatError: It failed; `.result` holds the texts that were scored.
        ChatInterrupted: It was interrupted; `.result` holds the texts that were scored.

    Example:
        >>> r = score("The capital of France is", ["Paris", "London"], model="local")
        >>> r.scores[["candidate", "prob", "share"]]
    """
    session = default_session()
    texts = read_candidates(candidates)
    request, tools = build_request(messages, model, variables, extra, parameters, None)
    if tools.can_run:
        raise InvalidRequest("tools: a score runs no functions: give the API's tool objects")
    call = prepare_call(
        session,
        scoring_request(request, Scoring(texts, bool(end))),
        after=after,
        limits=request_limits(session, timeout_s=timeout, retries=retries, max_cost=max_cost),
        recordings=open_recordings(session, cache_options(cache, cassette)),
    )
    return start_answer(session, call, HistoryOptions(keep=history)).wait()


def scoring_request(request: ChatRequest, scoring: Scoring) -> ChatRequest:
    """Return a request that scores texts in the place of an answer.

    Raises:
        InvalidRequest: It asks for several choices, or for no log probabilities.
    """
    if request.sent("n") is not None:
        raise InvalidRequest("n: a score has a choice for each text: leave n out")
    if request.sent("logprobs") is False:
        raise InvalidRequest("logprobs: a score consists of log probabilities: leave it out")
    return replace(with_logprobs(request, _ALTERNATIVES), score=scoring)


def with_logprobs(request: ChatRequest, alternatives: int) -> ChatRequest:
    """Return a request for log probabilities, without a number of choices.

    Args:
        request: A request; the alternatives that it asks for, also by an extra field, are kept.
        alternatives: Alternatives of each token, where it does not say.
    """
    implied = {"logprobs": True, "top_logprobs": alternatives}
    implied = {name: value for name, value in implied.items() if name not in request.extra}
    return replace(request, parameters={**implied, **request.parameters, "n": UNSET})

"""The function `ablate`: which parts of a prompt move the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.analysis.prompt_segments import check_unit
from chat_magic.core.request.label_set import read_labels
from chat_magic.engine.ablation_task import plan_ablation, start_ablation
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.prepare import build_request, request_limits
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from chat_magic.analysis.prompt_segments import PromptUnit
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.results.ablation import Ablation
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.prompt import Prompt

__all__ = ["ablate"]


def ablate(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt,
    answer: str | None = None,
    *,
    by: PromptUnit = "sentence",
    labels: Sequence[str] | None = None,
    replace: str = "",
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    extra: Mapping[str, Any] | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> Ablation:
    """Return how far each segment of a prompt moves the answer, by leaving out one at a time.

    The answer is scored after the whole prompt, and after the prompt without each segment: `bits`
    is by how much it is likelier with the segment. What moves an answer is not what causes it:
    leaving out one segment misses what two do together, and makes prompts that nobody would write;
    with `replace` a neutral phrase stands in its place. A system message that is left out as a
    whole (by="message") may be replaced by the chat template's own.

    It costs a request for each segment and one for the whole prompt; their number is said first. A
    server that gives only bounds of an answer's probability can be asked with `labels`.

    Args:
        messages: As for `chat`.
        answer: The answer; by default the one that the model writes at temperature 0, of at most
            256 tokens unless `max_tokens` is given.
        by: `sentence`, `line`, `word`, `message` or `example` (a user message with the assistant
            message after it, or a block between blank lines that holds both).
        labels: The possible answers, in the place of an answer: how the probability of each
            changes at the first token, on any server with `top_logprobs`.
        replace: What stands in the place of a segment.
        model: As for `chat`.
        after: As for `chat`; its messages are segments too.
        variables: As for `chat`.
        timeout: Seconds that each request may take.
        retries: As for `chat`.
        extra: As for `chat`.
        history: As for `chat`.
        max_cost: As for `chat`, for all requests together.
        cache: As for `chat`.
        cassette: As for `chat`.
        **parameters: As for `chat`.

    Raises:
        InvalidRequest: The prompt has no such segment, or more than 200; the server gives only
            bounds; or the request is not valid.
        ChatError: A request failed; `.result` holds what had been measured.
        ChatInterrupted: It was interrupted; `.result` holds what had been measured.

    Example:
        >>> a = ablate("Answer in one word. Be polite. The capital of France?", model="local")
        >>> a.frame[["segment", "bits"]]
    """
    session = default_session()
    unit = check_unit(by)
    if not isinstance(replace, str):
        raise InvalidRequest(f"replace: must be a text, got {type(replace).__name__}")
    label_set = read_labels(labels)
    request, tools = build_request(messages, model, variables, extra, parameters, None)
    if tools.can_run:
        raise InvalidRequest("tools: an ablation runs no functions: give the API's tool objects")
    plan = plan_ablation(
        session,
        request,
        unit,
        answer=answer,
        labels=label_set.labels if label_set else (),
        replacement=replace,
        after=after,
        limits=request_limits(session, timeout_s=timeout, retries=retries, max_cost=max_cost),
        recordings=open_recordings(session, cache_options(cache, cassette)),
    )
    print(f"ablate: {plan.size}", file=sys.stderr)
    return start_ablation(session, plan, HistoryOptions(keep=history)).wait()

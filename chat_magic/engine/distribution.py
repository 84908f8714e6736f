"""The function `distribution`: the answers that a model can give, with their probabilities."""

from __future__ import annotations

import copy
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.answer_search import AnswerSearch
from chat_magic.core.request.parameters import is_number
from chat_magic.engine.distribution_task import DistributionTask
from chat_magic.engine.llama_prompt import prompt_fields, prompt_pieces
from chat_magic.engine.prepare import CONTINUE_AS_VLLM, body_for, build_request, prepare_call
from chat_magic.engine.session import Session, default_session
from chat_magic.engine.task_handle import TaskHandle
from chat_magic.errors import InvalidRequest
from chat_magic.results.answer_distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.continuations import Continuations
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.results.answer_distribution import Method
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.prompt import Prompt
    from chat_magic.transport.endpoints import Endpoint

__all__ = ["distribution", "extend"]

_ALTERNATIVES = 20
"""Alternatives that are asked for of a server that takes text: as many as the API allows."""
_MORE = 10
"""Requests by which a picture extends a node."""
_MOST_KEPT = 16
"""Distributions that a session keeps for their pictures."""
_EARLY = 10
"""Requests after which it is told that little is found."""
_LITTLE = 0.3
"""What is little then, as a probability."""
_CAN = (
    "local and llama.cpp servers can; vLLM and servers that continue an assistant message, nearly"
)


def distribution(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt | Distribution,
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    mass: float = 0.95,
    max_requests: int = 50,
    max_tokens: int = 32,
    at: int = 0,
    extra: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Distribution:
    """Find the answers themselves, not samples of them, with bounds of their probabilities.

    The likeliest beginning that has not ended is extended, by all its likely next tokens, until
    the answers that were found hold `mass`. It is the distribution at temperature 1 without cuts,
    by the server's own figures, to its repeatability; to compare samples with it, send
    `temperature=1, top_k=0, top_p=1, min_p=0`. Short, sure answers are found in 50 requests; of
    those to an open question a few percent are.

    It works on the local model and llama.cpp servers, by token ids with 300 alternatives. On
    servers that continue an assistant message it is approximate, since they make tokens of its
    text anew, and labelled so.

    Args:
        messages: As for `chat`; or a `Distribution`, which is continued.
        model: `vendor/model`; by default the configured one.
        after: A result whose conversation this continues.
        variables: Values for `{{ }}` in the messages.
        mass: The probability that is enough, above 0 and at most 1.
        max_requests: The most requests, at least 1; of a distribution that is continued, further
            ones.
        max_tokens: The most tokens of an answer; a longer one is cut there.
        at: Of a distribution that is continued: the node whose continuations are looked for, by
            its number in the picture; by default the likeliest everywhere.
        extra: Further request fields, sent as given.
        **parameters: Request parameters that concern the prompt, such as `tools`; those of
            sampling do not change the distribution.

    Raises:
        InvalidRequest: An argument is not valid, or the server cannot tell.
        ChatError: It failed.
        ChatInterrupted: It was interrupted; `.result` is the `Distribution` so far.

    Example:
        >>> d = distribution("What is the capital of France? Answer in one word.", model="local")
        >>> d.frame, d.unseen
    """
    _check(mass, max_requests, max_tokens)
    session = default_session()
    if isinstance(messages, Distribution):
        request, search = messages.request, copy.deepcopy(messages.search)
        _check_node(search, at)
    else:
        request, _ = build_request(messages, model, variables, extra, parameters, None)
        search = AnswerSearch(max_tokens)
    call = prepare_call(session, request, after=after)
    print(f"distribution: at most {max_requests} requests to {call.request.model}")

    async def connect() -> tuple[Continuations, Method]:
        return await _connect(session, call)

    def task(on_change: Any) -> DistributionTask:
        return DistributionTask(
            call.request, search, connect,
            mass=mass, max_requests=max_requests, below=at,
            warnings=call.request.warnings, on_change=on_change,
        )  # fmt: skip

    handle: TaskHandle[Distribution] = TaskHandle(session.loop, task, finish=lambda found: found)
    found = handle.wait(_Warning())
    if isinstance(messages, Distribution):
        found = replace(
            found,
            n_requests=found.n_requests + messages.n_requests,
            total_s=found.total_s + messages.total_s,
        )
    return _kept(session, found)


def extend(handle: str, node: int) -> Distribution:
    """Go on with a distribution of this session from a node of its picture, by a few requests.

    Args:
        handle: Its name.
        node: The number of the node.

    Raises:
        InvalidRequest: The session has no such distribution any more, or nothing follows the node.
        ChatError: It failed.
    """
    found = default_session().distributions.get(handle)
    if found is None:
        raise InvalidRequest("this distribution is not in the kernel any more: run its cell again")
    return distribution(found, at=node, max_requests=_MORE)


def _kept(session: Session, found: Distribution) -> Distribution:
    """Return a distribution that its picture can extend, and keep it in place of the oldest."""
    found = replace(found, handle=uuid.uuid4().hex)
    known = session.distributions
    known[str(found.handle)] = found
    while len(known) > _MOST_KEPT:
        del known[next(iter(known))]
    return found


class _Warning:
    """Tells once, early, that an answer has too many ways."""

    def __init__(self) -> None:
        self._is_told = False

    def __call__(self, task: Any) -> float:
        if not self._is_told and task.n_requests >= _EARLY:
            self._is_told = True
            if task.search.covered < _LITTLE:
                print(
                    f"distribution: {task.note}; the answers to an open question have too many "
                    "ways: ask for a short one, or interrupt to keep what is found"
                )
        return 0.05


def _check(mass: Any, max_requests: Any, max_tokens: Any) -> None:
    if not (is_number(mass) and 0 < mass <= 1):
        raise InvalidRequest(f"mass {mass!r}: must be a probability above 0 and at most 1")
    for name, value in (("max_requests", max_requests), ("max_tokens", max_tokens)):
        if type(value) is not int or value < 1:
            raise InvalidRequest(f"{name} {value!r}: must be a whole number, at least 1")


def _check_node(search: AnswerSearch, node: Any) -> None:
    if type(node) is not int or not 0 <= node < len(search.nodes):
        raise InvalidRequest(
            f"at {node!r}: must be the number of a node, 0 to {len(search.nodes) - 1}"
        )
    if not search.best(1, node):
        raise InvalidRequest(f"at {node}: the answer ends there, nothing follows it")


async def _connect(session: Session, call: PreparedCall) -> tuple[Continuations, Method]:
    """Return what tells the continuations of a call's prompt.

    Raises:
        InvalidRequest: The server of its model cannot.
    """
    from chat_magic.engine.continuations import LlamaContinuations, TextContinuations
    from chat_magic.transport.llama_server import LlamaServer

    model = call.request.model or ""
    endpoint = call.endpoint or await session.endpoints.resolve(model)
    body = body_for(call.request, endpoint)
    if await session.server_kinds.find(session.http, endpoint) == "llama.cpp":
        server = LlamaServer(session.http, endpoint)
        pieces = await prompt_pieces(server, body)
        known = await session.llama_models.find(server, endpoint)
        ids = tuple(piece.id for piece in pieces)
        return LlamaContinuations(server, known, ids), "token ids"
    endpoint = await session.prefill_modes.resolve(session.http, endpoint)
    await _check_prefill(session, call.request, endpoint)
    known_capabilities = session.capabilities.find(model, endpoint)
    most = known_capabilities.most_alternatives if known_capabilities else None
    continuations = TextContinuations(
        session.http,
        endpoint,
        prompt_fields(body),
        CONTINUE_AS_VLLM if endpoint.prefill == "vllm" else {},
        min(_ALTERNATIVES, most or _ALTERNATIVES),
    )
    return continuations, "text"


async def _check_prefill(session: Session, request: ChatRequest, endpoint: Endpoint) -> None:
    """Check that a server continues an assistant message; it is asked, where that is not known.

    Raises:
        InvalidRequest: It does not.
    """
    model = request.model or ""
    if endpoint.prefill == "vllm":
        return
    known = session.capabilities.find(model, endpoint)
    found = known.findings.get("prefill") if known else None
    if found is None and endpoint.prefill != "none":
        from chat_magic.engine.capability_tests import find_prefill

        found = await find_prefill(session.http, endpoint)
    if found is None or found.support != "honoured":
        why = found.detail if found and found.support != "refused" else "is refused"
        raise InvalidRequest(
            f"distribution: a final assistant message {why} by the server of {model}: it cannot be "
            f"asked what follows a beginning; {_CAN}"
        )

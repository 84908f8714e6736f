"""The function `distribution`: the answers that a model can give, with their probabilities."""

from __future__ import annotations

import copy
import hashlib
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.answer_search import AnswerSearch
from chat_magic.core.request.search_limits import SearchLimits
from chat_magic.engine.call_endpoint import endpoint_of
from chat_magic.engine.distribution_task import DistributionTask, SearchPlan
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.llama_prompt import answer_prompt, prompt_fields
from chat_magic.engine.prepare import (
    CONTINUE_AS_VLLM,
    body_for,
    build_request,
    prepare_call,
    request_limits,
)
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import Session, default_session
from chat_magic.engine.task_handle import TaskHandle
from chat_magic.errors import InvalidRequest
from chat_magic.results.answer_distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

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
    timeout: float | None = None,
    retries: int | None = None,
    extra: Mapping[str, Any] | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Any,
) -> Distribution:
    """Find the answers themselves, not samples of them, with bounds of their probabilities.

    The likeliest beginning that has not ended is extended, by all its likely next tokens, until
    the answers that were found hold `mass`. It is the distribution at temperature 1 without cuts,
    by the server's own figures, to its repeatability; to compare samples with it, send
    `temperature=1, top_p=1, extra={"top_k": 0, "min_p": 0}`. Short, sure answers are found
    in 50 requests; of those to an open question a few percent are.

    It works on the local model and llama.cpp servers, by token ids with 300 alternatives. On
    servers that continue an assistant message it is approximate, since they make tokens of its
    text anew, and labelled so.

    Args:
        messages: As for `chat`; or a `Distribution`, which is continued with its own request.
        model: `vendor/model`; by default the configured one.
        after: A result whose conversation this continues.
        variables: Values for `{{ }}` in the messages.
        mass: The probability that is enough, above 0 and at most 1.
        max_requests: The most requests, at least 1; of a distribution that is continued, further
            ones.
        max_tokens: The most tokens of an answer; a longer one is cut there.
        at: Of a distribution that is continued: the node whose continuations are looked for, by
            its number in the picture; by default the likeliest everywhere.
        timeout: Seconds that all requests may take together.
        retries: As for `chat`.
        extra: Further request fields, sent as given.
        history: As for `chat`; the history has the answers as the choices of a result.
        max_cost: As for `chat`, for all requests together, each by an estimate from its text.
        cache: As for `chat`: an equal search is answered from what is recorded.
        cassette: As for `chat`.
        **parameters: Request parameters that concern the prompt, such as `tools`; those of
            sampling do not change the distribution.

    Raises:
        InvalidRequest: An argument is not valid, the server cannot tell, or the model thinks before
            it answers.
        ChatError: It failed; `.result` is the `Distribution` so far, if anything was found.
        ChatInterrupted: It was interrupted; `.result` is the `Distribution` so far.

    Example:
        >>> d = distribution("What is the capital of France? Answer in one word.", model="local")
        >>> d.frame, d.unseen
    """
    session = default_session()
    limits = SearchLimits(
        mass=mass, max_requests=max_requests, max_tokens=max_tokens, at=at
    ).check()
    earlier = messages if isinstance(messages, Distribution) else None
    if earlier is not None:
        is_same = session.configuration.resolve_alias(model or "") == earlier.request.model
        _check_same_request(
            model=None if is_same else model,
            after=after,
            variables=variables,
            extra=extra,
            **parameters,
        )
        _check_node(earlier.search, at)
        digest = hashlib.sha256(earlier.to_json().encode()).hexdigest()
        request = replace(earlier.request, search=replace(limits, base=digest))
    else:
        _check_node(AnswerSearch(limits.max_tokens), at)
        request, _ = build_request(messages, model, variables, extra, parameters, None)
        request = replace(request, search=limits)
    call = prepare_call(
        session,
        request,
        after=after,
        limits=request_limits(session, timeout_s=timeout, retries=retries, max_cost=max_cost),
        recordings=open_recordings(session, cache_options(cache, cassette)),
    )
    return _find(session, _plan(session, call, limits, earlier), HistoryOptions(keep=history))


def _plan(
    session: Session, call: PreparedCall, limits: SearchLimits, earlier: Distribution | None
) -> SearchPlan:
    """Return what is searched for; a search that was begun before is continued in a copy."""
    connect = partial(_connect, session, call)
    if earlier is None:
        search = AnswerSearch(limits.max_tokens)
        return SearchPlan(call=call, limits=limits, search=search, connect=connect)
    return SearchPlan(
        call=call,
        limits=limits,
        search=copy.deepcopy(earlier.search),
        n_requests=earlier.n_requests,
        total_s=earlier.total_s,
        connect=connect,
    )


def _find(session: Session, plan: SearchPlan, history: HistoryOptions) -> Distribution:
    if plan.call.replay is None or plan.call.replay.found is None:
        most, model = plan.limits.max_requests, plan.call.request.model
        print(f"distribution: at most {most} requests to {model}")
    record = session.history.record("answer", [plan.call], history)
    handle: TaskHandle[Distribution] = TaskHandle(
        session.loop,
        lambda on_change: DistributionTask(plan, on_change, record),
        finish=lambda found: found,
    )
    return _kept(session, handle.wait(_Warning()))


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
    """Says once, early, that there are too many answers to find."""

    def __init__(self) -> None:
        self._is_told = False

    def __call__(self, task: Any) -> float:
        if not self._is_told and task.n_requests >= _EARLY:
            self._is_told = True
            if task.search.covered < _LITTLE:
                print(
                    f"distribution: {task.note}; an open question has too many answers to find: "
                    "ask for a short answer, or interrupt to keep what is found"
                )
        return 0.05


def _check_same_request(**given: Any) -> None:
    """Check that nothing changes the request of a distribution that is continued.

    Raises:
        InvalidRequest: An argument does.
    """
    for name, value in given.items():
        if value is not None:
            raise InvalidRequest(
                f"{name}: a distribution is continued with its own request: leave {name} out"
            )


def _check_node(search: AnswerSearch, node: Any) -> None:
    if type(node) is not int or not 0 <= node < len(search.nodes):
        last = len(search.nodes) - 1
        expected = f"the number of a node, 0 to {last}" if last else "0 before a search has begun"
        raise InvalidRequest(f"at {node!r}: must be {expected}")
    if not search.best(1, node):
        raise InvalidRequest(f"at {node}: the answer ends there, nothing follows it")


async def _connect(session: Session, call: PreparedCall) -> tuple[Continuations, Method]:
    """Return what tells the continuations of a call's prompt.

    Raises:
        InvalidRequest: The server of its model cannot.
    """
    from chat_magic.engine.continuations import LlamaContinuations, TextContinuations
    from chat_magic.transport.llama_server import LlamaServer

    model, retries = call.request.model or "", call.limits.retries
    endpoint = await endpoint_of(session, call, call.request)
    body = body_for(call.request, endpoint)
    if await session.server_kinds.find(session.http, endpoint) == "llama.cpp":
        server = LlamaServer(session.http, endpoint, retries=retries)
        ids = await answer_prompt(server, body)
        known = await session.llama_models.find(server, endpoint)
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
        retries,
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
        is_told = found is not None and found.support != "refused"
        why = f" ({found.detail})" if found and is_told and found.detail else ""
        raise InvalidRequest(
            f"distribution: the server of {model} does not continue a final assistant message"
            f"{why}, so that it cannot be asked what follows a beginning; {_CAN}"
        )

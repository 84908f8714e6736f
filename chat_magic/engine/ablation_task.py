"""An ablation while it runs: the answer, and its score with and without each segment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chat_magic.analysis.prompt_segments import UNITS, prompt_segments, without_segment
from chat_magic.core.cell.grid import Axis, Variant
from chat_magic.core.reply.scored_text import facts_of
from chat_magic.core.request.scoring import Scoring, check_candidate
from chat_magic.core.unset import UNSET
from chat_magic.engine.answer_task import AnswerTask
from chat_magic.engine.budget import Budget
from chat_magic.engine.execution_record import KEEP_BY_SETTING, HistoryOptions
from chat_magic.engine.grid_plan import GridPlan, plan_grid
from chat_magic.engine.grid_task import GridTask
from chat_magic.engine.prepare import (
    DEFAULT_LIMITS,
    PreparedCall,
    RequestLimits,
    prepare_call,
    takes_newest_names,
)
from chat_magic.engine.score import scoring_request, with_logprobs
from chat_magic.engine.task_handle import TaskHandle
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.ablation import Ablation
from chat_magic.transport import local
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.analysis.prompt_segments import PromptSegment, PromptUnit
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.replay import Recordings
    from chat_magic.engine.session import Session
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

__all__ = ["MOST_SEGMENTS", "AblationPlan", "AblationTask", "plan_ablation", "start_ablation"]

MOST_SEGMENTS = 200
"""Segments that an ablation may leave out, each by a request."""
_ANSWER_TOKENS = 256
"""Tokens that an answer may have which is written for an ablation, unless the request says."""
_LABEL_TOKENS = 4
"""Tokens of an answer whose first word is a label: it may begin with marks."""
_LABEL_ALTERNATIVES = 20
_AXIS = "without"


@dataclass(frozen=True, kw_only=True)
class AblationPlan:
    """What is left out of a prompt, and how its effect is measured."""

    call: PreparedCall
    """The request with the whole prompt, complete."""
    by: PromptUnit
    segments: tuple[PromptSegment, ...]
    answer: str | None = None
    """The answer that is scored; None where the model writes it first, or labels are asked for."""
    labels: tuple[str, ...] = ()
    replacement: str = ""
    recordings: Recordings | None = None

    @property
    def size(self) -> str:
        """How many requests there are, in words."""
        count = len(self.segments)
        writes = self.answer is None and not self.labels
        more = [", and one for the answer"] if writes else []
        more += [", and one to score the whole prompt again"] if self.is_repeated else []
        segments = f"{count} segment{'s'[: count != 1]} by {self.by}"
        return f"{segments}: {count + 1} requests{''.join(more)}"

    @property
    def is_repeated(self) -> bool:
        """Whether the answer is scored again after the whole prompt.

        It is on the local server, whose figures move with the processor and with what else it
        answers at the time.
        """
        return not self.labels and local.is_local(self.call.request.model or "")


def plan_ablation(
    session: Session,
    request: ChatRequest,
    by: PromptUnit,
    *,
    answer: str | None = None,
    labels: tuple[str, ...] = (),
    replacement: str = "",
    after: ChatResult | None = None,
    choice: int | None = None,
    limits: RequestLimits = DEFAULT_LIMITS,
    recordings: Recordings | None = None,
) -> AblationPlan:
    """Complete a request, and cut its prompt into segments.

    Args:
        session: The session whose settings complete the request.
        request: The request as it was written.
        by: The unit of the segments.
        answer: The answer that is scored; by default the one that the model is likeliest to write.
        labels: The possible answers, whose probabilities are compared in its place.
        replacement: What stands in the place of a segment.
        after: As for `prepare_call`.
        choice: As for `prepare_call`.
        limits: As for `prepare_call`, for each request.
        recordings: As for `prepare_call`.

    Raises:
        InvalidRequest: There are no segments, or more than 200; or the request is not valid.
    """
    if answer is not None and labels:
        raise InvalidRequest("answer and labels exclude each other: give only one")
    if answer is not None:
        check_candidate(answer, "answer")
    call = prepare_call(session, request, after=after, choice=choice, limits=limits)
    segments = prompt_segments(call.request.messages, by)
    _check_count(call.request, by, len(segments))
    return AblationPlan(
        call=call,
        by=by,
        segments=segments,
        answer=answer,
        labels=labels,
        replacement=replacement,
        recordings=recordings,
    )


def _check_count(request: ChatRequest, by: PromptUnit, count: int) -> None:
    if not count:
        hint = "; a prompt of one message has none" if by == "message" else ""
        if not all(isinstance(message.content, str) for message in request.messages):
            hint = "; a message of several parts, as with an attachment, is not cut"
        raise InvalidRequest(f"ablate by {by}: the prompt has no segment of this kind{hint}")
    if count <= MOST_SEGMENTS:
        return
    coarser = {unit: len(prompt_segments(request.messages, unit)) for unit in UNITS}
    fitting = [f"{unit} ({n})" for unit, n in coarser.items() if 0 < n <= MOST_SEGMENTS]
    offer = f"; by {' or '.join(fitting)} it has fewer" if fitting else ""
    raise InvalidRequest(
        f"ablate by {by}: the prompt has {count} segments, each of which costs a request: at most "
        f"{MOST_SEGMENTS} are allowed{offer}"
    )


class AblationTask:
    """An ablation on the event loop; other threads may read its progress.

    Args:
        plan: What is left out.
        session: The session whose connections and settings are used.
        on_change: Called on the loop whenever something has changed.
        history: How its requests are kept.
    """

    def __init__(
        self,
        plan: AblationPlan,
        session: Session,
        on_change: Callable[[], None] = lambda: None,
        history: HistoryOptions = KEEP_BY_SETTING,
    ) -> None:
        self.request = plan.call.request
        self._plan = plan
        self._session = session
        self._on_change = on_change
        self._history = history
        self._budget = Budget(plan.call.limits.max_cost)
        self._stopwatch = Stopwatch()
        self._first: AnswerTask | None = None
        self._grid: GridTask | None = None
        self._whole: ChatResult | None = None
        self._again: ChatResult | None = None
        self.answer_text = plan.answer
        """The answer that is scored, once it is known."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""
        return self._stopwatch.elapsed_s

    @property
    def note(self) -> str | None:
        """What is being done."""
        count = len(self._plan.segments) + 1
        if self._grid is not None:
            return f"{self._grid.n_done + 1} of {count} requests done"
        inner = self._first.note if self._first else None
        return " · ".join(filter(None, [self._plan.size, inner]))

    async def run(self) -> Ablation:
        """Measure the effect of each segment.

        Raises:
            InvalidRequest: The server gives only bounds for an answer.
            ChatError: A request failed; `.result` holds what had been measured.
        """
        plan = self._plan
        if self.answer_text is None and not plan.labels:
            self.answer_text = (await self._ask(self._greedy())).text
            if not self.answer_text:
                raise InvalidRequest(
                    "ablate: the model wrote an empty answer, which cannot be scored: give the "
                    "answer (answer=…) or the possible answers (labels=[…], --labels)"
                )
        self._whole = await self._ask(self._measured(plan.call.request))
        self._check_whole(self._whole)
        try:
            results = await self._without_each()
            if plan.is_repeated:
                self._again = await self._ask(self._measured(plan.call.request))
        except ChatError as error:
            error.result = self.partial()
            raise
        return self._ablation(self._whole, results)

    def partial(self) -> Ablation | None:
        """Return what has been measured; None before the answer's own score is known."""
        if self._whole is None:
            return None
        return self._ablation(self._whole, self._grid.partial() if self._grid else None)

    def _measured(self, request: ChatRequest) -> ChatRequest:
        """Return the request that measures a prompt: of the answer's score, or of the labels."""
        if self.answer_text is not None:
            single = replace(request, parameters={**request.parameters, "n": UNSET})
            return scoring_request(single, Scoring((self.answer_text,)))
        asked = {**request.parameters, **self._limit(_LABEL_TOKENS)}
        return with_logprobs(replace(request, parameters=asked), _LABEL_ALTERNATIVES)

    def _greedy(self) -> ChatRequest:
        """Return the request for the answer that the model is likeliest to write, word by word."""
        request = self._plan.call.request
        given = {name: value for name, value in request.parameters.items() if name != "top_p"}
        asked = {**given, **self._limit(_ANSWER_TOKENS), "temperature": 0, "n": UNSET}
        return replace(request, parameters=asked)

    def _limit(self, tokens: int) -> dict[str, int]:
        """Return the limit of an answer's tokens, where the request has none."""
        call = self._plan.call
        if {"max_completion_tokens", "max_tokens"} & call.request.parameters.keys():
            return {}
        is_newest = takes_newest_names(call.endpoint)
        return {"max_completion_tokens" if is_newest else "max_tokens": tokens}

    async def _ask(self, request: ChatRequest) -> ChatResult:
        """Send one request, and keep it in the history."""
        call = await asyncio.to_thread(self._prepared, request)
        record = self._session.history.record("answer", [call], self._history)
        self._first = AnswerTask(call, self._session, self._on_change, record, self._budget)
        return await self._first.run()

    def _prepared(self, request: ChatRequest) -> PreparedCall:
        plan = self._plan
        return prepare_call(
            self._session, request, limits=plan.call.limits, recordings=plan.recordings
        )

    def _check_whole(self, whole: ChatResult) -> None:
        """Check that the server tells the probability of an answer, or of the labels."""
        facts = facts_of(whole.choices[0]) if whole.choices else None
        if self.answer_text is not None and facts is not None and facts.method == "alternatives":
            raise InvalidRequest(
                f"{self.request.model}: its server gives only bounds of the probability of an "
                "answer; give labels=[…] (--labels), the possible answers, or use "
                "llama.cpp, vLLM or `local`"
            )
        if self._plan.labels and not any(c.logprobs and c.logprobs.content for c in whole.choices):
            raise InvalidRequest(
                f"{self.request.model}: its server returned no log probabilities, from which the "
                "probabilities of the labels are read: use a model with top_logprobs, or `local`"
            )

    async def _without_each(self) -> ChatResults:
        grid = await asyncio.to_thread(self._grid_plan)
        record = self._session.history.record("grid", grid.calls, self._history, grid.axes)
        self._grid = GridTask(grid, self._session, self._on_change, record, self._budget)
        return await self._grid.run()

    def _grid_plan(self) -> GridPlan:
        plan, request = self._plan, self._plan.call.request
        titles = tuple(f"{number}: {s.text}" for number, s in enumerate(plan.segments, 1))
        axis = Axis(name=_AXIS, kind="variable", titles=titles, values=titles)
        variants = []
        for title, segment in zip(titles, plan.segments, strict=True):
            messages = without_segment(request.messages, segment, plan.replacement)
            variant = self._measured(replace(request, messages=messages, source=None))
            variants.append(Variant(variant, {_AXIS: title}))
        return plan_grid(
            self._session,
            (axis,),
            variants,
            limits=plan.call.limits,
            recordings=plan.recordings,
        )

    def _ablation(self, whole: ChatResult, results: ChatResults | None) -> Ablation:
        plan = self._plan
        without: list[ChatResult | None] = [None] * len(plan.segments)
        for run, result in enumerate(results or ()):
            if results is not None and run not in results.errors and result.choices:
                without[run] = result
        reasons = dict.fromkeys(results.errors.values()) if results is not None else ()
        return Ablation(
            request=self.request,
            by=plan.by,
            segments=plan.segments,
            whole=whole,
            without=tuple(without),
            answer=self.answer_text,
            labels=plan.labels,
            replacement=plan.replacement,
            warnings=(*whole.warnings, *reasons),
            again=self._again,
        )


def start_ablation(
    session: Session, plan: AblationPlan, history: HistoryOptions = KEEP_BY_SETTING
) -> TaskHandle[Ablation]:
    """Start an ablation on the event loop of a session."""
    return TaskHandle(
        session.loop,
        lambda on_change: AblationTask(plan, session, on_change, history),
        finish=lambda ablation: ablation,
    )

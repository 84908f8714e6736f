"""The result of one request: its choices, with tables and views on demand."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, overload

import msgspec

from chat_magic.core.reply.choice_value import value_of
from chat_magic.core.reply.conversation import conversation
from chat_magic.core.reply.usage import total_usage
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.check_tables import CheckTables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from chat_magic.analysis.check_outcomes import CheckOutcomes
    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.core.reply.reply import Choice, Reply, Timing, Usage
    from chat_magic.core.reply.thread_use import ThreadUse
    from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.results.history_number import HistoryNumber
    from chat_magic.results.prompt import Prompt
    from chat_magic.view.bundle import ComparisonView, RunView
    from chat_magic.view.checks_view import RunMarks

__all__ = ["ChatResult", "not_a_result"]


def not_a_result(value: Any) -> str:
    """Say that a value is not a result, and how to get one from a value that can be waited for."""
    words = f"{type(value).__name__} is not a chat result"
    can_wait = callable(getattr(value, "wait", None))
    return f"{words}; its .wait() returns one" if can_wait else words


@dataclass(frozen=True, repr=False)
class ChatResult(CheckTables):
    """The result of a request: its choices, and everything known about them.

    It is a sequence of its choices, shaped as in the OpenAI SDK:
    `result.choices[0].message.content` and `.logprobs.content` work.

    A server may leave out a choice, so that position and index differ. Square brackets and
    iteration count positions; `pick`, `parse`, `conversation`, `compare` and `--after NAME:INDEX`
    take the `index` of a choice, which is also the number in tables and pictures.

    Results compare by value, and so, like lists, they are not hashable.

    Example:
        >>> result = chat_magic.chat("Name a cat", n=3, top_logprobs=5)
        >>> result.text
        'Charlotte'
        >>> result.frame[["choice", "text", "perplexity"]]
        >>> result.compare()
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    request: ChatRequest
    """The request as it was sent; with tools the last one, which contains all earlier rounds."""
    reply: Reply
    """The reply, with the server's own names and numbers."""
    timing: Timing
    """Of all rounds together, tool calls included; `tokens_per_s` is that of the last round."""
    warnings: tuple[str, ...] = ()
    """Sentences on what the server ignored or changed, what is deprecated, what looks wrong."""
    schema: Schema | None = None
    """The schema of the answer, given by `--schema` or `schema=`."""
    cost: float | None = None
    """In dollars: as the gateway reports it, else by the config file's prices; None if unknown."""
    rounds: tuple[ToolRound, ...] = ()
    """The rounds of tool calls before this answer."""
    _history: HistoryNumber | None = field(default=None, kw_only=True, compare=False)
    """What will tell `history_id`; None where it is not kept."""
    _thread: ThreadUse | None = field(default=None, kw_only=True, compare=False)
    """The conversation over several cells that it belongs to."""
    _recorded_s: float | None = field(default=None, kw_only=True, compare=False)
    """When a recorded answer arrived, in seconds since 1970-01-01 UTC; None for any other."""
    _checked: CheckOutcomes | None = field(default=None, kw_only=True)
    """What checks said about the answers; None if these are not checked."""

    @property
    def replayed(self) -> bool:
        """Whether it is a recorded answer, for which nothing was sent."""
        return self._recorded_s is not None

    @property
    def text(self) -> str:
        """The text of the first choice, without the prefill; empty if there is no choice."""
        return self.choices[0].text if self.choices else ""

    @property
    def prefill(self) -> str:
        """The text that the request gave the answer to begin with; it is not in `text`."""
        return self.request.prefill

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices in the order of their `index`."""
        return self.reply.choices

    @property
    def usage(self) -> Usage | None:
        """Tokens of all rounds together; None if the server does not report them."""
        return total_usage([*(round_.reply.usage for round_ in self.rounds), self.reply.usage])

    @property
    def tool_runs(self) -> tuple[ToolRun, ...]:
        """The tool calls that were run, in order."""
        return tuple(run for round_ in self.rounds for run in round_.tool_runs)

    @property
    def id(self) -> str | None:
        """The server's identifier of the reply."""
        return self.reply.id

    @property
    def created(self) -> int | None:
        """Time of creation, in seconds since 1970-01-01 UTC."""
        return self.reply.created

    @property
    def model(self) -> str:
        """The model of the request, as `vendor/model`."""
        return self.request.model or self.reply.model or ""

    @property
    def system_fingerprint(self) -> str | None:
        """The server's configuration; the same seed repeats an answer only if this is the same."""
        return self.reply.system_fingerprint

    @property
    def service_tier(self) -> str | None:
        """The tier that served the request."""
        return self.reply.service_tier

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the reply that are not in the API reference."""
        return self.reply.extra

    @property
    def prompt(self) -> Prompt:
        """The prompt of this answer, its templates as they were written, to be kept and called.

        Its cell has the model and the parameters that were sent; of a cell that continued an
        answer it has the messages of that cell.

        Raises:
            InvalidRequest: It has a value that no cell can hold.
        """
        from chat_magic.results.prompt import prompt_of

        return prompt_of(self.request, self.schema)

    @cached_property
    def parsed(self) -> Any:
        """The typed value of the first choice; None without a schema.

        Raises:
            ChatError: The choice does not fit the schema; `.result` is this result.
        """
        return self.parse() if self.schema else None

    def parse(self, choice: int | None = None) -> Any:
        """Return the typed value of a choice.

        Args:
            choice: The index of the choice; the first choice by default.

        Raises:
            InvalidRequest: There is no such choice, or the request had no schema.
            ChatError: The choice does not fit the schema; `.result` is this result.
        """
        if self.schema is None:
            raise InvalidRequest("the request had no schema: ask with --schema or schema=")
        chosen = self.choices[self._position(choice)]
        try:
            return value_of(chosen, self.schema, self.prefill)
        except ValueError as reason:
            text = chosen.text if len(chosen.text) <= 80 else chosen.text[:79] + "…"
            error = ChatError(
                f"choice {chosen.index} does not fit the schema: {reason}; it is {text!r}"
            )
            error.result = self
            raise error from reason

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def _results(self) -> tuple[ChatResult, ...]:
        return (self,)

    @property
    def _attrs(self) -> dict[str, Any]:
        body = self.request.body()
        del body["messages"]
        return {
            "model": self.model,
            "request_id": self.id,
            "created": self.created,
            "params": body,
            "warnings": list(self.warnings),
        }

    def _with_warning(self, words: str) -> ChatResult:
        """Return the result with one more warning, unless it has that already."""
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, words))))

    def pick(self, choice: int) -> ChatResult:
        """Return the result with one of its choices only, such as for `after=`.

        Args:
            choice: The index of the choice, which it keeps.

        Raises:
            InvalidRequest: There is no such choice.
        """
        position = self._position(choice)
        only = msgspec.structs.replace(self.reply, choices=(self.choices[position],))
        checked = self._checked and self._checked.taken([position], [0])
        return replace(self, reply=only, _checked=checked)

    def conversation(self, choice: int | None = None) -> tuple[Message, ...]:
        """Return the messages of the request, tool rounds included, and the answer after them.

        Args:
            choice: The index of the choice that is the answer; the first choice by default.

        Raises:
            InvalidRequest: There is no such choice.
        """
        if self.rounds and not self.choices:
            return self.request.messages
        return conversation(self.request, self.choices[self._position(choice)].message)

    def to_json(self) -> str:
        """Return the result as JSON that `from_json` reads back without loss.

        Floats keep every bit; the Python type of a schema is not kept.

        Raises:
            InvalidRequest: It is too deeply nested.
        """
        from chat_magic.results.result_json import result_to_json

        return result_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> ChatResult:
        """Read what `to_json` wrote; nothing in the text is run.

        Raises:
            InvalidRequest: It is not the JSON of a `ChatResult`, or of a newer version.

        Example:
            >>> ChatResult.from_json(result.to_json()) == result
            True
        """
        from chat_magic.results.result_json import result_from_json

        result = result_from_json(text)
        if not isinstance(result, cls):
            raise InvalidRequest("the JSON is that of several results: use ChatResults.from_json")
        return result

    @overload
    def export(self, format: str) -> str: ...
    @overload
    def export(self, format: str, path: str | PathLike[str]) -> Path: ...
    def export(  # the name of the argument is the interface
        self,
        format: str,  # noqa: A002
        path: str | PathLike[str] | None = None,
    ) -> str | Path:
        """Return the request as a program, or the answer as a document; or write it to a file.

        Programs send the same request with the key in `CHAT_MAGIC_API_KEY`. Where the address is
        not known, as for `local`, they take it from `CHAT_MAGIC_BASE_URL`.

        Args:
            format: The request: `body` (the JSON that was sent), `curl`, `python` (httpx), `openai`
                (OpenAI's library), `javascript` (fetch) or `cell`. The answer: `markdown`, `html`
                (a page that is interactive without a kernel) or `result` (as `to_json`).
            path: The file to write, in UTF-8; it is replaced if it exists.

        Returns:
            The text, or the path if one is given.

        Raises:
            InvalidRequest: There is no such format, or the file cannot be written.

        Example:
            >>> print(result.export("curl"))
            >>> result.export("html", "answer.html")
        """
        from chat_magic.results.export_formats import export

        return export(self, format, path)

    def _position(self, index: int | None) -> int:
        """Return the position of the choice with an index, of the first one for None."""
        indices = [choice.index for choice in self.choices]
        if not indices:
            raise InvalidRequest(f"choice {index or 0}: the result has no choices")
        if index is None:
            return 0
        if index not in indices:
            raise InvalidRequest(f"choice {index}: expected {_indices_words(indices)}")
        return indices.index(index)

    @overload
    def __getitem__(self, index: int) -> Choice: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Choice, ...]: ...
    def __getitem__(self, index: int | slice) -> Choice | tuple[Choice, ...]:
        return self.choices[index]

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.choices)

    def __len__(self) -> int:
        return len(self.choices)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else self.text[:59] + "…"
        return f"<ChatResult {self.model}, {len(self)} choice{'s'[: len(self) != 1]}: {text!r}>"

    def compare(
        self, base: int | None = None, by: DiffUnit = "word", *, ignore_whitespace: bool = False
    ) -> ComparisonView:
        """Return the choices side by side, opened at their differences, for a notebook to draw.

        Args:
            base: The index of the choice that the others are compared with; the most frequent
                answer by default.
            by: The unit of a difference: `word`, `token`, `sentence`, or `json` (the fields of
                answers that are JSON).
            ignore_whitespace: Whether answers that differ only in white space are identical.

        Returns:
            A view; its `.table` has the differences as a DataFrame.

        Raises:
            InvalidRequest: There is no such choice, `by` is not one of these, or there are fewer
                than two answers.
        """
        position = None if base is None else self._position(base)
        return self._comparison(position, by, ignore_whitespace)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle

        return bundle(self._runs, checks=self._checks_view)

    @property
    def _runs(self) -> list[RunView]:
        return [self._run(marks=self._marks[0])]

    def _run(
        self,
        coordinates: Mapping[str, str] = MappingProxyType({}),
        error: str | None = None,
        marks: RunMarks | None = None,
    ) -> RunView:
        from chat_magic.view.bundle import RunView

        return RunView(
            model=self.model,
            request=self.request.body(),
            reply=self.reply,
            timing=self.timing,
            prefill=self.prefill,
            no_branch=self.request.no_branch,
            warnings=self.warnings,
            rounds=self.rounds,
            cost=self.cost,
            recorded_s=self._recorded_s,
            coordinates=coordinates,
            error=error,
            labels=self.request.labels,
            thread=self._thread,
            marks=marks.checks if marks else (),
            choice_marks=marks.choices if marks else {},
        )


def _indices_words(indices: Sequence[int]) -> str:
    if len(indices) > 3 and indices == [*range(indices[0], indices[0] + len(indices))]:
        return f"{indices[0]} to {indices[-1]}"
    return f"one of {', '.join(map(str, indices))}" if len(indices) > 1 else str(indices[0])

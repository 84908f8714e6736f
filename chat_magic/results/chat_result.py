"""ChatResult: the answer as the value that a user holds, with tables and views on demand."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

import msgspec

from chat_magic.core.reply.choice_value import value_of
from chat_magic.core.reply.conversation import conversation
from chat_magic.core.reply.usage import total_usage
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chat_magic.core.reply.reply import Choice, Reply, Timing, Usage
    from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.view.bundle import ComparisonView, RunView
    from chat_magic.view.comparison_model import By

__all__ = ["ChatResult", "no_result"]


def no_result(value: Any) -> str:
    """Say that a value is no result, and how to come to one where the value is waited for."""
    words = f"{type(value).__name__} is no chat result"
    is_awaited = callable(getattr(value, "wait", None))
    return f"{words}; its .wait() returns one" if is_awaited else words


@dataclass(frozen=True, repr=False)
class ChatResult(Tables):
    """What came of a request: n choices, and everything known about them.

    It is a sequence of its choices, shaped as in the OpenAI SDK:
    `result.choices[0].message.content` and `.logprobs.content` work.
    """

    request: ChatRequest
    """What was sent; after rounds of tools, what was sent last, with all that went before."""
    reply: Reply
    """What came, as the server named it."""
    timing: Timing
    """From the first request to the end, calls of tools included; the speed is the last's."""
    warnings: tuple[str, ...] = ()
    """Oddities in plain words: what the server dropped, what is deprecated."""
    schema: Schema | None = None
    """What the answer was to be, where `--schema` said so."""
    cost: float | None = None
    """In dollars: as the gateway says, or by the config file's prices; None if not known."""
    rounds: tuple[ToolRound, ...] = ()
    """The answers before this one, whose calls were run."""

    @property
    def text(self) -> str:
        """What the model wrote in choice 0, without any prefill."""
        return self.choices[0].text if self.choices else ""

    @property
    def prefill(self) -> str:
        """What the answer was to begin with; it is not in `text`."""
        return self.request.prefill

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices, by index."""
        return self.reply.choices

    @property
    def usage(self) -> Usage | None:
        """Counted tokens, where the server tells; those of all rounds together."""
        return total_usage([*(each.reply.usage for each in self.rounds), self.reply.usage])

    @property
    def tool_runs(self) -> tuple[ToolRun, ...]:
        """The calls that were run, in the order of the calls."""
        return tuple(run for each in self.rounds for run in each.tool_runs)

    @property
    def id(self) -> str | None:
        """The server's name for the answer."""
        return self.reply.id

    @property
    def created(self) -> int | None:
        """When it was made, in seconds since 1970 UTC."""
        return self.reply.created

    @property
    def model(self) -> str:
        """The model that was asked, as `vendor/model`."""
        return self.request.model or self.reply.model or ""

    @property
    def system_fingerprint(self) -> str | None:
        """The server's configuration: a seed repeats an answer only where this is the same."""
        return self.reply.system_fingerprint

    @property
    def service_tier(self) -> str | None:
        """The tier that the request was served in."""
        return self.reply.service_tier

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the answer that the API does not know."""
        return self.reply.extra

    @cached_property
    def parsed(self) -> Any:
        """The typed value of choice 0; None without `--schema`.

        Raises:
            ChatError: The answer does not fit the schema: why and where; `.result` is this result.
        """
        return self.parse() if self.schema else None

    def parse(self, choice: int = 0) -> Any:
        """Return the typed value of a choice.

        Raises:
            InvalidRequest: There is no such choice, or the request had no schema.
            ChatError: The choice does not fit the schema: why and where; `.result` is this result.
        """
        if self.schema is None:
            raise InvalidRequest("the request had no schema: ask with --schema or schema=")
        chosen = self._choice(choice)
        try:
            return value_of(chosen, self.schema, self.prefill)
        except ValueError as reason:
            text = chosen.text if len(chosen.text) <= 80 else chosen.text[:79] + "…"
            error = ChatError(f"choice {choice} does not fit the schema: {reason}; it is {text!r}")
            error.result = self
            raise error from reason

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

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

    def pick(self, choice: int) -> ChatResult:
        """Return the result with one of its choices only, to go on with it.

        Raises:
            InvalidRequest: There is no such choice.
        """
        only = msgspec.structs.replace(self.reply, choices=(self._choice(choice),))
        return replace(self, reply=only)

    def conversation(self, choice: int = 0) -> tuple[Message, ...]:
        """Return the messages so far, calls of tools included, with a choice's answer as the last.

        Raises:
            InvalidRequest: There is no such choice.
        """
        if self.rounds and not self.choices:
            return self.request.messages
        return conversation(self.request, self._choice(choice).message)

    def _choice(self, number: int) -> Choice:
        if not 0 <= number < len(self.choices):
            raise InvalidRequest(
                f"choice {number}: the result has {len(self.choices)}, numbered from 0"
            )
        return self.choices[number]

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
        self, base: int | None = None, by: By = "word", *, ignore_whitespace: bool = False
    ) -> ComparisonView:
        """Return the choices beside each other, opened at their differences, to be drawn.

        Args:
            base: The choice that the others are held against; else the most frequent answer.
            by: What a difference is made of: `word`, `token`, `sentence`, or `json` (the fields
                of answers that are all JSON).
            ignore_whitespace: Whether answers are one that differ in their white space alone.

        Raises:
            InvalidRequest: There is no such choice, `by` is none of these, or there is one answer.
        """
        if base is not None:
            self._choice(base)
        return self._comparison(base, by, ignore_whitespace)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle

        return bundle(self._runs)

    @property
    def _runs(self) -> list[RunView]:
        return [self._run()]

    def _run(
        self, coordinates: Mapping[str, str] = MappingProxyType({}), error: str | None = None
    ) -> RunView:
        from chat_magic.view.bundle import RunView

        return RunView(
            model=self.model,
            request=self.request.body(),
            reply=self.reply,
            timing=self.timing,
            prefill=self.prefill,
            warnings=self.warnings,
            rounds=self.rounds,
            cost=self.cost,
            coordinates=coordinates,
            error=error,
        )

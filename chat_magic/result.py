"""ChatResult: the answer as the value that a user holds, with tables and views on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from chat_magic.core.structured import plain_value_of, value_of
from chat_magic.core.tools import total_usage
from chat_magic.errors import ChatError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.columns import Columns
    from chat_magic.analysis.labels import At
    from chat_magic.analysis.segments import By
    from chat_magic.core.messages import Message
    from chat_magic.core.reply import Choice, Reply, Timing, Usage
    from chat_magic.core.request import ChatRequest
    from chat_magic.core.structured import Schema
    from chat_magic.core.tools import Round, ToolRun
    from chat_magic.view.bundle import Run, TokensView

__all__ = ["ChatResult"]


@dataclass(frozen=True, repr=False)
class ChatResult:
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
    rounds: tuple[Round, ...] = ()
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

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each choice: its metrics, the model, the cost, the fields of its parsed value.

        The cost, in dollars, is that of the whole request and stands on each of its rows.
        """
        from chat_magic.analysis.listings import add_facts  # noqa: PLC0415 - pandas is slow
        from chat_magic.analysis.tables import choices_table  # noqa: PLC0415

        table = choices_table(self._columns, attrs=self._attrs)
        add_facts(table, self.model, self.cost)
        if self.schema is None:
            return table
        from chat_magic.analysis.parsed import add_parsed  # noqa: PLC0415

        values = [plain_value_of(each, self.schema, self.prefill) for each in self.choices]
        return add_parsed(table, self.schema, values)

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """A row for each output token; empty without `logprobs`."""
        from chat_magic.analysis.tables import tokens_table  # noqa: PLC0415

        return tokens_table(self._columns, attrs=self._attrs)

    @cached_property
    def alternatives(self) -> pd.DataFrame:
        """A row for each token that could have come at a position; needs `top_logprobs`."""
        from chat_magic.analysis.tables import alternatives_table  # noqa: PLC0415

        return alternatives_table(self._columns, attrs=self._attrs)

    @cached_property
    def branches(self) -> pd.DataFrame:
        """Where the choices part: a row for each way on, how often taken, how probable."""
        from chat_magic.analysis.branches import branches_table  # noqa: PLC0415

        return branches_table(self._columns, attrs=self._attrs)

    def spans(self, by: By) -> pd.DataFrame:
        """Return a row for each stretch of each choice, with the probability of its tokens.

        Args:
            by: `json` (fields under their JSON Pointers), `sentence`, `line`, `word`, a compiled
                pattern, or a list of (start, end) in characters.

        Raises:
            InvalidRequest: `by` is none of these.
        """
        from chat_magic.analysis.spans import spans_table  # noqa: PLC0415

        return spans_table(self._columns, by, attrs=self._attrs, prefill=self.prefill)

    def labels(self, labels: Sequence[str], *, at: At = "first") -> pd.DataFrame:
        """Return how probable each label was where the answer was decided; a row a choice.

        Alternatives that begin a label count for it, whatever their case and the space before
        them; `ambiguous`, `other` and `residual` hold the rest.

        Args:
            labels: What the answer can be.
            at: `first`, the start of the text; a JSON Pointer such as `/label`; or a compiled
                pattern, whose first group, or else whole match, is the answer.

        Raises:
            InvalidRequest: Two labels are alike, or `at` is no place.
        """
        from chat_magic.analysis.labels import labels_table  # noqa: PLC0415

        return labels_table(self._columns, labels, attrs=self._attrs, at=at, prefill=self.prefill)

    def expected(
        self, *, at: At = "first", between: tuple[float, float] = (-math.inf, math.inf)
    ) -> pd.DataFrame:
        """Return the mean of the numbers that could have come, by probability; a row a choice.

        Args:
            at: Where the number stands, as for `labels`.
            between: The ends of the scale; other numbers do not count.

        Returns:
            The table: `expected`, and `covered`, the probability of the numbers that count.

        Raises:
            InvalidRequest: `at` is no place.
        """
        from chat_magic.analysis.labels import expected_table  # noqa: PLC0415

        return expected_table(
            self._columns, attrs=self._attrs, at=at, between=between, prefill=self.prefill
        )

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return the table of tokens; wide, with `token_1`, `p_1`, … `token_K`, `p_K` beside each.

        Args:
            wide: One row holds all that could have come at a position.
        """
        if not wide:
            return self.tokens
        from chat_magic.analysis.export import wide_table  # noqa: PLC0415

        return wide_table(self.tokens, self.alternatives)

    @cached_property
    def _columns(self) -> Columns:
        from chat_magic.analysis.columns import read  # noqa: PLC0415

        return read([self.reply])

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

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

    def conversation(self, choice: int = 0) -> tuple[Message, ...]:
        """Return the messages so far, calls of tools included, with a choice's answer as the last.

        Raises:
            InvalidRequest: There is no such choice.
        """
        if self.rounds and not self.choices:
            return self.request.messages
        return self.request.answered_by(self._choice(choice).message)

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

    def inspect(self) -> TokensView:
        """Return the answer opened at its tokens, for a notebook to draw.

        Raises:
            InvalidRequest: There are no log probabilities.
        """
        from chat_magic.view.bundle import TokensView  # noqa: PLC0415 - as below

        if not any(choice.logprobs for choice in self.choices):
            raise InvalidRequest("there are no log probabilities: ask with --top-logprobs 10")
        return TokensView([self._run()])

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle  # noqa: PLC0415 - Markdown is slow to import

        return bundle([self._run()])

    def _run(self) -> Run:
        from chat_magic.view.bundle import Run  # noqa: PLC0415

        return Run(
            model=self.model,
            request=self.request.body(),
            reply=self.reply,
            timing=self.timing,
            prefill=self.prefill,
            warnings=self.warnings,
            rounds=self.rounds,
            cost=self.cost,
        )

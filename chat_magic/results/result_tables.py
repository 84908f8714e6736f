"""The tables and views that one result and several have in common, made on demand."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.choice_value import plain_value_of
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.analysis.labels import At
    from chat_magic.analysis.reply_columns import ReplyColumns
    from chat_magic.analysis.segments import SpanUnit
    from chat_magic.core.cell.grid import Axis
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.view.bundle import ComparisonView, RunView, TokensView

__all__ = ["ResultTables"]


class ResultTables(ABC):
    """The tables of one or several results, as pandas DataFrames.

    Each begins with `run`, the position of the result, from 0; those of several results continue
    with `model` and a column for each coordinate of the grid. Log probabilities are in nats,
    surprisal and entropy in bits, probabilities from 0 to 1. Every column is described in
    `docs/tables.md`; `table.attrs["chat_magic"]` holds model, parameters and warnings.
    """

    @property
    @abstractmethod
    def _results(self) -> Sequence[ChatResult]:
        """The results, by run."""

    @property
    @abstractmethod
    def _attrs(self) -> dict[str, Any]:
        """The facts about the requests for `DataFrame.attrs`, as plain JSON."""

    @property
    @abstractmethod
    def _runs(self) -> list[RunView]:
        """The results as pictures take them."""

    def _with_coordinates(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with the coordinates of its runs as columns, if there are any."""
        return table

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each choice: metrics, model, cost, parsed fields, times and usage.

        The metrics are those of `analysis.reply_tables.choices_table`; `bits_per_byte` also
        compares models of different vocabularies. `cost`, the times and the usage are those of
        the whole request, and are the same on each of its rows. With a schema there is a column
        `parsed.FIELD` for each scalar field.
        """
        from chat_magic.analysis.listing_tables import RequestFacts, add_cost, add_speed
        from chat_magic.analysis.reply_tables import choices_table

        table = choices_table(self._columns, attrs=self._attrs)
        facts = [
            RequestFacts(result.model, result.cost, result.timing, result.usage)
            for result in self._results
        ]
        add_cost(table, facts)
        self._add_parsed(table)
        add_speed(table, facts)
        return self._with_coordinates(table)

    def _add_parsed(self, table: pd.DataFrame) -> None:
        schema = next((result.schema for result in self._results), None)
        if schema is None:
            return
        from chat_magic.analysis.parsed_columns import add_parsed

        values = [
            plain_value_of(choice, schema, result.prefill)
            for result in self._results
            for choice in result.choices
        ]
        add_parsed(table, schema, values)

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """A row for each output token; empty without `logprobs`."""
        return self._with_coordinates(self._tokens)

    @cached_property
    def alternatives(self) -> pd.DataFrame:
        """A row for each token that could have come at a position; needs `top_logprobs`."""
        return self._with_coordinates(self._alternatives)

    @cached_property
    def branches(self) -> pd.DataFrame:
        """Where the choices of a run part: a row for each way on, how often, how probable."""
        from chat_magic.analysis.branches import branches_table

        return self._with_coordinates(branches_table(self._columns, attrs=self._attrs))

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """How far the choices of a run agree; a row for each run.

        `share`, `distinct`, `entropy_nats`, `unseen_mass` and more: the columns are those of
        `analysis.agreement.agreement_table`.
        """
        from chat_magic.analysis.agreement import agreement_table

        return self._with_coordinates(agreement_table(self._columns, attrs=self._attrs))

    def spans(self, by: SpanUnit) -> pd.DataFrame:
        """Return a row for each stretch of each choice, with the probability of its tokens.

        Args:
            by: `json` (fields under their JSON Pointers), `sentence`, `line`, `word`, a compiled
                pattern, or a list of (start, end) in characters.

        Raises:
            InvalidRequest: `by` is none of these.
        """
        from chat_magic.analysis.spans import spans_table

        table = spans_table(self._columns, by, attrs=self._attrs, prefill=self._prefills)
        return self._with_coordinates(table)

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
        from chat_magic.analysis.labels import labels_table

        table = labels_table(
            self._columns, labels, attrs=self._attrs, at=at, prefill=self._prefills
        )
        return self._with_coordinates(table)

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
        from chat_magic.analysis.labels import expected_table

        table = expected_table(
            self._columns, attrs=self._attrs, at=at, between=between, prefill=self._prefills
        )
        return self._with_coordinates(table)

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return the table of tokens; wide, with `token_1`, `p_1`, … `token_K`, `p_K` beside each.

        Args:
            wide: One row holds all that could have come at a position.
        """
        if not wide:
            return self.tokens
        from chat_magic.analysis.export import wide_table

        return self._with_coordinates(wide_table(self._tokens, self._alternatives))

    def inspect(self) -> TokensView:
        """Return the answer or answers opened at their tokens, for a notebook to draw.

        Raises:
            InvalidRequest: There are no log probabilities.
        """
        from chat_magic.view.bundle import TokensView

        if not any(choice.logprobs for result in self._results for choice in result.choices):
            raise InvalidRequest("there are no log probabilities: ask with --top-logprobs 10")
        return TokensView(self._runs)

    def _comparison(
        self, base: int | None, by: DiffUnit, ignore_whitespace: bool, axes: Sequence[Axis] = ()
    ) -> ComparisonView:
        """Return all answers side by side; `base` is a position among them."""
        from chat_magic.view.bundle import ComparisonView

        if sum(len(result.choices) for result in self._results) < 2:
            raise InvalidRequest(
                "there are fewer than two answers to compare: ask with --n 2 or --models"
            )
        return ComparisonView(self._runs, axes, base, by, ignore_whitespace)

    @cached_property
    def _tokens(self) -> pd.DataFrame:
        from chat_magic.analysis.reply_tables import tokens_table

        return tokens_table(self._columns, attrs=self._attrs)

    @cached_property
    def _alternatives(self) -> pd.DataFrame:
        from chat_magic.analysis.reply_tables import alternatives_table

        return alternatives_table(self._columns, attrs=self._attrs)

    @cached_property
    def _columns(self) -> ReplyColumns:
        from chat_magic.analysis.reply_columns import read_replies

        return read_replies([result.reply for result in self._results])

    @property
    def _prefills(self) -> list[str]:
        return [result.prefill for result in self._results]

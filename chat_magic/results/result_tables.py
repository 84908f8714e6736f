"""The tables and views that one result and several have in common, made on demand."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.reply.choice_value import plain_value_of
from chat_magic.errors import InvalidRequest
from chat_magic.view.html_repr import HtmlRepr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.analysis.reply_columns import ReplyColumns
    from chat_magic.analysis.segments import SpanUnit
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.label_set import At, LabelSet
    from chat_magic.core.schema.structured import Schema
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.history_number import HistoryNumber
    from chat_magic.view.bundle import ComparisonView, RunView, TokensView

__all__ = ["ResultTables"]


class ResultTables(HtmlRepr, ABC):
    """The tables of one or several results, as pandas DataFrames.

    Each begins with `run`, the position of the result, from 0; those of several results continue
    with `model` and a column for each coordinate of the grid. Log probabilities are in nats,
    surprisal and entropy in bits, probabilities from 0 to 1. Every column is described in
    `docs/tables.md`; `table.attrs["chat_magic"]` holds model, parameters and warnings.
    """

    _history: HistoryNumber | None

    @property
    def history_id(self) -> int | None:
        """Its number in the history, that of the grid for a run; None where it is not kept.

        The row may be written only a moment after the request has started: this waits up to 1 s.
        """
        return self._history.get() if self._history else None

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
        """A row for each choice: metrics, text, model, cost, parsed fields, times and usage.

        The metrics are those of its content, or of its refusal. `cost`, the times and the usage are
        those of the whole request, the same on each of its rows. With a schema there is a column
        `parsed.FIELD` for each scalar field; with labels, one `p[LABEL]` for each of them and for
        the rest, as in `labels`.

        Columns: `run`, `choice`, `text`, `parsed.FIELD`, `p[LABEL]`, `finish_reason`, `n_tokens`,
        `perplexity`, `min_prob`, `mean_logprob`, `n_scored`, `n_censored`, `joint_logprob`,
        `perplexity_low`, `geo_mean_prob`, `bits_per_byte`, `min_prob_position`, `frac_below_50`,
        `frac_non_greedy`, `mean_entropy_bits_low`, `mean_entropy_bits_high`, `mean_residual`,
        `z_sampling`, `alignment_coverage`, `first_divergence`, `first_divergence_byte`,
        `duplicate_of`, `model`, `cost`, `ttft_s`, `total_s`, `tokens_per_s`, `prompt_tokens`,
        `completion_tokens`.
        """
        from chat_magic.analysis.reply_tables import choices_table
        from chat_magic.analysis.request_columns import RequestFacts, add_cost, add_speed

        table = choices_table(self._columns, attrs=self._attrs)
        facts = [
            RequestFacts(result.model, result.cost, result.timing, result.usage)
            for result in self._results
        ]
        add_cost(table, facts)
        self._add_parsed(table)
        self._add_labels(table)
        add_speed(table, facts)
        return self._with_coordinates(_in_documented_order(table, "FRAME"))

    @property
    def _schema(self) -> Schema | None:
        """The form of the answers, if one was asked for."""
        return next((one.schema for one in self._results if one.schema is not None), None)

    @property
    def _labels(self) -> LabelSet | None:
        """The possible answers, if they were named."""
        known = (one.request.labels for one in self._results)
        return next((labels for labels in known if labels is not None), None)

    def _add_labels(self, table: pd.DataFrame) -> None:
        labels = self._labels
        if labels is None:
            return
        from chat_magic.analysis.labels import label_columns

        known = label_columns(self._columns, labels, prefill=self._prefills)
        for name, values in known.items():
            table[name] = values

    def _add_parsed(self, table: pd.DataFrame) -> None:
        schema = self._schema
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
        """A row for each sampled token; empty without `logprobs`.

        Columns: `run`, `choice`, `part`, `position`, `token`, `bytes`, `prob`, `rank`,
        `surprisal_bits`, `entropy_bits_low`, `top1_token`, `gap_nats`, `logprob`,
        `entropy_bits_high`, `text`, `group`, `frag`, `n_frag`, `byte_start`, `byte_end`,
        `char_start`, `char_end`,
        `align`, `logprob_raw`, `status`, `k_returned`, `margin`, `mass_known`, `mass_residual`,
        `varentropy`, `is_space`, `is_newline`, `is_special`, `is_forced`, `chunk`, `t_ms`.
        """
        return self._with_coordinates(_in_documented_order(self._tokens, "TOKENS"))

    @cached_property
    def alternatives(self) -> pd.DataFrame:
        """A row for each possible token at each position; requires `top_logprobs`.

        Columns: `run`, `choice`, `part`, `position`, `rank`, `token`, `bytes`, `logprob`,
        `logprob_raw`, `status`, `prob`, `cum_prob`, `is_chosen`, `is_extra`.
        """
        return self._with_coordinates(self._alternatives)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row for each text that `score` or `--score` has scored; empty for any other result.

        Columns: `run`, `candidate`, `logprob`, `prob`, `end_logprob`, `n_tokens`, `mean_logprob`,
        `bits_per_byte`, `share`, `rank`, `bound`, `low`, `high`, `method`.
        """
        from chat_magic.analysis.score_table import scores_table

        scores = [result.request.score for result in self._results]
        table = scores_table(
            [result.reply for result in self._results],
            [score is None or score.end for score in scores],
            attrs=self._attrs,
        )
        return self._with_coordinates(table)

    @cached_property
    def branches(self) -> pd.DataFrame:
        """A row for each branch where the choices of a run diverge: how often, how probable.

        Columns: `run`, `node_id`, `parent_id`, `depth`, `prefix_chars`, `token`, `count`, `share`,
        `wilson_low`, `wilson_high`, `model_prob`, `model_prob_min`, `model_prob_max`, `choices`.
        """
        from chat_magic.analysis.branches import branches_table

        return self._with_coordinates(branches_table(self._columns, attrs=self._attrs))

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """A row for each run: how far its choices agree.

        Columns: `run`, `n_choices`, `share`, `distinct`, `entropy_nats`, `unseen_mass`, `text`,
        `weight`, `sampled_entropy`, `predictive_entropy`, `total_variation_low`.
        """
        from chat_magic.analysis.agreement import agreement_table

        return self._with_coordinates(agreement_table(self._columns, attrs=self._attrs))

    def spans(self, by: SpanUnit) -> pd.DataFrame:
        """Return a row for each span of each choice, with the probability of its tokens.

        Columns: `run`, `choice`, `name`, `kind`, `byte_start`, `byte_end`, `text`, `n_tokens`,
        `logprob`, `prob`, `mean_logprob`, `min_prob`, `min_prob_position`, `shared_start`,
        `shared_end`.

        Args:
            by: `json` (fields, named by their JSON Pointers), `sentence`, `line`, `word`, a
                compiled pattern, or a list of (start, end) in characters.

        Raises:
            InvalidRequest: `by` is not one of these.

        Example:
            >>> result.spans("json")[["name", "text", "prob"]]
        """
        from chat_magic.analysis.spans import spans_table

        table = spans_table(self._columns, by, attrs=self._attrs, prefill=self._prefills)
        return self._with_coordinates(table)

    def labels(self, labels: Sequence[str], *, at: At = "first") -> pd.DataFrame:
        """Return the probability of each label at the token that decides the answer.

        There is a row for each choice. Alternatives that begin a label count towards it, in any
        case and with or without a space before them; `ambiguous`, `other` and `residual` have the
        rest, so that each row adds up to 1.

        Columns: `run`, `choice`, `position`, `token`, `ambiguous`, `other`, `residual`, `LABEL`.

        Args:
            labels: The possible answers.
            at: The place of the answer: `first`, the start of the text; a JSON Pointer such as
                `/label`; or a compiled pattern, whose first group, else whole match, it is.

        Raises:
            InvalidRequest: Two labels are alike, or `at` is not a place.

        Example:
            >>> result.labels(["yes", "no"])[["yes", "no"]]
        """
        from chat_magic.analysis.labels import labels_table

        table = labels_table(
            self._columns, labels, attrs=self._attrs, at=at, prefill=self._prefills
        )
        return self._with_coordinates(table)

    def expected(
        self, *, at: At = "first", between: tuple[float, float] = (-math.inf, math.inf)
    ) -> pd.DataFrame:
        """Return the mean of the possible numbers, weighted by probability.

        There is a row for each choice. It is meant for scales whose values are one token each.

        Columns: `run`, `choice`, `position`, `token`, `expected`, `covered`.

        Args:
            at: The place of the number, as for `labels`.
            between: The ends of the scale; numbers outside it do not count.

        Raises:
            InvalidRequest: `at` is not a place.

        Example:
            >>> result.expected(between=(1, 5))["expected"]
        """
        from chat_magic.analysis.labels import expected_table

        table = expected_table(
            self._columns, attrs=self._attrs, at=at, between=between, prefill=self._prefills
        )
        return self._with_coordinates(table)

    def what_if(
        self,
        temperature: float = 1,
        top_p: float = 1,
        top_k: int | None = None,
        min_p: float = 0,
    ) -> pd.DataFrame:
        """Return what each written token would have been worth under other sampling settings.

        Nothing is sent. The alternatives do not show the whole distribution, so that probabilities
        are bounds; with top_k up to the number of alternatives they are exact. The settings act in
        the order of llama.cpp: top_k, top_p within what it left, min_p, temperature.

        Columns: `run`, `choice`, `position`, `token`, `prob_low`, `prob_high`, `cut`.

        Args:
            temperature: 0 and up; above 1 the bounds are wide.
            top_p: 0 to 1.
            top_k: At least 1; None and 0 keep all tokens.
            min_p: 0 to 1.

        Returns:
            A row for each token of each answer.

        Raises:
            InvalidRequest: A setting is out of range; there are no alternatives; or the reported
                probabilities are already those after a temperature other than 1.

        Example:
            >>> table = result.what_if(temperature=0.3)
            >>> table.groupby("choice")[["prob_low", "prob_high"]].prod()
        """
        from chat_magic.analysis.what_if import Sampling
        from chat_magic.analysis.what_if_table import fault_of_what_if, what_if_table

        sampling = Sampling(temperature, top_p, top_k, min_p)
        sent = [result.request.body().get("temperature") for result in self._results]
        if fault := fault_of_what_if(self._columns, sent):
            raise InvalidRequest(f"what_if: {fault}")
        return self._with_coordinates(what_if_table(self._columns, sampling, attrs=self._attrs))

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return the table of tokens, or a wide one with the alternatives beside each token.

        `to_frame()` is `tokens`; of `to_frame(wide=True)`, K counts the alternatives by rank:

        Columns: `run`, `choice`, `part`, `position`, `token`, `prob`, `token_K`, `p_K`.

        Args:
            wide: Whether a row has all alternatives at its position.
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

        asked = [result.request.body().get("top_logprobs") for result in self._results]
        most = [count if isinstance(count, int) else None for count in asked]
        return read_replies([result.reply for result in self._results], asked=most)

    @property
    def _prefills(self) -> list[str]:
        return [result.prefill for result in self._results]


def _in_documented_order(table: pd.DataFrame, name: Literal["FRAME", "TOKENS"]) -> pd.DataFrame:
    """Return a table with its useful columns first."""
    from chat_magic.analysis import column_docs

    names = column_docs.documented_order(getattr(column_docs, name), table.columns)
    ordered = table[names]
    ordered.attrs = table.attrs
    return ordered

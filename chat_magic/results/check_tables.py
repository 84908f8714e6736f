"""Checks of the answers of one result or several, and what they prove."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, overload

from chat_magic.analysis.check_outcomes import PASSED
from chat_magic.analysis.run_layout import run_layout
from chat_magic.core.cell.check_expression import read_checks
from chat_magic.core.request.label_set import REST
from chat_magic.errors import InvalidRequest
from chat_magic.results.result_tables import ResultTables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.check_outcomes import CheckOutcomes
    from chat_magic.analysis.checks import CheckedLayout
    from chat_magic.analysis.run_layout import RunLayout
    from chat_magic.core.cell.check_expression import Check
    from chat_magic.core.cell.grid import Axis
    from chat_magic.results.calibration import Calibration
    from chat_magic.results.check_run import CheckedRun
    from chat_magic.results.pareto import Pareto
    from chat_magic.results.versus import Versus
    from chat_magic.view.checks_view import ChecksView, RunMarks

__all__ = ["CheckTables"]


class CheckTables(ResultTables):
    """Checks, the tables of their verdicts, and comparisons of variants by them."""

    _checked: CheckOutcomes | None

    @property
    def _grid_axes(self) -> Sequence[Axis]:
        """The axes of the grid, if it is one."""
        return ()

    @property
    def _grid_coordinates(self) -> Sequence[Mapping[str, Any]]:
        """For each run, its value on each axis."""
        return ({},)

    @property
    def _failed_runs(self) -> Mapping[int, str]:
        """By run, why it failed."""
        return {}

    def check(
        self,
        *checks: str | Callable[..., Any],
        truth: str | None = None,
        variables: Mapping[str, Any] | None = None,
        **named: str | Callable[..., Any],
    ) -> Self:
        """Return the same results with each answer checked.

        An expression sees `answer` (the text), `parsed`, `choice`, `result`, `p` (by label),
        `row` (the whole row), the row's columns by name, the builtins, and the variables of the
        notebook; a function takes those of them that it names as arguments. An exception counts
        as not passed, and is shown. What a model wrote is a value, and is never run.

        Args:
            *checks: Expressions, such as `len(answer) < 80` or `short=len(answer) < 80`, and
                functions.
            truth: The column with the right answers: adds the check `correct`, and `.confusion`.
            variables: What expressions see besides; by default the variables of the notebook.
            **named: Further checks by their names.

        Returns:
            New results, with the verdicts of earlier checks; a check replaces its namesake.

        Raises:
            InvalidRequest: An expression is not Python, two checks have the same name, or one asks
                for something that no answer has.

        Example:
            >>> checked = results.check("answer.strip().lower() == label", short="len(answer) < 9")
            >>> checked.pass_rates[["variant", "check", "share", "low", "high"]]
        """
        compiled = read_checks(checks, named)
        if not compiled and truth is None:
            raise InvalidRequest("check: requires an expression or a function")
        return self._with_checks(compiled, truth, variables)

    def _with_checks(
        self,
        checks: Sequence[Check],
        truth: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Self:
        """Run checks that were compiled, and that of the truth; see `check`."""
        from chat_magic.results.check_run import (
            check_correct,
            judge,
            notebook_variables,
            run_checks,
        )

        check_correct(checks, truth)
        runs = self._checked_runs
        outcomes = run_checks(
            checks, runs, notebook_variables() if variables is None else variables
        )
        if truth is not None:
            outcomes = outcomes.with_more(judge(truth, runs, self._label_names))
        if self._checked is not None:
            outcomes = self._checked.with_more(outcomes)
        return replace(self, _checked=outcomes)  # type: ignore[type-var]  # each is a dataclass

    def _with_check_notice(self, words: str) -> Self:
        """Return the results with one more line beside the verdicts."""
        outcomes = self._outcomes
        noticed = replace(outcomes, notices=(*outcomes.notices, words))
        return replace(self, _checked=noticed)  # type: ignore[type-var]  # each is a dataclass

    @property
    def checks(self) -> pd.DataFrame:
        """A row for each answer: whether it passes each check, and all of them.

        The runs that failed have no rows.

        Columns: `run`, `choice`, `CHECK`, `passed`, `error`.

        Raises:
            InvalidRequest: The answers are not checked.
        """
        from chat_magic.analysis.checks import checks_table

        return self._with_coordinates(checks_table(self._outcomes, attrs=self._attrs))

    @property
    def pass_rates(self) -> pd.DataFrame:
        """A row for each variant and check: the share that passes, with its 95 % interval.

        With one answer a row of the data it is Wilson's; with several Student's t over the means of
        the rows. The check `passed` is all checks together.

        Columns: `variant`, `model`, `COORDINATE`, `check`, `answers`, `n_passed`, `share`, `low`,
        `high`, `rows`, `mixed`, `failed`.

        Raises:
            InvalidRequest: The answers are not checked.
        """
        from chat_magic.analysis.checks import pass_rates_table

        return pass_rates_table(self._checked_layout(), attrs=self._attrs)

    def pass_rates_by(self, column: str) -> pd.DataFrame:
        """Return `pass_rates`, taking rows with the same value of a column as one row.

        Columns: as for `pass_rates`; `rows` counts the distinct values.

        Args:
            column: A column of the data, such as the document that several questions are about.

        Raises:
            InvalidRequest: The answers are not checked, or there is no such column.
        """
        from chat_magic.analysis.checks import pass_rates_table

        return pass_rates_table(self._checked_layout(column), attrs=self._attrs)

    @property
    def confusion(self) -> pd.DataFrame:
        """How often each true value was answered by what: a row a truth, a column an answer.

        The rows are those of each variant, its title being the first level of the index; texts are
        compared without case and outer white space, and with labels the likeliest one counts.

        Raises:
            InvalidRequest: No truth was given.
        """
        from chat_magic.analysis.confusion import confusion_table

        judged = self._checked.judged if self._checked else None
        if self._checked is None or judged is None:
            raise InvalidRequest("confusion: requires a truth: ask with --truth COLUMN")
        layout = self._run_layout
        variants = [layout.variant[run] for run in self._checked.run]
        return confusion_table(judged, variants, layout.titles)

    @overload
    def versus(self, *, check: str = ..., cluster: str | None = ...) -> pd.DataFrame: ...
    @overload
    def versus(self, a: Any, b: Any, check: str = ..., *, cluster: str | None = ...) -> Versus: ...
    def versus(
        self, a: Any = None, b: Any = None, check: str = PASSED, *, cluster: str | None = None
    ) -> Versus | pd.DataFrame:
        """Compare two variants on the rows that both answered, or all pairs of variants.

        With one answer a row the interval is Newcombe's (method 10) and the p-value that of
        McNemar's exact test; with several Student's t over the rows' differences and a permutation
        of their signs. `rows_needed` is Connor's approximation.

        Args:
            a: A variant: its place, its title, or its coordinates as a dict.
            b: The variant that is subtracted. Without both, all pairs are compared.
            check: The check that is compared; by default all of them.
            cluster: A column; rows with the same value count as one.

        Returns:
            A value with the figures, whose text is a sentence; for all pairs a table.

            Columns: `a`, `b`, `difference`, `low`, `high`, `p_value`, `rows`, `discordant`,
            `rows_needed`, `p_adjusted`.

        Raises:
            InvalidRequest: The answers are not checked, or there is no such variant or check.

        Example:
            >>> print(results.versus("B", "A"))
            B passes 12 points more than A (-3 to +27): not settled by 20 rows. …
        """
        from chat_magic.analysis.checks import versus_table
        from chat_magic.results.versus import versus_within

        checked = self._checked_layout(cluster)
        if a is None and b is None:
            return versus_table(checked, check, attrs=self._attrs)
        if a is None or b is None:
            raise InvalidRequest("versus: expected two variants, or none for all pairs")
        return versus_within(checked, a, b, check)

    def calibration(self, truth: str | None = None) -> Calibration:
        """Return how far the probability of the likeliest label comes true, for a notebook to draw.

        Args:
            truth: The column with the right answers; by default that of `--truth`.

        Raises:
            InvalidRequest: There are no labels, no rows, or no such column.
        """
        from chat_magic.results.calibration import calibration_of

        if truth is None and self._checked and self._checked.judged:
            truth = self._checked.judged.column
        return calibration_of(truth, self._checked_runs, self._label_names)

    def pareto(self, quality: str = "share") -> Pareto:
        """Return the pass share, cost and latency of each variant, for a notebook to draw.

        Args:
            quality: `share`, that of all checks together, or the name of one check.

        Raises:
            InvalidRequest: The answers are not checked, or there is no such check.
        """
        from chat_magic.results.pareto import pareto_of

        check = PASSED if quality == "share" else quality
        return pareto_of(self._checked_layout(), self._results, check)

    @property
    def _outcomes(self) -> CheckOutcomes:
        if self._checked is None:
            raise InvalidRequest(
                "the answers are not checked: ask with --check EXPRESSION, or use .check()"
            )
        return self._checked

    @cached_property
    def _run_layout(self) -> RunLayout:
        models = [result.model for result in self._results]
        return run_layout(self._grid_axes, self._grid_coordinates, models)

    def _checked_layout(self, cluster: str | None = None) -> CheckedLayout:
        from chat_magic.analysis.checks import CheckedLayout, clusters_of

        layout = self._run_layout
        return CheckedLayout(
            outcomes=self._outcomes,
            layout=layout,
            failed=tuple(self._failed_runs),
            clusters=() if cluster is None else clusters_of(layout.rows, cluster),
        )

    @cached_property
    def _marks(self) -> Sequence[RunMarks]:
        """For each run, how its answers are marked."""
        from chat_magic.results.check_picture import run_marks

        return run_marks(self._checked, len(self._results))

    @property
    def _checks_view(self) -> ChecksView | None:
        """What checks said, as pictures take it; None if nothing is checked."""
        if self._checked is None:
            return None
        from chat_magic.results.check_picture import checks_view

        return checks_view(self._checked_layout())

    @property
    def _label_names(self) -> tuple[str, ...]:
        """The labels that the answers were asked with."""
        labels = self._labels
        return () if labels is None else tuple(labels.labels)

    @property
    def _checked_runs(self) -> list[CheckedRun]:
        """The runs that did not fail, as checks see them."""
        from chat_magic.results.check_run import CheckedRun

        layout, known = self._run_layout, self._label_probabilities
        return [
            CheckedRun(
                number,
                result,
                layout.rows[layout.row[number]],
                None if known is None else known[number],
            )
            for number, result in enumerate(self._results)
            if number not in self._failed_runs
        ]

    @property
    def _label_probabilities(self) -> list[dict[int, dict[str, float]]] | None:
        """For each run and the index of each choice, the probability of each label."""
        labels = self._labels
        if labels is None:
            return None
        known = self.labels(labels.labels, at=labels.at)
        names = [*labels.labels, *REST]
        by_run: list[dict[int, dict[str, float]]] = [{} for _ in self._results]
        for record in known[["run", "choice", *names]].to_dict("records"):
            of_answer = {name: float(record[name]) for name in names}
            by_run[record["run"]][record["choice"]] = of_answer
        return by_run

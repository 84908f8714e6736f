"""A result as one bundle of MIME types: for the labextension, any browser, and a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from chat_magic.analysis.diff_units import DiffUnit
from chat_magic.core.cell.variants import row_axis_of
from chat_magic.core.reply.usage import total_usage
from chat_magic.core.schema.json_answer import asks_for_json
from chat_magic.errors import InvalidRequest
from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.html.check_html import checks_html
from chat_magic.view.html.comparison_html import comparison_html
from chat_magic.view.html.result_html import result_html
from chat_magic.view.html.row_table_html import row_table_html
from chat_magic.view.html_repr import HtmlRepr
from chat_magic.view.payload import payload
from chat_magic.view.row_table import row_table
from chat_magic.view.rows_payload import rows_payload
from chat_magic.view.text.check_text import checks_text
from chat_magic.view.text.comparison_text import comparison_text
from chat_magic.view.text.result_text import result_text
from chat_magic.view.text.row_table_text import row_table_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.check_outcomes import ChoiceMark
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import Reply, Timing, Usage
    from chat_magic.core.reply.thread_use import ThreadUse
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.core.request.label_set import LabelSet
    from chat_magic.view.checks_view import ChecksView
    from chat_magic.view.comparison_model import Opens
    from chat_magic.view.row_table import Mark

MIME_TYPE = "application/vnd.chat-magic.result.v1+json"
VIEW = "chat_magic_view"
"""The key of an output's metadata that says which view opens; as in `labextension/src/mime.ts`."""


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One request and its answer, as pictures need them."""

    model: str
    """As `vendor/model`."""
    request: Mapping[str, Any]
    """The JSON body that was sent."""
    reply: Reply
    timing: Timing
    prefill: str = ""
    """What the answer had to begin with; it is not part of its text."""
    no_branch: str = ""
    """Why no cell can continue from one of its tokens; empty if one may."""
    warnings: tuple[str, ...] = ()
    cost: float | None = None
    """In dollars, if the prices are known."""
    recorded_s: float | None = None
    """When a recorded answer arrived, in seconds since 1970-01-01 UTC; None for any other."""
    rounds: Sequence[ToolRound] = ()
    """The rounds before this answer, whose tool calls were run."""
    coordinates: Mapping[str, str] = field(default_factory=dict)
    """Its position in a grid of runs: the title of its value on each axis, by the axis' name."""
    error: str | None = None
    """Why there is no complete answer, in one line."""
    labels: LabelSet | None = None
    """The possible answers, whose probabilities are shown."""
    marks: tuple[Mark, ...] = ()
    """What each check says of its choices together."""
    thread: ThreadUse | None = None
    """The conversation over several cells that it belongs to."""
    choice_marks: Mapping[int, ChoiceMark] = field(default_factory=dict)
    """What all checks together say of its choices, by their `index`; empty if not checked."""

    @property
    def usage(self) -> Usage | None:
        """The tokens of all rounds together."""
        return total_usage([*(done.reply.usage for done in self.rounds), self.reply.usage])

    @property
    def usage_of_choice(self) -> Usage | None:
        """The tokens of the only choice; None if there are several."""
        return self.reply.usage if len(self.reply.choices) == 1 else None

    @cached_property
    def label_rows(self) -> list[dict[Hashable, Any]]:
        """The rows of `labels_table`, one for each choice; none without labels.

        They are kept, as each form of a picture needs them.
        """
        if self.labels is None:
            return []
        from chat_magic.analysis.labels import labels_table
        from chat_magic.analysis.reply_columns import read_replies

        labels, at = self.labels.labels, self.labels.at
        columns = read_replies([self.reply])
        return labels_table(columns, labels, attrs={}, at=at, prefill=self.prefill).to_dict(
            "records"
        )

    @property
    def json_prefill(self) -> str | None:
        """The prefill if JSON was asked for, else None."""
        return self.prefill if asks_for_json(self.request) else None


@dataclass(frozen=True, repr=False)
class TokensView(HtmlRepr):
    """Runs whose tokens are to be inspected: a value that notebooks draw."""

    runs: Sequence[RunView]

    def __repr__(self) -> str:
        return f"<TokensView {_answers(self.runs)}>"

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return bundle(self.runs, opens_tokens=True), {VIEW: "tokens"}


@dataclass(frozen=True, repr=False)
class ComparisonView(HtmlRepr):
    """Answers whose differences are to be inspected: a value that notebooks draw.

    Raises:
        InvalidRequest: `by` is not a unit of comparison, or `base` is not an answer's position.
    """

    runs: Sequence[RunView]
    axes: Sequence[Axis] = ()
    base: int | None = None
    by: DiffUnit = "word"
    ignore_whitespace: bool = False

    def __post_init__(self) -> None:
        count = sum(len(run.reply.choices) for run in self.runs)
        if self.by not in get_args(DiffUnit):
            raise InvalidRequest(f"by {self.by!r}: must be one of {', '.join(get_args(DiffUnit))}")
        if self.base is not None and not 0 <= self.base < count:
            raise InvalidRequest(f"base {self.base}: there are {count} answers, numbered from 0")

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each changed or unchanged stretch, or JSON field, of each answer."""
        from chat_magic.analysis.changes import changes_table

        return changes_table(
            [run.reply for run in self.runs],
            attrs={"models": [run.model for run in self.runs]},
            base=self.base,
            by=self.by,
            ignore_whitespace=self.ignore_whitespace,
            prefills=[run.prefill for run in self.runs],
        )

    def __repr__(self) -> str:
        return f"<ComparisonView {_answers(self.runs)}, by {self.by}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return bundle(
            self.runs,
            axes=self.axes,
            base=self.base,
            by=self.by,
            ignore_whitespace=self.ignore_whitespace,
            opens="diff",
        )


def _answers(runs: Sequence[RunView]) -> str:
    count = sum(len(run.reply.choices) for run in runs)
    return f"{count} answer{'s'[: count != 1]}"


def bundle(
    runs: Sequence[RunView],
    *,
    opens_tokens: bool = False,
    axes: Sequence[Axis] = (),
    base: int | None = None,
    by: DiffUnit = "word",
    ignore_whitespace: bool = False,
    opens: Opens = "answers",
    checks: ChecksView | None = None,
) -> dict[str, Any]:
    """Return pictures of the runs for three kinds of front ends, made from the same values.

    Args:
        runs: The runs.
        opens_tokens: Whether the static HTML shows the tokens without a click.
        axes: Of the grid that the runs are, in row-major order: the last axis changes fastest.
        base: Position, among the choices of all runs, of the answer that the others are compared
            with; by default the most frequent one.
        by: The unit of a difference.
        ignore_whitespace: Whether answers that differ only in white space are identical.
        opens: Whether the answers or their differences come first.
        checks: What checks said about the answers, if these are checked.

    Returns:
        The display payload under `MIME_TYPE`, static `text/html`, and `text/plain`. Never
        `text/markdown`, in which front ends would render what the model wrote.
    """
    if opens == "answers" and row_axis_of(axes):
        return _bundle_of_rows(runs, axes, checks)
    comparison = compare_runs(runs, base=base, by=by, ignore_whitespace=ignore_whitespace)
    if comparison is None:
        html, text = result_html(runs, opens_tokens=opens_tokens), result_text(runs)
    else:
        html = comparison_html(comparison, axes=axes, opens=opens, opens_tokens=opens_tokens)
        text = comparison_text(comparison, axes=axes, opens=opens)
    if checks is not None:
        html, text = checks_html(checks) + html, f"{checks_text(checks)}\n\n{text}"
    return {
        MIME_TYPE: payload(runs, axes=axes, comparison=comparison, opens=opens, checks=checks),
        "text/html": html,
        "text/plain": text,
    }


def _bundle_of_rows(
    runs: Sequence[RunView], axes: Sequence[Axis], checks: ChecksView | None
) -> dict[str, Any]:
    """Return pictures of a grid over rows: its table, with what checks said above it.

    How many answers of a variant pass is in its header, in text also above.
    """
    rates = () if checks is None else checks.rates
    rows = row_table(runs, axes, [[rate.words, *rate.facts] for rate in rates])
    html, text = row_table_html(rows, rates), row_table_text(rows)
    if checks is not None:
        html = checks_html(checks, has_rates=False) + html
        text = f"{checks_text(checks)}\n\n{text}"
    return {
        MIME_TYPE: rows_payload(runs, axes=axes, rows=rows, checks=checks),
        "text/html": html,
        "text/plain": text,
    }

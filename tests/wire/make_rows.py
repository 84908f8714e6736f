"""Writes the fixture of a table of rows that the tests in Python and TypeScript share.

python -m tests.wire.make_rows    writes rows.json beside this file
"""

from __future__ import annotations

from math import nan
from typing import Any

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.bundle import MIME_TYPE, RunView, bundle
from chat_magic.view.checks_view import ChecksView, VariantRate
from chat_magic.view.row_table import Mark
from tests.view.conftest import answers, choice, run, token
from tests.wire.fixtures import store

DATA = ({"text": "fine", "stars": 5}, {"text": "bad", "stars": 10}, {"text": "so so", "stars": 1})
AXES = (row_axis("document", ["p", "q", "r"], DATA), sweep_axis("temperature", [0, 1]))
LABELS = LabelSet(("yes", "no"))


def _labelled(label: str, prob: float, *, passed: bool) -> RunView:
    other = "no" if label == "yes" else "yes"
    mark = Mark(check="correct", outcome="passed" if passed else "failed")
    tokens = [token(label, prob, (other, max(0.05, 0.7 - prob))), token(" indeed", 0.9)]
    return run(choice(tokens), labels=LABELS, marks=(mark,))


def rows() -> list[RunView]:
    """Return three rows in two variants: one failed, one has choices that differ."""
    return [
        _labelled("yes", 0.8, passed=True),
        _labelled("no", 0.4, passed=False),
        _labelled("no", 0.7, passed=True),
        answers(error="the server said 429: too many <requests>"),
        _labelled("yes", 0.6, passed=True),
        answers("yes, a bit", "no"),
    ]


def table() -> dict[str, Any]:
    """Return the payload."""
    checks = ChecksView(rates=(_rate("temperature=0", 3, 3), _rate("temperature=1", 0, 1)))
    made: dict[str, Any] = bundle(rows(), axes=AXES, checks=checks)[MIME_TYPE]
    return made


def _rate(title: str, n_passed: int, answers: int) -> VariantRate:
    """Return a rate without an interval."""
    share = n_passed / answers
    return VariantRate(
        title=title, n_passed=n_passed, answers=answers, share=share, low=nan, high=nan
    )


FIXTURES = {"rows.json": table}

if __name__ == "__main__":
    store(FIXTURES)

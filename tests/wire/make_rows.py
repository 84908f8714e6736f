"""Writes the fixture of a table of rows that the tests in Python and TypeScript share.

python -m tests.wire.make_rows    writes rows.json beside this file
"""

from __future__ import annotations

from typing import Any

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.bundle import MIME_TYPE, RunView, bundle
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
    made: dict[str, Any] = bundle(
        rows(), axes=AXES, variant_facts=[["passed 3 of 3"], ["passed 0 of 1"]]
    )[MIME_TYPE]
    return made


FIXTURES = {"rows.json": table}

if __name__ == "__main__":
    store(FIXTURES)

"""The display payload of a grid with rows: its table, and as much of the tokens as fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chat_magic.view.payload import WHOLE, Detail, checks_payload, plain_json, result_payload
from chat_magic.view.token_roles import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import RunView
    from chat_magic.view.checks_view import ChecksView
    from chat_magic.view.row_table import RowCell, RowTable

LARGEST = 8 * 2**20
"""Bytes that the payload may take in a notebook."""
DETAILS = (
    WHOLE,
    Detail(most_alternatives=5),
    Detail(most_alternatives=0),
    Detail(most_alternatives=0, has_tokens=False),
)
"""What the payload has of the tokens, in the order in which it is tried."""
_TOKEN_BYTES, _ALTERNATIVE_BYTES = 5, 2
"""What a token and an alternative take at least, about."""


def rows_payload(
    runs: Sequence[RunView],
    *,
    axes: Sequence[Axis],
    rows: RowTable,
    checks: ChecksView | None = None,
    largest: int = LARGEST,
) -> dict[str, Any]:
    """Return the runs and their table as plain JSON, as `payload` does.

    Past `largest` bytes the alternatives beyond 5 are left out, then all of them, then the tokens;
    the tables of the result have them all the same.

    Args:
        runs: The runs, in row-major order.
        axes: Those of the grid, the rows first.
        rows: Their table.
        checks: What checks said about the answers, if these are checked.
        largest: Bytes that it may take.
    """
    frame = plain_json(
        {
            "version": 1,
            "axes": [{"name": axis.name, "titles": axis.titles} for axis in axes],
            "comparison": None,
            "rows": _table(rows),
            **({"checks": checks_payload(checks)} if checks else {}),
        }
    )
    room = largest - len(_encoded({**frame, "results": []}))
    for detail in DETAILS:
        if detail != DETAILS[-1] and _least_size(runs, detail) > room:
            continue
        results = plain_json([result_payload(run, detail) for run in runs])
        if detail == DETAILS[-1] or len(_encoded(results)) <= room:
            break
    if detail != WHOLE:
        frame["rows"]["is_cut"] = True
    return {**frame, "results": results}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _least_size(runs: Sequence[RunView], detail: Detail) -> int:
    """Return about how many bytes the tokens take at least."""
    tokens = [token for run in runs for choice in run.reply.choices for token in tokens_of(choice)]
    most = detail.most_alternatives
    counts = [len(token.top_logprobs or ()) for token in tokens]
    n_alternatives = sum(count if most is None else min(count, most) for count in counts)
    return len(tokens) * _TOKEN_BYTES + n_alternatives * _ALTERNATIVE_BYTES


def _table(rows: RowTable) -> dict[str, Any]:
    return {
        "index": rows.index,
        "columns": [
            {"name": column.name, "values": column.values, "is_number": column.is_number}
            for column in rows.columns
        ],
        "variants": [
            {"title": title, "facts": facts}
            for title, facts in zip(rows.variants, rows.variant_facts, strict=True)
        ],
        "cells": list(map(_cell, rows.cells)),
        "facts": rows.facts,
        "warnings": rows.notices,
    }


def _cell(cell: RowCell) -> dict[str, Any]:
    """Return a cell; what most cells do not have is absent, since there are many."""
    optional = {
        "failed": cell.is_failed,
        "choices": cell.n_choices if cell.n_choices != 1 else 0,
        "distinct": cell.n_distinct if cell.n_distinct > 1 else 0,
        "marks": [{"check": mark.check, "outcome": mark.outcome} for mark in cell.marks],
        "states": cell.states,
    }
    label = {} if cell.prob is None else {"label": cell.label, "prob": round(cell.prob, 4)}
    return {"text": cell.text, **label, **{name: item for name, item in optional.items() if item}}

"""Results with rows and variants, made of texts."""

from __future__ import annotations

import pandas as pd

from chat_magic.core.cell.grid import Axis, row_axis
from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.core.request.request import ChatRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults


def result_of(*texts, model="a/b", **fields):
    """Return a result with a choice for each text."""
    choices = tuple(
        Choice(index=index, message=Message(content=text), finish_reason="stop")
        for index, text in enumerate(texts)
    )
    request = ChatRequest(model=model)
    return ChatResult(request, Reply(choices=choices), Timing(total_s=1.0), **fields)


def rows_of(rows, titles=None):
    """Return the axis of some rows, with their data."""
    labels = list(range(len(rows))) if titles is None else titles
    return row_axis("row", labels, rows, pd.DataFrame(rows, index=labels))


def grid_of(answers, rows, *, errors=None, titles=None):
    """Return results over rows.

    Args:
        answers: For each variant's title, for each row, a text, or a list of the choices' texts.
        rows: The rows of the data.
        errors: By (row, variant), why that run failed.
        titles: What the rows are called.
    """
    names = tuple(answers)
    axis = rows_of(rows, titles)
    axes = (axis, Axis(name="prompt", kind="prompt", titles=names, values=names))
    runs = [(row, name) for row in range(len(rows)) for name in names]
    given = [answers[name][row] for row, name in runs]
    return ChatResults(
        tuple(result_of(*([texts] if isinstance(texts, str) else texts)) for texts in given),
        axes,
        tuple({"row": axis.labels[row], "prompt": name} for row, name in runs),
        {runs.index(key): words for key, words in (errors or {}).items()},
    )

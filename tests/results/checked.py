"""Results with rows and variants, made of texts."""

from __future__ import annotations

from chat_magic.core.cell.grid import Axis
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


def row_axis(rows, titles=None):
    """Return the axis of some rows."""
    titles = tuple(map(str, range(len(rows)))) if titles is None else tuple(titles)
    return Axis(name="row", kind="row", titles=titles, values=tuple(rows))


def grid_of(answers, rows, *, errors=None, titles=None):
    """Return results over rows.

    Args:
        answers: For each variant's title, for each row, a text, or a list of the choices' texts.
        rows: The rows of the data.
        errors: By (row, variant), why that run failed.
        titles: What the rows are called.
    """
    names = tuple(answers)
    axis = row_axis(rows, titles)
    axes = (axis, Axis(name="prompt", kind="prompt", titles=names, values=names))
    runs = [(row, name) for row in range(len(rows)) for name in names]
    given = [answers[name][row] for row, name in runs]
    return ChatResults(
        tuple(result_of(*([texts] if isinstance(texts, str) else texts)) for texts in given),
        axes,
        tuple({"row": axis.titles[row], "prompt": name} for row, name in runs),
        {runs.index(key): words for key, words in (errors or {}).items()},
    )

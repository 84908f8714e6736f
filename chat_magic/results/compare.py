"""Comparing the answers of any cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from chat_magic.core.cell.grid import title_of
from chat_magic.core.request.settings import SCALARS
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult, not_a_result
from chat_magic.results.chat_results import ChatResults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.view.bundle import ComparisonView
    from chat_magic.view.result_diff import ComparedExecution, ResultDiff

__all__ = ["compare", "compared"]


@overload
def compare(
    *results: ChatResult | ChatResults,
    base: int | tuple[int, int] | None = None,
    by: DiffUnit = "word",
    ignore_whitespace: bool = False,
    prompts: Literal[False] = False,
) -> ComparisonView: ...
@overload
def compare(*results: ChatResult | ChatResults, prompts: Literal[True]) -> ResultDiff: ...
def compare(
    *results: ChatResult | ChatResults,
    base: int | tuple[int, int] | None = None,
    by: DiffUnit = "word",
    ignore_whitespace: bool = False,
    prompts: bool = False,
) -> ComparisonView | ResultDiff:
    """Return the answers of any cells side by side, opened at their differences.

    They are named by what differs between them: the model, parameters, coordinates of grids; and
    by a number if that does not tell them apart.

    Args:
        *results: Results of one or several runs each.
        base: The answer that the others are compared with: the position of a run among those of
            all results, or a pair of a run and the index of a choice; the most frequent answer by
            default.
        by: As for `ChatResult.compare`.
        ignore_whitespace: As for `ChatResult.compare`.
        prompts: Whether to draw what changed from the first of two results to the second: in the
            prompt by word, in the parameters, and in the answers. One answer with one is compared
            by word; several by the share of each distinct answer, with 95% Wilson intervals; and
            the values of a schema's `enum` by their probabilities, where log probabilities are
            known. Of grids, the prompt is that of the first run.

    Returns:
        A view for a notebook to draw; its `.table` has the differences as a DataFrame. With
        `prompts` it has `.prompt` and `.answers` instead.

    Raises:
        InvalidRequest: A value is not a result, there is no such answer, `by` is not a unit, there
            are fewer than two answers, or `prompts` is given with other than two results or with
            another option.

    Example:
        >>> chat_magic.compare(hot, cold, base=1, by="sentence")
        >>> chat_magic.compare(chat_magic.load(3), chat_magic.load(7), prompts=True)
    """
    if prompts:
        if base is not None or by != "word" or ignore_whitespace:
            raise InvalidRequest("prompts=True takes no base, by or ignore_whitespace")
        return _with_prompts(results)
    runs: list[ChatResult] = []
    coordinates: list[Mapping[str, Any]] = []
    for result in results:
        if isinstance(result, ChatResults):
            runs += result.results
            coordinates += result.coordinates
        elif isinstance(result, ChatResult):
            runs.append(result)
            coordinates.append({})
        else:
            raise InvalidRequest(f"compare: {not_a_result(result)}")
    together = ChatResults(tuple(runs), (), _distinguishing(runs, coordinates))
    return together.compare(base, by, ignore_whitespace=ignore_whitespace)


def _with_prompts(results: Sequence[ChatResult | ChatResults]) -> ResultDiff:
    from chat_magic.view.result_diff import ResultDiff

    for result in results:
        if not isinstance(result, ChatResult | ChatResults):
            raise InvalidRequest(f"compare: {not_a_result(result)}")
    if len(results) != 2:
        raise InvalidRequest(f"prompts=True compares two results, got {len(results)}")
    before, after = results
    titles = [
        name if result.history_id is None else f"#{result.history_id}"
        for result, name in ((before, "before"), (after, "after"))
    ]
    return ResultDiff(compared(before, titles[0]), compared(after, titles[1]))


def compared(result: ChatResult | ChatResults, title: str) -> ComparedExecution:
    """Return a result, under a title, as it is compared with another.

    Raises:
        InvalidRequest: It has no runs.
    """
    from chat_magic.view.result_diff import ComparedExecution

    if not result._runs:
        raise InvalidRequest("compare: the result has no runs")
    first = result.results[0] if isinstance(result, ChatResults) else result
    schema = first.schema.json_schema if first.schema else None
    return ComparedExecution(title=title, runs=result._runs, schema=schema)


def _distinguishing(
    runs: Sequence[ChatResult], coordinates: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Return what differs between runs, by name; and a number if that does not tell them apart."""
    facts = [_facts(run) | dict(known) for run, known in zip(runs, coordinates, strict=True)]
    names = dict.fromkeys(name for fact in facts for name in fact)
    titles = {name: [title_of(fact.get(name, UNSET)) for fact in facts] for name in names}
    differing = [name for name in names if len(set(titles[name])) > 1]
    is_enough = len(set(zip(*(titles[name] for name in differing), strict=True))) == len(facts)
    return tuple(
        {name: fact.get(name, UNSET) for name in differing}
        | ({} if differing and is_enough else {"result": number})
        for number, fact in enumerate(facts)
    )


def _facts(result: ChatResult) -> dict[str, Any]:
    given = result.request.parameters
    return {"model": result.model} | {name: given[name] for name in SCALARS if name in given}

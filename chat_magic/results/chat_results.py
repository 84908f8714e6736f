"""ChatResults: the answers of several runs as one value, with the tables of a single result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

from chat_magic.core.cell.grid import title_of
from chat_magic.core.request.settings import SCALARS
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult, no_result
from chat_magic.results.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import ComparisonView, RunView
    from chat_magic.view.comparison_model import By
    from chat_magic.view.heatmap import Heatmap

__all__ = ["ChatResults", "compare"]


@dataclass(frozen=True, repr=False)
class ChatResults(Tables, Sequence[ChatResult]):
    """What came of several requests: a sequence of their results, with the tables of all.

    Every table begins with `run` (the place in the sequence), `model`, and a column for each
    coordinate: numbers as numbers, missing where the parameter was unset, all else as categories.
    """

    results: tuple[ChatResult, ...]
    """In row-major order of the axes, the last one changing fastest; a run that failed before
    anything came has no choices."""
    axes: tuple[Axis, ...] = ()
    """What the runs of a grid differ in; empty for a part of a grid, or results of any cells."""
    coordinates: tuple[Mapping[str, Any], ...] = ()
    """Of each run: its value by the name of the axis; of a varied variable, the value's title."""
    errors: Mapping[int, str] = field(default_factory=dict)
    """Why a run has no whole answer, in one line, by run; empty where all went well."""

    def __post_init__(self) -> None:
        if not self.coordinates:
            object.__setattr__(self, "coordinates", tuple({} for _ in self.results))

    @property
    def models(self) -> tuple[str, ...]:
        """The models that were asked, each once, as `vendor/model`."""
        return tuple(dict.fromkeys(one.model for one in self.results))

    @property
    def cost(self) -> float | None:
        """What all runs cost together, in dollars; None where that of one is not known."""
        costs = [one.cost for one in self.results if one.reply.choices]
        return sum(cost for cost in costs if cost is not None) if None not in costs else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """The oddities of all runs, each once."""
        return tuple(dict.fromkeys(words for one in self.results for words in one.warnings))

    def pick(self, run: int, choice: int = 0) -> ChatResult:
        """Return the result of a run with one of its choices only, to go on with it.

        Raises:
            InvalidRequest: There is no such run, it failed, or it has no such choice.
        """
        result = self._run_at(run)
        if run in self.errors and not result.choices:
            raise InvalidRequest(f"run {run} has no answer: {self.errors[run]}")
        return result.pick(choice)

    def compare(
        self,
        base: int | tuple[int, int] | None = None,
        by: By = "word",
        *,
        ignore_whitespace: bool = False,
    ) -> ComparisonView:
        """Return all answers beside each other, opened at their differences, to be drawn.

        Args:
            base: What the others are held against: a run, or a (run, choice) pair; else the most
                frequent answer.
            by: As for `ChatResult.compare`.
            ignore_whitespace: Likewise.

        Raises:
            InvalidRequest: There is no such answer, `by` is no unit, or there is one answer.
        """
        place = None if base is None else self._place(base)
        return self._comparison(place, by, ignore_whitespace, self.axes)

    def heatmap(self, metric: str = "perplexity") -> Heatmap:
        """Return a metric over the grid, the mean of each run's choices, to be drawn.

        Args:
            metric: A column of `.frame` that holds numbers.

        Raises:
            InvalidRequest: There is no such metric, or the runs are no whole grid.
        """
        from chat_magic.analysis.coordinate_columns import metrics_by_run
        from chat_magic.view.heatmap import heatmap

        axes = [axis.name for axis in self.axes]
        return heatmap(self.axes, metrics_by_run(self.frame, len(self), axes), metric)

    def _place(self, base: int | tuple[int, int]) -> int:
        """Return the place of an answer among those of all runs."""
        run, choice = base if isinstance(base, tuple) else (base, 0)
        self.pick(run, choice)
        return sum(len(one.choices) for one in self.results[:run]) + choice

    def _run_at(self, run: int) -> ChatResult:
        if type(run) is not int or not 0 <= run < len(self):
            raise InvalidRequest(f"run {run}: there are {len(self)}, numbered from 0")
        return self.results[run]

    @overload
    def __getitem__(self, index: int) -> ChatResult: ...
    @overload
    def __getitem__(self, index: slice) -> ChatResults: ...
    def __getitem__(self, index: int | slice) -> ChatResult | ChatResults:
        if not isinstance(index, slice):
            return self.results[index]
        runs = range(len(self))[index]
        errors = {at: self.errors[run] for at, run in enumerate(runs) if run in self.errors}
        return ChatResults(self.results[index], (), self.coordinates[index], errors)

    def __len__(self) -> int:
        return len(self.results)

    def __bool__(self) -> bool:
        return True

    def __getstate__(self) -> dict[str, Any]:
        # What varied may be anything of the notebook: a function, a client that holds a key.
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**fields, "axes": tuple(map(_told, self.axes))}

    def __repr__(self) -> str:
        model = self.models[0] if len(self.models) == 1 else f"{len(self.models)} models"
        sizes = " x ".join(f"{len(axis.titles)} {axis.name}" for axis in self.axes)
        facts = [model, f"{len(self)} run{'s'[: len(self) != 1]}"]
        facts[-1] += f": {sizes}" if sizes else ""
        facts += [f"{len(self.errors)} failed"] if self.errors else []
        return f"<ChatResults {', '.join(facts)}>"

    @property
    def _results(self) -> tuple[ChatResult, ...]:
        return self.results

    @property
    def _attrs(self) -> dict[str, Any]:
        return {"models": list(self.models), "runs": [one._attrs for one in self.results]}

    def _placed(self, table: pd.DataFrame) -> pd.DataFrame:
        from chat_magic.analysis.coordinate_columns import with_coordinates

        return with_coordinates(table, [one.model for one in self.results], self.coordinates)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle

        return bundle(self._runs, axes=self.axes)

    @property
    def _runs(self) -> list[RunView]:
        titles = [
            {name: title_of(value) for name, value in one.items()} for one in self.coordinates
        ]
        return [one._run(titles[run], self.errors.get(run)) for run, one in enumerate(self.results)]


def _told(axis: Axis) -> Axis:
    """Return an axis with plain values: the titles of what varied."""
    return replace(axis, values=axis.titles) if axis.kind == "variable" else axis


def compare(
    *results: ChatResult | ChatResults,
    base: int | tuple[int, int] | None = None,
    by: By = "word",
    ignore_whitespace: bool = False,
) -> ComparisonView:
    """Return the answers of any cells beside each other, opened at their differences, to be drawn.

    They are named by what differs between them: the model, parameters, the coordinates of grids;
    by a number where that is not enough.

    Args:
        *results: Of one or several runs each.
        base: What the others are held against: the place of a run among those of all, or a
            (run, choice) pair; else the most frequent answer.
        by: As for `ChatResult.compare`.
        ignore_whitespace: Likewise.

    Raises:
        InvalidRequest: One is no result, there is no such answer, `by` is no unit, or there is
            one answer.
    """
    found: list[ChatResult] = []
    known: list[Mapping[str, Any]] = []
    for each in results:
        if isinstance(each, ChatResults):
            found += each.results
            known += each.coordinates
        elif isinstance(each, ChatResult):
            found.append(each)
            known.append({})
        else:
            raise InvalidRequest(f"compare: {no_result(each)}")
    together = ChatResults(tuple(found), (), _differences(found, known))
    return together.compare(base, by, ignore_whitespace=ignore_whitespace)


def _differences(
    results: Sequence[ChatResult], known: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Return what differs between results, by name; a number too where that is not enough."""
    facts = [
        _facts(one) | dict(coordinates) for one, coordinates in zip(results, known, strict=True)
    ]
    names = dict.fromkeys(name for one in facts for name in one)
    titles = {name: [title_of(one.get(name, UNSET)) for one in facts] for name in names}
    differing = [name for name in names if len(set(titles[name])) > 1]
    is_enough = len(set(zip(*(titles[name] for name in differing), strict=True))) == len(facts)
    return tuple(
        {name: one.get(name, UNSET) for name in differing}
        | ({} if differing and is_enough else {"result": place})
        for place, one in enumerate(facts)
    )


def _facts(result: ChatResult) -> dict[str, Any]:
    given = result.request.parameters
    return {"model": result.model} | {name: given[name] for name in SCALARS if name in given}

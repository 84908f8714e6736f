"""The results of several requests as one value, with the tables of a single result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, overload

from chat_magic.core.cell.grid import title_of
from chat_magic.core.cell.variants import row_axis_of, variant_titles
from chat_magic.core.reply.choice_value import plain_value_of
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.check_tables import CheckTables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from chat_magic.analysis.answers_table import VariantAnswers
    from chat_magic.analysis.check_outcomes import CheckOutcomes
    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.label_set import LabelSet
    from chat_magic.core.schema.structured import Schema
    from chat_magic.results.history_number import HistoryNumber
    from chat_magic.view.bundle import ComparisonView, RunView
    from chat_magic.view.heatmap import Heatmap

__all__ = ["ChatResults"]


@dataclass(frozen=True, repr=False)
class ChatResults(CheckTables, Sequence[ChatResult]):
    """The results of several requests: a sequence of them, with the tables of all.

    Every table begins with `run` (the position in the sequence), `model`, and a column for each
    coordinate: numbers and booleans as such, missing if the parameter was unset, everything else
    as categories.

    Results compare by value, and so, like lists, they are not hashable.

    Example:
        >>> results = chat_magic.chat_grid("Name a cat", sweep={"temperature": [0, 0.5, 1]}, n=5)
        >>> results.frame.groupby("temperature")["perplexity"].mean()
        >>> results.pick(2, choice=1).text
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    results: tuple[ChatResult, ...]
    """In row-major order of the axes, the last one changing fastest. A run that failed before
    any output has no choices."""
    axes: tuple[Axis, ...] = ()
    """The axes of the grid; empty for a slice of a grid, or results of unrelated cells."""
    coordinates: tuple[Mapping[str, Any], ...] = ()
    """For each run, its value on each axis by the axis' name; for a variable, the value's title."""
    errors: Mapping[int, str] = field(default_factory=dict)
    """By run, why it has no complete answer, in one line; empty if all succeeded."""
    resume: str | None = field(default=None, kw_only=True)
    """The resume file of a map, which has its rows; None of anything else."""
    _history: HistoryNumber | None = field(default=None, kw_only=True, compare=False)
    """What will tell `history_id`; None where it is not kept."""
    _form: tuple[Schema | None, LabelSet | None] = field(
        default=(None, None), kw_only=True, compare=False
    )
    """The schema and the labels that were asked with, which tables need where no run has them."""
    _checked: CheckOutcomes | None = field(default=None, kw_only=True)
    """What checks said about the answers; None if these are not checked."""

    def __post_init__(self) -> None:
        if not self.coordinates:
            object.__setattr__(self, "coordinates", tuple({} for _ in self.results))

    @property
    def models(self) -> tuple[str, ...]:
        """The distinct models of the requests, as `vendor/model`."""
        return tuple(dict.fromkeys(result.model for result in self.results))

    @property
    def replayed(self) -> bool:
        """Whether all runs are recorded answers, so that nothing was sent."""
        return bool(self.results) and all(result.replayed for result in self.results)

    @property
    def cost(self) -> float | None:
        """The cost of all runs together, in dollars; None if that of a run is unknown."""
        costs = [result.cost for result in self.results if result.reply.choices]
        return sum(cost for cost in costs if cost is not None) if None not in costs else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """The distinct warnings of all runs."""
        return tuple(dict.fromkeys(words for result in self.results for words in result.warnings))

    def _with_warning(self, words: str) -> ChatResults:
        """Return the results, the first with one more warning."""
        first, *others = self.results
        return replace(self, results=(first._with_warning(words), *others))

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The data of `over`, with a column of answers for each variant.

        The data are as they were given, with their index. The column of the only variant is
        `answer`; several are called as in the table that is drawn, such as `temperature=0` or
        `openai/gpt-4o · temperature=0`. A cell is missing where the request failed, and a list
        of texts if several choices were asked for. With a schema there is a column
        `answer.FIELD`, or `temperature=0.FIELD`, for each scalar field. A name that the data
        have is numbered: `answer (2)`.

        Raises:
            InvalidRequest: The results are not those of rows.

        Example:
            >>> results = chat_grid("Is it praise? {{ text }}", over=reviews)
            >>> (results.answers["answer"] == results.answers["label"]).mean()
        """
        from chat_magic.analysis.answers_table import answers_table

        rows = row_axis_of(self.axes)
        if rows is None:
            raise InvalidRequest("answers: requires the rows of --over (over=)")
        return answers_table(rows.data, [*self._variants()])

    def _variants(self) -> Iterator[VariantAnswers]:
        from chat_magic.analysis.answers_table import VariantAnswers

        titles = variant_titles(self.axes)
        for place, title in enumerate(titles):
            runs = range(place, len(self), len(titles))
            results = [None if run in self.errors else self.results[run] for run in runs]
            schema = next((self.results[run].schema for run in runs), self._form[0])
            yield VariantAnswers(
                title=title,
                texts=[None if one is None else _texts(one) for one in results],
                values=[None if one is None else _plain_values(one, schema) for one in results],
                schema=schema,
                is_list=any(self.results[run].request.n > 1 for run in runs),
            )

    def pick(self, run: int, choice: int | None = None) -> ChatResult:
        """Return the result of a run with one of its choices only, such as for `after=`.

        Args:
            run: The position of the run.
            choice: The index of the choice; the first choice by default.

        Raises:
            InvalidRequest: There is no such run, it failed, or it has no such choice.
        """
        result = self._run_at(run)
        return result.pick(result.choices[result._position(choice)].index)

    def compare(
        self,
        base: int | tuple[int, int] | None = None,
        by: DiffUnit = "word",
        *,
        ignore_whitespace: bool = False,
    ) -> ComparisonView:
        """Return all answers side by side, opened at their differences, for a notebook to draw.

        Args:
            base: The answer that the others are compared with: a run, whose first choice it is,
                or a pair of a run and the index of a choice; the most frequent answer by default.
            by: As for `ChatResult.compare`.
            ignore_whitespace: As for `ChatResult.compare`.

        Returns:
            A view; its `.table` has the differences as a DataFrame.

        Raises:
            InvalidRequest: There is no such answer, `by` is not a unit, or there are fewer than
                two answers.
        """
        position = None if base is None else self._answer_position(base)
        return self._comparison(position, by, ignore_whitespace, self.axes)

    def heatmap(self, metric: str = "perplexity") -> Heatmap:
        """Return a metric over the grid, the mean of each run's choices, for a notebook to draw.

        Args:
            metric: A numeric column of `.frame`.

        Raises:
            InvalidRequest: There is no such metric, or the runs are not a whole grid.
        """
        from chat_magic.analysis.coordinate_columns import metrics_by_run
        from chat_magic.view.heatmap import heatmap

        axes = [axis.name for axis in self.axes]
        return heatmap(self.axes, metrics_by_run(self.frame, len(self), axes), metric)

    def to_json(self) -> str:
        """As `ChatResult.to_json`, with axes, coordinates and errors.

        A variable's values become their titles, as in a pickle.

        Raises:
            InvalidRequest: A result is too deeply nested.
        """
        from chat_magic.results.result_json import result_to_json

        return result_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> ChatResults:
        """Read what `to_json` wrote; nothing in the text is run.

        Raises:
            InvalidRequest: It is not the JSON of a `ChatResults`, or of a newer version.
        """
        from chat_magic.results.result_json import result_from_json

        results = result_from_json(text)
        if not isinstance(results, cls):
            raise InvalidRequest("the JSON is that of one result: use ChatResult.from_json")
        return results

    @overload
    def export(self, format: str) -> str: ...
    @overload
    def export(self, format: str, path: str | PathLike[str]) -> Path: ...
    def export(  # the name of the argument is the interface
        self,
        format: str,  # noqa: A002
        path: str | PathLike[str] | None = None,
    ) -> str | Path:
        """Return all answers as a document, or write it to a file.

        Args:
            format: `markdown`, `html`, `result` (as `to_json`), `cell` (the cell of the grid) or
                `csv` (`.frame`). Of a grid over rows, `markdown` and `csv` are `.answers`. The
                request of a run is exported from that, as in `results[3].export("curl")`.
            path: As for `ChatResult.export`.

        Returns:
            The text, or the path if one is given.

        Raises:
            InvalidRequest: There is no such format, or the file cannot be written.
        """
        from chat_magic.results.export_formats import export

        return export(self, format, path)

    def _answer_position(self, base: int | tuple[int, int]) -> int:
        """Return the position of an answer among those of all runs."""
        pair = base if isinstance(base, tuple) else (base, None)
        if len(pair) != 2:
            raise InvalidRequest(f"base {base}: expected a run, or a (run, choice) pair")
        run, choice = pair
        position = self._run_at(run)._position(choice)
        return sum(len(result.choices) for result in self.results[:run]) + position

    def _run_at(self, run: int) -> ChatResult:
        """Return the result of a run that has an answer."""
        if not isinstance(run, SupportsIndex) or not 0 <= run < len(self):
            raise InvalidRequest(f"run {run}: there are {len(self)}, numbered from 0")
        result = self.results[run]
        if run in self.errors and not result.choices:
            raise InvalidRequest(f"run {run} has no answer: {self.errors[run]}")
        return result

    @overload
    def __getitem__(self, index: int) -> ChatResult: ...
    @overload
    def __getitem__(self, index: slice) -> ChatResults: ...
    def __getitem__(self, index: int | slice) -> ChatResult | ChatResults:
        if not isinstance(index, slice):
            return self.results[index]
        runs = range(len(self))[index]
        errors = {new: self.errors[run] for new, run in enumerate(runs) if run in self.errors}
        checked = self._checked and self._checked.of_runs(runs)
        return ChatResults(
            self.results[index], (), self.coordinates[index], errors, _checked=checked
        )

    def __len__(self) -> int:
        return len(self.results)

    def __bool__(self) -> bool:
        return True

    def __getstate__(self) -> dict[str, Any]:
        # A varied variable may be any object of the notebook: a function, a client with a key.
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**fields, "axes": tuple(map(_picklable_axis, self.axes))}

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
    def _grid_axes(self) -> tuple[Axis, ...]:
        return self.axes

    @property
    def _grid_coordinates(self) -> tuple[Mapping[str, Any], ...]:
        return self.coordinates

    @property
    def _failed_runs(self) -> Mapping[int, str]:
        return self.errors

    @property
    def _schema(self) -> Schema | None:
        return super()._schema or self._form[0]

    @property
    def _labels(self) -> LabelSet | None:
        return super()._labels or self._form[1]

    @property
    def _attrs(self) -> dict[str, Any]:
        return {"models": list(self.models), "runs": [result._attrs for result in self.results]}

    def _with_coordinates(self, table: pd.DataFrame) -> pd.DataFrame:
        from chat_magic.analysis.coordinate_columns import with_coordinates

        models = [result.model for result in self.results]
        names = [axis.name for axis in self.axes]
        return with_coordinates(table, models, self.coordinates, names)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle

        return bundle(self._runs, axes=self.axes, checks=self._checks_view)

    def _run_payload(self, run: int) -> dict[str, Any]:
        """Return the payload of one run alone, with all its tokens."""
        from chat_magic.view.payload import payload

        return payload([self._runs[run]])

    @property
    def _runs(self) -> list[RunView]:
        titles = [
            {name: title_of(value) for name, value in coordinates.items()}
            for coordinates in self.coordinates
        ]
        return [
            result._run(titles[run], self.errors.get(run), self._marks[run])
            for run, result in enumerate(self.results)
        ]


def _texts(result: ChatResult) -> list[str]:
    return [choice.text for choice in result.choices]


def _plain_values(result: ChatResult, schema: Schema | None) -> list[Any] | None:
    """Return the JSON values of the choices; None without a schema."""
    if schema is None:
        return None
    return [plain_value_of(choice, schema, result.prefill) for choice in result.choices]


def _picklable_axis(axis: Axis) -> Axis:
    """Return an axis with plain values: for a variable or a prompt, the titles of its values."""
    has_titles = axis.kind in ("variable", "prompt")
    return replace(axis, values=axis.titles) if has_titles else axis

"""Which variant and which row of the data each run of a grid is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, SupportsIndex

from chat_magic.core.cell.grid import title_of, unique_titles
from chat_magic.core.cell.variants import SINGLE, variant_axes, variant_titles
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.cell.grid import Axis


@dataclass(frozen=True, kw_only=True)
class RunLayout:
    """The runs of some results as a table of rows and variants."""

    titles: tuple[str, ...]
    """The variants, in the order of the runs."""
    coordinates: tuple[Mapping[str, Any], ...]
    """For each variant, its model and its value on each axis but that of the rows.

    The model is None where no run tells it."""
    rows: tuple[Mapping[Any, Any] | None, ...]
    """The rows of the data, in its order; a single None without any."""
    row_titles: tuple[str, ...]
    """What each row is called; one empty title without any."""
    variant: tuple[int, ...]
    """The variant of each run, as its place in `titles`."""
    row: tuple[int, ...]
    """The row of each run, as its place in `rows`."""

    @property
    def has_rows(self) -> bool:
        """Whether the runs have an axis of rows."""
        return self.rows != (None,)

    def place_of(self, variant: Any) -> int:
        """Return the place of a variant.

        Args:
            variant: Its place, from 0; its title, or that of a value that no other variant has;
                or its coordinates as a dict.

        Raises:
            InvalidRequest: There is no such variant, or several.
        """
        if isinstance(variant, SupportsIndex) and not isinstance(variant, bool):
            place = int(variant)
            if not 0 <= place < len(self.titles):
                raise InvalidRequest(
                    f"variant {place}: there are {len(self.titles)}, numbered from 0"
                )
            return place
        places = [place for place in range(len(self.titles)) if self._is(place, variant)]
        if len(places) == 1:
            return places[0]
        if places:
            named = ", ".join(self.titles[place] for place in places)
            raise InvalidRequest(f"variant {variant}: there are several of it: {named}")
        near = nearest(str(variant), self.titles) or f"; expected one of {', '.join(self.titles)}"
        raise InvalidRequest(f"variant {variant}: there is no such variant{near}")

    def _is(self, place: int, variant: Any) -> bool:
        own = self.coordinates[place]
        if not isinstance(variant, str):
            given = dict(variant) if hasattr(variant, "keys") else {}
            return bool(given) and all(
                name in own and title_of(own[name]) == title_of(value)
                for name, value in given.items()
            )
        spellings = {self.titles[place], *([SINGLE] if len(self.titles) == 1 else [])}
        if self.titles.count(variant) == 0:
            for name, value in own.items():
                title = title_of(value)
                spellings |= {title, f"{name}={title}", f"{name} {title}"}
        return variant in spellings


def run_layout(
    axes: Sequence[Axis], coordinates: Sequence[Mapping[str, Any]], models: Sequence[str]
) -> RunLayout:
    """Return the layout of runs.

    Args:
        axes: Of the grid, the last one changing fastest; none for unrelated runs, each of which is
            a variant of its own.
        coordinates: For each run, its value on each axis by the axis' name.
        models: The model of each run.
    """
    if not any(axis.kind == "row" for axis in axes):
        return RunLayout(
            titles=variant_titles(axes) if axes else unique_titles(_names_of_runs(models)),
            coordinates=tuple({"model": models[run], **c} for run, c in enumerate(coordinates)),
            rows=(None,),
            row_titles=("",),
            variant=tuple(range(len(models))),
            row=(0,) * len(models),
        )
    at = [axis.kind for axis in axes].index("row")
    places = list(product(*(range(len(axis.titles)) for axis in axes)))
    others = [place[:at] + place[at + 1 :] for place in places]
    variants = list(product(*(range(len(axis.titles)) for axis in variant_axes(axes))))
    numbers = {variant: number for number, variant in enumerate(variants)}
    titles = variant_titles(axes)
    return RunLayout(
        titles=tuple(models[:1]) if models and titles == (SINGLE,) else titles,
        coordinates=tuple(
            {"model": models[others.index(variant)] if models else None, **_values(axes, variant)}
            for variant in variants
        ),
        rows=tuple(axes[at].values),
        row_titles=axes[at].titles,
        variant=tuple(numbers[other] for other in others),
        row=tuple(place[at] for place in places),
    )


def _values(axes: Sequence[Axis], variant: Sequence[int]) -> dict[str, Any]:
    """Return the value of a variant on each axis but that of the rows, by its name."""
    pairs = zip(variant_axes(axes), variant, strict=True)
    return {axis.name: axis.coordinates[place] for axis, place in pairs}


def _names_of_runs(models: Sequence[str]) -> list[str]:
    """Name unrelated runs by their models if these differ, else by their positions."""
    if len(set(models)) == len(models):
        return list(models)
    return [f"run {run}" for run in range(len(models))]

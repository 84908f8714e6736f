"""What each row of a grid is sent as."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.grid import models_axis, prompt_axis, row_axis, sweep_axis, vary_axis
from chat_magic.core.cell.variants import row_axis_of, variant_axes, variant_count, variant_titles
from chat_magic.core.unset import UNSET

ROWS = row_axis("row", [0, 1], [{}, {}])
MODELS = models_axis(["a/b", "c/d"], "models")
HEAT = sweep_axis("temperature", [0, UNSET])
PROMPTS = prompt_axis(["A", "B"], ["a", "b"], "prompts")
TONES = vary_axis("tone", {"formal": "x"}, "vary")


@pytest.mark.parametrize(
    ("axes", "titles"),
    [
        ([ROWS], ("answer",)),
        ([ROWS, HEAT], ("temperature=0", "temperature=unset")),
        ([ROWS, MODELS], ("a/b", "c/d")),
        ([ROWS, PROMPTS, TONES], ("A · tone=formal", "B · tone=formal")),
        (
            [ROWS, MODELS, HEAT],
            ("a/b · temperature=0", "a/b · temperature=unset", "c/d · temperature=0",
             "c/d · temperature=unset"),
        ),
    ],
)  # fmt: skip
def test_a_variant_is_called_by_its_values(axes, titles):
    """The last axis changes fastest; a value that is not clear by itself has the axis' name."""
    assert variant_titles(axes) == titles
    assert variant_count(axes) == len(titles)
    assert variant_axes(axes) == tuple(axes[1:])


def test_rows_are_the_first_axis():
    """A grid without them has none."""
    assert row_axis_of([ROWS, HEAT]) is ROWS
    assert row_axis_of([HEAT]) is row_axis_of([]) is None

"""The requests of a grid: all combinations of its axes, and what its rows make of the templates."""

from __future__ import annotations

from math import nan, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.cell.grid import models_axis, prompt_axis, row_axis, sweep_axis, vary_axis
from chat_magic.core.cell.grid_requests import expand
from chat_magic.core.cell.template import render_text
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

axes = st.lists(
    st.sampled_from(
        [
            models_axis(["a", "b"], "models"),
            sweep_axis("temperature", [0, 0.5, UNSET]),
            sweep_axis("seed", [1]),
            row_axis("row", [0, 1], [{"z": 1}, {"z": 2}]),
            prompt_axis(["A", "cell"], ["a", None], "prompts"),
            vary_axis("x", ["p", "q", "r"], "vary"),
            vary_axis("y", {"k": 1, "l": 2}, "vary"),
        ]
    ),
    unique_by=lambda axis: axis.name,
)


@given(axes)
def test_the_requests_are_all_combinations_in_row_major_order(axes):
    """Their places written in the axes' sizes count up by one; each value is where it says."""
    reads = []

    def read_with(bound, prompt):
        reads.append(bound)
        if hasattr(bound, "used"):
            bound.used |= {"x", "y", "row"}
        seen = {name: bound[name] for name in ("x", "y", "row") if name in bound}
        return ChatRequest(extra={**seen, "prompt": prompt})

    variants = expand(axes, {}, read_with)
    assert len(variants) == prod(len(axis.values) for axis in axes)
    for place, variant in enumerate(variants):
        rest = place
        for axis in reversed(axes):
            rest, at = divmod(rest, len(axis.values))
            assert variant.coordinates[axis.name] == axis.coordinates[at]
            assert _value(variant.request, axis) == axis.values[at]
    varied = [axis for axis in axes if axis.kind in ("row", "prompt", "variable")]
    assert len(reads) == prod(len(axis.values) for axis in varied)


def _value(request, axis):
    match axis.kind:
        case "model":
            return request.model
        case "parameter":
            return request.parameters[axis.name]
        case "variable" | "row" | "prompt":
            return request.extra[axis.name]


def asked(text, rows, variables=None, axes=(), prompts=None):
    """Return the texts that a template becomes with each row, and the warnings."""

    def read(bound, prompt):
        message = Message(role="user", content=render_text(prompt or text, bound))
        return ChatRequest(messages=(message,))

    over = row_axis("row", range(len(rows)), rows)
    variants = expand([over, *axes], variables or {}, read)
    warnings = {warning for variant in variants for warning in variant.request.warnings}
    return [variant.request.messages[0].content for variant in variants], warnings


def test_templates_see_the_columns_of_their_row():
    """And the whole row, and the variables of the notebook."""
    rows = [{"text": "a", "page no": 1}, {"text": "b", "page no": 2}]
    texts, warnings = asked("{{ x }} {{ text }} {{ row['page no'] }}", rows, {"x": "-"})
    assert (texts, warnings) == (["- a 1", "- b 2"], set())


def test_prompts_meet_the_same_rows():
    """Each row with each prompt; None stands for the messages of the cell."""
    axis = prompt_axis(["cell", "B"], [None, "B {{ text }}"], "prompts")
    texts, _ = asked("cell {{ text }}", [{"text": "a"}, {"text": "b"}], axes=[axis])
    assert texts == ["cell a", "B a", "cell b", "B b"]


def test_equal_rows_are_separate_requests():
    """They are draws of the same one."""
    texts, warnings = asked("{{ text }}", [{"text": "a"}, {"text": "a"}])
    assert (texts, warnings) == (["a", "a"], set())


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("{{ a }}", "the column a hides the variable a of the notebook"),
        ("{{ b }}", "missing values are sent as text (nan) in 2 of 3 rows"),
        ("{{ row['b'] }}{{ c }}", "missing values are sent as text (None, nan) in 3 of 3 rows"),
        ("{% if b > 1 %}{{ c }}{% endif %}-", None),
        ("Hi", "the prompt uses no column: all 3 rows are sent as the same request"),
        ("{{ row }}", None),
    ],
)
def test_one_line_says_what_a_row_made_of_the_prompt(text, warning):
    """Where it may not be what is meant: with the count of the rows."""
    values = [(1, nan, None), (2, 1.0, None), (3, nan, 1)]
    rows = [dict(zip("abc", row, strict=True)) for row in values]
    _, warnings = asked(text, rows, {"a": 5, "x": 1})
    assert warnings == ({warning} if warning else set())


def test_large_counts_have_a_comma():
    """Of rows that are sent as the same request, and of missing values."""
    rows = [{"a": None}] * 1000
    _, warnings = asked("Hi", rows)
    assert warnings == {"the prompt uses no column: all 1,000 rows are sent as the same request"}
    _, warnings = asked("{{ a }}", rows)
    assert warnings == {"missing values are sent as text (None) in 1,000 of 1,000 rows"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ txt }}", "row 0: in the template: 'txt' is undefined.*; the columns are text; write"),
        ("{{ page no }}", r"row 0: .*write row\['page no'\] for the column of this name"),
        ("{{ 1 / text }}", "row 0: in the template: TypeError: [^;]*; use --raw[^;]*$"),
    ],
)  # fmt: skip
def test_an_error_of_a_template_names_the_row_and_the_columns(text, words):
    """An unknown column is the most frequent mistake."""
    with pytest.raises(InvalidRequest, match=words):
        asked(text, [{"text": "a", "page no": 1}])


def test_a_key_that_one_dict_lacks_is_undefined_there():
    """The error says in which row; a template can test for it."""
    rows = [{"a": 1}, {"b": 1}]
    with pytest.raises(InvalidRequest, match="row 1: in the template: 'a' is undefined"):
        asked("{{ a }}", rows)
    assert asked("{{ a | default('-') }}", rows)[0] == ["1", "-"]


def test_a_variable_is_not_a_column_too():
    """It would hide the data."""
    with pytest.raises(InvalidRequest, match="--vary text: text is a column of the rows"):
        asked("{{ text }}", [{"text": "a"}], axes=[vary_axis("text", ["x"], "--vary text")])


def test_no_rows_are_no_requests():
    """And nothing is read."""
    assert asked("{{ unknown }}", [], axes=[sweep_axis("seed", [1, 2])]) == ([], set())

"""Inputs: a value of every parameter is shown and read back unchanged."""

from __future__ import annotations

import json

import pytest

from chat_magic import InvalidRequest
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.shell.panel.inputs import input_for
from tests.engine.test_every_parameter import ROWS

VALUES = [
    (name, value)
    for name, row in PARAMETERS.items()
    if row.replaced_by is None
    for _, value in ROWS[name].taken
    if value is not None and not (name == "stop" and isinstance(value, str))
]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_value_is_read_back_as_it_was_written(name, value):
    """For every parameter of the table, to the byte of its JSON."""
    value_input = input_for(PARAMETERS[name])
    value_input.write(value)
    read = value_input.read()
    assert json.dumps(read) == json.dumps(value)


def test_a_single_stop_text_is_read_back_as_a_list():
    """The server treats both alike."""
    stop = input_for(PARAMETERS["stop"])
    stop.write("a\nb")
    assert stop.widgets[0].value == ["a\\nb"]
    assert stop.read() == ["a\nb"]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("temperature", ["FloatSlider", "FloatText"]),
        ("top_logprobs", ["IntSlider", "IntText"]),
        ("max_completion_tokens", ["IntText"]),
        ("seed", ["Text", "Button"]),
        ("store", ["ToggleButtons"]),
        ("reasoning_effort", ["Combobox"]),
        ("modalities", ["Dropdown"]),
        ("stop", ["TagsInput"]),
        ("response_format", ["Textarea"]),
    ],
)
def test_the_widgets_suit_the_parameter(name, kinds):
    """By its kind and range."""
    widgets = input_for(PARAMETERS[name]).widgets
    assert [type(widget).__name__ for widget in widgets] == kinds


def test_a_slider_and_its_entry_follow_each_other():
    """Dragging rounds away binary fractions; typing moves the slider as far as its range."""
    slider, entry = input_for(PARAMETERS["temperature"]).widgets
    slider.value = 0.1 + 0.2
    assert entry.value == 0.3
    entry.value = 5
    assert (slider.value, entry.value) == (2, 5)


@pytest.mark.parametrize(("name", "initial"), [("max_completion_tokens", 256), ("top_k", 40)])
def test_a_limit_starts_at_a_useful_value(name, initial):
    """Its minimum would allow a model a single token."""
    value_input = input_for(PARAMETERS[name])
    value_input.write(None)
    assert value_input.read() == initial


def test_a_seed_can_be_random():
    """Another click sets another one."""
    seed = input_for(PARAMETERS["seed"])
    values = []
    for _ in range(8):
        seed.randomize.click()
        values.append(seed.read())
    assert len(set(values)) > 1
    assert all(0 <= value < 2**31 for value in values)


def test_a_seed_keeps_all_its_digits():
    """A browser's numbers are exact to 53 bits only."""
    seed = input_for(PARAMETERS["seed"])
    seed.write(2**63 - 1)
    assert (seed.widgets[0].value, seed.read()) == ("9223372036854775807", 2**63 - 1)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("response_format", "{", "response_format: is not JSON"),
        ("logit_bias", "the=1", "must be token ids"),
        ("seed", "x", "seed x: must be a whole number"),
        ("seed", "", "must be a whole number"),
        ("tools", "[1]", r"tools\[0\]: must be a function"),
    ],
)
def test_a_text_that_is_not_a_value_is_an_error(name, text, words):
    """With the parameter's name."""
    value_input = input_for(PARAMETERS[name])
    value_input.widgets[0].value = text
    with pytest.raises(InvalidRequest, match=words):
        value_input.read()


def test_a_combination_outside_the_options_is_added():
    """A cell may list words in another order."""
    modalities = input_for(PARAMETERS["modalities"])
    assert "text,audio" in modalities.widgets[0].options
    assert "audio,text" not in modalities.widgets[0].options
    modalities.write(["audio", "text"])
    assert modalities.read() == ["audio", "text"]

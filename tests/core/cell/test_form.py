r"""Forms: a cell taken apart, its values as the texts of controls, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.cell import block
from chat_magic.core.cell.cell import parse
from chat_magic.core.cell.form import (
    CellForm,
    check_form,
    check_options,
    disabled_reasons,
    form_of,
    read_form,
    read_value,
    write_form,
    write_value,
)
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from tests.engine.test_every_parameter import ROWS

CELLS = [
    "%%chat\nHi",
    "%%chat a/b --temperature 0.5 --stop '\\n' --n 2\nsystem: S\nuser: {{ name }} and {x}",
    "%%chat a/b --raw\nuser: {{ name }}",
    "%%chat --unset temperature\n---\nresponse_format: {type: json_object}\n---\nuser: U",
    '%%chat\n{"model": "a/b", "messages": [{"role": "user", "content": "{{ x }}", "k": 1}]}',
    "%%chat a/b\nuser:\nLook\n@image cat.png low\nassistant: It is",
    "%%chat a/b --extra min_p=0.1\nuser(Ada): \\user: text",
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_form_writes_the_cell_that_it_was_read_from(cell):
    """In other words perhaps, but with the same meaning, templates included."""
    form = read_form(cell)
    again = read_form(write_form(form))
    assert again == form
    variables = {"name": "N", "x": "X"}
    assert parse(write_form(form), variables) == parse(cell, variables)


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("a/b --out r --schema 'name: str' -t 1", "--out r --schema 'name: str'"),
        ("--tools f,g a/b --background -o r ;", "--tools f,g -o r"),
        ("--dry-run a/b --after x:1", "--after x:1"),
        ("a/b", ""),
    ],
)
def test_the_magics_own_options_stay_as_typed(line, options):
    """But for those that say how a cell is run."""
    assert read_form(f"%%chat {line}\nHi", MAGIC_OPTIONS).options == options


def test_what_was_sent_is_text():
    """A request's braces are no templates, while those of a cell are."""
    request = ChatRequest(messages=(Message(role="user", content="{{ x }}"),))
    assert form_of(request).is_raw
    assert write_form(form_of(request)) == "%%chat --raw\nuser: {{ x }}"
    assert write_form(CellForm(request=request)) == "%%chat\nuser: {{ x }}"


TAKEN = [(name, value) for name, row in ROWS.items() for _, value in row.taken if value is not None]


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_a_value_of_every_parameter_has_a_text_in_its_control(name, value):
    """Which reads back as it; one text of stop becomes a list of it."""
    row = PARAMETERS[name]
    if row.kind != "boolean":
        expected = [value] if name == "stop" and isinstance(value, str) else value
        assert read_value(row, write_value(row, value)) == expected


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_to_stop_at_has_a_line_of_its_own(texts):
    row = PARAMETERS["stop"]
    assert read_value(row, write_value(row, texts)) == texts


@given(st.dictionaries(st.text(), st.text(), max_size=16))
def test_any_metadata_has_a_text(pairs):
    row = PARAMETERS["metadata"]
    assert read_value(row, write_value(row, pairs)) == pairs


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("temperature", "3", "temperature 3: must be 0 to 2"),
        ("temperature", "", "must be 0 to 2"),
        ("response_format", "{", "response_format: is not JSON (Expecting property name"),
        ("response_format", '{"type": "xml"}', "response_format.type xml: must be text,"),
        ("response_format", "1", "response_format 1: must be an object"),
        ("logit_bias", "the=1", "must be token ids"),
        ("logit_bias", "1", "write KEY=VALUE"),
        ("metadata", "{x", "metadata: is not JSON"),
        ("tools", "[{}]", "tools[0]: must be a function"),
        ("stop", "a\nb\nc\nd\ne", "at most 4 are allowed"),
    ],
)
def test_what_a_control_refuses_is_said_in_one_line(name, text, words):
    with pytest.raises(InvalidRequest) as caught:
        read_value(PARAMETERS[name], text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "options", "expected"),
    [
        ({}, [], {"tool_choice": "requires tools", "parallel_tool_calls": "requires tools"}),
        ({"tools": [1]}, [], {}),
        ({}, ["tools"], {}),
        (
            {"tools": [1], "logprobs": False, "stream": False},
            [],
            {
                "top_logprobs": "requires logprobs, which is off",
                "stream_options": "requires stream, which is off",
            },
        ),
        ({"tools": [1], "logprobs": UNSET, "max_completion_tokens": 1}, [],
         {"max_tokens": "max_completion_tokens is set"}),
    ],
)  # fmt: skip
def test_what_cannot_be_set_says_why(parameters, options, expected):
    assert disabled_reasons(parameters, options) == expected


def test_parts_are_checked_together():
    """Templates wait; options and parameters do not."""
    good = ChatRequest(parameters={"temperature": 1, "top_p": 1, "tool_choice": "auto"})
    with pytest.raises(InvalidRequest, match="tool_choice requires tools"):
        check_form(CellForm(request=good), MAGIC_OPTIONS)
    warnings = check_form(CellForm(request=good, options="--tools f"), MAGIC_OPTIONS)
    assert warnings == ("temperature and top_p are both set: it is better to set only one",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("x", "x: is not an option"),
        ("--temperature 1", "--temperature: is set by its own control"),
        ("--background", "--background: does not apply here"),
        ("--nothing", "--nothing"),
    ],
)
def test_other_options_are_refused_beside_the_controls(options, words):
    with pytest.raises(InvalidRequest, match=words):
        check_options(options, MAGIC_OPTIONS)
    assert check_options("--out r --tools f", MAGIC_OPTIONS) == {"out", "tools"}


MESSAGES = [
    ("user", "Hi", "Hi"),
    ("user(Ada)", "a\n\nb", "a\n\nb"),
    ("user", "user: x", "\\user: x"),
    ("tool(c1)", "42", "42"),
    ("system", "\\[x\\]", "\\[x\\]"),
]


@pytest.mark.parametrize(("head", "content", "text"), MESSAGES)
def test_a_message_has_a_text_below_its_role(head, content, text):
    """Marks in it are escaped, as in a cell; a role line that is typed there is text."""
    message = block.read_text(head, text)
    assert (block.head(message), message.content) == (head, content)
    assert block.write_text(message) == text
    assert block.read_text(head, content) == message


@given(st.text())
def test_any_message_has_a_text_or_says_that_it_has_none(content):
    """Such as one with blank lines around it."""
    message = Message(role="user", content=content)
    text = block.write_text(message)
    assert text is None or block.read_text("user", text) == message


def test_a_message_with_more_than_text_and_attachments_has_none():
    called = Message(role="assistant", content="x", extra={"tool_calls": []})
    assert block.write_text(called) is None
    attached = block.read_text("user", "See\n@image cat.png")
    assert block.write_text(attached) == "See\n@image cat.png"
    with pytest.raises(InvalidRequest, match="is not a role line"):
        block.read_text("nobody", "x")

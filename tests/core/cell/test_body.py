"""The body of a cell: a YAML block and messages, or a JSON request."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.body import line_of, read_body, write_front
from chat_magic.core.cell.cell import parse
from tests.core.cell.reading import turns

REFERENCE_EXAMPLE = """{ "model": "gpt-4o", "messages": [ { "role": "system", "content": \
"You are a name generator. Do not generate anything else than names" }, \
{ "role": "user", "content": "Generate 5 names" }, ] }"""


def test_the_references_own_example_runs_as_it_stands():
    """A JSON object with `messages` is the request; JSON5 takes its trailing comma."""
    request = parse("%%chat\n" + REFERENCE_EXAMPLE)
    assert request.model == "gpt-4o"
    assert [m.role for m in request.messages] == ["system", "user"]


@pytest.mark.parametrize(
    "body",
    [
        '{\n // a comment\n "messages": [{"role": "user", "content": "hi"}]}',
        '/* one */ {/* two */ messages: [{role: "user", content: "hi"}]}',
        '// first\n[ // then\n{"role": "user", "content": "hi"},]',
    ],
)
def test_a_json_body_may_have_comments(body):
    """As JSON5 has them, also before anything else."""
    assert turns(body) == [("user", "hi")]


def test_a_json_array_of_messages_is_the_messages():
    """Its items all have a role."""
    assert turns('[{"role": "user", "content": "hi"}]') == [("user", "hi")]


def test_unknown_fields_of_a_json_body_travel():
    """They are sent as given."""
    request = parse('{"messages": [{"role": "user", "content": "x", "weight": 0}], "top_a": 1}')
    assert request.extra == {"top_a": 1}
    assert request.messages[0].extra == {"weight": 0}


def test_yaml_is_version_1_2_and_keeps_timestamps_as_text():
    """`no` is a string, `010` is ten, a date is text."""
    body = "---\nextra: {a: no, b: 010, c: 2024-01-01, d: 0o10}\n---\nhi"
    assert parse(body).extra == {"a": "no", "b": 10, "c": "2024-01-01", "d": 8}


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("n 900: must be", 1),
        ("unknown field seed; did", 2),
        ("per_model a/b n 900: must be", 5),
        ("per_model a/b: must be an object", 4),
        ("n[0].top_p 900: must be", 1),
        ("nothing of the source", 0),
    ],
)
def test_an_error_is_on_the_line_of_the_field_that_it_names(message, line):
    """Lines count from 0; a field that is not there is on the first."""
    source = "top_p: 1\nn: 900\nseed: 2\nper_model:\n  a/b:\n    n: 900"
    assert line_of(message, source) == line


def test_a_front_block_reads_back():
    """Its values are JSON, which YAML contains; control characters are escaped."""
    front = write_front({"metadata": {"a": "\x07 é: {"}, "extra": {"k": [1, None]}})
    request = read_body(front + "hi", None)
    assert request.parameters == {"metadata": {"a": "\x07 é: {"}}
    assert request.extra == {"k": [1, None]}
    assert write_front({}) == ""

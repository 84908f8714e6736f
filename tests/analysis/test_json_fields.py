"""Where the values of a JSON text stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.json_fields import json_fields, value_ranges


def found(text, **options):
    """Return pointer and text of each field."""
    return [(f.pointer, text[f.start : f.end]) for f in json_fields(text, **options)]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"a": 1, "b": "x"}', [("/a", "1"), ("/b", '"x"')]),
        ('{"a": {"b": [true, null]}}', [("/a/b/0", "true"), ("/a/b/1", "null")]),
        ("[[1], [2, 3]]", [("/0/0", "1"), ("/1/0", "2"), ("/1/1", "3")]),
        ('{"a": {}, "b": []}', [("/a", "{}"), ("/b", "[]")]),
        ('{"a": 1, "a": 2}', [("/a", "1"), ("/a", "2")]),
        ('{"x/y": 1, "m~n": 2, "": 3}', [("/x~1y", "1"), ("/m~0n", "2"), ("/", "3")]),
        ('{"caf\\u00e9": "\\u00e9\\""}', [("/café", '"\\u00e9\\""')]),
        (" -1.5e3 ", [("", "-1.5e3")]),
        ('"yes"', [("", '"yes"')]),
        ("true", [("", "true")]),
        ("{}", [("", "{}")]),
        ('```json\n{"a": 1}\n```', [("/a", "1")]),
        ('Here it is:\n```\n{"a": 1}\n```\nEnjoy!', [("/a", "1")]),
        ('{"code": "```py\\nx = 1\\n```"}', [("/code", '"```py\\nx = 1\\n```"')]),
        ('<think>{"a": 0}</think>\n{"a": 1}', [("/a", "1")]),
        ('<think>```\n{"a": 0}\n```</think>```json\n{"a": 1}\n```', [("/a", "1")]),
        ('Well.</think>{"a": 1}', [("/a", "1")]),
    ],
)
def test_each_value_stands_under_its_pointer(text, fields):
    """Quotes included; a pointer is written as RFC 6901 says."""
    assert found(text) == fields


@pytest.mark.parametrize(
    "text",
    ["", "Paris", "I think {}", "{", '{"a"', '{"a": 1,}', "[1,]", '{"a" 1}', "[1 2]", "]",
     '{"a": 1]', '{"a": 1} or so', "[,1]", '{1: 2}', '{"a": yes}', '"a', "01", '{"a": 1}}',
     '{"a": NaN}', "[-Infinity]", "\xa0[1]", "[" * 100_000],
)  # fmt: skip
def test_what_is_not_json_has_no_fields(text):
    """Prose, JSON that breaks off where it may not, constants of Python, too many levels."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"a": 1, "b": "he', [("/a", "1"), ("/b", '"he')]),
        ('{"a": 1, "b": "he\\', [("/a", "1"), ("/b", '"he\\')]),
        ('{"a": tr', [("/a", "tr")]),
        ('{"a": -', [("/a", "-")]),
        ('{"a": 1, "b', [("/a", "1")]),
        ('{"a": 1, "b":', [("/a", "1")]),
        ("[1, 2", [("/0", "1"), ("/1", "2")]),
        ("[1, {", [("/0", "1")]),
        ('```json\n{"a": "x', [("/a", '"x')]),
        ("The answer", []),
        ('{"a": nope', []),
        ("", []),
    ],
)
def test_json_that_breaks_off_has_the_fields_that_had_begun(text, fields):
    """Only where the server says that it broke off."""
    assert found(text, partial=True) == fields


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def leaves(value, pointer=""):
    """Return pointer and value of what has nothing in it."""
    if not value or not isinstance(value, dict | list):
        return [(pointer, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    escaped = [(str(key).replace("~", "~0").replace("/", "~1"), inner) for key, inner in items]
    return [leaf for key, inner in escaped for leaf in leaves(inner, f"{pointer}/{key}")]


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_the_fields_of_any_json_are_its_leaves(value, indent, ascii_only):
    """Each is the JSON of its value: types are kept."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert [(pointer, json.loads(part)) for pointer, part in found(text)] == leaves(value)


@given(VALUES, st.data())
def test_json_cut_anywhere_has_a_beginning_of_its_fields(value, data):
    """What was whole before the cut is the same."""
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(0, len(text)))]
    whole, partly = found(text), found(cut, partial=True)
    assert len(partly) <= len(whole)
    for (pointer, part), (expected, full) in zip(partly, whole, strict=False):
        assert pointer == expected
        assert full.startswith(part)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": "Paris", "b": 1}', ["Paris", "1"]),
        ('["", "x", {}, true]', ['""', "x", "{}", "true"]),
        ('{"a": "x', ["x"]),
        ('{"a": "', ['"']),
        ("Paris", []),
    ],
)
def test_the_range_of_a_string_is_without_its_quotes(text, values):
    """Unless it is nothing else."""
    assert [text[start:end] for start, end in value_ranges(text, partial=True)] == values

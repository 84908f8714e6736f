"""Schemas that are given by the path of a JSON Schema file."""

from __future__ import annotations

import json
from pathlib import Path
from types import GenericAlias

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.transport.schema_file import load_schema

DOCUMENT = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return the path of a file with a JSON Schema, in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("person.json")
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_a_path_stands_for_the_schema_in_its_file(file):
    """As a Path, as text that ends in .json, and inside list[...]."""
    expected = load_schema(DOCUMENT)
    assert load_schema(file) == load_schema("person.json") == load_schema(file.absolute())
    assert load_schema(file) == expected
    assert load_schema(GenericAlias(list, ("person.json",))) == load_schema(list[file])
    assert load_schema(GenericAlias(list, ("person.json",))) != expected


def test_a_tilde_in_a_path_is_the_home_folder(file, tmp_path, monkeypatch):
    """As in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir("/")
    assert load_schema("~/person.json") == load_schema(DOCUMENT)


def test_other_sources_are_passed_on():
    """Types and the short form need no file; None is no schema."""
    assert load_schema(None) is None
    assert load_schema("age: int") == load_schema("age: int")
    assert load_schema(int) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "schema person.json: No such file or directory"),
        ("", "schema person.json: not valid JSON: Expecting value: line 1 column 1"),
        ("[]", "schema person.json: must be a JSON Schema, which is an object"),
    ],
)
def test_a_file_without_a_schema_is_an_error_that_names_it(file, text, message):
    """It says what is wrong with the file."""
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    with pytest.raises(InvalidRequest, match=message):
        load_schema("person.json")

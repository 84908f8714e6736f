"""A JSON object in a file, which is replaced as a whole."""

from __future__ import annotations

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.store.json_file import locked_file, read_object, write_object


def test_what_is_written_is_read(tmp_path):
    """The folder is made by the lock."""
    path = tmp_path / "new" / "a.json"
    assert read_object(path) is None
    with locked_file(path):
        write_object(path, {"a": [1]})
    assert read_object(path) == {"a": [1]}


def test_a_file_that_is_no_object_is_an_empty_one_and_a_broken_one_an_error(tmp_path):
    """The error names the file."""
    path = tmp_path / "a.json"
    path.write_text("[1]", "utf-8")
    assert read_object(path) == {}
    path.write_text("{", "utf-8")
    with pytest.raises(InvalidRequest, match=r"a\.json cannot be read"):
        read_object(path)

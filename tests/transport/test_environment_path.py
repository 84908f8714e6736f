"""A path is found again only where a variable on which it depends has another value."""

from __future__ import annotations

import os
from pathlib import Path

from chat_magic.transport.environment_path import path_by_environment


def test_a_path_is_found_once_for_each_value_of_its_variables(monkeypatch):
    """One that is not set is a value, too; other variables do not count."""
    found = []

    def find():
        found.append(os.environ.get("PLACE"))
        return Path(os.environ.get("PLACE", "none"))

    path = path_by_environment(["PLACE"], find)
    for place in ("a", "a", "b"):
        monkeypatch.setenv("PLACE", place)
        assert path() == Path(place)
    monkeypatch.setenv("OTHER", "x")
    assert path() == Path("b")
    monkeypatch.delenv("PLACE")
    assert path() == Path("none")
    assert found == ["a", "b", None]


def test_two_functions_share_nothing(monkeypatch):
    """As two sessions do not."""
    monkeypatch.setenv("PLACE", "a")
    first, second = (path_by_environment(["PLACE"], lambda n=name: Path(n)) for name in "xy")
    assert (first(), second()) == (Path("x"), Path("y"))

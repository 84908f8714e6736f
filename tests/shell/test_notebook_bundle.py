"""The bundle of a result as a notebook gets it."""

from __future__ import annotations

import sys
import types

import pytest

from chat_magic.shell.notebook_bundle import is_interactive, notebook_bundle
from chat_magic.view.bundle import MIME_TYPE

BUNDLE = {MIME_TYPE: {"version": 1}, "text/html": "<p>static</p>", "text/plain": "── 0 ──\na"}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch):
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)


def shell_of(module):
    """Return a shell whose class is of a module."""
    return type("Shell", (), {"__module__": module})()


def test_ordinary_notebooks_hold_no_script():
    """And the frames of the text are ASCII."""
    drawn = notebook_bundle(BUNDLE, interactive=False)
    assert drawn == {**BUNDLE, "text/plain": "-- 0 --\na"}


def test_interactive_html_keeps_the_picture_and_the_other_types():
    """With the payload beside it, or a line where the package was built without Node."""
    drawn = notebook_bundle(BUNDLE, interactive=True)
    assert "<p>static</p>" in drawn["text/html"]
    assert drawn["text/html"] != BUNDLE["text/html"]
    assert drawn[MIME_TYPE] == BUNDLE[MIME_TYPE]
    assert notebook_bundle({"text/plain": "a"}, interactive=True) == {"text/plain": "a"}


@pytest.mark.parametrize(
    ("module", "has_colab", "databricks", "setting", "expected"),
    [
        ("ipykernel.zmqshell", False, None, "auto", False),
        ("ipykernel.zmqshell", True, None, "auto", False),
        ("google.colab._shell", True, None, "auto", True),
        ("google.colab._shell", False, None, "auto", False),
        ("ipykernel.zmqshell", False, "15.4", "auto", True),
        ("ipykernel.zmqshell", False, "15.4", "off", False),
        ("google.colab._shell", True, None, "off", False),
        ("ipykernel.zmqshell", False, None, "on", True),
    ],
)
def test_the_script_is_in_the_html_where_there_is_no_other_way(
    monkeypatch, module, has_colab, databricks, setting, expected
):
    """Colab and Databricks; the setting decides otherwise."""
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("c") if has_colab else None)
    if not has_colab:
        monkeypatch.delitem(sys.modules, "google.colab")
    if databricks:
        monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", databricks)
    assert is_interactive(shell_of(module), setting) == expected

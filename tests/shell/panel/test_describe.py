"""Descriptions of settings in titles and thumbnails."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.form import read_form
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.unset import UNSET
from chat_magic.shell.panel.describe import describe_changes, describe_settings


@pytest.mark.parametrize(
    ("settings", "described"),
    [
        ({}, {}),
        ({"temperature": 0.5, "n": 2}, {"temperature": "0.5", "n": "2"}),
        ({"store": True, "logprobs": False}, {"store": "on", "logprobs": "off"}),
        ({"stop": ["one", "two"]}, {"stop": "one, two"}),
        ({"top_p": UNSET}, {"top_p": "unset"}),
        ({"logprobs": True, "top_logprobs": 5}, {"top_logprobs": "5"}),
        ({"logprobs": True}, {"logprobs": "on"}),
        ({"min_p": 0.1}, {"min_p": "0.1"}),
    ],
)
def test_a_setting_is_described_by_its_value(settings, described):
    """Without settings that another one implies."""
    assert describe_settings(settings) == described


@pytest.mark.parametrize(
    ("cell", "previous", "described"),
    [
        ("%%chat a/b\nHi", None, "no settings"),
        ("%%chat a/b -t 1 --out r\nHi", None, "temperature 1 · options --out r"),
        ("%%chat a/b -t 1\nHi", "%%chat a/b -t 1\nHi", "same settings"),
        ("%%chat a/b -t 1 --seed 2\nHi", "%%chat a/b -t 0 --seed 2\nHi", "temperature 1"),
        ("%%chat a/b\nHi", "%%chat a/b -t 0 --out r\nHi", "no temperature · no options"),
        ("%%chat a/b\nYo", "%%chat a/b\nHi", "messages changed"),
    ],
)
def test_a_run_is_described_by_what_changed(cell, previous, described):
    """Of the first run all settings are described."""
    previous_form = previous and read_form(previous, MAGIC_OPTIONS)
    assert describe_changes(read_form(cell, MAGIC_OPTIONS), previous_form) == described

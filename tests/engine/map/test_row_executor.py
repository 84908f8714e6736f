"""The seam between a map and what asks its rows."""

from __future__ import annotations

import dataclasses

import pytest

from chat_magic.engine.map.row_executor import FinishedRow, MapLimits


def test_limits_have_the_defaults_of_a_map():
    """Nobody watches each answer: more run at a time than in a cell."""
    limits = MapLimits()
    assert limits.concurrency == 32
    assert limits.requests_per_minute is None


def test_a_finished_row_does_not_change():
    """It is handed from thread to thread."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        FinishedRow(position=0, key="").position = 1  # type: ignore[misc]

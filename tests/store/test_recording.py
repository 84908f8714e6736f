"""Recorded answers as values."""

from __future__ import annotations

import pytest

from chat_magic.store.recording import RecordedDefaults, Recording


def test_a_recording_is_a_value():
    """It is compared by its parts and cannot be changed."""
    make = lambda: Recording(key="k", recorded_s=1.0, request={"n": 1}, result={})  # noqa: E731
    assert make() == make()
    with pytest.raises(AttributeError):
        make().key = "other"


def test_no_settings_are_recorded_by_default():
    """A cassette without a first line stands in for nothing."""
    assert RecordedDefaults() == RecordedDefaults(model=None, parameters={}, aliases={})

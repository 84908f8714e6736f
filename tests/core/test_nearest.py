"""The hint that names the nearest known name."""

from __future__ import annotations

import pytest

from chat_magic.core.nearest import nearest


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tempreature", "; did you mean temperature?"),
        ("top_q", "; did you mean top_p?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_a_misspelled_name_gives_the_nearest_and_another_nothing(name, hint):
    """The hint is appended to an error message."""
    assert nearest(name, ["temperature", "top_p"]) == hint

"""The frames of plain text in a notebook are ASCII."""

from __future__ import annotations

import pytest

from chat_magic.view.text.ascii_frames import with_ascii_frames


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("── 0 ──\nHi", "-- 0 --\nHi"),
        ("a\n\n── a/b · 1: … ──\nb", "a\n\n-- a/b · 1: … --\nb"),
        (
            "├ 3/4  A\n│ ├ 2/3  B\n│ └ 1/3  C\n└ 1/4  D",
            "+ 3/4  A\n| + 2/3  B\n| ` 1/3  C\n` 1/4  D",
        ),
        ("├── file\n│   └── other", "├── file\n│   └── other"),
        ("a ── b ── c", "a ── b ── c"),
        ("", ""),
    ],
)
def test_titles_and_branches_are_ascii_and_the_models_text_is_its_own(text, shown):
    """A tree or table that the model drew is not touched."""
    bundle = {"text/html": "── 0 ──", "text/plain": text}
    assert with_ascii_frames(bundle) == {"text/html": "── 0 ──", "text/plain": shown}


def test_a_bundle_without_text_is_the_same():
    """Such as JSON alone."""
    assert with_ascii_frames({"application/json": 1}) == {"application/json": 1}

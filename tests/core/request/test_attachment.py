"""Attachments: files and URLs that a cell names."""

from __future__ import annotations

from chat_magic.core.request.attachment import Attachment


def test_attachments_are_equal_wherever_they_are_in_a_cell():
    """So that a cell that is written and read gives the same request."""
    assert Attachment("image", "a.png", line=2) == Attachment("image", "a.png", line=7)
    assert Attachment("image", "a.png") != Attachment("image", "a.png", "low")

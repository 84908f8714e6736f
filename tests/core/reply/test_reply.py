"""What a choice says of itself beyond its fields."""

from __future__ import annotations

import base64

import pytest

from chat_magic.core.reply.reply import Audio, Choice, Message


def spoken(**audio):
    return Choice(index=0, message=Message(audio=audio)).audio


def test_audio_has_its_bytes_and_its_transcript():
    """The sound is decoded; a choice that says nothing has none."""
    data = base64.b64encode(b"RIFF1234WAVE").decode()
    assert spoken(id="a", data=data, transcript="Hi", expires_at=5) == Audio(
        id="a", data=b"RIFF1234WAVE", transcript="Hi", expires_at=5
    )
    assert Choice(index=0).audio is None


@pytest.mark.parametrize("data", [None, 5, "a"])
def test_sound_that_is_not_base64_is_left_out(data):
    """The transcript stays."""
    assert spoken(data=data, transcript="Hi") == Audio(transcript="Hi")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF1234WAVE", "audio/wav"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x00\x01", None),
    ],
)
def test_the_kind_of_sound_is_known_by_its_first_bytes(data, kind):
    """Bare samples have none."""
    assert Audio(data=data).media_type == kind

"""Decoding of chunks: the fields of the API are typed, others are kept."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.chunk import (
    MAX_UNKNOWN_NAMES,
    UNREADABLE_LOGPROBS,
    ChunkDecoder,
    MalformedChunk,
)


def decode(*values: object):
    """Return the chunks of some JSON values, decoded in turn, and the warnings."""
    warnings: list[str] = []
    decoder = ChunkDecoder(warnings.append)
    return [decoder.decode(json.dumps(value).encode()) for value in values], warnings


def test_unknown_fields_of_every_level_are_kept():
    """By name, also in chunks that follow."""
    value = {
        "id": "1",
        "x": 1,
        "choices": [{"index": 0, "y": 2, "delta": {"content": "a", "z": 3}}],
    }
    for chunk in decode(value, value)[0]:
        assert chunk.extras() == {"x": 1}
        assert chunk.choices[0].extras() == {"y": 2}
        assert chunk.choices[0].delta.extras() == {"z": 3}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "it is not JSON"),
        (b"[1]", "it is not a JSON object"),
        (b'{"choices": 3}', "it is not a chat completion"),
        (b"[" * 100_000, "it is not JSON"),
    ],
)
def test_what_is_not_a_chunk_is_refused(data, message):
    """The reason is given."""
    with pytest.raises(MalformedChunk, match=message):
        ChunkDecoder(print).decode(data)


def test_log_probabilities_of_another_shape_are_set_aside():
    """With a warning; the text is not lost."""
    (chunk,), warnings = decode({"choices": [{"delta": {"content": "a"}, "logprobs": [3]}]})
    assert chunk.choices[0].delta.content == "a"
    assert chunk.choices[0].extras() == {UNREADABLE_LOGPROBS: [3]}
    assert "could not be read" in warnings[0]


def test_too_many_unknown_fields_are_dropped_with_a_warning():
    """So that a server cannot make the decoder grow without bound."""
    (chunk,), warnings = decode({f"x{number}": number for number in range(MAX_UNKNOWN_NAMES + 5)})
    assert len(chunk.extras()) == MAX_UNKNOWN_NAMES
    assert "unknown fields were dropped" in warnings[0]

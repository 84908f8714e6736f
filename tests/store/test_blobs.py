"""Attachments are taken out of JSON texts and put back, whatever else the texts contain."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.store.blobs import join_blobs, split_blobs

BASE64 = "QUJD" * 1000
CASES = {
    "an image": {"url": f"data:image/png;base64,{BASE64}"},
    "sound": {"data": BASE64, "format": "wav"},
    "a file with a parameter": {"file_data": f"data:text/plain;charset=utf-8;base64,{BASE64}=="},
    "twice the same": [BASE64, BASE64],
}


@pytest.mark.parametrize("value", CASES.values(), ids=CASES)
def test_an_attachment_is_taken_out_once_and_put_back(value):
    """What remains is short, and what is joined again is the same text."""
    text = json.dumps(value)
    rest, blobs = split_blobs(text)
    assert len(blobs) == 1
    assert len(rest) < 300
    assert join_blobs(rest, blobs.__getitem__) == text


@pytest.mark.parametrize(
    "value", ["A" * 2000, "word " * 1000, '"' * 5000, "é" * 5000, "\\" * 5000, f"{BASE64} {BASE64}"]
)
def test_other_texts_stay_where_they_are(value):
    """Long prose, quotes and backslashes are no attachments; nor is what is short."""
    text = json.dumps(value)
    assert split_blobs(text) == (text, {})


@pytest.mark.parametrize("before", [0, 1, 1023, 1024, 1025, 2047, 5000])
@pytest.mark.parametrize("size", [2048, 2049, 3071, 4096, 10_000])
def test_an_attachment_is_found_wherever_it_lies(before, size):
    """After a text of any length, and right before another attachment."""
    text = json.dumps(["word" * before, "Q" * size, "é" * before, "R" * size, "S" * size])
    rest, blobs = split_blobs(text)
    assert set(blobs.values()) >= {f'"{letter * size}"' for letter in "QRS"}
    assert join_blobs(rest, blobs.__getitem__) == text


@given(st.recursive(st.text() | st.just(BASE64), lambda inner: st.lists(inner, max_size=3)))
def test_any_json_comes_back_as_it_was(value):
    """Also where a text looks like a mark."""
    text = json.dumps([value, "\x01" + "0" * 64 + "\x01"])
    rest, blobs = split_blobs(text)
    assert join_blobs(rest, blobs.__getitem__) == text

"""Answers as they are recorded, and recorded ones as results."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

import chat_magic
from chat_magic.core.request.request import Destination, read_fields
from chat_magic.engine.recorded_result import (
    current_defaults,
    key_of,
    recorded_result,
    recording_of,
)
from chat_magic.errors import InvalidRequest
from tests.completions import completion
from tests.gateway import streamed


def request(model="a/b", **fields):
    """Return a request."""
    return read_fields({"model": model, "messages": "Hi", **fields}, allow_extra=False)


def test_an_answer_comes_back_as_it_was(gateway):
    """But for its address; the messages are written once."""
    gateway(streamed(completion("one", "two", n_top=3)))
    result = chat_magic.chat("Hi 🐈", n=2, top_logprobs=3)
    recording = recording_of(result, 0, "asked", 5.0)
    assert recording.key == key_of(result.request, 0)
    assert "messages" not in recording.result["result"]["request"]
    back = recorded_result(recording)
    bare = replace(result.request, destination=None, server="", source=None)
    assert back == replace(result, request=bare)
    assert (back._recorded_s, back.replayed) == (5.0, True)


def test_a_recorded_answer_keeps_its_day_when_it_is_recorded_again(gateway):
    """As when it is copied from the history."""
    gateway(streamed(completion("one")))
    result = replace(chat_magic.chat("Hi"), _recorded_s=3.0)
    assert recording_of(result, 0, None, 5.0).recorded_s == 3.0


@pytest.mark.parametrize("model", ["local", "local/smollm2-135m-instruct"])
def test_a_local_model_is_known_by_its_weights(model, tmp_path):
    """Whatever it is called, and wherever the file is."""
    assert key_of(request(model), 0) == key_of(request("local"), 0)
    keys = set()
    for folder, size in (("a", 3), ("b", 3), ("c", 4)):
        path = tmp_path / folder / "x.gguf"
        path.parent.mkdir()
        path.write_bytes(b"G" * size)
        keys.add(key_of(request(f"local/{path}"), 0))
    assert len(keys) == 2


def test_where_it_was_sent_does_not_change_a_key():
    """Nor the server's name of the model."""
    sent = replace(request(), destination=Destination(url="https://x", model="b"), server="x")
    assert key_of(sent, 0) == key_of(request(), 0)


@pytest.mark.parametrize(
    "change",
    [
        {"result": {}},
        {"result": {"chat_magic": 1, "result": 3}},
        {"result": {"chat_magic": 2, "result": {"request": {}}}},
        {"request": {}},
        {"request": {"messages": "Hi"}},
    ],
)
def test_what_is_no_answer_is_refused(gateway, change):
    """With one error, whatever is wrong."""
    gateway(streamed(completion("one")))
    recording = recording_of(chat_magic.chat("Hi"), 0, None, 5.0)
    with pytest.raises(InvalidRequest):
        recorded_result(msgspec.structs.replace(recording, **change))


def test_the_settings_in_force_are_recorded(session, config_file, monkeypatch):
    """The model, parameters and aliases, and nothing else."""
    config_file('[defaults]\nseed = 3\nbase_url = "https://x/v1"\n[aliases]\nf = "a/b"\n')
    monkeypatch.setenv("CHAT_MAGIC_MODEL", "c/d")
    defaults = current_defaults(session)
    assert msgspec.to_builtins(defaults) == {
        "model": "c/d",
        "parameters": {"seed": 3},
        "aliases": {"f": "a/b"},
    }

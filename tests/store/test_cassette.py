"""Cassettes: what is in the file, who may write it, and what a broken line does."""

from __future__ import annotations

import json

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.store.cassette import Cassette
from chat_magic.store.recording import RecordedDefaults, Recording

DEFAULTS = RecordedDefaults(model="a/b", parameters={"temperature": 0.2}, aliases={"x": "a/b"})


def recording(key="k1", asked="a1", **request):
    """Return a recording."""
    return Recording(
        key=key,
        asked=asked,
        recorded_s=1_793_704_800.0,
        request=request,
        result={"text": "é\ud800"},
    )


@pytest.fixture
def cassette(tmp_path):
    """Return a cassette whose file is not there yet."""
    return Cassette(tmp_path / "folder" / "a.chat.jsonl")


def test_an_answer_is_a_line_after_the_settings(cassette):
    """JSON with sorted keys in UTF-8, so that diffs are small."""
    cassette.append([recording(b=1, a=2)], DEFAULTS)
    head, line = cassette.path.read_text("utf-8").splitlines()
    assert json.loads(head) == {
        "cassette": 1,
        "defaults": {"model": "a/b", "parameters": {"temperature": 0.2}, "aliases": {"x": "a/b"}},
    }
    assert line == (
        '{"asked":"a1","key":"k1","recorded":"2026-11-03T11:20:00Z",'
        '"request":{"a":2,"b":1},"result":{"text":"é\\ud800"}}'
    )


def test_what_is_written_is_found_by_both_keys(cassette):
    """Also by a process that opens it later; the latest line of a key counts."""
    cassette.append([recording(n=1), recording("k2", None, n=2)], DEFAULTS)
    cassette.append([recording(n=3)], RecordedDefaults())
    for opened in (cassette, Cassette(cassette.path)):
        assert opened.defaults == DEFAULTS
        assert opened.find("k1") == opened.find_asked("a1") == recording(n=3)
        assert opened.find("k2") == recording("k2", None, n=2)
        assert opened.find("k3") is opened.find_asked("k2") is None
        assert opened.problems == ()


def test_what_others_append_is_seen(cassette):
    """The file is read again when it has changed."""
    assert cassette.recordings() == []
    Cassette(cassette.path).append([recording()], DEFAULTS)
    assert cassette.recordings() == [recording()]


@pytest.mark.parametrize(
    "broken",
    [
        "not JSON",
        "<<<<<<< HEAD",
        "[]",
        "{}",
        '{"key": 1}',
        '{"key": "k", "recorded": "yesterday", "request": {}, "result": {}}',
        '{"key": "k", "recorded": "2026-11-03T11:20:00Z", "request": [], "result": {}}',
        "[" * 100_000,
        '{"key": "k1", "recor',
    ],
)
def test_a_broken_line_is_named_and_skipped(cassette, broken):
    """The others are used."""
    cassette.append([recording("k0")], DEFAULTS)
    with cassette.path.open("a") as file:
        file.write(f"{broken}\n")
    cassette.append([recording("k2")], DEFAULTS)
    assert [one.key for one in cassette.recordings()] == ["k0", "k2"]
    (problem,) = cassette.problems
    assert "a.chat.jsonl: line 3 is skipped: " in problem


def test_a_line_that_was_cut_off_does_not_spoil_the_next(cassette):
    """What is appended begins on a line of its own."""
    cassette.append([recording("k0")], DEFAULTS)
    with cassette.path.open("a") as file:
        file.write('{"key": "k1", "rec')
    cassette.append([recording("k2")], DEFAULTS)
    assert [one.key for one in cassette.recordings()] == ["k0", "k2"]


def test_a_newer_version_is_an_error(cassette):
    """Nothing is guessed."""
    cassette.path.parent.mkdir()
    cassette.path.write_text('{"cassette": 2}\n')
    with pytest.raises(InvalidRequest, match="its version is 2"):
        cassette.find("k")


def test_what_was_used_is_known(cassette):
    """What was appended counts as used."""
    cassette.append([recording("k0")], DEFAULTS)
    assert cassette.used == {"k0"}
    assert Cassette(cassette.path).used == set()


CODE = """
import sys
from pathlib import Path
from chat_magic.store.cassette import Cassette
from tests.store.test_cassette import DEFAULTS, recording
cassette = Cassette(Path(sys.argv[1]))
for number in range(30):
    cassette.append([recording(f"{sys.argv[2]}-{number}", None, text="x" * 20_000)], DEFAULTS)
"""


def test_several_processes_write_whole_lines(cassette, start_python):
    """No line is lost or mixed with another, and the settings come once."""
    running = [start_python(CODE, cassette.path, process) for process in range(4)]
    assert [process.wait(120) for process in running] == [0] * 4
    assert len(cassette.recordings()) == 120
    assert cassette.problems == ()
    assert cassette.path.read_text("utf-8").count('"cassette"') == 1

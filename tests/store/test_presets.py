"""Presets in a file: kept whole, and none lost where several kernels save at once."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from chat_magic.errors import InvalidRequest
from chat_magic.store import json_file, presets
from chat_magic.store.presets import PresetStore

PROCESS_S = 60
SAVER = """
import sys
from pathlib import Path
from chat_magic.store.presets import PresetStore
store = PresetStore(Path(sys.argv[1]))
sys.stdin.readline()  # all start at once
for number in range(10):
    store.save(f"{sys.argv[2]}-{number}", "%%chat")
"""


@pytest.fixture
def store(tmp_path):
    """A store whose folder does not exist yet."""
    return PresetStore(tmp_path / "config" / presets.FILE)


def test_a_saved_preset_is_listed_loaded_replaced_and_deleted(store):
    """Names are sorted, and spaces around a name do not count."""
    assert store.names() == []
    store.save(" precise ", "%%chat -t 0")
    store.save("creative", "%%chat -t 1")
    store.save("precise", "%%chat -t 0.1")
    assert store.names() == ["creative", "precise"]
    assert store.load("precise") == "%%chat -t 0.1"
    store.delete("precise")
    assert store.names() == ["creative"]


def test_the_file_is_json_with_a_version(store):
    """So that a later version can tell what it reads."""
    store.save("half a pair \ud83d", "%%chat")
    content = json.loads(store.path.read_text("utf-8"))
    assert content == {"version": 1, "presets": {"half a pair \ud83d": "%%chat"}}
    assert store.names() == ["half a pair \ud83d"]


@pytest.mark.parametrize("act", [PresetStore.load, PresetStore.delete])
def test_an_unknown_name_is_an_error_that_suggests_the_nearest(store, act):
    """Loading and deleting say the same."""
    store.save("precise", "%%chat")
    with pytest.raises(
        InvalidRequest,
        match=r"preset precis: there is no preset of this name; did you mean precise\?",
    ):
        act(store, "precis")


@pytest.mark.parametrize("name", ["", " \t"])
def test_an_empty_name_is_an_error(store, name):
    """And writes no file."""
    with pytest.raises(InvalidRequest, match="preset: enter a name"):
        store.save(name, "%%chat")
    assert not store.path.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "does not contain presets of version 1"),
        ('{"version": 9, "presets": {}}', "does not contain presets of version 1"),
        ('{"version": 1, "presets": []}', "does not contain presets of version 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_and_is_kept(store, content, words):
    """Nothing is written over it."""
    store.path.parent.mkdir()
    store.path.write_text(content)
    for act in (store.names, lambda: store.save("x", "%%chat"), lambda: store.delete("x")):
        with pytest.raises(InvalidRequest, match=words):
            act()
    assert store.path.read_text() == content


def test_a_preset_that_cannot_be_written_leaves_nothing_behind(store, monkeypatch):
    """The old file stays, without a half-written one beside it, and can be written later."""
    store.save("old", "%%chat")
    before = sorted(store.path.parent.iterdir())

    def refuse(_self, _target):
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(type(store.path), "replace", refuse)
        with pytest.raises(InvalidRequest, match="cannot be written: in use"):
            store.save("new", "%%chat")
    assert store.names() == ["old"]
    assert sorted(store.path.parent.iterdir()) == before
    store.save("new", "%%chat")
    assert store.names() == ["new", "old"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "config").touch()
    with pytest.raises(InvalidRequest, match=r"cannot be written: .*exist"):
        PresetStore(tmp_path / "config" / presets.FILE).save("x", "%%chat")


@pytest.mark.parametrize("error", [OSError(95, "no locks"), NotImplementedError("no locks")])
def test_a_file_system_without_locks_is_an_error(store, monkeypatch, error):
    """Without a lock a preset of another kernel could be lost silently."""

    def refuse(_self):
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(InvalidRequest, match="cannot be written: no locks"):
        store.save("x", "%%chat")


def test_a_lock_that_is_never_released_is_an_error(store, monkeypatch):
    """Such as that of a process that hangs; reading needs no lock."""
    store.save("old", "%%chat")
    monkeypatch.setattr(json_file, "_LOCK_TIMEOUT_S", 0)
    with (
        FileLock(f"{store.path}.lock"),
        pytest.raises(InvalidRequest, match="another process has locked it"),
    ):
        store.save("x", "%%chat")
    assert store.names() == ["old"]


def test_threads_that_save_at_once_lose_no_preset(store):
    """Each reads the file, adds its preset and writes it while the others wait."""
    names = [f"preset {number:02}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.save(name, "%%chat"), names))
    assert store.names() == names


def test_processes_that_save_at_once_lose_no_preset(store, start_python):
    """As two kernels do that share a config folder."""
    savers = [start_python(SAVER, store.path, number, stdin=subprocess.PIPE) for number in range(4)]
    for saver in savers:
        saver.stdin.write(b"\n")
        saver.stdin.close()
    assert [saver.wait(PROCESS_S) for saver in savers] == [0, 0, 0, 0]
    expected = [f"{saver}-{number}" for saver in range(4) for number in range(10)]
    assert store.names() == expected

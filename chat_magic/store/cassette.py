"""Cassettes: recorded answers in a file beside the notebook, one JSON text a line."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from filelock import FileLock, Timeout

from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.store.history_files import shown_path
from chat_magic.store.recording import RecordedDefaults, Recording

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["VERSION", "Cassette"]

VERSION = 1
"""The version of the format that is written, and the only one so far."""
_LOCK_S = 10.0
"""How long another process may take to write the file."""


class _Head(msgspec.Struct, kw_only=True):
    cassette: int
    """The version."""
    defaults: RecordedDefaults = RecordedDefaults()


class _Line(msgspec.Struct, kw_only=True):
    key: str
    recorded: datetime
    request: dict[str, Any]
    result: dict[str, Any]
    asked: str | None = None


class Cassette:
    """A cassette; what other processes append is seen.

    Args:
        path: The file, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used: set[str] = set()
        """The keys of the answers that this process has replayed or recorded."""
        self._stamp: tuple[int, int] | None = None
        self._defaults: RecordedDefaults | None = None
        self._by_key: dict[str, Recording] = {}
        self._by_asked: dict[str, Recording] = {}
        self._problems: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    @property
    def defaults(self) -> RecordedDefaults | None:
        """The settings that stand in for the user's; None in a file that has none."""
        self._read()
        return self._defaults

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with lines that are skipped, a sentence each."""
        self._read()
        return self._problems

    def recordings(self) -> list[Recording]:
        """Return all answers, the latest of each key, in the order of the file.

        Raises:
            ChatError: The file cannot be read.
            InvalidRequest: It is of a version that is not known here.
        """
        self._read()
        return list(self._by_key.values())

    def find(self, key: str) -> Recording | None:
        """Return the answer to the request with this key; raises what `recordings` raises."""
        self._read()
        return self._by_key.get(key)

    def find_asked(self, asked: str) -> Recording | None:
        """Return the latest answer to a request that was written so; raises as `recordings`."""
        self._read()
        return self._by_asked.get(asked)

    def append(self, recordings: Sequence[Recording], defaults: RecordedDefaults) -> None:
        """Append answers, at once and under a lock.

        Args:
            recordings: The answers.
            defaults: The settings in force, for the first line of a new file.

        Raises:
            ChatError: The file cannot be written.
        """
        lines = [_encode(_line_of(recording)) for recording in recordings]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _lock_of(self.path), self.path.open("ab+") as file:
                self._append(file, lines, defaults)
        except Timeout as error:
            raise ChatError(f"{self._name}: another process has locked it") from error
        except OSError as error:
            raise ChatError(f"{self._name} cannot be written: {error.strerror}") from error
        self.used |= {recording.key for recording in recordings}

    def _append(self, file: Any, lines: list[bytes], defaults: RecordedDefaults) -> None:
        size = file.seek(0, os.SEEK_END)
        if not size:
            head = {"cassette": VERSION, "defaults": msgspec.to_builtins(defaults)}
            lines = [_encode(head), *lines]
        else:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that was cut off
                lines = [b"", *lines]
        file.write(b"".join(line + b"\n" for line in lines))

    @property
    def _name(self) -> str:
        return f"cassette {shown_path(self.path)}"

    def _read(self) -> None:
        """Read the file if it has changed."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            stamp, lines = None, []
        except OSError as error:
            raise ChatError(f"{self._name} cannot be read: {error.strerror}") from error
        self._load(lines)
        self._stamp = stamp

    def _load(self, lines: Sequence[bytes]) -> None:
        by_key: dict[str, Recording] = {}
        by_asked: dict[str, Recording] = {}
        defaults, problems = None, []
        for number, line in enumerate(lines, 1):
            try:
                entry = _decode(line)
            except (ValueError, RecursionError) as error:
                problems += [f"{self._name}: line {number} is skipped: {error}"] if line else []
                continue
            if isinstance(entry, Recording):
                by_key[entry.key] = entry
                by_asked |= {entry.asked: entry} if entry.asked else {}
            elif entry.cassette != VERSION:
                raise InvalidRequest(
                    f"{self._name}: its version is {entry.cassette}, and this chat-magic reads "
                    f"version {VERSION}; a newer one may read it"
                )
            else:
                defaults = entry.defaults
        self._by_key, self._by_asked = by_key, by_asked
        self._defaults, self._problems = defaults, tuple(problems)


def _decode(line: bytes) -> _Head | Recording:
    value = json.loads(line)
    if isinstance(value, dict) and "cassette" in value:
        return msgspec.convert(value, type=_Head)
    entry = msgspec.convert(value, type=_Line)
    return Recording(
        key=entry.key,
        asked=entry.asked,
        recorded_s=entry.recorded.replace(tzinfo=entry.recorded.tzinfo or UTC).timestamp(),
        request=entry.request,
        result=entry.result,
    )


def _line_of(recording: Recording) -> dict[str, Any]:
    recorded = datetime.fromtimestamp(recording.recorded_s, UTC)
    line = {
        "key": recording.key,
        "recorded": recorded.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "request": recording.request,
        "result": recording.result,
    }
    return line if recording.asked is None else {**line, "asked": recording.asked}


def _encode(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def _lock_of(path: Path) -> FileLock:
    """Return the lock of a file, which is not beside it, where it would be published with it."""
    digest = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir(), f"chat-magic-{digest}.lock"), timeout=_LOCK_S)

"""A JSON object in one file that several processes share."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["locked_file", "read_object", "write_object"]

_LOCK_TIMEOUT_S = 10
"""How long another process may take to write the file."""


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Let one thread or process at a time read the file and write it again.

    Raises:
        InvalidRequest: The file cannot be written.
    """
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=_LOCK_TIMEOUT_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise InvalidRequest(f"{path} cannot be written: another process has locked it") from error
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        raise _not_written(path, error) from error
    try:
        yield
    finally:
        lock.release()


def read_object(path: Path) -> dict[str, Any] | None:
    """Return the object in a file; None if there is no file, an empty one if it is no object.

    Raises:
        InvalidRequest: The file cannot be read.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}


def write_object(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file as a whole, so that readers never see half of it.

    Raises:
        InvalidRequest: The file cannot be written.
    """
    text = json.dumps(content, indent=2)
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        new = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: Exception) -> InvalidRequest:
    reason = getattr(error, "strerror", None) or error
    return InvalidRequest(f"{path} cannot be written: {reason}")

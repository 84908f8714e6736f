"""The names that a history can have, and the kind of file system that it is on."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FILE", "candidates", "is_network_mount", "is_on_network", "shown_path"]

FILE = "history.db"

_NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "lustre", "gpfs", "ceph"}
_NETWORK |= {"beegfs", "afs"}
_MOUNTS = Path("/proc/self/mounts")


def candidates(path: Path) -> Iterator[Path]:
    """Return the names to try in turn: `history.db`, `history-2.db`, `history-3.db`, …."""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def shown_path(path: Path) -> str:
    """Return a path with `~` for the home folder."""
    try:
        return f"~{os.sep}{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def is_on_network(path: Path) -> bool:
    """Whether a path is on a network file system, by the mount table; False where there is none."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return is_network_mount(str(path.absolute()), mounts)


def is_network_mount(path: str, mounts: str) -> bool:
    """Whether the mount that a path belongs to is that of a network file system.

    Args:
        path: An absolute path.
        mounts: The mount table, as in `/proc/self/mounts`.
    """
    kind, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        folder = _unescaped(fields[1])
        is_above = path == folder or path.startswith(folder.rstrip("/") + "/")
        if is_above and len(folder) >= longest:
            kind, longest = fields[2], len(folder)
    return kind in _NETWORK or kind.startswith("fuse.")


def _unescaped(folder: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        folder = folder.replace(code, character)
    return folder

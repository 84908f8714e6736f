"""The names of a history, and whether its file system is one of a network."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from chat_magic.store import history_files
from chat_magic.store.history_files import (
    candidates,
    is_network_mount,
    is_on_network,
    shown_path,
)

MOUNTS = r"""
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/ada/tmp tmpfs rw 0 0
//nas/share /mnt/my\040share cifs rw 0 0
sshfs#x /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb1 /mnt/usb fuseblk rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "is_network"),
    [
        ("/home/ada/.local/history.db", True),
        ("/home", True),
        ("/home/ada/tmp/history.db", False),
        ("/homes/history.db", False),
        ("/var/history.db", False),
        ("/mnt/my share/history.db", True),
        ("/mnt/ssh/history.db", True),
        ("/mnt/usb/history.db", False),
    ],
)
def test_the_longest_mount_above_a_path_says_what_it_is_on(path, is_network):
    """Whole names count, and spaces in them are escaped in the table."""
    assert is_network_mount(path, MOUNTS) is is_network


@pytest.mark.parametrize(
    "kind",
    ["nfs", "cifs", "smb3", "smbfs", "9p", "lustre", "gpfs", "ceph", "beegfs", "afs", "fuse.x"],
)
def test_each_kind_of_network_file_system_is_known(kind):
    """WAL needs shared memory, which none of them has between two machines."""
    assert is_network_mount("/data/x", f"a / ext4 rw 0 0\nb /data {kind} rw 0 0")


def test_without_a_mount_table_a_file_system_is_taken_for_a_local_one(monkeypatch, tmp_path):
    """As on macOS and Windows."""
    monkeypatch.setattr(history_files, "_MOUNTS", tmp_path / "none")
    assert not is_on_network(tmp_path)


def test_the_mount_table_is_read(monkeypatch, tmp_path):
    """Of the machine."""
    table = tmp_path / "mounts"
    table.write_text(f"a {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr(history_files, "_MOUNTS", table)
    assert is_on_network(tmp_path / "history.db")


def test_names_are_numbered_from_the_second():
    """The suffix stays."""
    names = [path.name for path in islice(candidates(Path("/x/history.db")), 3)]
    assert names == ["history.db", "history-2.db", "history-3.db"]


def test_a_path_in_the_home_folder_is_shown_with_a_tilde(monkeypatch, tmp_path):
    """Any other one in full."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert shown_path(tmp_path / "a" / "history.db") in {"~/a/history.db", "~\\a\\history.db"}
    assert shown_path(Path("/elsewhere/history.db")) == str(Path("/elsewhere/history.db"))

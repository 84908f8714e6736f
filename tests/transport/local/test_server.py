"""One server for all processes of a user, which runs as long as any of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from chat_magic.errors import ConnectionFailed, InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.local import lease
from chat_magic.transport.local import server as servers
from tests.waiting import wait_until

LISTENING = "0A"
LOOPBACK = "0100007F"
USER = """
import sys
from chat_magic.transport.local import server
found = server.connect("local", lambda *_: None, grace_s=float(sys.argv[1]))
print(found.base_url, flush=True)
sys.stdin.read()
"""


def listeners():
    """Return the sockets that listen over TCP: inode -> (address in hex, port)."""
    sockets_by_inode = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == LISTENING:
                sockets_by_inode[fields[9]] = (address, int(port, 16))
    return sockets_by_inode


def sockets(process):
    """Return the inodes of the sockets that a process has open."""
    try:
        targets = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
    except OSError:  # it has just ended, or belongs to another user
        return set()
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def process_at(url):
    """Return the folder in /proc of the process that listens at a URL; None if there is none."""
    port = httpx.URL(url).port
    wanted = {inode for inode, (_, used) in listeners().items() if used == port}
    processes = Path("/proc").glob("[0-9]*")
    return next((process for process in processes if wanted & sockets(process)), None)


def is_gone(url):
    """Whether nothing listens at a URL any more."""
    return httpx.URL(url).port not in {port for _, port in listeners().values()}


class User:
    """Another process that uses the local model."""

    def __init__(self, grace_s):
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(grace_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(servers.PACKAGES)},
            start_new_session=True,
            text=True,
        )

    def url(self):
        """Return the URL of its server, once it has one."""
        return self.process.stdout.readline().strip()

    def end(self, number=signal.SIGKILL):
        """End it; by default it is killed."""
        os.killpg(self.process.pid, number)
        self.process.communicate()


@pytest.fixture
def apart(weights, tmp_path, monkeypatch):
    """A separate cache folder, so that servers started here are not shared with other tests."""
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(weights))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(servers, "_leases", {})
    yield tmp_path / "chat-magic" / "servers"
    for current in servers._leases.values():
        current.lease.close()


@pytest.fixture
def new_user(apart):
    """Return a function that starts a process; it is killed at the end if it still runs."""
    started = []

    def start(grace_s):
        started.append(User(grace_s))
        return started[-1]

    yield start
    for user in started:
        if user.process.poll() is None:
            user.end()


def connect(grace_s=5.0):
    """Connect in this process, ignoring progress."""
    return servers.connect("local", lambda *_: None, grace_s)


def test_the_key_is_in_no_repr(server):
    """So it is in no log and no traceback."""
    current = next(iter(servers._leases.values()))
    address = servers.Address(port=1, lease_port=2, key=server.api_key)
    assert server.api_key not in f"{server!r} {current!r} {address!r}"


def test_the_key_is_on_no_command_line(server):
    """All users of a machine can read command lines."""
    assert server.api_key not in (process_at(server.base_url) / "cmdline").read_text()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_the_key_is_required(server, headers):
    """Other users of this machine get no answer."""
    with httpx.Client(trust_env=False) as stranger:
        reply = stranger.get(f"{server.base_url}/models", headers=headers)
    assert reply.status_code == 401


def test_the_server_listens_on_the_loopback_address_only(server):
    """With both of its ports: requests and leases."""
    inodes = sockets(process_at(server.base_url))
    addresses = [address for inode, (address, _) in listeners().items() if inode in inodes]
    assert addresses == [LOOPBACK, LOOPBACK]


def test_the_folder_with_the_key_is_private(server):
    """Only the user can read the ports and the key of the server."""
    folder = servers.cache_folder() / "servers"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.glob("*.json")} == {0o600}


def test_connecting_again_finds_the_same_server(server):
    """By either of its names."""
    assert local.connect("local/smollm2-135m-instruct") == local.connect("local") == server


def test_processes_share_one_server_until_the_last_of_them_is_killed(new_user):
    """One process is enough to keep it running; it ends when none is left."""
    first, second = new_user(0.5), new_user(0.5)
    url = first.url()
    assert second.url() == url
    first.end()
    time.sleep(1.0)
    assert not is_gone(url)
    second.end()
    wait_until(lambda: is_gone(url))


def test_a_restarted_kernel_finds_its_server_warm(new_user):
    """It is back within the grace period."""
    first = new_user(20)
    url = first.url()
    first.end()
    second = new_user(20)
    assert second.url() == url
    os.kill(int(process_at(url).name), signal.SIGKILL)  # instead of waiting for its grace period


def test_an_interrupt_of_its_user_leaves_the_server_alone(new_user):
    """Ctrl-C in a terminal goes to the whole process group."""
    first, second = new_user(0.5), new_user(0.5)
    url = first.url()
    assert second.url() == url
    first.end(signal.SIGINT)
    time.sleep(1.0)
    assert not is_gone(url)


def test_a_server_that_was_killed_is_replaced(apart):
    """After a crash, the next request starts another one."""
    first = connect()
    os.kill(int(process_at(first.base_url).name), signal.SIGKILL)
    wait_until(lambda: is_gone(first.base_url))
    second = connect()
    assert second.base_url != first.base_url
    assert not is_gone(second.base_url)


def test_a_stale_address_is_replaced(apart, monkeypatch):
    """After a crash or a reboot another program may use the port, even a silent one."""
    monkeypatch.setattr(lease, "PATIENCE_S", 2.0)
    settings = servers._settings("local", lambda *_: None, 5.0)
    apart.mkdir(parents=True)
    address_file = apart / f"{servers._fingerprint(settings)}.json"
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        servers._write(address_file, servers.Address(port=port, lease_port=port, key="key"))
        assert httpx.URL(connect().base_url).port != port
    assert servers._read(address_file).port != port


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"port": "x"}', b"\xff"])
def test_a_garbled_address_file_is_ignored(tmp_path, content):
    """Another server is started."""
    (tmp_path / "address.json").write_bytes(content)
    assert servers._read(tmp_path / "address.json") is None


def test_a_model_that_llama_cpp_cannot_load_is_a_clear_error(apart, weights, tmp_path):
    """The reason is that of llama.cpp; here, the end of the file is missing."""
    path = tmp_path / "half.gguf"
    with weights.open("rb") as whole:
        path.write_bytes(whole.read(4_000_000))
    with pytest.raises(ConnectionFailed, match=r"^local/half\.gguf did not start: .*incomplete"):
        local.connect(f"local/{path}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.gguf", r"\(No such file or directory\)"),
        ("folder.gguf", r"\(Is a directory\)"),
        ("text.gguf", "not a GGUF file"),
        ("empty.gguf", "not a GGUF file"),
        ("nul\0.gguf", "null"),
    ],
)
def test_a_path_without_a_gguf_file_is_refused(apart, tmp_path, name, reason):
    """Before a server is started."""
    (tmp_path / "folder.gguf").mkdir()
    (tmp_path / "text.gguf").write_text("Once upon a time")
    (tmp_path / "empty.gguf").touch()
    with pytest.raises(InvalidRequest, match=reason):
        local.connect(f"local/{tmp_path}/{name}")


def test_an_unknown_local_name_is_refused_with_the_known_ones():
    """The error does not only say that a file is missing."""
    with pytest.raises(InvalidRequest, match="a local model is local/smollm2-135m-instruct"):
        local.connect("local/smollm2")


@pytest.mark.parametrize("content", [b"GGUF longer", b"GGUF B"], ids=["size", "time"])
def test_a_file_that_has_changed_gets_another_server(tmp_path, content):
    """The running server has the old weights in memory."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF A")
    os.utime(path, (1, 1))
    before = servers._settings(f"local/{path}", lambda *_: None, 1.0)
    path.write_bytes(content)
    after = servers._settings(f"local/{path}", lambda *_: None, 1.0)
    assert servers._fingerprint(before) != servers._fingerprint(after)


@pytest.fixture
def gguf(tmp_path):
    """Return the name of a model that no server can load."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return f"local/{path}"


def test_a_server_that_never_becomes_ready_is_ended(apart, gguf, monkeypatch):
    """Within a bound, which the error names with the log."""
    children = []

    def spawn(_log):
        code = "import sys, threading; sys.stdin.read(); threading.Event().wait()"
        children.append(
            subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        )
        return children[-1]

    monkeypatch.setattr(servers, "_spawn", spawn)
    monkeypatch.setattr(servers, "READY_S", 0.2)
    with pytest.raises(ConnectionFailed, match=r"not become ready within 0\.2 s \(log: .*\.log"):
        local.connect(gguf)
    assert children[0].poll() is not None


def test_a_lock_that_another_process_holds_is_given_up(apart, gguf, monkeypatch):
    """Within a bound; the error names the lock and what to do."""
    monkeypatch.setattr(servers, "LOCK_S", 0.2)
    monkeypatch.setattr(servers, "_fingerprint", lambda _settings: "taken")
    path = servers.cache_folder() / "servers" / "taken.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path), pytest.raises(ConnectionFailed) as caught:
        local.connect(gguf)
    assert f"another process has held the lock {path} for 0.2 s" in str(caught.value)


def test_another_request_that_is_starting_a_server_is_not_waited_for_without_end(
    apart, gguf, monkeypatch
):
    """It is a thread of the same process."""
    monkeypatch.setattr(servers, "LOCK_S", 0.2)
    with servers._guard, pytest.raises(ConnectionFailed, match=r"was starting it for 0\.2 s"):
        local.connect(gguf)


def test_a_cache_that_cannot_be_written_to_is_a_clear_error(apart, monkeypatch, tmp_path):
    """It has the reason of the operating system."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConnectionFailed, match=r"^local could not start: .*Not a directory"):
        local.connect("local")

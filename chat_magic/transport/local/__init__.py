"""The embedded model: a real llama.cpp server that chat-magic starts by itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from chat_magic.errors import ConnectionFailed, InvalidRequest

__all__ = [
    "BUNDLED",
    "CHOICES",
    "CONTEXT_TOKENS",
    "LocalServer",
    "Progress",
    "connect",
    "is_installed",
    "is_local",
    "is_present",
    "prepare",
    "resolved_model",
    "weights_name",
]

CONTEXT_TOKENS = 2048
"""Tokens of the prompt and the answer of one choice: the context that the model was trained on."""
BUNDLED = "local/smollm2-135m-instruct"
"""The whole name of the model that `local` means."""

CHOICES = 8
"""Choices of one request (`n`) and requests that run at a time; further ones wait."""
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


def resolved_model(model: str) -> str:
    """Return a local model's name wherever its file is; any other name unchanged."""
    if model == "local":
        return BUNDLED
    is_file = is_local(model) and model != BUNDLED
    return f"local/{_file(model).name}" if is_file else model


def weights_name(model: str) -> str:
    """Return the file of a local model's weights by name and size in bytes: `a.gguf:98362432`."""
    if model in ("local", BUNDLED):
        from chat_magic.transport.local.weights import SMOLLM2

        return f"{SMOLLM2.file_name}:{SMOLLM2.size}"
    try:
        path = _file(model)
        return f"{path.name}:{path.stat().st_size}"
    except (OSError, RuntimeError, ValueError):
        return model


def is_present(model: str) -> bool:
    """Whether a local model can answer without a download."""
    if not is_installed():
        return False
    from chat_magic.transport.local.weights import SMOLLM2, cache_folder

    is_bundled = model in ("local", BUNDLED) and not os.environ.get("CHAT_MAGIC_WEIGHTS")
    return not is_bundled or (cache_folder() / SMOLLM2.file_name).exists()


def _file(model: str) -> Path:
    return Path(model.removeprefix("local/")).expanduser()


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

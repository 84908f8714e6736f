"""The servers, each installed into an environment of its own and started on a free port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.transport.local import prepare
from chat_magic.transport.local.server import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

READY_S = 300.0
"""How long a server may take to load its libraries and its model."""
KEY = "sk-of-the-servers"


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    base_url: str
    model: str
    key: str = KEY


@dataclass(frozen=True)
class Server:
    """A server that can be installed and started."""

    name: str
    packages: tuple[str, ...]
    """What pip installs; none for a server that chat-magic starts itself."""
    command: Callable[[Path, int], tuple[list[str], str]]
    """From its folder and its port to its command and the name of its model."""


def _weights() -> Path:
    return prepare(lambda _what, _fraction: None)


def _litellm(folder: Path, port: int) -> tuple[list[str], str]:
    local = connect("local", lambda _what, _fraction: None)
    config = {
        "model_list": [
            {
                "model_name": "proxied/smollm2",
                "litellm_params": {
                    "model": f"openai/{local.model}",
                    "api_base": local.base_url,
                    "api_key": local.api_key,
                },
            }
        ],
        "general_settings": {"master_key": KEY},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    command = ["bin/litellm", "--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
    return command, "proxied/smollm2"


def _llama_cpp_python(_folder: Path, port: int) -> tuple[list[str], str]:
    options = ["--model", str(_weights()), "--host", "127.0.0.1", "--port", str(port)]
    command = ["bin/python", "-m", "llama_cpp.server", *options, "--api_key", KEY]
    return [*command, "--logits_all", "true", "--n_ctx", "2048"], "llama/smollm2"


def _transformers(folder: Path, port: int) -> tuple[list[str], str]:
    model = folder / "model"
    if not model.exists():
        convert = (
            "import sys, transformers as t; where = dict(gguf_file=sys.argv[2]);"
            "t.AutoTokenizer.from_pretrained(sys.argv[1], **where).save_pretrained(sys.argv[3]);"
            "read = t.AutoModelForCausalLM.from_pretrained(sys.argv[1], **where);"
            "del read.config.quantization_config;"
            "plain = t.AutoModelForCausalLM.from_config(read.config);"
            "plain.load_state_dict(read.state_dict());"
            "plain.save_pretrained(sys.argv[3])"
        )
        weights = _weights()
        arguments = [str(weights.parent), weights.name, str(model)]
        subprocess.run([folder / "bin/python", "-c", convert, *arguments], check=True)
    return ["bin/transformers", "serve", "--host", "127.0.0.1", "--port", str(port)], str(model)


SERVERS = (
    Server("litellm", ("litellm[proxy]",), _litellm),
    Server("llama-cpp-python", ("llama-cpp-python[server]",), _llama_cpp_python),
    Server("transformers", ("transformers[serving]", "torch", "gguf"), _transformers),
)


def embedded() -> Running:
    """Start the llama.cpp server of chat-magic."""
    local = connect("local", lambda _what, _fraction: None)
    return Running(local.base_url, local.model, local.api_key)


@contextmanager
def running(server: Server, folder: Path) -> Iterator[Running]:
    """Install a server, start it, and stop it at the end.

    Raises:
        RuntimeError: It ended, or was not ready in time; its log is in the folder.
    """
    _install(server, folder)
    port = _free_port()
    command, model = server.command(folder, port)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(folder / command[0]), *command[1:]],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
    try:
        base_url = f"http://127.0.0.1:{port}/v1"
        _wait_for(process, f"{base_url}/models", log)
        yield Running(base_url, model)
    finally:
        process.terminate()
        process.wait(30)


def _install(server: Server, folder: Path) -> None:
    ready = folder / "ready"
    if ready.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *server.packages], check=True)
    ready.touch()


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {KEY}"})
    end = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"the server is not ready; its log: {log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

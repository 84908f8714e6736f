"""The entry to the local model: its names, and what it requires."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.local import server as servers


@pytest.mark.parametrize(
    ("model", "is_local"),
    [
        ("local", True),
        ("local/smollm2-135m-instruct", True),
        ("local//models/some.gguf", True),
        ("localhost/some", False),
        ("openai/gpt-4o", False),
        ("", False),
    ],
)
def test_local_models_are_recognised_by_their_vendor(model, is_local):
    """The vendor is `local`."""
    assert local.is_local(model) is is_local


@pytest.mark.parametrize("function", [lambda: local.connect("local"), local.prepare])
def test_without_the_extra_the_error_says_what_to_install(function, monkeypatch):
    """The base installation has no llama.cpp."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert not local.is_installed()
    with pytest.raises(InvalidRequest, match=r"pip install 'chat-magic\[local\]'"):
        function()


def test_importing_the_package_imports_nothing_of_the_extra():
    """Cells for other models do not pay for it."""
    code = (
        "import sys; from chat_magic.transport import local; local.is_installed(); "
        "assert not {'xllamacpp', 'filelock', 'msgspec', 'platformdirs'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(servers.PACKAGES)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

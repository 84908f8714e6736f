"""`python -m chat_magic vscode`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from chat_magic import __main__ as command_line
from chat_magic.errors import ChatError
from chat_magic.shell import vscode_extension as module
from chat_magic.view.bundle import MIME_TYPE

MANIFEST = Path(__file__).parents[2] / "labextension" / "vscode" / "package.json"


@pytest.fixture
def extension(tmp_path, monkeypatch):
    """Return the path of an extension that the package has."""
    path = tmp_path / "chat-magic-renderer.vsix"
    path.write_bytes(b"")
    monkeypatch.setattr(module, "_extension", lambda: path)
    return path


def answers(code, stderr=""):
    return lambda command, **_: subprocess.CompletedProcess(command, code, "", stderr)


def test_it_is_installed_by_code(extension, monkeypatch, capsys):
    """That is found on PATH."""
    monkeypatch.setattr(
        module.shutil, "which", lambda name: "/bin/code" if name == "code" else None
    )
    monkeypatch.setattr(module.subprocess, "run", answers(0))
    assert command_line.main(["vscode"]) == 0
    assert capsys.readouterr().out == f"{extension}: installed by /bin/code\n"


def test_without_code_the_path_is_printed(extension, monkeypatch, capsys):
    """With what to do in VS Code itself."""
    monkeypatch.setattr(module, "find_code", lambda: None)
    assert command_line.main(["vscode"]) == 0
    assert "Install from VSIX" in capsys.readouterr().out


def test_a_refusal_is_an_error_of_one_line(extension, monkeypatch, capsys):
    """With what `code` said."""
    monkeypatch.setattr(module, "find_code", lambda: "/bin/code")
    monkeypatch.setattr(module.subprocess, "run", answers(1, "no\nspace"))
    assert command_line.main(["vscode"]) == 1
    assert capsys.readouterr().err.endswith("failed: no space\n")


def test_a_build_without_the_extension_says_so(monkeypatch):
    """As one from source."""
    monkeypatch.setattr(module, "_extension", lambda: None)
    with pytest.raises(ChatError, match="this build of chat-magic has no extension"):
        module.install_renderer()


def test_code_is_looked_for_in_the_usual_places_too(monkeypatch, tmp_path):
    """Where an installer does not put it on PATH."""
    monkeypatch.setattr(module.shutil, "which", lambda _name: None)
    monkeypatch.setattr(module, "_usual_places", lambda: [tmp_path / "none", tmp_path / "code"])
    assert module.find_code() is None
    (tmp_path / "code").write_text("")
    assert module.find_code() == str(tmp_path / "code")


def test_the_renderer_is_for_our_type_and_restricted_mode():
    """Where `text/html` is blank."""
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    (renderer,) = manifest["contributes"]["notebookRenderer"]
    assert renderer["mimeTypes"] == [MIME_TYPE]
    assert manifest["capabilities"]["untrustedWorkspaces"] == {"supported": True}

"""Installs the renderer for VS Code, which comes with the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

from chat_magic.errors import ChatError

__all__ = ["install_renderer"]

_FILE = "chat-magic-renderer.vsix"


def install_renderer() -> str:
    """Install the extension into VS Code.

    Returns:
        What was done; where there is no `code`, the path of the extension and how to install it.

    Raises:
        ChatError: The package has no extension, or `code` refused it.
    """
    path = _extension()
    if path is None:
        raise ChatError(
            "vscode: this build of chat-magic has no extension; install a released wheel, or build "
            "it with vsce (RELEASING.md)"
        )
    code = find_code()
    if code is None:
        return f"{path}: `code` was not found; in VS Code choose Extensions: Install from VSIX…"
    done = subprocess.run(  # noqa: S603 - a program of VS Code and a file of this package
        [code, "--install-extension", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split())
        raise ChatError(f"vscode: {code} --install-extension {path} failed: {reason}")
    return f"{path}: installed by {code}"


def find_code() -> str | None:
    """Return the command line of VS Code: on PATH, else in the usual places."""
    for name in ("code", "code-insiders", "codium"):
        if found := shutil.which(name):
            return found
    return next((str(place) for place in _usual_places() if place.is_file()), None)


def _usual_places() -> list[Path]:
    if sys.platform == "darwin":
        folder = "Visual Studio Code.app/Contents/Resources/app/bin/code"
        return [Path("/Applications") / folder, Path.home() / "Applications" / folder]
    if sys.platform == "win32":
        roots = (os.environ.get("LOCALAPPDATA", ""), os.environ.get("PROGRAMFILES", ""))
        parts = ("Programs/Microsoft VS Code/bin/code.cmd", "Microsoft VS Code/bin/code.cmd")
        return [Path(root) / part for root, part in zip(roots, parts, strict=True) if root]
    return [Path("/usr/share/code/bin/code"), Path("/snap/bin/code")]


def _extension() -> Path | None:
    path = Path(str(resources.files("chat_magic"))) / "vscode" / _FILE
    return path if path.is_file() else None

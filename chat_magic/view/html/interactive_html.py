"""Static pictures with the script that makes them interactive, for pages where scripts run.

The script is one constant file, built from `labextension/src/standalone/`; what a model wrote is
JSON in an element that runs nothing, with no `<` in it. Where the script does not run, the static
picture stays.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_magic.view.bundle import MIME_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRAW_ALL = "chatMagic.mountAll();"
NOT_BUILT = "built without Node: static view"


class Script(NamedTuple):
    """The constant script and its style sheet."""

    code: str
    style: str

    @property
    def for_pages(self) -> str:
        """The script that draws every payload of a page."""
        return f"{self.code}{_DRAW_ALL}"

    @property
    def policy(self) -> str:
        """The source of a Content Security Policy that allows this script and no other."""
        digest = hashlib.sha256(self.for_pages.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    @property
    def for_widgets(self) -> str:
        """The script as a module whose default draws the model of an anywidget."""
        return f"{self.code}export default {{ render: chatMagic.render }};"


@cache
def standalone_script() -> Script | None:
    """Return the script; None where the package was built without Node."""
    folder = resources.files(__package__)
    try:
        code = folder.joinpath("standalone.js").read_text("utf-8")
        style = folder.joinpath("standalone.css").read_text("utf-8")
    except FileNotFoundError:
        return None
    return Script(code, style)


def with_payload(picture: str, payload: Any, metadata: Mapping[str, Any] | None = None) -> str:
    """Return a picture with the payload that the script draws in its place.

    Args:
        picture: Static HTML, which is safe.
        payload: The display payload; from a notebook it may be any JSON.
        metadata: Of the output: how it was last viewed.
    """
    stored = _inert_json({"metadata": dict(metadata or {}), "payload": payload})
    return f'<div>{picture}</div><script type="{MIME_TYPE}">{stored}</script>'


def with_script(content: str, script: Script) -> str:
    """Return HTML that holds payloads, with the style sheet and the script that draws them."""
    return f"<style>{script.style}</style>{content}<script>{script.for_pages}</script>"


def interactive_html(picture: str, payload: Any) -> str:
    """Return a picture that draws itself interactively; with a note where there is no script."""
    script = standalone_script()
    if script is None:
        return f"{picture}<div><small>{NOT_BUILT}</small></div>"
    return with_script(with_payload(picture, payload), script)


def _inert_json(value: Any) -> str:
    """Write JSON that no parser of HTML takes for markup."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")

"""A result as a page of its own: one file that loads nothing."""

from __future__ import annotations

from typing import Any

from chat_magic.view.html.escape import escape
from chat_magic.view.html.interactive_html import (
    NOT_BUILT,
    standalone_script,
    with_payload,
    with_script,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 24px auto; padding: 0 16px; max-width: 1180px; font: 14px/1.5 system-ui, sans-serif }
pre { overflow-x: auto; white-space: pre-wrap; }
summary { cursor: pointer; opacity: 0.65; }"""


def standalone_page(title: str, prompt: str | None, picture: str, payload: Any = None) -> str:
    """Return a whole HTML document.

    Its policy allows no script but ours, which draws the payload in place of the picture; built
    without Node, the package has no such script, and a line says so.

    Args:
        title: The title of the page, as text.
        prompt: What was asked, as text.
        picture: The static HTML of a result, which is safe.
        payload: The display payload of the result; without it the page runs no script.
    """
    script = standalone_script() if payload is not None else None
    policy = _POLICY if script is None else f"{_POLICY}; script-src {script.policy}"
    if script is not None:
        picture = with_script(with_payload(picture, payload), script)
    elif payload is not None:
        picture = f"{picture}\n<p><small>{NOT_BUILT}</small></p>"
    asked = (
        ""
        if prompt is None
        else f"<details><summary>Prompt</summary><pre>{escape(prompt)}</pre></details>\n"
    )
    return f"""\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{_STYLE}
</style>
</head>
<body>
{asked}{picture}
</body>
</html>
"""

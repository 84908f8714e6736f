"""A result as a page of its own: one file that loads nothing and runs no script."""

from __future__ import annotations

from chat_magic.view.html.escape import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 24px auto; padding: 0 16px; max-width: 1180px; font: 14px/1.5 system-ui, sans-serif }
pre { overflow-x: auto; white-space: pre-wrap; }
summary { cursor: pointer; opacity: 0.65; }"""


def standalone_page(title: str, prompt: str | None, picture: str) -> str:
    """Return a whole HTML document.

    Args:
        title: The title of the page, as text.
        prompt: What was asked, as text.
        picture: The static HTML of a result, which is safe.
    """
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
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
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

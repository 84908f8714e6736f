"""Escaping of untrusted text for HTML, with invisible characters shown as their code points."""

from __future__ import annotations

import html
import re

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that reorder the text around them, as the content of a regular expression's set."""

_CONTROL = f"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff{BIDI}"
_CONTROLS = re.compile(f"[{_CONTROL}]")
_HIDDEN = re.compile(
    f"[{_CONTROL}\xa0\xad\u200b\u2060-\u2065\ufeff\U000e0000-\U000e007f]"
    r"|(?<!\S)[\u200c\u200d]|[\u200c\u200d](?!\S)"
)
"""Joiners and non-joiners are left alone within words and emoji, where they belong."""

_CODE_POINT = (
    "font-family:monospace;font-size:86%;padding:0 3px;border:1px solid rgba(127,127,127,0.6);"
    "border-radius:3px"
)


def code_point(character: str) -> str:
    """Name a character by its number: `U+202E`."""
    return f"U+{ord(character):04X}"


def visible(text: str) -> str:
    """Replace every invisible character by its `U+XXXX`, for a title attribute."""
    return _HIDDEN.sub(lambda match: code_point(match[0]), text)


def escape(text: str, *, hidden: bool = False) -> str:
    """Return text as HTML that only shows it, in an element or an attribute.

    Args:
        text: Anything a model, a tool or a server wrote.
        hidden: Also show no-break and zero-width spaces.

    Returns:
        Escaped text, with control and bidi characters and lone surrogates as `U+XXXX` in
        elements of their own: for an attribute, pass `visible(text)`.
    """
    pattern = _HIDDEN if hidden else _CONTROLS
    return pattern.sub(
        lambda match: f'<span style="{_CODE_POINT}">{code_point(match[0])}</span>',
        html.escape(text),
    )


def isolated(text: str) -> str:
    """Return text as HTML that does not reorder the text around it."""
    return f"<bdi>{escape(text)}</bdi>"

"""Elements of static HTML that keep their look through the sanitizer of an untrusted notebook.

JupyterLab's sanitizer (`packages/apputils/src/sanitizer.ts` there) lets inline styles through by a
list of properties and values: flex rows, which older ones do not let wrap, rgba() but not var(),
opacity only as `0.65`. Colours are therefore greys and few hues over the theme's own, which suit
every theme.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from chat_magic.view.glossary import split_terms
from chat_magic.view.html.escape import escape
from chat_magic.view.html.markdown import INK

if TYPE_CHECKING:
    from collections.abc import Sequence

MUTED = "opacity:0.65"
SMALL = "font-size:88%;line-height:1.5"
"""At least 12 px where text is 14 px."""
LINE = "1px solid rgba(127,127,127,0.3)"
EXACT = "white-space:pre-wrap;word-wrap:break-word;word-break:normal"
MEASURE = "max-width:40em"
"""How wide the text of an answer is at most: about 80 characters, also while it streams."""
EM_SPACE, EN_SPACE = "\u2003", "\u2002"
"""What separates facts, also where styles are dropped."""
MOST_COLUMNS = 4
"""Columns in a row."""
_PAGE = "max-width:1180px;word-wrap:break-word"
_NARROWEST = (150, 230)
"""Pixels of a single column, and of each of several."""
_PRE = (
    f"margin:4px 0 6px 0;padding:0;font-family:monospace;font-size:90%;line-height:1.45;{EXACT};"
    "background-color:transparent"
)
_WARNING = f"border-left:3px solid rgba({INK},0.75);padding:0 0 0 5px"
_TAG = re.compile("<[^>]*>")
_BREAK = re.compile(r"[^\w.,%]")
"""Where a line may break."""
_UNUSUAL = ("cut off", "length", "content_filter", "error", "interrupted")
"""Beginnings of facts that say that an answer may be incomplete."""


_FOLD = "<q style=\"quotes:'▸\u2002' ''\"></q>"
"""What stands before a title that opens something; it is not copied with it."""

LIVE = "chm-live"
"""The class of an answer that streams; `labextension/src/keyGuard.ts` looks for it."""


def page(content: str, css_class: str = "") -> str:
    """Wrap HTML so that only the marked formulas are typeset as math."""
    classes = " ".join(filter(None, ["mathjax_ignore tex2jax_ignore", css_class]))
    return f'<div class="{classes}" style="{_PAGE}">{content}</div>'


def status_line(title: str, facts: Sequence[str], warnings: Sequence[str] = ()) -> str:
    """Draw the line above an answer: title, facts and warnings; several of these stand below."""
    parts = [strong(title)]
    parts += [f'<span style="white-space:nowrap;{MUTED}">{escape(fact)}</span>' for fact in facts]
    if len(warnings) == 1:
        parts.append(warning_html(warnings[0]))
    html = f'<div style="{SMALL};margin:4px 0 6px 0">{EM_SPACE.join(parts)}</div>'
    if len(warnings) < 2:
        return html
    items = "".join(f"<div>{warning_html(warning)}</div>" for warning in warnings)
    return f'{html}<div style="{SMALL};margin:0 0 6px 0">{items}</div>'


def columns(contents: Sequence[str]) -> str:
    """Draw one or more boxes side by side, at most four in a row, fewer in narrow pages."""
    rows = math.ceil(len(contents) / MOST_COLUMNS)
    width = math.ceil(len(contents) / rows)
    style, wrap = f"box-sizing:border-box;width:{100 / width:.3f}%", ""
    if width > 1:
        style += f";flex-grow:1;margin:0 0 -1px -1px;border-left:{LINE};border-bottom:{LINE}"
        wrap = "flex-wrap:wrap;"
    style += f";min-width:{_NARROWEST[width > 1]}px;padding:8px 14px;overflow-x:auto"
    html = []
    for start in range(0, len(contents), width):
        row = contents[start : start + width]
        boxes = "".join(f'<div style="{style}">{content}</div>' for content in row)
        html.append(f'<div style="display:flex;{wrap}overflow-x:auto">{boxes}</div>')
    return f'<div style="border:{LINE};border-radius:6px">{"".join(html)}</div>'


def heading(title: int | str | None, facts: Sequence[str], sparkline: str = "") -> str:
    """Draw the first line of a column: its title, if it has one, facts and a sparkline."""
    parts = [] if title is None else [strong(str(title))]
    parts += [state_html(fact) for fact in facts]
    if sparkline:
        style = f"{MUTED};letter-spacing:-1px;white-space:nowrap"
        parts.append(f'<span style="{style}">{sparkline}</span>')
    html = f'<div style="{SMALL};margin:0 0 4px 0">{EN_SPACE.join(parts)}</div>'
    return html if parts else ""


def state_html(state: str) -> str:
    """Draw a fact, muted; one that means an incomplete answer as a warning."""
    if state.startswith((*_UNUSUAL, "failed: ")):
        return warning_html(state)
    return f'<span style="{MUTED}">{escape(state)}</span>'


def strong(text: str) -> str:
    """Set a text in bold."""
    return f'<strong style="font-weight:600">{escape(text)}</strong>'


def warning_html(text: str) -> str:
    """Mark a text as a warning."""
    return f'<span style="{_WARNING}">{escape(text)}</span>'


def line(content: str) -> str:
    """Draw HTML in a line of its own."""
    return f'<div style="{SMALL};margin:0 0 6px 0">{content}</div>'


def nowrap(content: str) -> str:
    """Keep HTML in one line, which a single word is anyway."""
    if not _BREAK.search(_TAG.sub("", content)):
        return content
    return f'<span style="white-space:nowrap">{content}</span>'


def facts_line(facts: Sequence[str]) -> str:
    """Draw facts in a muted line that breaks only between them; nothing without facts."""
    if not facts:
        return ""
    spans = EN_SPACE.join(nowrap(with_terms(fact)) for fact in facts)
    return f'<div style="{SMALL};{MUTED};margin:0 0 4px 0">{spans}</div>'


def with_terms(text: str) -> str:
    """Escape a text of ours; terms of the glossary have their meaning as a tooltip."""
    return "".join(
        f'<span title="{escape(meaning)}">{escape(piece)}</span>' if meaning else escape(piece)
        for piece, meaning in split_terms(text)
    )


def details(title: str, content: str, *, is_open: bool = False) -> str:
    """Hide HTML behind a title, also HTML, that opens it.

    The mark is ours, as the style sheet of the classic notebook takes away that of the browser.
    """
    style = f"{SMALL};{MUTED};cursor:pointer;display:flex"
    summary = f'<summary style="{style}">{_FOLD}{title}</summary>'
    return f"<details{' open' * is_open}>{summary}{content}</details>"


def exact(text: str) -> str:
    """Draw a text as it is, in a monospaced font."""
    return f'<pre style="{_PRE}">{escape(text)}</pre>'


def note(text: str) -> str:
    """Draw a remark in place of an answer."""
    return f'<div style="{MUTED};font-style:italic;margin:0 0 8px 0">{escape(text)}</div>'

"""A prompt as static HTML: control tokens are chips, what was cached is shaded."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from chat_magic.view.html.elements import EXACT, LINE, MUTED, SMALL, page, status_line
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.prompt_parts import PromptToken

__all__ = ["model_input_html"]

_CHIP = (
    "font-family:monospace;font-size:88%;padding:0 4px;margin:0 1px;"
    "border:1px solid rgba(127,127,127,0.6);border-radius:8px"
)
_SHADE = "background-color:rgba(127,127,127,0.15)"


def model_input_html(
    model: str,
    facts: Sequence[str],
    warnings: Sequence[str],
    tokens: Sequence[PromptToken],
    n_cached: int,
) -> str:
    """Draw a prompt.

    Args:
        model: The model.
        facts: What is said beside it: the counts of tokens.
        warnings: What is odd about the prompt.
        tokens: Its tokens.
        n_cached: How many of them, at the start, the server read from its cache.
    """
    cached = _runs(tokens[:n_cached])
    shaded = f'<span style="{_SHADE}" title="read from the cache">{cached}</span>' if cached else ""
    note = f'<div style="{SMALL};{MUTED}">shaded: read from the cache</div>' if cached else ""
    box = (
        f'<div style="font-family:monospace;font-size:90%;line-height:1.5;{EXACT};padding:8px 14px;'
        f'border:{LINE};border-radius:6px">{shaded}{_runs(tokens[n_cached:])}</div>'
    )
    return page(status_line(f"what {model} reads", facts, warnings) + box + note)


def _runs(tokens: Sequence[PromptToken]) -> str:
    """Draw tokens: each control token as a chip, the text between them as it is."""
    html = []
    for special, group in groupby(tokens, key=lambda token: token.is_special):
        run = list(group)
        if special:
            html += [f'<span style="{_CHIP}">{escape(token.text)}</span>' for token in run]
        else:
            text = b"".join(token.content or b"\xef\xbf\xbd" for token in run)
            html.append(escape(text.decode(errors="replace"), hidden=True))
    return "".join(html)

"""Input transformers that pass `%%chat` cells and `%chat` lines to the magic exactly as typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ABOVE = r"(?:[\s\ufeff\u200b]|\#[^\n]*\n)*"
"""What may precede a cell magic: blank lines, and comments such as Quarto's `#| label: x`."""
_CELL = re.compile(
    _ABOVE + r"%%chat(?:[^\S\n]+(?P<line>[^\n]*?))?[^\S\n]*(?:\n(?P<body>.*))?", re.DOTALL
)
_STACK = re.compile(_ABOVE + r"(?P<magics>%%(?!chat\s)\w[^\n]*\n" + _ABOVE + r"%%[\s\S]*)")
"""Comments above a cell magic above another one, which IPython would not accept."""
_MISPLACED = re.compile(r"[^\S\n]*%%chat(?=\s|\Z)[^\n]*")
_LINE = re.compile(
    r"(?P<before>[ \t]*(?:[^\W\d][\w.]*[ \t]*=[ \t]*"
    r"|%(?:time|timeit|prun)[ \t]+(?:-\S+[ \t]+(?:\d+[ \t]+)?)*)?)"
    r"%chat(?=\s|\Z)"
    r"(?:[^\S\n]+(?P<line>[^\n]*))?(?P<end>\n?)"
)
_ESCAPED_LINE = re.compile(r"[ \t]*[%!?][^\n]*\n?")
_TOKEN = re.compile(
    r"""
    (?P<string> (?P<quote>\"{3}|'{3}) (?:\\.|.)*? (?:(?P=quote)|\Z)
              | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )
    | (?P<comment> \#[^\n]* )
    | (?P<opening> [(\[{] ) | (?P<closing> [)\]}] )
    | (?P<continuation> \\\n ) | (?P<newline> \n )
    | [^"'\#()\[\]{}\\\n]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)


_NOT_FIRST = (
    "%%chat must begin its cell: only comments, blank lines and other cell magics may be above it; "
    "put the Python code into a cell of its own, or use %chat"
)


class _Misplaced(Exception):
    """A `%%chat` has Python code above it."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class ChatTransformer:
    """Rewrites `%%chat` cells and `%chat` lines into calls of the magic.

    It must run before IPython's own transformers, which would change prompts: a final `?`, `>>> `,
    `$x`, an apostrophe.

    Args:
        end: What the call ends in: a semicolon keeps a terminal from printing `Out[n]:`.
    """

    has_side_effects = True
    """IPython then skips it when it checks whether a cell is complete, which needs `%%chat`."""

    def __init__(self, end: str = "") -> None:
        self.end = end

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the rewritten lines of a cell."""
        text = "".join(lines)
        match = _CELL.fullmatch(text)
        if match is None:
            stack = "%%chat" in text and _STACK.fullmatch(text)
            if stack:
                return stack["magics"].splitlines(keepends=True)
            return transform_lines(lines, self.end)
        line, body = match["line"] or "", match["body"] or ""
        call = f"get_ipython().run_cell_magic('chat', {line!r}, {body or chr(10)!r}){self.end}\n"
        return [call]


def transform_lines(lines: list[str], end: str = "") -> list[str]:
    """Return a cell of Python with its `%chat` lines rewritten."""
    text = "".join(lines)
    if "%chat" not in text or text.lstrip().startswith("%%"):
        return lines
    try:
        return "".join(_rewrite(text, end)).splitlines(keepends=True)
    except _Misplaced as error:
        call = f"__import__('chat_magic').InvalidRequest({_NOT_FIRST!r}, line={error.line})"
        return [f"raise {call}\n"]


def _rewrite(text: str, end: str) -> Iterator[str]:
    position, depth, at_start = 0, 0, True
    while position < len(text):
        if at_start and depth == 0:
            if misplaced := _MISPLACED.match(text, position):
                raise _Misplaced(text.count("\n", 0, misplaced.start()) + 1)
            match = _LINE.match(text, position)
            if match:
                finish = "" if match["before"].strip() else end
                call = f"get_ipython().run_line_magic('chat', {match['line'] or ''!r}){finish}"
                yield match["before"] + call + match["end"]
            match = match or _ESCAPED_LINE.match(text, position)
            if match:
                if match.re is _ESCAPED_LINE:
                    yield match[0]
                position = match.end()
                continue
        token = _TOKEN.match(text, position)
        assert token, "the last alternative matches any character"  # noqa: S101
        depth += {"opening": 1, "closing": -1}.get(token.lastgroup or "", 0)
        depth = max(depth, 0)
        at_start = token.lastgroup == "newline"
        yield token[0]
        position = token.end()

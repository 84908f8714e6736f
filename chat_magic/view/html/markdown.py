"""Markdown that a model wrote, as HTML that runs nothing and loads nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

INK = "213,94,0"
"""Red, green and blue of the one hue that means unsure."""

_LINKS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_SAFE_LINK = {"rel": "noopener", "target": "_blank"}
_RULE = "1px solid rgba(127,127,127,0.35)"
_CODE = "font-family:monospace;background-color:rgba(127,127,127,0.13)"
_PARAGRAPH_STYLE = "margin:0 0 8px 0"
_STYLES = {
    "p": _PARAGRAPH_STYLE,
    "ul": "margin:0 0 8px 0;padding:0 0 0 24px",
    "ol": "margin:0 0 8px 0;padding:0 0 0 24px;list-style:decimal",
    "h1": "font-size:130%;font-weight:600;line-height:1.3;margin:12px 0 6px 0",
    "h2": "font-size:118%;font-weight:600;line-height:1.3;margin:12px 0 6px 0",
    "h3": "font-size:107%;font-weight:600;line-height:1.3;margin:10px 0 6px 0",
    "h4": "font-size:100%;font-weight:600;line-height:1.3;margin:10px 0 4px 0",
    "h5": "font-size:100%;font-weight:600;line-height:1.3;margin:10px 0 4px 0",
    "h6": "font-size:100%;font-weight:600;line-height:1.3;margin:10px 0 4px 0",
    "blockquote": "margin:0 0 8px 0;padding:0 0 0 12px;border-left:3px solid rgba(127,127,127,0.4)",
    "hr": f"border:none;border-top:{_RULE};margin:12px 0;height:0",
    "table": "border-collapse:collapse;margin:0 0 8px 0;font-size:95%;table-layout:auto",
    "thead": "border:none",
    "tr": "background-color:transparent",
    "th": f"padding:3px 12px 3px 0;font-weight:600;border-bottom:{_RULE};vertical-align:top",
    "td": f"padding:3px 12px 3px 0;border-bottom:{_RULE};vertical-align:top",
}
_PRE = (
    "margin:0 0 8px 0;padding:8px 10px;border-radius:4px;font-size:92%;line-height:1.45;"
    f"white-space:pre;overflow-x:auto;{_CODE}"
)

_BARS = (0.35, 0.5, 0.7, 0.95)
"""Opacity of the underline in each of the bins 1 to 4."""
_RING, _RING_STOP, _MUTED_STOP, _STOP, *_STARTS = (
    chr(0xFDD0 + number) for number in range(4 + len(_BARS))
)
"""Unicode noncharacters, which text must not contain, placed around what is marked."""
_NO_MARKS = {ord(mark): None for mark in (_RING, _RING_STOP, _MUTED_STOP, _STOP, *_STARTS)}
_MARKED = re.compile(f"([{''.join(_STARTS)}])([^{_STOP}{''.join(_STARTS)}]*){_STOP}")
_NOT_SHOWN = re.compile(r"\]\([^()\n]*\)|<[^<>\s]+>|&\w+;|^ {0,3}\[[^]\n]+\]:.*$", re.MULTILINE)
"""Addresses, entities and link definitions, whose letters are not shown unchanged."""
_TAG = re.compile("(<[^>]*>)")
_SHARED = "opacity:0.65"
RINGED = "border:2px solid rgba(46,139,208,0.95);border-radius:5px;padding:0 2px"
"""The style of the token at a divergence."""

Span = tuple[int, int]
Mark = tuple[int, int, str]
"""An offset, the order among marks at the same one, and the mark."""


def render(
    text: str,
    unsure: Sequence[tuple[int, int, int]] = (),
    divergence: Span | None = None,
    *,
    prefill: str = "",
) -> str:
    r"""Return Markdown as HTML: no raw HTML, no image, links to http, https and mailto alone.

    Args:
        text: Markdown, with GitHub's tables; a line break is a line break. Math between `$`,
            `$$`, `\(`, `\[` or `\begin` is left for the front end's typesetter.
        unsure: The tokens to underline: start and end as offsets into the text, and a bin from 1
            to 4. Only letters are underlined; none are if that would change the Markdown.
        divergence: Start and end of the token at which this answer diverges from others. The token
            gets a ring, or else the word that follows, if that does not change the Markdown; the
            text before it is muted, or the whole text if the token is empty.
        prefill: What the text begins with that the model did not write; it is muted, if that does
            not change the Markdown.

    Returns:
        HTML with inline styles only.
    """
    plain = str(_renderer().render(text))
    if plain.translate(_NO_MARKS) != plain:
        return plain
    words = list(_words(text, unsure))
    rings = [_ring_marks(ring) for ring in _rings(text, divergence)] if divergence else []
    is_end = divergence is not None and divergence[0] == divergence[1]
    ends = [] if is_end else [[(end, 1, _MUTED_STOP)] for end in _muted_ends(prefill)]
    for spans in [words, []] if words else [[]]:
        for marks in [*rings, *ends, []]:
            marked = _renderer().render(_insert(text, spans, marks)) if spans or marks else plain
            is_whole = all(marked.count(mark) == 1 for _, _, mark in marks)
            if is_whole and marked.translate(_NO_MARKS) == plain:
                html = _with_elements(marked, is_muted=bool(marks) or is_end)
                if marks not in rings or f'"{RINGED}"' in html:
                    return html
    return plain


def _words(text: str, unsure: Iterable[tuple[int, int, int]]) -> Iterable[tuple[int, int, int]]:
    """Shrink each span to its letters, which are never next to a mark of Markdown."""
    shown = _NOT_SHOWN.sub(lambda match: "0" * len(match[0]), text)
    for start, end, grade in unsure:
        letters = re.search(r"[^\W\d_](?:.*[^\W\d_])?", shown[start:end])
        if letters:
            yield start + letters.start(), start + letters.end(), grade


def _rings(text: str, divergence: Span) -> Iterable[Span]:
    """Yield the candidates for a ring: the token, its letters and digits, the next word."""
    start, end = divergence
    if start == end:
        return
    candidates = (
        (r"\S(?:.*\S)?", start, end),
        (r"\w(?:.*\w)?", start, end),
        (r"\w+", end, len(text)),
    )
    for pattern, first, stop in candidates:
        if match := re.compile(pattern, re.DOTALL).search(text, first, stop):
            yield match.span()


def _ring_marks(ring: Span) -> list[Mark]:
    return [(ring[0], 2, _RING), (ring[1], 1, _RING_STOP)]


def _muted_ends(prefill: str) -> Iterable[int]:
    """Yield where a prefill may end: after its last character, or its last letter or digit."""
    for pattern in (r"\S\s*\Z", r"\w\W*\Z"):
        if match := re.search(pattern, prefill):
            yield match.start() + 1


def _insert(text: str, spans: Iterable[tuple[int, int, int]], around: Sequence[Mark]) -> str:
    """Put in marks, and those around the spans that do not cross them."""
    marks = [*around]
    for start, end, grade in spans:
        if not any(start < offset < end for offset, _, _ in around):
            marks += [(start, 3, _STARTS[grade - 1]), (end, 0, _STOP)]
    parts, done = [], 0
    for offset, _, mark in sorted(marks):
        parts += [text[done:offset], mark]
        done = offset
    return "".join([*parts, text[done:]])


def _with_elements(marked: str, *, is_muted: bool) -> str:
    """Turn the marks into elements, around each text between two tags.

    Args:
        marked: HTML with marks in its texts.
        is_muted: Whether the text before the ring or the end of the prefill is muted, or all of
            it without such a mark.
    """
    style = f' style="{_SHARED}"' if is_muted else ""
    parts = _TAG.split(marked)
    for index in range(0, len(parts), 2):
        texts = re.split(f"([{_RING}{_RING_STOP}{_MUTED_STOP}])", parts[index])
        for number, text in enumerate(texts):
            if text == _RING:
                style = f' style="{RINGED}"'
            elif text in (_RING_STOP, _MUTED_STOP):
                style = ""
            underlined = _MARKED.sub(_underline, text)
            texts[number] = (
                f"<span{style}>{underlined}</span>" if style and _is_ink(text) else underlined
            )
        parts[index] = "".join(texts)
    return "".join(parts).translate(_NO_MARKS)


def _is_ink(text: str) -> bool:
    return bool(text.translate(_NO_MARKS).strip())


def _underline(match: re.Match[str]) -> str:
    strength = _BARS[_STARTS.index(match[1])]
    style = f"text-decoration:none;border-bottom:2px solid rgba({INK},{strength})"
    return f'<u style="{style}">{match[2]}</u>'


class _Renderer(RendererHTML):
    """Renders the parsed tokens, with all text escaped."""

    def text(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return escape(tokens[idx].content)

    def math(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        source = escape(tokens[idx].content.translate(_NO_MARKS))
        return f'<span class="mathjax_process tex2jax_process">{source}</span>'

    def math_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f'<div style="overflow-x:auto;margin:0 0 8px 0">{self.math(tokens, idx)}</div>\n'

    def code_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        style = f"{_CODE};padding:1px 4px;border-radius:3px;font-size:92%"
        return f'<code style="{style}">{escape(tokens[idx].content)}</code>'

    def code_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        code = escape(tokens[idx].content)
        plain = "background-color:transparent;font-size:100%;padding:0;white-space:pre"
        return f'<pre style="{_PRE}"><code style="{plain}">{code}</code></pre>\n'

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return self.code_block(tokens, idx)


@cache
def _renderer() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    parser.validateLink = lambda url: bool(_LINKS.match(url))  # type: ignore[method-assign]
    parser.block.ruler.before("code", "math_block", _math_block, {"alt": ["paragraph"]})
    parser.inline.ruler.before("escape", "math", _math)
    parser.core.ruler.push("safe", _make_safe)
    return parser


_MATH = re.compile(
    r"""\$\$(?!\$).{1,2000}?\$\$
      | \$(?![\s$])(?:[^$`\\\n]|\\.){1,2000}?(?<!\s)\$(?!\d)
      | \\\(.{1,2000}?\\\)
      | \\\[.{1,2000}?\\\]
      | \\begin\{(?P<name>[a-z]{1,20}\*?)\}.{1,2000}?\\end\{(?P=name)\}""",
    re.DOTALL | re.VERBOSE,
)
"""A formula; the bounds keep the search linear in the length of the text."""
_NOT_MATH = re.compile(r"\\(?:\w*href|url|require|csname|class|cssId|style|data)(?![A-Za-z])")
"""TeX that makes links or accesses the page, which not every typesetter refuses."""


def _formula(text: str, start: int) -> re.Match[str] | None:
    match = _MATH.match(text, start)
    if match is None or "\n\n" in match[0] or _NOT_MATH.search(match[0]):
        return None
    return match


def _math(state: StateInline, silent: bool) -> bool:
    """Take a formula unchanged, before Markdown interprets its backslashes and underscores."""
    if state.src[state.pos] not in "$\\":
        return False
    match = _formula(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("math", "", 0).content = match[0]
    state.pos = match.end()
    return True


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a formula on separate lines, which could look like lists or headings."""
    match = _formula(state.src, state.bMarks[start] + state.tShift[start])
    if match is None or not match[0].startswith(("$$", "\\[", "\\b")):
        return False
    after = start + 1 + match[0].count("\n")
    if after > end or state.src[match.end() : state.eMarks[after - 1]].strip():
        return False
    if not silent:
        state.push("math_block", "", 0).content = state.getLines(
            start, after, state.blkIndent, False
        )
        state.line = after
    return True


def _make_safe(state: StateCore) -> None:
    """Style every element, restrict every link, and replace images by links."""
    for token in state.tokens:
        if token.tag in _STYLES and token.nesting >= 0:
            align = token.attrs.get("style", "text-align:left")
            style = (
                f"{_STYLES[token.tag]};{align}" if token.tag in ("th", "td") else _STYLES[token.tag]
            )
            token.attrSet("style", style)
        if token.children:
            token.children = list(_safe_children(token.children))


def _safe_children(tokens: Iterable[Token]) -> Iterable[Token]:
    in_link = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_link = token.nesting == 1
            if in_link:
                token.attrs = {"href": token.attrs["href"], **_SAFE_LINK}
            yield token
        elif token.type == "image":
            yield from _image_as_link(token, in_link=in_link)
        else:
            yield token


def _image_as_link(image: Token, *, in_link: bool) -> Iterable[Token]:
    text = Token("text", "", 0)
    text.content = image.content or str(image.attrs["src"])
    if in_link:
        yield text
        return
    yield Token("link_open", "a", 1, attrs={"href": image.attrs["src"], **_SAFE_LINK})
    yield text
    yield Token("link_close", "a", -1)

"""What the sanitizer of an untrusted notebook would drop from HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What JupyterLab's sanitizer (packages/apputils/src/sanitizer.ts) lets through, where we use it.
LENGTH = r"-?(?:[0-9]*\.)?[0-9]+(?:px|em|%)|0"
COLOR = r"transparent|rgba\((?:\d{1,3},){3}0\.\d+\)"
BORDER = rf"(?:(?:{LENGTH}|none|solid|dashed|double|{COLOR})\s*){{1,3}}"
ALLOWED_STYLES = {
    "background-color": COLOR,
    **dict.fromkeys(("border", "border-bottom", "border-left", "border-top"), BORDER),
    "border-collapse": "collapse",
    "border-radius": LENGTH,
    "box-sizing": "border-box",
    "cursor": "pointer",
    "display": "flex",
    "flex-grow": "1",
    "flex-wrap": "wrap",
    "font-family": "monospace|inherit",
    "font-size": LENGTH,
    "font-style": "italic",
    "font-weight": "600|normal",
    "height": LENGTH,
    "letter-spacing": LENGTH,
    "line-height": r"[\d.]+",
    "list-style": "decimal",
    "margin": rf"(?:(?:{LENGTH})\s*){{1,4}}",
    "max-width": LENGTH,
    "min-width": LENGTH,
    "opacity": r"0\.\d+",
    "overflow-x": "auto",
    "padding": rf"(?:(?:{LENGTH})\s*){{1,4}}",
    "quotes": r"'[^'\\]*' '[^'\\]*'",
    "table-layout": "auto",
    "text-align": "left|center|right",
    "text-decoration": "none",
    "vertical-align": "top|middle",
    "white-space": "pre|pre-wrap|nowrap",
    "width": LENGTH,
    "word-break": "normal",
    "word-wrap": "break-word",
}
ALLOWED_TAGS = (
    "a|bdi|blockquote|br|code|del|details|div|em|h[1-6]|hr|img|ins|li|ol|p|pre|q|s|span|strong|summary|"
    "table|tbody|td|th|thead|tr|u|ul"
)
ALLOWED_ATTRIBUTES = {"class", "style", "title"}
OWN_ATTRIBUTES = {"a": {"href", "rel", "target"}, "details": {"open"}, "img": {"alt", "src"}}
VOID = {"br", "hr", "img"}


class _Sanitizer(HTMLParser):
    """Collects what the sanitizer would drop, and elements that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not re.fullmatch(ALLOWED_TAGS, tag):
            self.dropped.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key not in ALLOWED_ATTRIBUTES | OWN_ATTRIBUTES.get(tag, set()):
                self.dropped.append(f"{tag} {key}")
            if key == "style":
                self._check_style(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open.pop() != tag:
            self.dropped.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.dropped.append(data)

    def _check_style(self, style: str) -> None:
        for declaration in style.split(";"):
            key, _, value = declaration.partition(":")
            if not re.fullmatch(ALLOWED_STYLES.get(key, "(?!)"), value):
                self.dropped.append(declaration)


def dropped(html: str) -> list[str]:
    """Return what an untrusted notebook would lose of the HTML."""
    parser = _Sanitizer()
    parser.feed(html)
    return parser.dropped + parser.open


def text_of(html: str) -> str:
    """Return what a reader sees, details open."""
    lines = re.sub(r"</?(?:div|p|pre|details|summary|li|ol|tr|td|th)\b[^>]*>", " ", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", lines)).strip()

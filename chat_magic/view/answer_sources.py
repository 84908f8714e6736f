"""The sources that an answer cites, numbered: annotations, citations and search results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.view.links import host_of, safe_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.reply import Choice, Reply

_LISTS = ("citations", "search_results", "web_search", "references")
"""Fields outside the API in which servers list sources; `[1]` in the text is the first of them."""
_HOLDERS = ("url_citation", "file_citation", "web")
_TITLES = ("title", "filename", "name", "file_id")
_ADDRESSES = ("url", "link", "uri")
_LONGEST_TITLE = 200
_MOST = 100
"""Sources of an answer."""


@dataclass(frozen=True)
class Source:
    """A source, by the number with which a text refers to it."""

    number: int
    title: str
    """As the server gives it, in one line; else its address."""
    link: str | None
    """An http or https address."""

    @property
    def host(self) -> str:
        """Where the link leads, which the title does not prove; empty if the title is the link."""
        return host_of(self.link) if self.link and self.title != self.link else ""

    @property
    def description(self) -> str:
        """The source in one line."""
        address = f" — {self.link}" if self.host else ""
        return f"[{self.number}] {self.title}{address}"


def sources_of(choice: Choice, reply: Reply) -> list[Source]:
    """Return the sources of a choice.

    The server's own list keeps its order and numbers. Sources that only other lists or the
    annotations name follow, each address once.
    """
    sources: list[Source] = []
    for items, is_numbered in _lists(choice, reply):
        keeps_all = is_numbered and not sources
        for title, address in map(_read, items):
            _add(sources, title, address, keeps_all=keeps_all)
    return sources[:_MOST]


def _lists(choice: Choice, reply: Reply) -> Iterator[tuple[list[Any], bool]]:
    """Yield every list of sources, and whether the places in it are the numbers in the text.

    Those of a choice are put together from the chunks of a stream, which may repeat them.
    """
    for fields in (reply.extra, choice.extra, choice.message.extra):
        for name in _LISTS:
            if isinstance(items := fields.get(name), list):
                yield items, fields is reply.extra
    yield choice.message.annotations or [], False


def _read(item: Any) -> tuple[str, str]:
    """Return title and address of a source, empty where there is none."""
    if isinstance(item, str):
        return "", item
    if not isinstance(item, dict):
        return "", ""
    inner = next((item[name] for name in _HOLDERS if isinstance(item.get(name), dict)), item)
    return _first(inner, _TITLES), _first(inner, _ADDRESSES)


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((v for name in names if isinstance(v := fields.get(name), str) and v), "")


def _add(sources: list[Source], title: str, address: str, *, keeps_all: bool) -> None:
    title, link = _one_line(title), safe_link(address)
    shown = title or link or _one_line(address)
    if not shown:
        if keeps_all:  # the next ones keep their numbers
            sources.append(Source(len(sources) + 1, "unknown source", None))
        return
    known = [
        n for n, source in enumerate(sources) if (source.link or source.title) == (link or shown)
    ]
    for place in known:
        if title and sources[place].title == sources[place].link:
            sources[place] = replace(sources[place], title=title)
    if keeps_all or not known:
        sources.append(Source(len(sources) + 1, shown, link))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"

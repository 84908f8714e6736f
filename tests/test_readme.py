"""The README is a first page: short, and with links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [
    README,
    *sorted(path for path in (ROOT / "docs").glob("*.md") if path.stem != "changelog"),
    *sorted((ROOT / "docs" / "frontends").glob("*.md")),
]
"""The changelog is copied where the documentation is built."""
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)")


def headings(path):
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_is_one_page():
    """The details are in docs/."""
    assert len(README.read_text("utf-8").splitlines()) <= 150


def test_the_readme_begins_with_the_shortest_cell():
    """Two lines come first; then a comparison and the tokens, each with its picture."""
    text = README.read_text("utf-8")
    places = [text.index(part) for part in ("%%chat local\nHello\n", "compare.png", "tokens.png")]
    assert places == sorted(places)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_links_of_a_page_lead_somewhere(page):
    """To files that exist, and to headings in them."""
    for path, heading in _LINK.findall(page.read_text("utf-8")):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not heading or heading in headings(target), (path, heading)

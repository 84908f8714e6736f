"""The gallery shows what its cells put out; `make pictures` makes the pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
FRONT_ENDS = sorted((DOCS / "frontends").glob("*.md"))
SECTIONS = re.split(r"^## ", (DOCS / "gallery.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
_PICTURE = re.compile(r"^!\[(.*)\]\((?:\.\./)?(pictures/.*\.webp)\)$", re.MULTILINE)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda text: text.splitlines()[0])
def test_each_cell_has_a_picture_and_says_in_words_what_it_shows(section):
    """One for light pages and one for dark ones."""
    ((words, path),) = _PICTURE.findall(section)
    assert len(words.split()) > 8
    light = DOCS / path
    assert light.exists()
    assert light.with_stem(f"{light.stem}-dark").exists()


def test_the_pictures_are_small_enough_to_be_read_over_a_slow_line():
    """All of them together, of both themes: 1.5 MB."""
    assert sum(path.stat().st_size for path in (DOCS / "pictures").iterdir()) < 1_500_000


def test_no_picture_is_left_that_no_page_shows():
    """As where a section was renamed."""
    pages = [path.read_text("utf-8") for path in (*DOCS.glob("*.md"), *FRONT_ENDS)]
    shown = {Path(path).stem for page in pages for _words, path in _PICTURE.findall(page)}
    assert {path.stem.removesuffix("-dark") for path in (DOCS / "pictures").iterdir()} == shown

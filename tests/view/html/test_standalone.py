"""A result as a page of its own."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from chat_magic.view.html import standalone
from chat_magic.view.html.interactive_html import NOT_BUILT, Script
from chat_magic.view.html.standalone import standalone_page


class Tags(HTMLParser):
    """Collects the elements of a page, and its texts."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize(
    "text",
    ["</title><script>alert(1)</script>", "</pre></details><img src=x>", "a\u202eb", "", "&"],
)
def test_title_and_prompt_are_text(text):
    """Whatever stands in them."""
    page = Tags()
    page.feed(standalone_page(text, text, "<div>picture</div>"))
    names = [tag for tag, _ in page.tags]
    assert {"script", "img"}.isdisjoint(names)
    assert names.count("pre") == names.count("details") == 1


def test_the_page_loads_nothing():
    """Its policy forbids scripts, and everything that is not in the page."""
    page = Tags()
    page.feed(standalone_page("a/b", None, "<div>picture</div>"))
    policies = [given["content"] for tag, given in page.tags if "http-equiv" in given]
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
    ]
    assert not [given for _, given in page.tags if {"src", "href"} & set(given)]
    assert "details" not in [tag for tag, _ in page.tags]
    assert "picture" in page.texts


def test_a_payload_brings_our_script_and_its_hash(monkeypatch):
    """The policy allows no other; without Node a line says why the page is static."""
    script = Script("var chatMagic={};", "")
    monkeypatch.setattr(standalone, "standalone_script", lambda: script)
    page = standalone_page("a/b", None, "<div>picture</div>", {"version": 1})
    assert f"script-src {script.policy}" in page
    assert page.count("<script") == 2
    monkeypatch.setattr(standalone, "standalone_script", lambda: None)
    page = standalone_page("a/b", None, "<div>picture</div>", {"version": 1})
    assert NOT_BUILT in page
    assert "script" not in page

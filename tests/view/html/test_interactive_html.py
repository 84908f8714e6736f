"""Pictures with the script that makes them interactive."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser

import pytest

from chat_magic.view.html import interactive_html as module
from chat_magic.view.html.interactive_html import (
    NOT_BUILT,
    Script,
    interactive_html,
    standalone_script,
    with_payload,
)
from tests.view.html.hostile_texts import HOSTILE

SCRIPT = Script("var chatMagic={};", ".chm-root{}")


class Scripts(HTMLParser):
    """Collects the scripts of HTML: their attributes and what stands in them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.tags = []
        self._is_inside = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._is_inside = tag == "script"
        if self._is_inside:
            self.found.append([dict(attrs), ""])

    def handle_endtag(self, _tag):
        self._is_inside = False

    def handle_data(self, data):
        if self._is_inside:
            self.found[-1][1] += data


@pytest.mark.parametrize("text", HOSTILE)
def test_a_payload_is_json_that_runs_nothing(text):
    """Whatever it holds, in texts and in names; it reads back as it was."""
    payload = {"version": 1, text: [text]}
    html = with_payload("<p>static</p>", payload, {text: text})
    scripts = Scripts(html)
    ((attributes, stored),) = scripts.found
    assert attributes == {"type": "application/vnd.chat-magic.result.v1+json"}
    assert scripts.tags == ["div", "p", "script"]
    assert "<" not in stored
    assert stored.isascii()
    assert json.loads(stored) == {"payload": payload, "metadata": {text: text}}


def test_the_only_script_that_runs_is_ours(monkeypatch):
    """A constant one, after the payload, which it draws."""
    monkeypatch.setattr(module, "standalone_script", lambda: SCRIPT)
    inert, ours = Scripts(interactive_html("<p>static</p>", {"version": 1})).found
    assert "type" in inert[0]
    assert ours == [{}, "var chatMagic={};chatMagic.mountAll();"]


def test_without_node_the_static_picture_stays_with_a_line(monkeypatch):
    """It never raises."""
    monkeypatch.setattr(module, "standalone_script", lambda: None)
    html = interactive_html("<p>static</p>", {"version": 1})
    assert NOT_BUILT in html
    assert Scripts(html).found == []


def test_a_policy_names_the_script_by_its_hash():
    """Another script has another hash."""
    other = Script("var chatMagic={a:1};", "")
    assert SCRIPT.policy.startswith("'sha256-")
    assert SCRIPT.policy != other.policy


built = pytest.mark.skipif(standalone_script() is None, reason="built without Node")


@built
def test_the_script_is_small_and_cannot_end_its_element():
    """At most 60 KiB compressed."""
    script = standalone_script()
    assert len(gzip.compress(script.code.encode(), mtime=0)) <= 60 * 1024
    for text in (script.for_pages, script.style):
        assert not re.search("</?script|</style|<!--", text, re.IGNORECASE)


@built
def test_the_script_loads_nothing():
    """And evaluates nothing."""
    code = standalone_script().code
    for word in ("XMLHttpRequest", "eval(", "new Function", "import(", "WebSocket"):
        assert word not in code

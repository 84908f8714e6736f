"""`nbconvert --to chat-magic-html`."""

from __future__ import annotations

from importlib.metadata import entry_points

import nbformat
import pytest

from chat_magic.shell import page_exporter
from chat_magic.shell.page_exporter import ChatMagicHtmlExporter
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.html.interactive_html import NOT_BUILT, Script
from tests.view.html.hostile_texts import HOSTILE
from tests.view.html.test_interactive_html import Scripts


def notebook(text):
    """Return a notebook with a result and an output of something else."""
    data = {MIME_TYPE: {"version": 1, "results": [text]}, "text/html": "<p>static</p>"}
    result = nbformat.v4.new_output("display_data", data, metadata={"chat_magic_view": "raw"})
    other = nbformat.v4.new_output("stream", text="printed")
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("%%chat", outputs=[result, other])]
    )


@pytest.fixture(scope="module")
def exporter():
    """An exporter for all, as to read its templates takes a while."""
    return ChatMagicHtmlExporter()


@pytest.fixture
def page(exporter, monkeypatch):
    """Return a function from the text of a result to a page with a script."""

    def page(text, script):
        monkeypatch.setattr(page_exporter, "standalone_script", lambda: script)
        return exporter.from_notebook_node(notebook(text))[0]

    return page


def payloads(html):
    return [body for given, body in Scripts(html).found if given.get("type") == MIME_TYPE]


@pytest.mark.parametrize("text", HOSTILE)
def test_results_keep_their_payload_which_runs_nothing(text, page):
    """And the page has our script once."""
    html = page(text, Script("var chatMagic={};", ""))
    (stored,) = payloads(html)
    assert "<" not in stored
    assert '"chat_magic_view":"raw"' in stored
    assert html.count("var chatMagic={};chatMagic.mountAll();") == 1
    assert "<p>static</p>" in html
    assert "printed" in html


def test_without_node_the_page_is_static_with_a_line(exporter, monkeypatch):
    """It never raises, and the notebook given is not changed."""
    given = notebook("a")
    monkeypatch.setattr(page_exporter, "standalone_script", lambda: None)
    html, _ = exporter.from_notebook_node(given)
    assert NOT_BUILT in html
    assert MIME_TYPE in given.cells[0].outputs[0].data


def test_it_is_an_entry_point():
    """So that nbconvert finds it by its name."""
    found = entry_points(group="nbconvert.exporters", name="chat-magic-html")
    for entry in found:
        assert entry.value == "chat_magic.shell.page_exporter:ChatMagicHtmlExporter"


def test_the_page_loads_nothing(page):
    """No script of a network: formulas of the notebook's Markdown stay as they are written."""
    html = page("x", Script("var chatMagic={};", ""))
    assert not any(given.get("src") for given, _ in Scripts(html).found)

"""Results in marimo: a widget where one can be made, else static HTML."""

from __future__ import annotations

import sys

import pytest

from chat_magic.view import result_widget as module
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.html.interactive_html import Script
from chat_magic.view.result_widget import shown_in_marimo

BUNDLE = {MIME_TYPE: {"version": 1, "results": []}, "text/html": "<p>static</p>"}
SCRIPT = Script("var chatMagic={};", ".chm-root{}")


@pytest.fixture
def _built(monkeypatch):
    monkeypatch.setattr(module, "standalone_script", lambda: SCRIPT)


@pytest.mark.usefixtures("_built")
def test_with_anywidget_it_is_a_widget_of_the_payload():
    """Drawn by the same constant script as a page."""
    pytest.importorskip("anywidget")
    widget = shown_in_marimo(BUNDLE)
    assert widget.payload == BUNDLE[MIME_TYPE]


@pytest.mark.usefixtures("_built")
def test_without_anywidget_it_is_the_static_html(monkeypatch):
    """Nothing raises."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    module._widget_class.cache_clear()
    assert shown_in_marimo(BUNDLE)._repr_html_() == "<p>static</p>"


@pytest.mark.parametrize("bundle", [BUNDLE, {"text/html": "<p>static</p>"}])
def test_without_the_script_or_a_payload_it_is_static(monkeypatch, bundle):
    """Such as the view of a history, or a package built without Node."""
    monkeypatch.setattr(module, "standalone_script", lambda: None)
    assert shown_in_marimo(bundle)._repr_html_() == "<p>static</p>"


@pytest.mark.usefixtures("_built")
def test_a_table_of_rows_is_static():
    """Its view is not in the script."""
    bundle = {**BUNDLE, MIME_TYPE: {"version": 1, "results": [], "rows": {}}}
    assert shown_in_marimo(bundle)._repr_html_() == "<p>static</p>"


def test_the_module_of_a_widget_draws_its_model():
    """By the default that anywidget asks for."""
    assert SCRIPT.for_widgets == "var chatMagic={};export default { render: chatMagic.render };"

"""Fixtures for tests of the panel: the extension in a shell, what is published, open panels."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import Panel
from tests.shell.panel.driver import Published


@pytest.fixture(scope="module", autouse=True)
def _magics(shell):
    """Load the extension."""
    chat_magic.load_ipython_extension(shell)
    yield
    chat_magic.unload_ipython_extension(shell)


@pytest.fixture
def published(monkeypatch):
    """Return the bundles that are published, the newest last."""
    from chat_magic.view.live import notebook_display

    bundles = Published()
    monkeypatch.setattr(notebook_display, "publish", lambda bundle, *_: bundles.append(bundle))
    return bundles


@pytest.fixture
def open_panel(shell, published):
    """Return a function that opens a panel of the test's shell."""
    return lambda source="%%chat a/b\nuser: Hi": Panel(source, shell)

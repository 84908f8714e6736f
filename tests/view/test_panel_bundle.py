"""Where widgets are not available, a panel is the cell that it writes."""

from __future__ import annotations

from chat_magic.view.panel_bundle import static_panel
from tests.view.html.sanitizer import dropped, text_of


def test_a_panel_shows_its_model_settings_and_cell() -> None:
    """The cell is escaped in HTML, and safe for a terminal."""
    bundle = static_panel("a/b", ["temperature 0.8"], "%%chat a/b\nuser: <b>\x1b[31m")
    assert list(bundle) == ["text/html", "text/plain"]
    assert text_of(bundle["text/html"]).startswith(
        "panel · a/b temperature 0.8 %%chat a/b user: &lt;b&gt;"
    )
    assert dropped(bundle["text/html"]) == []
    assert bundle["text/plain"] == "panel of the cell\n\n%%chat a/b\nuser: <b>"


def test_a_panel_without_settings_says_so() -> None:
    """In place of the settings."""
    html = static_panel("a/b", [], "%%chat a/b")["text/html"]
    assert text_of(html) == "panel · a/b no settings %%chat a/b"

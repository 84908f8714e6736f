"""An error is drawn in place of an answer."""

from __future__ import annotations

from chat_magic.view.failure_bundle import failure_bundle
from tests.view.html.sanitizer import dropped, text_of


def test_an_error_is_shown_beside_its_model() -> None:
    """Escaped in HTML, and safe for a terminal."""
    bundle = failure_bundle("a/b", "429: <slow>\x1b[31m down")
    assert text_of(bundle["text/html"]).startswith("a/b 429: &lt;slow&gt;")
    assert dropped(bundle["text/html"]) == []
    assert bundle["text/plain"] == "a/b · 429: <slow> down"

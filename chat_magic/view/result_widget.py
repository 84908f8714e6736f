"""A result as a widget of anywidget, for marimo."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.html.interactive_html import standalone_script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.view.html.interactive_html import Script


class StaticHtml:
    """A picture that a front end shows as it is."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def shown_in_marimo(bundle: Mapping[str, Any]) -> Any:
    """Return a widget that draws the payload of a bundle, or its static HTML.

    It is static where anywidget is not installed, where the package was built without Node, and
    for what has no payload or is a table of rows.
    """
    script = standalone_script()
    payload = bundle.get(MIME_TYPE)
    if script is not None and payload is not None and "rows" not in payload:
        try:
            return _widget_class(script)(payload=payload)
        except ImportError:
            pass
    return StaticHtml(bundle.get("text/html") or "")


@cache
def _widget_class(script: Script) -> Any:
    import anywidget
    import traitlets

    class ResultWidget(anywidget.AnyWidget):
        """Draws a payload by the same script as an exported page."""

        _esm = script.for_widgets
        _css = script.style
        payload = traitlets.Dict().tag(sync=True)

    return ResultWidget

"""A drawn value for front ends that know no bundles of MIME types: its HTML, or a widget."""

from __future__ import annotations

from typing import Any


class HtmlRepr:
    """Gives a value with a bundle a `_repr_html_`, which marimo, Panel and Streamlit ask for."""

    def _repr_html_(self) -> str | None:
        """Return the static HTML of the bundle; None if it has none."""
        html: str | None = self._drawn().get("text/html")
        return html

    def _display_(self) -> Any:
        """Return what marimo shows: a widget where anywidget is installed, else the static HTML."""
        from chat_magic.view.result_widget import shown_in_marimo

        return shown_in_marimo(self._drawn())

    def _drawn(self) -> dict[str, Any]:
        drawn: Any = self._repr_mimebundle_()  # type: ignore[attr-defined]  # of the value
        data: dict[str, Any] = drawn[0] if isinstance(drawn, tuple) else drawn
        return data

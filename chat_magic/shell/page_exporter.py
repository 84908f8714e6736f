"""`jupyter nbconvert --to chat-magic-html`: a page whose results are interactive, offline."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nbconvert.exporters.html import HTMLExporter
from traitlets import Unicode

from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.html.interactive_html import (
    NOT_BUILT,
    standalone_script,
    with_payload,
    with_script,
)

__all__ = ["ChatMagicHtmlExporter"]

_END = "</body>"


class ChatMagicHtmlExporter(HTMLExporter):
    """Writes a notebook as one HTML file in which results are as in JupyterLab.

    It loads nothing from the network, unless the options of these names say from where: so formulas
    in the notebook's own Markdown stay as they are written.
    """

    export_from_notebook = "HTML with interactive chat-magic results"
    mathjax_url = Unicode("", help="Where MathJax is loaded from.").tag(config=True)
    require_js_url = Unicode("", help="Where require.js is loaded from.").tag(config=True)

    def from_notebook_node(  # type: ignore[override]  # as that of every exporter of text
        self, nb: Any, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and its resources."""
        notebook = deepcopy(nb)
        outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
        for output in outputs:
            _put_payload(output)
        page, written = super().from_notebook_node(notebook, resources, **kwargs)
        return _with_script(page), written


def _put_payload(output: Any) -> None:
    """Put the payload of a result into its HTML."""
    data = output.get("data", {})
    payload = data.pop(MIME_TYPE, None)
    if payload is not None:
        picture = "".join(data.get("text/html", ""))
        data["text/html"] = with_payload(picture, payload, output.get("metadata"))


def _with_script(page: str) -> str:
    script = standalone_script()
    end = f"<p><small>{NOT_BUILT}</small></p>" if script is None else with_script("", script)
    before, _, after = page.rpartition(_END)
    return f"{before}{end}{_END}{after}" if before else page + end

"""The panel: controls that write a `%%chat` cell, run it and keep its answers (ipywidgets)."""

from chat_magic.shell.panel.panel import Panel, open_panel

__all__ = ["Panel", "open_panel"]

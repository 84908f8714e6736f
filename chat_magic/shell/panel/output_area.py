"""Where a panel's answers are drawn: below it, or in it for a page that has lost that place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.view.live.notebook_display import DisplayHandle
from chat_magic.view.live.terminal_display import DeferredTerminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.view.live.display import Bundle

__all__ = ["PanelPlace", "TerminalPlace", "box"]


class PanelPlace(DisplayHandle):
    """The output below a panel.

    A page that is loaded anew shows it as it was saved, and hears of no more updates. From then on
    the answers are drawn in a widget too, which such a page does hear of.

    Args:
        output: That widget; empty as long as the page has its place.
        before: What stands here at first.
    """

    def __init__(self, output: Any, before: Bundle | None = None) -> None:
        super().__init__()
        self._output = output
        self._output.outputs = ()
        self._is_lost = False
        if before is not None:
            self.draw(before)

    def lose(self) -> None:
        """Draw in the widget too from now on."""
        self._is_lost = True

    def draw(self, bundle: Bundle) -> None:
        """Draw a bundle in the place of what is there."""
        super().draw(bundle)
        if self._is_lost:
            drawn = {"output_type": "display_data", "data": dict(bundle), "metadata": {}}
            self._output.outputs = (drawn,)


class TerminalPlace(DeferredTerminal):
    """A terminal, where answers are printed one below the other when they are there."""

    last = None

    def __init__(self) -> None:
        super().__init__("panel")

    def lose(self) -> None:
        """Print nothing: what was printed stays."""

    def draw(self, bundle: Bundle) -> None:
        """Print a bundle."""
        self.finish(bundle)


def box(children: list[Any], on_load: Callable[[], None]) -> Any:
    """Return a box of widgets.

    Args:
        children: What is in it.
        on_load: Called when a page asks for it that did not see it made.
    """
    return _Box(children, on_load)


class _Box(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    def __init__(self, children: list[Any], on_load: Callable[[], None]) -> None:
        self._on_load = on_load
        super().__init__(children)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        if key is None and self.comm is not None:
            self._on_load()
        return super().get_state(key=key, drop_defaults=drop_defaults)

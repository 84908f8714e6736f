"""Where a panel's answers are drawn: below the panel, or inside it after a page reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.view.live.notebook_display import DisplayHandle, FinalDisplay
from chat_magic.view.live.terminal_display import DeferredTerminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.view.live.display import Bundle
    from chat_magic.view.live.live_updates import LiveChannel

__all__ = ["CellOutput", "FinalOutput", "TerminalOutput", "reload_aware_box"]


class CellOutput(DisplayHandle):
    """The cell output below a panel.

    A reloaded page shows that output as it was saved, without later updates. From then on answers
    are also drawn in a widget, which a reloaded page does update.

    Args:
        fallback: The widget; empty until the page is reloaded.
        initial: What is drawn at first.
        channel: Reaches pages that paint what is added to an answer; None if there is none.
    """

    def __init__(
        self, fallback: Any, initial: Bundle | None = None, channel: LiveChannel | None = None
    ) -> None:
        super().__init__(channel)
        self._fallback = fallback
        self._fallback.outputs = ()
        self._uses_fallback = False
        if initial is not None:
            self.draw(initial)

    def use_fallback(self) -> None:
        """Draw in the widget too from now on."""
        self._uses_fallback = True

    def draw(self, bundle: Bundle) -> None:
        """Replace what is drawn."""
        super().draw(bundle)
        if self._uses_fallback:
            output = {"output_type": "display_data", "data": dict(bundle), "metadata": {}}
            self._fallback.outputs = (output,)


class TerminalOutput(DeferredTerminal):
    """A terminal, which prints each answer when it is complete."""

    last = None

    def __init__(self) -> None:
        super().__init__("panel")

    def use_fallback(self) -> None:
        """Do nothing: what was printed stays."""

    def draw(self, bundle: Bundle) -> None:
        """Print a bundle."""
        self.finish(bundle)


class FinalOutput(FinalDisplay):
    """An output of a notebook that nobody watches, which shows each answer when it is complete."""

    last = None

    def use_fallback(self) -> None:
        """Do nothing: there is no page."""

    def draw(self, bundle: Bundle) -> None:
        """Show a bundle."""
        self.finish(bundle)


def reload_aware_box(children: list[Any], on_reload: Callable[[], None]) -> Any:
    """Return a box of widgets.

    Args:
        children: The widgets in it.
        on_reload: Called when a page asks for the box without having seen it created.
    """
    return _ReloadAwareBox(children, on_reload)


class _ReloadAwareBox(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    def __init__(self, children: list[Any], on_reload: Callable[[], None]) -> None:
        self._on_reload = on_reload
        super().__init__(children)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        if key is None and self.comm is not None:
            self._on_reload()
        return super().get_state(key=key, drop_defaults=drop_defaults)

"""The progress of a map: tqdm's bar, for a notebook or a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Protocol

    class Progress(Protocol):
        """What a map tells of its progress."""

        def update(self, n_done: int, words: str) -> None:
            """Show how many rows are done, and what else is known."""

        def close(self) -> None:
            """End it."""


__all__ = ["MapBar", "NoBar"]


class NoBar:
    """Shows nothing."""

    def update(self, n_done: int, words: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """End nothing."""


class MapBar:
    """A bar of tqdm.

    Args:
        n_rows: How many rows there are; None if that is not known.
    """

    def __init__(self, n_rows: int | None) -> None:
        from tqdm.auto import tqdm

        self._bar: Any = tqdm(total=n_rows, unit=" rows", dynamic_ncols=True)

    def update(self, n_done: int, words: str) -> None:
        """Show how many rows are done, and what else is known."""
        self._bar.set_postfix_str(words, refresh=False)
        self._bar.update(n_done - self._bar.n)

    def close(self) -> None:
        """End it, as it was last."""
        self._bar.refresh()
        self._bar.close()

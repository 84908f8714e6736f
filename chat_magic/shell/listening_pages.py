"""The pages of a notebook that paint what is added to an answer, reached beside the document."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ListeningPages", "listening_pages"]

TARGET = "chat-magic:frontend"
"""Target of the comm that a page opens; each of its messages says that it still listens."""
COMM = "chat-magic-live"
"""Id of the messages to the pages: no page has a comm of this id, so that others ignore them."""
_REPLY_S = 30.0
"""How long a page may leave a message unanswered until it counts as closed."""


class ListeningPages:
    """The pages that have opened a comm.

    A page answers the first message about each answer, and then one every ten seconds. A kernel
    without subshells hears that only between cells: then longer answers are drawn as elsewhere.

    Args:
        manager: The kernel's comm manager.
        make_comm: Makes the comm that carries messages to the pages, without opening it.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        manager: Any,
        make_comm: Callable[[], Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._make_comm = make_comm
        self._comm: Any = None
        self._clock = clock
        self._open: set[str] = set()
        """Ids of the pages' comms."""
        self._unanswered_s: float | None = None
        """When the first message was sent since a page spoke last."""
        manager.register_target(TARGET, self._on_open)

    @property
    def is_heard(self) -> bool:
        """Whether a page listens."""
        since = self._unanswered_s
        if since is not None and self._clock() - since > _REPLY_S:
            self._open.clear()
            self._unanswered_s = None
        return bool(self._open)

    def send(self, data: Mapping[str, Any]) -> None:
        """Tell the pages something."""
        if self._unanswered_s is None:
            self._unanswered_s = self._clock()
        self._publish(data)

    def call(self) -> None:
        """Ask pages that do not listen to open a comm."""
        self._publish({"call": True})

    def close(self) -> None:
        """Listen to no page any more."""
        self._manager.unregister_target(TARGET, self._on_open)
        self._open.clear()

    def _publish(self, data: Mapping[str, Any]) -> None:
        self._comm = self._comm or self._make_comm()
        self._comm.send(dict(data))

    def _on_open(self, comm: Any, _message: Any) -> None:
        comm.on_msg(lambda _message: self._note(comm.comm_id))
        comm.on_close(lambda _message: self._open.discard(comm.comm_id))
        self._note(comm.comm_id)

    def _note(self, comm_id: str) -> None:
        self._open.add(comm_id)
        self._unanswered_s = None


def listening_pages(shell: Any) -> ListeningPages | None:
    """Return the pages of a shell's kernel; None without a kernel that has comms."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is None:
        return None
    from comm import create_comm  # kernels have imported it

    return ListeningPages(
        manager, lambda: create_comm(target_name=COMM, comm_id=COMM, primary=False)
    )

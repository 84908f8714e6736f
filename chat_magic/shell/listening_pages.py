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
        publish: Sends data to every client of the kernel as a message of our comm.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        manager: Any,
        publish: Callable[[Mapping[str, Any]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._publish = publish
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
    return ListeningPages(manager, publisher(shell.kernel))


def publisher(kernel: Any) -> Callable[[Mapping[str, Any]], None]:
    """Return what sends data as a message of our comm.

    The message does not name the request that it belongs to: no page reads that, and it would take
    room in each of 15 messages a second. Kernels other than ipykernel send by a comm.
    """
    session = getattr(kernel, "session", None)
    socket = getattr(kernel, "iopub_socket", None)
    if session is None or socket is None:
        return _comm_publisher()
    topic = f"comm-{COMM}".encode()

    def publish(data: Mapping[str, Any]) -> None:
        session.send(socket, "comm_msg", {"comm_id": COMM, "data": dict(data)}, ident=topic)

    return publish


def _comm_publisher() -> Callable[[Mapping[str, Any]], None]:
    comm: Any = None

    def publish(data: Mapping[str, Any]) -> None:
        nonlocal comm
        from comm import create_comm  # kernels have imported it

        comm = comm or create_comm(target_name=COMM, comm_id=COMM, primary=False)
        comm.send(dict(data))

    return publish

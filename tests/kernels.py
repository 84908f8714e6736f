"""A real ipykernel, and the display model of the notebook in front of it."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel
from jupyter_client.session import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

REPLY_S = 60


@dataclass
class Ran:
    """What came of a cell."""

    status: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    """What the notebook would keep: displays, results, errors and streams."""
    updates: int = 0
    clears: int = 0

    @property
    def displays(self):
        return [output for output in self.outputs if "data" in output]

    @property
    def printed(self):
        return "".join(output["text"] for output in self.outputs if "text" in output)

    @property
    def traceback(self):
        return [line for output in self.outputs for line in output.get("traceback", ())]


class Kernel:
    """A kernel, and the display model of a notebook in front of it."""

    def __init__(self, manager, client):
        self.manager = manager
        self.client = client
        self.by_id: dict[str | None, dict[str, Any]] = {}
        """The displays of all cells so far."""

    def run(
        self,
        code,
        *,
        interrupt_at: str | None = None,
        when_shown: Mapping[str, Callable[[], object]] = MappingProxyType({}),
        cell_id: str | None = None,
        accepts_input: bool = True,
    ) -> Ran:
        """Run a cell as a notebook does.

        Args:
            code: The cell.
            interrupt_at: Interrupt the kernel when a display holds this text.
            when_shown: What to call, once each, when a display or what is printed holds a text.
            cell_id: What the front end sends as the id of the cell.
            accepts_input: Whether a person could be asked; not where a program runs the cell.
        """
        waiting = dict(when_shown)
        if interrupt_at:
            waiting[interrupt_at] = self.manager.interrupt_kernel
        request = self._execute(code, cell_id, accepts_input)
        ran = Ran()
        while True:
            message = self.client.get_iopub_msg(timeout=REPLY_S)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in {"display_data", "execute_result", "error", "stream"}:
                ran.outputs.append(content)
                self.by_id[content.get("transient", {}).get("display_id")] = content
            if kind == "clear_output":
                ran.outputs.clear()
                ran.clears += 1
            if kind == "update_display_data":
                ran.updates += 1
                self.by_id[content["transient"]["display_id"]]["data"] = content["data"]
            shown = content.get("data", {}).get("text/plain") or content.get("text")
            for text in [text for text in waiting if shown is not None and text in shown]:
                waiting.pop(text)()
            if kind == "status" and content["execution_state"] == "idle":
                break
        ran.status = self.reply_to(request)["status"]
        return ran

    def _execute(self, code: str, cell_id: str | None, accepts_input: bool) -> str:
        """Send a cell as JupyterLab does, and return the id of the request."""
        if cell_id is None:
            return str(self.client.execute(code, allow_stdin=accepts_input))
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        message = self.client.session.msg(
            "execute_request",
            {**content, "user_expressions": {}, "stop_on_error": True},
            metadata={"cellId": cell_id},
        )
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    @contextmanager
    def as_console(self) -> Iterator[Kernel]:
        """Let cells come from a client written in Python, such as `jupyter console`."""
        session, before = self.client.session, self.client.session.session
        session.session = new_id()
        try:
            yield self
        finally:
            session.session = before

    def restart(self) -> None:
        """Restart the kernel, as the user does."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=REPLY_S)

    def reply_to(self, request) -> dict[str, Any]:
        """Return the reply to a request; one of the kernel's start may come before it."""
        while True:
            reply = self.client.get_shell_msg(timeout=REPLY_S)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]

    def value(self, expression):
        """Return the repr of an expression."""
        reply = self.run(f"print(repr({expression}), end='')")
        assert reply.status == "ok", reply.traceback
        return reply.printed

    def shown(self, display, *, holds):
        """Return the latest bundle of a display, once it holds some words."""
        deadline = time.monotonic() + REPLY_S
        while holds not in str(display["data"]):
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["msg_type"] == "update_display_data":
                content = message["content"]
                self.by_id[content["transient"]["display_id"]]["data"] = content["data"]
        return display["data"]


@contextmanager
def running_kernel(setup: str) -> Iterator[Kernel]:
    """Start a kernel and run a first cell in it."""
    manager, client = start_new_kernel()
    try:
        client.session.session = str(uuid.uuid4())  # as clients in JavaScript
        kernel = Kernel(manager, client)
        kernel.run(setup)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

"""Tables of rows that are drawn without all their tokens: an opened row asks for its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_results import ChatResults
from chat_magic.view.bundle import MIME_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.engine.session import Session

__all__ = ["whole_run", "with_handle"]


def with_handle(session: Session, value: Any, bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle whose table of rows can ask for what it lacks, as long as its value lives.

    Args:
        session: The session that will be asked.
        value: What was drawn.
        bundle: Its pictures.
    """
    payload = bundle.get(MIME_TYPE) or {}
    rows = payload.get("rows")
    if not isinstance(value, ChatResults) or not rows or not rows.get("is_cut"):
        return {**bundle}
    handle = uuid.uuid4().hex
    session.drawn_rows[handle] = value
    return {**bundle, MIME_TYPE: {**payload, "rows": {**rows, "handle": handle}}}


def whole_run(session: Session, handle: str, run: int) -> dict[str, Any]:
    """Return the payload of one run of a table that was drawn, with all its tokens.

    Raises:
        InvalidRequest: The table is not in the kernel any more, or has no such run.
    """
    results = session.drawn_rows.get(handle)
    if results is None:
        raise InvalidRequest("this table is not in the kernel any more: run its cell again")
    if type(run) is not int or not 0 <= run < len(results):
        raise InvalidRequest(f"run {run!r}: must be 0 to {len(results) - 1}")
    return results._run_payload(run)

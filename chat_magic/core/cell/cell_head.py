"""The beginning of a cell that continues a conversation, without the messages still to come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chat_magic.core.cell.block import write_block
from chat_magic.core.cell.cell import write_as_block, write_as_json
from chat_magic.core.request.messages import Message

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest

_NEXT = Message(role="user", content="…")
_BLOCK_END = write_block([_NEXT])
_JSON_END = '\n    {\n      "role": "user",\n      "content": "…"\n    }\n  ]\n}'


@dataclass(frozen=True)
class CellHead:
    """A cell's text up to where further messages are appended, in both forms of a cell."""

    block: str | None
    r"""Ends with a line break: append `assistant: text\nuser: text`; None where the grammar of a
    block has no form for the request."""
    json: str
    r"""Ends inside the list of messages: append `{message},{message}\n  ]\n}`."""


def write_head(request: ChatRequest) -> CellHead:
    """Write the cell of a request up to where further messages are appended.

    A text can be appended to `block` if its first and last lines are not blank and it has no
    carriage return. A backslash goes before each of its further lines that would open a message,
    attach a file, or is such a line after backslashes. Where the appended text has a template,
    the first line must end with `--raw`.

    Raises:
        InvalidRequest: The request has an attachment that has not been read.
    """
    continued = replace(request, messages=(*request.messages, _NEXT))
    block = write_as_block(continued)
    return CellHead(
        block=block and block.removesuffix(_BLOCK_END),
        json=write_as_json(continued).removesuffix(_JSON_END),
    )

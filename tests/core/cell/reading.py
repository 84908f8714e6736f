"""What tests of cells share."""

from __future__ import annotations

from chat_magic.core.cell.cell import parse


def turns(body: str, **variables: object) -> list[tuple[str, object]]:
    """Return role and content of each message of a body."""
    return [(m.role, m.content) for m in parse("%%chat\n" + body, variables).messages]

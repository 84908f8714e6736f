"""What is asked by several requests in place of one answer, so that no program sends it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.request.scoring import read_scoring
from chat_magic.core.request.search_limits import read_search

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["no_program"]


def no_program(body: Mapping[str, Any]) -> str:
    """Return why no program of one chat request sends a request again; empty if one does.

    Args:
        body: The JSON object of the request.
    """
    asked = {
        "a score": read_scoring(body.get("score")),
        "a search for answers": read_search(body.get("search")),
    }
    names = [name for name, value in asked.items() if value is not None]
    return f"{names[0]} is several requests, to its server's own endpoints" if names else ""

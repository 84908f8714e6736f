"""Addresses that a model or a server wrote, of which only those of web pages become links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_WEB = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f\"'<>\\^`{|}\u2028\u2029]+", re.IGNORECASE)
_LONGEST = 2_000


def safe_link(address: str) -> str | None:
    """Return an http or https address that has a host; None for anything else."""
    address = address.strip()
    if len(address) > _LONGEST or not _WEB.fullmatch(address):
        return None
    return address if host_of(address) else None


def host_of(address: str) -> str:
    """Return the host of an address, which tells where a link leads; empty without one."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

"""Titles and trees of plain text in ASCII, for the fonts of LaTeX, which lack box characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLE = re.compile(r"^── (.*) ──$", re.MULTILINE)
_BRANCH = re.compile(r"^(?:[│ ] )*[├└] ", re.MULTILINE)
_ASCII = str.maketrans("│├└", "|+`")


def with_ascii_frames(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle for a notebook, whose text becomes part of a PDF: `-- 0 --` for `── 0 ──`.

    What a model wrote stays as it is, unless a line looks like one of these titles or branches.
    """
    text = bundle.get("text/plain")
    if not isinstance(text, str):
        return dict(bundle)
    text = _TITLE.sub(r"-- \1 --", text)
    return {**bundle, "text/plain": _BRANCH.sub(lambda match: match[0].translate(_ASCII), text)}

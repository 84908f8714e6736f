"""The glossary for the labextension, and as a page of the documentation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.view.glossary import TERMS

if TYPE_CHECKING:
    from chat_magic.view.glossary import Term

_HEAD = """# Glossary

<!-- written from chat_magic/view/glossary.py by `make generated` -->

The terms that results print. Their tooltips say the same, and `?` in a result lists them.
"""


def glossary() -> str:
    """Return the terms as JSON, one a line."""
    lines = [
        json.dumps({"words": [term.name, *term.words], "meaning": term.meaning}, ensure_ascii=False)
        for term in TERMS
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def glossary_page() -> str:
    """Return the terms as a list of definitions in Markdown."""
    return _HEAD + "".join(map(_definition, TERMS))


def _definition(term: Term) -> str:
    names = ", ".join([term.name, *term.words])
    column, _, unit = term.column.partition(",")
    place = f" In tables: `{column}`{',' * bool(unit)}{unit}." if column else ""
    return f"\n{names}\n: {term.meaning}{place}\n"

"""The glossary for the labextension, and as a page of the documentation."""

from __future__ import annotations

import json

from chat_magic.view.glossary import TERMS

_HEAD = """# Glossary

<!-- generated from chat_magic/view/glossary.py by `make generated` -->

The terms that results print. Their tooltips say the same, and `?` in a result lists them.

| term | meaning | column |
|---|---|---|
"""


def glossary() -> str:
    """Return the terms as JSON, one a line."""
    lines = [
        json.dumps({"words": [term.name, *term.words], "meaning": term.meaning}, ensure_ascii=False)
        for term in TERMS
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def glossary_page() -> str:
    """Return the terms as a table in Markdown."""
    rows = []
    for term in TERMS:
        names = ", ".join([f"**{term.name}**", *term.words])
        column, _, unit = term.column.partition(",")
        cell = f"`{column}`{',' * bool(unit)}{unit}" if column else ""
        rows.append(f"| {names} | {term.meaning} | {cell} |\n")
    return _HEAD + "".join(rows)

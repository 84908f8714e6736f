"""The guide's table of the options of a request."""

from __future__ import annotations

import re
from pathlib import Path

from chat_magic.core.cell.options import REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
_REGION = re.compile(r"(<!-- parameters: .*? -->\n).*?(\n<!-- end -->)", re.DOTALL)


def guide() -> str:
    """Return the guide with the table as it should be between its two comments."""
    text = GUIDE.read_text()
    corrected, count = _REGION.subn(lambda match: match[1] + options_table() + match[2], text)
    assert count == 1, "docs/guide.md has lost the comments around its table of parameters"
    return corrected


def options_table() -> str:
    """Write the options that are not deprecated, one a row."""
    options = {option.name: option for option in REQUEST_OPTIONS}
    lines = ["| option | value | |", "|---|---|---|"]
    for row in PARAMETERS.values():
        if not row.on_line or row.replaced_by:
            continue
        option = options[row.option.removeprefix("--")]
        names = [option.short, row.option, row.option.replace("--", "--no-", 1)]
        names = names if row.kind == "boolean" else names[:2]
        words = ", ".join(f"`{name}`" for name in names if name)
        lines.append(f"| {words} | {option.value or ''} | {option.help} |")
    return "\n".join(lines)

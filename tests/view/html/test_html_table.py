"""Small tables are the same in every front end."""

from __future__ import annotations

from chat_magic.view.html.html_table import table
from tests.view.html.sanitizer import dropped


def test_a_table_has_a_head_and_a_row_for_each_of_its_rows() -> None:
    """Cells are HTML; all styles are inline, also those that reset a front end's own."""
    html = table(("a", "b"), [("<u>1</u>", "2"), ("3", "")], cell="padding:1px", size="90%")
    assert html == (
        '<div style="overflow-x:auto">'
        '<table style="border-collapse:collapse;margin:0 0 6px 0;font-size:90%;table-layout:auto">'
        '<thead style="border:none"><tr style="background-color:transparent">'
        '<th style="padding:1px;font-weight:normal;opacity:0.65;white-space:nowrap">a</th>'
        '<th style="padding:1px;font-weight:normal;opacity:0.65;white-space:nowrap">b</th>'
        '</tr></thead><tbody><tr style="background-color:transparent">'
        '<td style="padding:1px"><u>1</u></td><td style="padding:1px">2</td></tr>'
        '<tr style="background-color:transparent">'
        '<td style="padding:1px">3</td><td style="padding:1px"></td></tr></tbody></table></div>'
    )
    assert dropped(html) == []

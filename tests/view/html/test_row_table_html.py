"""The table of rows as static HTML."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.html.check_html import bar_html
from chat_magic.view.html.row_table_html import row_table_html
from chat_magic.view.row_table import Mark, row_table
from tests.view.checks import rate
from tests.view.conftest import answers, choice, run, token
from tests.view.html.sanitizer import dropped


def words(html):
    """Return what is read of HTML."""
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def drawn(runs, n_rows, *axes, facts=()):
    rows = row_axis("row", range(n_rows), [{"text": f"<r{at}>"} for at in range(n_rows)])
    return row_table_html(row_table(runs, [rows, *axes], facts))


def test_rows_and_variants_are_a_table_of_escaped_text():
    """With the data's own columns, and what failed."""
    runs = [answers("fine"), answers("<b>"), answers(error="no <luck>"), answers("x", "y")]
    html = drawn(runs, 2, sweep_axis("temperature", [0, 1]), facts=[["passed 1 of 2"], []])
    assert "<b>" not in html
    assert "<luck>" not in html
    assert words(html).endswith(
        "row text temperature=0 passed 1 of 2 temperature=1 0 &lt;r0&gt; fine &lt;b&gt; "
        "1 &lt;r1&gt; no &lt;luck&gt; x 2 of 2 differ"
    )


def test_a_checked_variant_has_a_bar_with_its_interval_in_its_header():
    """Below the words that say the same; without answers there is none."""
    rates = [rate(), replace(rate(), share=math.nan)]
    runs = [answers("a"), answers("b")]
    rows = row_axis("row", range(1), [{}])
    table = row_table(runs, [rows, sweep_axis("temperature", [0, 1])])
    html = row_table_html(table, rates)
    head = html[: html.index("</thead>")]
    assert head.count(bar_html(rate(), fits=True)) == 1
    assert html.count("display:flex") == 1
    assert dropped(html) == []


def test_marks_of_checks_begin_a_cell():
    """Before the answer, not small or pale."""
    marks = (Mark(check="a", outcome="passed"), Mark(check="b", outcome="failed"))
    html = drawn([replace(answers("yes"), marks=marks)], 1, facts=[["passed 1 of 2 (9 to 91 %)"]])
    assert "✓✗ yes" in words(html).replace("</strong>", "")
    assert "(9 to 91&nbsp;%)" in html


def test_the_label_is_a_bar_and_words():
    """Not by its length alone."""
    labelled = run(choice([token("yes", 0.75)]), labels=LabelSet(("yes", "no")))
    html = drawn([labelled], 1)
    assert "width:75%" in html
    assert "yes 75%" in words(html)


def test_the_first_200_rows_are_drawn_and_the_others_counted():
    """A notebook on GitHub stays readable."""
    html = drawn([answers("a") for _ in range(1203)], 1203)
    assert html.count("<tr") == 1 + 200
    assert "1,003 more rows" in html
    assert "more row" not in drawn([answers("a")] * 200, 200)
    assert "1 more row<" in drawn([answers("a")] * 201, 201)

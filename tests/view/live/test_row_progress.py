"""The table of rows while its answers stream."""

from __future__ import annotations

import re

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.view.live.progress import GridProgress, RunProgress
from chat_magic.view.live.row_progress import rows_html

HEAT = sweep_axis("temperature", [0, 1])


def run(*texts, done=False, **fields):
    reasons = ["stop" if done else None] * len(texts)
    return RunProgress(title="t", texts=texts, finish_reasons=reasons, **fields)


def rows(count):
    return row_axis("row", range(count), [{}] * count)


def words(html):
    """Return what is read of HTML."""
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_the_cells_fill_in_place():
    """Done, writing, waiting, failed: and the bar above says how far it is."""
    runs = [run("Yes", done=True), run("<N"), run(is_waiting=True), run(error="no <luck>")]
    progress = GridProgress(model="a/b", axes=(rows(2), HEAT), runs=runs, n_done=2, elapsed_s=4.2)
    html = progress.bundle()["text/html"]
    assert 'class="chm-live-progress" value="2" max="4"' in html
    shown = words(html)
    assert "row temperature=0 temperature=1 0 Yes &lt;N 1 failed: no &lt;luck&gt;" in shown
    assert "2 of 4 done" in shown


def test_a_cell_shows_the_beginning_of_a_long_answer_in_one_line():
    """So that the table does not move."""
    html = rows_html([rows(1)], [run("a\n" * 100)])
    assert words(html).endswith("…")
    assert html.count("a↵") == 39


def test_of_many_rows_those_around_the_first_incomplete_one_are_drawn():
    """At most 200; the others are counted."""
    runs = [run("x", done=True)] * 500 + [run(is_waiting=True)] * 500
    html = rows_html([rows(1000)], runs)
    assert html.count("<tr") == 201
    drawn = [row for row in (449, 450, 649, 650) if f">{row}<" in html]
    assert drawn == [450, 649]
    assert "800 other rows" in html
    assert ">0<" in rows_html([rows(1000)], [run(is_waiting=True)] * 1000)
    assert ">999<" in rows_html([rows(1000)], [run("x", done=True)] * 999 + [run("y")])

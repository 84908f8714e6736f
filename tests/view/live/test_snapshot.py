"""How the runs of a grid are drawn while they stream."""

from __future__ import annotations

import io
import re

import pytest

from chat_magic.core.cell.grid import models_axis, sweep_axis, vary_axis
from chat_magic.view.live.live import BYTES_PER_S, NotebookLive, TerminalLive, interval_s, size_of
from chat_magic.view.live.snapshot import GridSnapshot, RunSnapshot, Snapshot

MODELS = models_axis(["a/b", "c/d"], "models")
HEAT = sweep_axis("temperature", [0, 1])
TONES = vary_axis("tone", ["formal", "short"], "vary")


def run(title="a/b", *texts, **fields):
    reasons = fields.pop("finish_reasons", [None] * len(texts))
    return RunSnapshot(title=title, texts=texts, finish_reasons=reasons, **fields)


def grid(*runs, axes=(MODELS,), **fields):
    return GridSnapshot(model="2 models", axes=axes, runs=runs, **{"elapsed_s": 4.2, **fields})


def words(html: str) -> str:
    """Return what is read of HTML."""
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_runs_stand_side_by_side_with_title_state_and_text():
    """Waiting, writing, done, failed: and why."""
    html = grid(
        run("a/b", "Hel"),
        run("c/d", "Hi", finish_reasons=["stop"]),
        run("e/f", is_waiting=True),
        run("g/h", note="429: try 2 of 3 in 1.0 s"),
        run("i/j", "Half", error="no <luck>"),
        n_done=2,
    ).bundle()["text/html"]
    assert html.count('class="chm-live-column"') == 5
    shown = words(html)
    for column in (
        "a/b … Hel",
        "c/d stop Hi",
        "e/f waiting",
        "g/h 429: try 2 of 3 in 1.0 s",
        "i/j failed: no &lt;luck&gt; Half",
    ):
        assert column in shown


def test_a_bar_and_words_say_how_far_it_is():
    """In the page as an element of its own, in text as a line."""
    drawn = grid(run(), run(error="x"), n_done=1, notes=["fetching SmolLM2 34 %"]).bundle()
    assert '<progress class="chm-live-progress" value="1" max="2"' in drawn["text/html"]
    assert "1 of 2 done 1 failed fetching SmolLM2 34 % 4.2 s" in words(drawn["text/html"])
    assert drawn["text/plain"].endswith(
        "2 models · 1 of 2 done · 1 failed · fetching SmolLM2 34 % · 4.2 s"
    )


def test_choices_of_a_run_have_columns_of_their_own():
    """Those asked for from the start."""
    shown = words(grid(run("a/b", "x", n=3)).bundle()["text/html"])
    assert "a/b · 0 … x a/b · 1 … a/b · 2 …" in shown


def test_two_axes_make_a_matrix_the_last_across():
    """A row for each value of the first, whose titles speak for themselves."""
    runs = [run("", f"text {place}") for place in range(4)]
    html = grid(*runs, axes=(HEAT, TONES)).bundle()["text/html"]
    rows = [words(row) for row in html.split("<tr")[1:]]
    assert [row.partition("> ")[2] for row in rows] == [
        "temperature \\ tone formal short",
        "0 … text 0 … text 1",
        "1 … text 2 … text 3",
    ]


def test_three_axes_name_the_values_of_those_that_go_down():
    """Where a bare number would not say which it is."""
    runs = [run("", str(place)) for place in range(8)]
    html = grid(*runs, axes=(MODELS, HEAT, TONES)).bundle()["text/html"]
    assert "a/b · temperature 1 … 2 … 3" in words(html)
    assert "model · temperature \\ tone" in words(html)


def test_many_answers_are_a_list_of_their_ends():
    """More than 12, and only so much of each."""
    seeds = sweep_axis("seed", list(range(100)))
    text = "x" * 5_000 + "end"
    html = grid(*(run("", text) for _ in range(100)), axes=(seeds,)).bundle()["text/html"]
    assert "seed 99" in words(html)
    assert html.count("end</td>") == 100
    assert len(html) < 100 * 700
    few = sweep_axis("seed", list(range(13)))
    html = grid(*(run("", "y" * 900) for _ in range(13)), axes=(few,)).bundle()["text/html"]
    assert f">…{'y' * 400}</td>" in html.replace("</div>", ">")


def test_a_cell_of_several_choices_shows_the_one_that_is_being_written():
    """And how many have ended."""
    one = run("", "done", "wri", n=3, finish_reasons=["stop", None])
    html = grid(one, run(), run(), run(), axes=(HEAT, TONES)).bundle()["text/html"]
    assert "1 of 3 choices wri" in words(html)


def test_of_hundreds_of_runs_those_are_shown_that_are_being_answered():
    """As many as may be under way."""
    seeds = sweep_axis("seed", list(range(201)))
    done = run("over", "whole", finish_reasons=["stop"])
    runs = [done] * 150 + [run("seed 150", "half")] + [run(is_waiting=True)] * 49 + [run(error="x")]
    html = grid(*runs, axes=(seeds,), n_done=151).bundle()["text/html"]
    assert html.count("<tr") == 1
    assert "seed 150 … half" in words(html)


@pytest.mark.parametrize("count", [9, 200, 1_000])
def test_a_grid_of_any_size_fits_the_budget(count):
    """However much has been written, an update comes every second."""
    seeds = sweep_axis("seed", list(range(count)))
    runs = [run("", "语言 " * 3_000, is_waiting=place >= 200) for place in range(count)]
    size = size_of(grid(*runs, axes=(seeds, sweep_axis("n", [1]))).bundle()) + 1_000
    assert size < BYTES_PER_S
    assert interval_s(size) <= 1


def test_its_text_is_the_end_of_what_came():
    """The last runs that wrote, in their order, and the status; no more than fits."""
    runs = [run(str(place), "x" * 300) for place in range(50)] + [run("50")]
    text = grid(*runs).bundle()["text/plain"]
    assert len(text) == 2_000
    titles = re.findall(r"── (\d+): … ──", text)
    assert titles == ["44", "45", "46", "47", "48", "49"]
    assert text.endswith("0 of 51 done · 4.2 s")


def test_what_models_and_titles_say_is_escaped():
    """In columns, in the matrix and in text."""
    evil = "<script>\x1b[31m\u202e"
    for axes in ((MODELS,), (HEAT, vary_axis("tone", {"<b>": 1, "c": 2}, "vary"))):
        runs = [run(evil, evil, note=evil), run(evil, error=evil)] * (2 if axes[1:] else 1)
        drawn = grid(*runs, axes=axes, notes=[evil]).bundle()
        assert "<script" not in drawn["text/html"]
        assert "<b>" not in drawn["text/html"]
        assert "\x1b" not in drawn["text/html"] + drawn["text/plain"]
        assert "\u202e" not in drawn["text/html"] + drawn["text/plain"]


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self):
        """Say that it is one."""
        return True


def test_a_terminal_counts_in_a_line_that_goes_away_then_prints_all():
    """A file is not filled with counts."""
    now = [0.0]
    screen, log = Terminal(), io.StringIO()
    for out in (screen, log):
        live = TerminalLive(out, lambda: now[0])
        live.show(grid(run("a/b", "x"), run(), n_done=0))
        now[0] += 1
        live.show(grid(run("a/b", "x"), run(), n_done=1))
        live.finish({"text/plain": "all"})
        now[0] += 1
    assert screen.getvalue() == (
        "\r\x1b[2K0 of 2 done · 4.2 s\r\x1b[2K1 of 2 done · 4.2 s\r\x1b[2Kall\n"
    )
    assert log.getvalue() == "all\n"


def test_a_grid_is_shown_as_soon_as_something_came_or_failed():
    """Not before: what fails at once leaves no display."""
    sent = []
    live = NotebookLive(lambda *message: sent.append(message), lambda: 100.0)
    live.show(grid(run(is_waiting=True), elapsed_s=0.1))
    assert sent == []
    live.show(grid(run(error="x"), elapsed_s=0.1))
    assert len(sent) == 1


def test_a_grid_and_a_request_begin_alike():
    """The same line above."""
    alone = Snapshot(model="2 models", texts=["x"], elapsed_s=1).bundle()["text/html"]
    begin = '<strong style="font-weight:600">2 models</strong>'
    assert alone.partition(begin)[0] == grid(run()).bundle()["text/html"].partition(begin)[0]

"""The progress of one answer, or of the runs of a grid, is drawn while they stream."""

from __future__ import annotations

import io
import re

import pytest

from chat_magic.core.cell.grid import models_axis, sweep_axis, vary_axis
from chat_magic.view.bundle import bundle
from chat_magic.view.html.elements import MEASURE
from chat_magic.view.live.notebook_display import NotebookDisplay
from chat_magic.view.live.progress import AnswerProgress, GridProgress, RunProgress
from chat_magic.view.live.terminal_display import TerminalDisplay
from chat_magic.view.live.update_budget import BYTES_PER_S, interval_s, message_bytes
from tests.view.live.displays import progress

MODELS = models_axis(["a/b", "c/d"], "models")
HEAT = sweep_axis("temperature", [0, 1])
TONES = vary_axis("tone", ["formal", "short"], "vary")


def run(title="a/b", *texts, **fields):
    reasons = fields.pop("finish_reasons", [None] * len(texts))
    return RunProgress(title=title, texts=texts, finish_reasons=reasons, **fields)


def grid(*runs, axes=(MODELS,), **fields):
    return GridProgress(model="2 models", axes=axes, runs=runs, **{"elapsed_s": 4.2, **fields})


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
    drawn = grid(run(), run(error="x"), n_done=1, notes=["fetching SmolLM2 34%"]).bundle()
    assert '<progress class="chm-live-progress" value="1" max="2"' in drawn["text/html"]
    assert "1 of 2 done 1 failed fetching SmolLM2 34% 4.2 s" in words(drawn["text/html"])
    assert drawn["text/plain"].endswith(
        "2 models · 1 of 2 done · 1 failed · fetching SmolLM2 34% · 4.2 s"
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
    size = message_bytes(grid(*runs, axes=(seeds, sweep_axis("n", [1]))).bundle()) + 1_000
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
        live = TerminalDisplay(out, lambda: now[0])
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
    live = NotebookDisplay(lambda *message: sent.append(message), lambda: 100.0)
    live.show(grid(run(is_waiting=True), elapsed_s=0.1))
    assert sent == []
    live.show(grid(run(error="x"), elapsed_s=0.1))
    assert len(sent) == 1


def test_a_grid_and_a_request_begin_alike():
    """The same line above."""
    alone = AnswerProgress(model="2 models", texts=["x"], elapsed_s=1).bundle()["text/html"]
    begin = '<strong style="font-weight:600">2 models</strong>'
    assert alone.partition(begin)[0] == grid(run()).bundle()["text/html"].partition(begin)[0]


def test_an_update_is_escaped_text_and_no_more() -> None:
    drawn = progress("# <b>\u202e\x1b[31m").bundle()
    assert list(drawn) == ["text/html", "text/plain"]
    assert "># &lt;b&gt;<span" in drawn["text/html"]
    assert "\x1b" not in drawn["text/plain"] + drawn["text/html"]


def test_the_status_says_how_fast_it_goes() -> None:
    """20 tokens after the first in 0.4 s."""
    text = progress("a").bundle()["text/plain"]
    assert text == "a\n\nopenai/gpt-4o · 0.41 s to first token · 50 tokens/s · 21 out · 0.81 s"


@pytest.mark.parametrize(
    ("note", "words"),
    [("fetching SmolLM2 (34 of 98 MB)", "fetching SmolLM2 (34 of 98 MB)"), (None, "waiting")],
)
def test_before_anything_came_it_says_what_is_being_done(note: str | None, words: str) -> None:
    drawn = progress(note=note, ttft_s=None, elapsed_s=2.0).bundle()
    assert drawn["text/plain"].endswith(f"openai/gpt-4o · {words} · 2.0 s")
    assert "border-radius" not in drawn["text/html"]


def test_every_choice_that_was_asked_for_has_its_column_from_the_start() -> None:
    """So nothing moves sideways when the next one begins."""
    html = progress("a", n=3, finish_reasons=["stop"]).bundle()["text/html"]
    assert html.count("flex:1 1 33.333%") == 3
    assert html.count(">stop<") == 1
    assert html.count(">…<") == 2


def test_choices_that_outnumber_the_finish_reasons_are_shown() -> None:
    """The answer may grow between the reading of one and of the other."""
    assert ">b</div>" in progress("a", "b", finish_reasons=[None]).bundle()["text/html"]


def test_the_live_frame_is_that_of_the_result(make_run, make_choice) -> None:
    """But for the class by which the labextension knows an answer that streams."""
    live = progress("a").bundle()["text/html"]
    final = bundle([make_run(make_choice(text="a"))])["text/html"]
    begin = '<strong style="font-weight:600">openai/gpt-4o</strong>\u2003<span'
    assert live.partition(begin)[0].replace(" chm-live", "") == final.partition(begin)[0]
    assert begin in live


def test_an_answer_is_as_wide_while_it_streams_as_when_it_is_done(make_run, make_choice) -> None:
    """About 80 characters, so that no line breaks anew at its end."""
    text = "word " * 100
    assert MEASURE in progress(text).bundle()["text/html"]
    assert MEASURE in bundle([make_run(make_choice(text=text))])["text/html"]


def test_calls_that_were_run_stay_while_the_next_answer_comes(make_round) -> None:
    rounds = [make_round({"result": "<b>21"}, text="I look.")]
    drawn = progress("Warm", rounds=rounds).bundle()
    for text in drawn.values():
        assert text.index("I look.") < text.index("get_weather(") < text.index("Warm")
    assert "&lt;b&gt;21" in drawn["text/html"]
    waiting = progress("", rounds=rounds, note="calling f()").bundle()
    assert "calling f()" in waiting["text/plain"]

"""A terminal prints an answer once, as it arrives."""

from __future__ import annotations

import io

import pytest

from chat_magic.view.bundle import bundle
from chat_magic.view.live.terminal_display import TerminalDisplay
from chat_magic.view.text.result_text import result_text
from tests.view.live.displays import Clock, Screen, progress


def test_a_terminal_prints_an_answer_as_it_comes_and_never_twice(make_run, make_choice) -> None:
    screen, clock = Screen(), Clock()
    live = TerminalDisplay(screen, clock)
    for text in ("The ", "The capital\n", "The capital\n\nof"):
        live.show(progress(text))
        clock.now += 1
    assert screen.getvalue() == "The capital\n\nof"
    run = make_run(make_choice(text="The capital\n\nof France"))
    live.finish(bundle([run]))
    assert screen.getvalue() == result_text([run]) + "\n"


def test_a_terminal_prints_the_other_choices_at_the_end(make_run, make_choice) -> None:
    screen, clock = Screen(), Clock()
    live = TerminalDisplay(screen, clock)
    live.show(progress("a", "b"))
    assert screen.getvalue() == "── 0 ──\na"
    run = make_run(make_choice(text="ab"), make_choice(text="b", index=1))
    drawn = bundle([run])
    live.finish(drawn)
    assert screen.getvalue() == drawn["text/plain"] + "\n"


def test_a_terminal_is_sent_no_control_characters_of_a_model() -> None:
    screen, clock = Screen(), Clock()
    live = TerminalDisplay(screen, clock)
    for text in ("a\x1b", "a\x1b[3", "a\x1b[31mb\x1b]0;ti", "a\x1b[31mb\x1b]0;title\x07c"):
        live.show(progress(text))
        clock.now += 1
    assert screen.getvalue() == "abc"


def test_a_note_is_one_line_that_goes_away_on_a_terminal() -> None:
    screen, clock = Screen(), Clock()
    live = TerminalDisplay(screen, clock)
    for note in ("1 of 9 MB", "2 of 9 MB"):
        live.show(progress(note=note, ttft_s=None))
        clock.now += 1
    live.show(progress("a"))
    assert screen.getvalue() == "\r\x1b[2K1 of 9 MB\r\x1b[2K2 of 9 MB\r\x1b[2Ka"


def test_a_log_is_not_filled_with_notes() -> None:
    log = io.StringIO()
    TerminalDisplay(log, Clock()).show(progress(note="1 of 9 MB", ttft_s=None))
    assert log.getvalue() == ""


def test_a_terminal_ends_the_line_of_what_broke_off_without_a_result() -> None:
    screen = Screen()
    live = TerminalDisplay(screen, Clock())
    live.show(progress("half"))
    live.finish(None)
    assert screen.getvalue() == "half\n"


def test_what_the_terminal_cannot_encode_is_replaced() -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    TerminalDisplay(screen, Clock()).show(progress("naïve 👋"))
    assert screen.buffer.getvalue() == b"na?ve ?"


def test_a_result_that_went_another_way_is_printed_whole(make_run, make_choice) -> None:
    """A server may have named its choices otherwise than they came."""
    screen = Screen()
    live = TerminalDisplay(screen, Clock())
    live.show(progress("other"))
    run = make_run(make_choice(text="answer"))
    live.finish(bundle([run]))
    assert screen.getvalue() == f"other\n\n{result_text([run])}\n"


def test_a_terminal_prints_calls_once(make_run, make_choice, make_round) -> None:
    """What was said before them, they themselves, and the answer make one text."""
    screen, clock = Screen(), Clock()
    live = TerminalDisplay(screen, clock)
    rounds = [make_round({"result": "21"}, text="I look.")]
    updates = [
        progress("I look."),
        progress("I look.", note="calling get_weather(city='Paris')"),
        progress(rounds=rounds, ttft_s=None),
        progress("War", rounds=rounds),
    ]
    for update in updates:
        clock.now += 1
        live.show(update)
    drawn = bundle([make_run(make_choice(text="Warm"), rounds=rounds)])
    live.finish(drawn)
    assert screen.getvalue() == drawn["text/plain"] + "\n"


@pytest.mark.parametrize(
    ("environment", "is_painted"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
    ],
)
def test_a_terminal_has_colours_where_it_can_and_nobody_minds(
    environment, is_painted, monkeypatch, make_run, make_choice, names
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    TerminalDisplay(screen, Clock()).finish(bundle([make_run(make_choice(names))]))
    assert ("\x1b[" in screen.getvalue()) == is_painted

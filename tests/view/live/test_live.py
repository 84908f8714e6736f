"""While an answer comes it is shown soon, and within what a notebook server lets through."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.view.bundle import bundle
from chat_magic.view.live.live import (
    BYTES_PER_S,
    NotebookLive,
    TerminalLive,
    interval_s,
    open_live,
    size_of,
)
from chat_magic.view.live.snapshot import Snapshot
from chat_magic.view.text.result_text import result_text


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        """Tell the time in seconds."""
        return self.now


class Notebook:
    """Takes what is published, with the time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sent: list[tuple[float, dict, str, bool]] = []
        self.live = NotebookLive(self._take, self.clock)

    def _take(self, drawn: dict, display_id: str, again: bool) -> None:
        self.sent.append((self.clock.now, drawn, display_id, again))


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say that it is one, and no file."""
        return True


def snapshot(*texts: str, **fields) -> Snapshot:
    defaults = {"n": max(1, len(texts)), "ttft_s": 0.41, "elapsed_s": 0.81, "tokens": 21}
    return Snapshot(model="openai/gpt-4o", texts=texts, **{**defaults, **fields})


@pytest.mark.parametrize(
    ("size", "seconds"),
    [(0, 1 / 15), (7_000, 1 / 15), (27_500, 0.25), (200_000, 1.0), (512_000, 2.0)],
)
def test_the_interval_keeps_to_15_messages_and_256_kb_a_second(size: int, seconds: float) -> None:
    assert interval_s(size) == pytest.approx(seconds)


def test_the_size_is_that_of_the_bytes_sent() -> None:
    assert size_of({"a": 'é"\n'}) == len('{"a": "é\\"\\n"}'.encode())


@pytest.mark.parametrize("line", ["word " * 15 + "\n", "语言模型" * 20 + "\n"])
@pytest.mark.parametrize("size", [10, 50_000, 130_000, 245_000])
def test_only_a_text_beyond_256_kb_waits_longer_than_a_second(size: int, line: str) -> None:
    text = (line * size).encode()[:size].decode(errors="ignore")
    drawn = snapshot(text).bundle()
    assert text in drawn["text/html"]
    assert interval_s(size_of(drawn)) <= 1.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 0.5)), max_size=40))
def test_however_often_it_is_called_the_budget_holds(steps) -> None:
    """Every message is paid for before the next one."""
    notebook = Notebook()
    for size, pause in steps:
        notebook.live.show(snapshot("x" * size))
        notebook.clock.now += pause
    for (sent_at, drawn, *_), (next_at, *_) in zip(notebook.sent, notebook.sent[1:], strict=False):
        size = size_of(drawn) + 1_000  # headers and ids
        assert next_at - sent_at >= max(1 / 15, size / BYTES_PER_S) - 1e-9


def test_all_updates_and_the_result_go_to_one_display(make_run, make_choice) -> None:
    notebook = Notebook()
    notebook.live.show(snapshot("a"))
    notebook.clock.now += 1
    notebook.live.show(snapshot("ab"))
    result = bundle([make_run(make_choice(text="abc"))])
    notebook.live.finish(result)
    assert [again for *_, again in notebook.sent] == [False, True, True]
    assert len({display_id for _, _, display_id, _ in notebook.sent}) == 1
    assert notebook.sent[-1][1] == result


def test_an_update_that_comes_too_soon_is_left_out_but_the_result_never_is(
    make_run, make_choice
) -> None:
    notebook = Notebook()
    assert notebook.live.delay_s == 0
    notebook.live.show(snapshot("a"))
    assert notebook.live.delay_s == pytest.approx(1 / 15)
    notebook.live.show(snapshot("ab"))
    notebook.live.finish(bundle([make_run(make_choice(text="abc"))]))
    assert len(notebook.sent) == 2


def test_when_nothing_came_of_it_the_output_is_emptied_if_there_is_one() -> None:
    notebook = Notebook()
    notebook.live.finish(None)
    assert notebook.sent == []
    notebook.live.show(snapshot(note="fetching", ttft_s=None))
    notebook.live.finish(None)
    assert notebook.sent[-1][1] == {"text/plain": ""}


def test_an_update_is_escaped_text_and_no_more() -> None:
    drawn = snapshot("# <b>\u202e\x1b[31m").bundle()
    assert list(drawn) == ["text/html", "text/plain"]
    assert "># &lt;b&gt;<span" in drawn["text/html"]
    assert "\x1b" not in drawn["text/plain"] + drawn["text/html"]


def test_the_status_says_how_fast_it_goes() -> None:
    """20 tokens after the first in 0.4 s."""
    text = snapshot("a").bundle()["text/plain"]
    assert text == "a\n\nopenai/gpt-4o · 0.41 s to first token · 50 tokens/s · 21 out · 0.81 s"


@pytest.mark.parametrize(
    ("note", "words"),
    [("fetching SmolLM2 (34 of 98 MB)", "fetching SmolLM2 (34 of 98 MB)"), (None, "waiting")],
)
def test_before_anything_came_it_says_what_is_being_done(note: str | None, words: str) -> None:
    drawn = snapshot(note=note, ttft_s=None, elapsed_s=2.0).bundle()
    assert drawn["text/plain"].endswith(f"openai/gpt-4o · {words} · 2.0 s")
    assert "border-radius" not in drawn["text/html"]


def test_every_choice_that_was_asked_for_has_its_column_from_the_start() -> None:
    """So nothing moves sideways when the next one begins."""
    html = snapshot("a", n=3, finish_reasons=["stop"]).bundle()["text/html"]
    assert html.count("flex:1 1 33.333%") == 3
    assert html.count(">stop<") == 1
    assert html.count(">…<") == 2


def test_choices_that_outnumber_the_finish_reasons_are_shown() -> None:
    """The answer may grow between the reading of one and of the other."""
    assert ">b</div>" in snapshot("a", "b", finish_reasons=[None]).bundle()["text/html"]


def test_the_live_frame_is_that_of_the_result(make_run, make_choice) -> None:
    live = snapshot("a").bundle()["text/html"]
    final = bundle([make_run(make_choice(text="a"))])["text/html"]
    begin = '<strong style="font-weight:600">openai/gpt-4o</strong>\u2003<span'
    assert live.partition(begin)[0] == final.partition(begin)[0]
    assert begin in live


def test_a_terminal_prints_an_answer_as_it_comes_and_never_twice(make_run, make_choice) -> None:
    screen, clock = Screen(), Clock()
    live = TerminalLive(screen, clock)
    for text in ("The ", "The capital\n", "The capital\n\nof"):
        live.show(snapshot(text))
        clock.now += 1
    assert screen.getvalue() == "The capital\n\nof"
    run = make_run(make_choice(text="The capital\n\nof France"))
    live.finish(bundle([run]))
    assert screen.getvalue() == result_text([run]) + "\n"


def test_a_terminal_prints_the_other_choices_at_the_end(make_run, make_choice) -> None:
    screen, clock = Screen(), Clock()
    live = TerminalLive(screen, clock)
    live.show(snapshot("a", "b"))
    assert screen.getvalue() == "── 0 ──\na"
    run = make_run(make_choice(text="ab"), make_choice(text="b", index=1))
    drawn = bundle([run])
    live.finish(drawn)
    assert screen.getvalue() == drawn["text/plain"] + "\n"


def test_a_terminal_is_sent_no_control_characters_of_a_model() -> None:
    screen, clock = Screen(), Clock()
    live = TerminalLive(screen, clock)
    for text in ("a\x1b", "a\x1b[3", "a\x1b[31mb\x1b]0;ti", "a\x1b[31mb\x1b]0;title\x07c"):
        live.show(snapshot(text))
        clock.now += 1
    assert screen.getvalue() == "abc"


def test_a_note_is_one_line_that_goes_away_on_a_terminal() -> None:
    screen, clock = Screen(), Clock()
    live = TerminalLive(screen, clock)
    for note in ("1 of 9 MB", "2 of 9 MB"):
        live.show(snapshot(note=note, ttft_s=None))
        clock.now += 1
    live.show(snapshot("a"))
    assert screen.getvalue() == "\r\x1b[2K1 of 9 MB\r\x1b[2K2 of 9 MB\r\x1b[2Ka"


def test_a_log_is_not_filled_with_notes() -> None:
    log = io.StringIO()
    TerminalLive(log, Clock()).show(snapshot(note="1 of 9 MB", ttft_s=None))
    assert log.getvalue() == ""


def test_a_terminal_ends_the_line_of_what_broke_off_without_a_result() -> None:
    screen = Screen()
    live = TerminalLive(screen, Clock())
    live.show(snapshot("half"))
    live.finish(None)
    assert screen.getvalue() == "half\n"


def test_what_the_terminal_cannot_encode_is_replaced() -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    TerminalLive(screen, Clock()).show(snapshot("naïve 👋"))
    assert screen.buffer.getvalue() == b"na?ve ?"


def test_a_result_that_went_another_way_is_printed_whole(make_run, make_choice) -> None:
    """A server may have named its choices otherwise than they came."""
    screen = Screen()
    live = TerminalLive(screen, Clock())
    live.show(snapshot("other"))
    run = make_run(make_choice(text="answer"))
    live.finish(bundle([run]))
    assert screen.getvalue() == f"other\n\n{result_text([run])}\n"


def test_a_plain_terminal_and_a_notebook_have_displays_of_their_own(capsys) -> None:
    open_live(terminal=True).show(snapshot("hello"))
    assert capsys.readouterr().out == "hello"
    assert isinstance(open_live(terminal=False), NotebookLive)


def test_a_notebook_is_sent_display_messages_of_ipython(monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda *args, **kwargs: calls.append((args, kwargs))
    )
    open_live(terminal=False).show(snapshot("hello"))
    (((drawn,), options),) = calls
    assert "hello" in drawn["text/html"]
    assert options["update"] is False
    assert list(options["transient"]) == ["display_id"]


def test_calls_that_were_run_stay_while_the_next_answer_comes(make_round) -> None:
    rounds = [make_round({"result": "<b>21"}, text="I look.")]
    drawn = snapshot("Warm", rounds=rounds).bundle()
    for text in drawn.values():
        assert text.index("I look.") < text.index("get_weather(") < text.index("Warm")
    assert "&lt;b&gt;21" in drawn["text/html"]
    waiting = snapshot("", rounds=rounds, note="calling f()").bundle()
    assert "calling f()" in waiting["text/plain"]


def test_a_terminal_prints_calls_once(make_run, make_choice, make_round) -> None:
    """What was said before them, they themselves, and the answer make one text."""
    screen, clock = Screen(), Clock()
    live = TerminalLive(screen, clock)
    rounds = [make_round({"result": "21"}, text="I look.")]
    updates = [
        snapshot("I look."),
        snapshot("I look.", note="calling get_weather(city='Paris')"),
        snapshot(rounds=rounds, ttft_s=None),
        snapshot("War", rounds=rounds),
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
    TerminalLive(screen, Clock()).finish(bundle([make_run(make_choice(names))]))
    assert ("\x1b[" in screen.getvalue()) == is_painted

"""Plain text tells all that matters, and a terminal only prints it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.core.reply.reply import FunctionCall, ToolCall
from chat_magic.view.text.result_text import ansi_colored, result_text, terminal_safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Htop", "top"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\x", "x"),
        ("\x9b31mred", "red"),
        ("\x9d0;title\x9cx", "x"),
        ("\x1b(Bx", "x"),
        ("\x1bcreset", "reset"),
        ("\x1b]never ended\nnext line", "\nnext line"),
        ("\x1b\x1b[31mx", "x"),
        ("a\x08b\x00c\x7fd\x85e", "abcde"),
        ("over\rwritten", "over\nwritten"),
        ("a\r\nb", "a\nb"),
        ("a\u2028b", "a\nb"),
        ("a\u202eb", "aU+202Eb"),
        ("lone \ud83d", "lone \ufffd"),
        ("👩‍👩‍👧 مرحبا", "👩‍👩‍👧 مرحبا"),
    ],
)
def test_a_terminal_is_given_text_only(text: str, safe: str) -> None:
    assert terminal_safe(text) == safe


_HOSTILE = st.text(alphabet="ab[]0;1mP\\\x07\x1b\x9b\x9c\x9d\r\n\u202e", max_size=30)


@settings(deadline=None)
@given(st.one_of(_HOSTILE, st.text()))
def test_no_control_character_is_left(text: str) -> None:
    safe = terminal_safe(text)
    assert all(c in "\t\n" or c.isprintable() or ord(c) > 0x9F for c in safe)
    assert terminal_safe(safe) == safe
    safe.encode()


@settings(deadline=None)
@given(_HOSTILE, st.integers(0, 30))
def test_what_is_printed_of_a_beginning_stays_right_when_more_comes(text: str, cut: int) -> None:
    """A terminal cannot take back what it printed."""
    assert terminal_safe(text).startswith(terminal_safe(text[:cut]))


def test_one_answer_comes_first_and_its_facts_below(make_run, make_choice, names) -> None:
    run = make_run(make_choice(names), warnings=("the server ignored top_k",), cost=0.0007)
    assert result_text([run]) == (
        "1. Alice\n2. Bob\n3. Charlotte\n"
        "\n"
        "openai/gpt-4o · finished · 6 of 52 tokens with a probability · perplexity 1.29 · "
        "temperature 0.8 · 0.41 s to first token · 92 tokens/s · 31 in · 52 out · $0.0007\n"
        "unsure: Charlotte 31% (Catherine 24, Clara 9)\n"
        "note: the server ignored top_k"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": ""}, "(empty answer)"),
        ({"text": "", "refusal": "No."}, "refused: No."),
        (
            {
                "text": "",
                "tool_calls": (ToolCall(function=FunctionCall(name="f", arguments="{}")),),
            },
            "calls f({})",
        ),
        ({"text": "\n\n  x \n"}, "  x"),
        ({"text": "\x1b[31mx\u202e"}, "xU+202E"),
    ],
)
def test_what_is_not_a_plain_answer_is_told_as_what_it_is(
    fields, expected: str, make_run, make_choice
) -> None:
    text = result_text([make_run(make_choice(**fields))])
    assert text.startswith(f"{expected}\n\nopenai/gpt-4o · finished")


def test_prefill_and_length_of_reasoning_are_told(make_run, make_choice) -> None:
    run = make_run(make_choice(text="x", reasoning="abc"), prefill="The capital is ")
    text = result_text([run])
    assert "3 characters of reasoning" in text
    assert text.endswith("\nprefill: The capital is")


def test_nothing_that_a_server_says_reaches_the_terminal_unsafe(make_run, make_choice) -> None:
    run = make_run(make_choice(text="x"), model="a\x1b[31m/b", warnings=("c\x1b]0;t\x07d",))
    assert "\x1b" not in result_text([run])


def test_an_answer_without_choices_says_so(make_run) -> None:
    assert result_text([make_run()]).startswith("(no answer)\n\n")


def test_calls_that_were_run_come_before_the_answer(make_run, make_choice, make_round) -> None:
    rounds = [
        make_round({"result": "21 degrees"}, {"error": "ValueError: \x1b[31mno"}, text="I look."),
        make_round({"result": "22 degrees"}),
    ]
    assert result_text([make_run(make_choice(text="Warm"), rounds=rounds)]).startswith(
        "I look.\n"
        "get_weather(city='Paris') → 21 degrees (0.21 s)\n"
        "get_weather(city='Paris') failed: ValueError: no (0.21 s)\n"
        "get_weather(city='Paris') → 22 degrees (0.21 s)\n\n"
        "Warm\n\n"
    )


def test_a_terminal_paints_what_was_unsure_by_its_bin() -> None:
    """25 to 50% pale, under 3% strong and underlined; all other lines stay as they are."""
    line = "unsure: Charlotte 31% (Catherine 24, Clara 9) · “ · ” 0.4%"
    assert ansi_colored(f"a 31 %\n{line}") == (
        "a 31 %\nunsure: \x1b[38;5;16;48;5;223mCharlotte\x1b[0m 31% (Catherine 24, Clara 9)"
        " · “ · \x1b[1;4;38;5;16;48;5;202m”\x1b[0m 0.4%"
    )


def test_images_and_sources_are_named(make_choice, make_run) -> None:
    """A terminal draws neither; addresses are written out, without control characters."""
    answer = make_choice(
        text="See [1].",
        extra={"images": ["https://x.org/a.png", "data:,x"]},
        annotations=[{"url": "https://b.org", "title": "\x1b[31mB"}],
    )
    text = result_text([make_run(answer)])
    assert "image: https://x.org/a.png\nimage not shown: its data is not base64" in text
    assert "[1] B — https://b.org" in text
    assert "\x1b" not in text

"""The magic in a real terminal IPython, behind a pseudo-terminal."""

from __future__ import annotations

import re

from tests.completions import completion, delta
from tests.gateway import HOLD, Gateway, Wait, events, streamed, whole
from tests.shell.conftest import PROMPT
from tests.waiting import TIMEOUT_S


def run(child, line: str) -> str:
    """Type a line and return what is printed until the next prompt."""
    child.sendline(line)
    child.expect(PROMPT)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before.split("\n", 1)[1])


def test_an_answer_is_printed_once_and_is_the_value_of_the_cell(terminal):
    """There is no `Out[n]:`; the result is in `_` and `Out`."""
    with Gateway(streamed(completion("Hello there"))) as gateway:
        child = terminal(gateway)
        printed = run(child, "%chat What's {this}?")
        assert printed.count("Hello there") == 1
        assert "Out[" not in printed
        assert gateway.requests[0].json["messages"][0]["content"] == "What's {this}?"
        assert "('Hello there', True)" in run(child, "(_.text, Out[1] is _)")


def test_an_answer_is_printed_while_it_arrives(terminal):
    """The first words are printed before the rest is sent."""
    import threading

    seen = threading.Event()
    steps = [delta("First words"), Wait(seen), delta(" and last", finish_reason="stop")]
    with Gateway(events(*steps, b"data: [DONE]\n\n")) as gateway:
        child = terminal(gateway)
        child.sendline("%chat Speak")
        child.expect_exact("First words")
        seen.set()
        child.expect_exact(" and last")
        child.expect(PROMPT)


def test_control_characters_do_not_reach_the_terminal(terminal):
    """They are removed from the text of the model."""
    with Gateway(streamed(completion("a\x1b[31mred\x07b"))) as gateway:
        child = terminal(gateway)
        child.sendline("%chat Hi")
        child.expect(PROMPT)
        answer = next(line for line in child.before.split("\n") if "red" in line)
        assert "\x1b" not in answer
        assert "\x07" not in answer


def test_control_c_stops_the_request_with_one_line(terminal):
    """The connection is closed."""
    with Gateway(events(delta("Half an answer"), HOLD)) as gateway:
        child = terminal(gateway)
        child.sendline("half = %chat Speak")
        child.expect_exact("Half an answer")
        child.sendintr()
        child.expect(PROMPT)
        assert "ChatInterrupted: the request was interrupted" in child.before
        assert "Traceback" not in child.before
        assert gateway.requests[0].closed.wait(TIMEOUT_S)


def test_a_grid_is_printed_when_it_is_complete(terminal):
    """Each run has its title; a run that failed says why."""

    def answer(request):
        if request.json["model"] == "c/d":
            return whole({"error": {"message": "no such model"}}, status=404)
        return streamed(completion("Hello there"))

    with Gateway(answer) as gateway:
        child = terminal(gateway)
        printed = run(child, "%chat --models a/b,c/d -o rs Hi")
        assert printed.count("Hello there") == 1
        assert "no such model" in printed
        assert run(child, "len(rs)").strip().endswith("2")

"""The messages about an answer that streams: whole states, and what was added between them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chat_magic.view.live.live_stream import LiveAnswer, LiveState, LiveStream
from tests.view.live.test_text_pieces import SURE, UNSURE

STATE = LiveState(title="a/b", facts=["1 s"], answers=[LiveAnswer(text="He", state="…")])


def grown(text, **fields):
    """Return the state with a longer text."""
    return replace(STATE, answers=[LiveAnswer(text=text, **{"state": "…", **fields})])


def test_a_whole_state_and_what_is_added_are_numbered_in_one_row():
    """Each continues from the one before it, so that a page notices if it missed one."""
    stream = LiveStream()
    messages = [stream.whole(STATE), stream.part(grown("He is")), stream.end()]
    assert [message["seq"] for message in messages] == [1, 2, 3]
    assert len({message["stream"] for message in messages}) == 1
    assert messages[2]["parts"] is None


def test_a_part_has_only_the_answers_that_changed():
    """Their index, the state if it is another, and the new pieces."""
    stream, two = LiveStream(), [LiveAnswer(text="a", state="…"), LiveAnswer(text="b", state="…")]
    stream.whole(replace(STATE, answers=two))
    part = stream.part(replace(STATE, answers=[two[0], LiveAnswer(text="bc", state="stop")]))
    assert part["parts"] == {"facts": ["1 s"], "answers": [[1, "stop", ["c"]]]}
    part = stream.part(replace(STATE, answers=[LiveAnswer(text="aa", state="…"), two[1]]))
    assert part is None


def test_a_part_tells_what_else_has_changed():
    """The facts where they are asked for, and how many runs are done where that has grown."""
    stream, grid = LiveStream(), replace(STATE, n_done=0, n_runs=2)
    stream.whole(grid)
    told = [stream.part(replace(grid, n_done=n), has_facts=False) for n in (0, 1, 1)]
    assert [message.get("parts") for message in told] == [None, {"answers": [], "done": 1}, None]
    assert stream.end()["seq"] == 3


def test_the_whole_state_has_all_pieces_so_far_with_their_bins():
    """What was told in parts, and what is new."""
    stream, tokens = LiveStream(), [SURE, UNSURE]
    stream.whole(grown("He is", tokens=tokens))
    stream.part(grown("He is Charles", tokens=tokens))
    whole = stream.whole(grown("He is Charles King", tokens=tokens))
    assert whole["answers"][0]["pieces"] == ["He is", (2, " Charles", "20%"), " King"]
    json.dumps(whole)


@pytest.mark.parametrize(
    "changed",
    [
        grown("She"),
        replace(STATE, title="c/d"),
        replace(STATE, rounds=["f() → 1"]),
        replace(STATE, answers=[*STATE.answers, LiveAnswer(text="x")]),
        grown("He is", title="0"),
    ],
    ids=["another text", "another model", "a round", "another choice", "another title"],
)
def test_a_state_that_does_not_continue_has_no_part(changed):
    """It needs a whole state, which then has it."""
    stream = LiveStream()
    stream.whole(STATE)
    assert stream.part(changed) is None
    texts = ["".join(answer["pieces"]) for answer in stream.whole(changed)["answers"]]
    assert texts == [answer.text for answer in changed.answers]

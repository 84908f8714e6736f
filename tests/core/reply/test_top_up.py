"""Answers with fewer choices than were asked for, and the requests that top them up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_magic.core.reply.top_up import TopUp
from chat_magic.core.request.config import Price
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.request import ChatRequest, read_messages
from chat_magic.core.unset import UNSET
from tests.completions import chunk, chunks_of, completion, delta

ROLE = delta("", role="assistant")
FINISH = delta(finish_reason="stop")


def asked(n: int, **parameters: Any) -> ChatRequest:
    return ChatRequest(model="a/b", messages=read_messages("Hi"), parameters={"n": n, **parameters})


def answered(n: int, *chunks: dict[str, Any], **parameters: Any) -> TopUp:
    answer = TopUp(asked(n, **parameters), Price(input=1, output=10))
    feed(answer.main, *chunks)
    return answer


def feed(assembler: Any, *chunks: dict[str, Any]) -> None:
    for number, value in enumerate(chunks):
        assembler.feed(json.dumps(value).encode(), float(number))


def numbered(*indices: int) -> list[dict[str, Any]]:
    return [delta(f"text {index}", index=index, finish_reason="stop") for index in indices]


def wanted(answer: TopUp) -> list[int]:
    """Return the indices that are asked for, read off the seeds."""
    return [request.parameters["seed"] for request, _ in answer.extra_requests()]


@pytest.mark.parametrize(
    ("n", "came", "missing"),
    [
        (1, [0], []),
        (3, [0, 1, 2], []),
        (3, [0], [1, 2]),
        (3, [0, 2], [1]),
        (3, [1, 2], [0]),
        (2, [1, 2], []),
        (2, [0, 1, 2], []),
        (128, range(127), [127]),
    ],
)
def test_what_is_missing_is_asked_for(n, came, missing):
    """By number and index; a server that counts from 1 lacks nothing."""
    assert wanted(answered(n, *numbered(*came), seed=0)) == missing


def test_a_extra_request_is_the_same_but_for_n_and_the_seed():
    """All else stays, a prefill too."""
    answer = answered(2, *numbered(0), seed=7, temperature=0.5)
    ((request, assembler),) = answer.extra_requests()
    assert request.body() == {
        "model": "a/b",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0.5,
        "seed": 8,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert not assembler.has_output


@pytest.mark.parametrize(
    ("seed", "sent"), [(UNSET, UNSET), (-1, 0), (PARAMETERS["seed"].maximum, 2**63 - 2)]
)
def test_the_seed_of_a_extra_request_stays_in_its_range(seed, sent):
    """One that was not set is not sent."""
    ((request, _),) = answered(2, *numbered(0), seed=seed).extra_requests()
    assert request.parameters["seed"] == sent


A, B = "ab", "xy"
INTERLEAVED = [delta(text) for pair in zip(A, B, strict=True) for text in pair]


@pytest.mark.parametrize(
    ("chunks", "is_interleaved"),
    [
        ([ROLE, ROLE, *INTERLEAVED, FINISH, FINISH], True),
        ([*INTERLEAVED, FINISH, FINISH], True),
        (
            [*INTERLEAVED[:2], *(delta(t, finish_reason="stop") for t in (A[1], B[1]))],
            True,
        ),
        ([ROLE, *map(delta, A), FINISH, ROLE, *map(delta, B), FINISH], False),
        ([ROLE, *map(delta, A), FINISH, ROLE, delta("x"), FINISH], False),
        ([*map(delta, A), FINISH, *map(delta, B), FINISH], False),
        ([ROLE, *map(delta, A), FINISH], False),
        ([delta(text, role="assistant") for text in A] + [FINISH], False),
        ([delta(text, finish_reason="stop") for text in A], True),
        ([ROLE, delta("ab", finish_reason="stop"), ROLE, delta("x", finish_reason="stop")], False),
    ],
    ids=[
        "interleaved, each with its role",
        "interleaved, the ends alone",
        "interleaved, the ends with the last texts",
        "one after the other, each with its role",
        "one after the other, the second short",
        "one after the other, without roles",
        "only one",
        "only one, a role on every chunk",
        "of one chunk each, or one choice with a finish reason on every chunk",
        "one after the other, of one chunk each",
    ],
)
def test_choices_that_came_mixed_are_all_asked_for_again(chunks, is_interleaved):
    """Those that came one after the other can be told apart: the first is kept."""
    answer = answered(2, *chunks, seed=0)
    assert wanted(answer) == ([0, 1] if is_interleaved else [1])
    assert answer.texts() == (["", ""] if is_interleaved else ["ab", ""])


def test_one_choice_that_was_asked_for_is_never_mixed():
    """Whatever roles and ends come twice."""
    assert answered(1, ROLE, ROLE, *INTERLEAVED, FINISH, FINISH).extra_requests() == []


def test_the_choices_of_all_requests_are_one_reply():
    """By index, while they come and at the end; what it cost is a warning."""
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    answer = answered(3, *chunks_of(completion("Hello there")))
    (_, second), (_, third) = answer.extra_requests()
    assert answer.note == "asking for 2 more choices"
    feed(third, delta("Good"))
    assert (answer.texts(), answer.finish_reasons()) == (
        ["Hello there", "", "Good"],
        ["stop", None, None],
    )
    feed(second, *numbered(0), chunk(usage=usage))
    assert answer.note == "asking for 1 more choice"
    feed(third, delta(" day"), FINISH, chunk(usage=usage))
    assert answer.note is None
    reply = answer.reply()
    assert [(choice.index, choice.text) for choice in reply.choices] == [
        (0, "Hello there"),
        (1, "text 0"),
        (2, "Good day"),
    ]
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (15, 6)
    assert answer.n_tokens == 6
    assert reply.warnings == (
        (
            "n 3: the server returned 1 choice; the rest was requested by 2 extra requests "
            "(10 tokens in, 4 out, $5e-05)"
        ),
    )


def test_mixed_choices_are_replaced_and_that_is_said():
    """What cannot be told apart is no choice; its tokens count all the same."""
    answer = answered(2, ROLE, ROLE, *INTERLEAVED, FINISH, FINISH)
    for number, (_, assembler) in enumerate(answer.extra_requests()):
        feed(assembler, delta(f"again {number}", finish_reason="stop"))
    reply = answer.reply()
    assert [choice.text for choice in reply.choices] == ["again 0", "again 1"]
    assert reply.warnings[0] == (
        "n 2: all choices had index 0 and were interleaved, so they cannot be told apart; "
        "all were requested again by 2 extra requests"
    )


def test_mixed_choices_that_are_kept_are_a_warning():
    """As they are where nobody asks again."""
    reply = answered(2, *INTERLEAVED, FINISH, FINISH).reply()
    assert reply.warnings[0] == (
        "n 2: all choices had index 0 and were interleaved, so they cannot be told apart"
    )


def test_a_extra_answer_that_broke_off_is_marked():
    """And one that never began is no choice."""
    answer = answered(3, *numbered(0))
    (_, second), _ = answer.extra_requests()
    feed(second, delta("Half"))
    reply = answer.reply("error")
    assert [(c.index, c.text, c.finish_reason) for c in reply.choices] == [
        (0, "text 0", "stop"),
        (1, "Half", "error"),
    ]


def test_a_choice_that_is_but_a_role_is_requested_again():
    """It is no choice; the one that replaces it is not doubled."""
    answer = answered(2, *numbered(0), delta("", index=1, role="assistant"))
    ((_, second),) = answer.extra_requests()
    assert [(c.index, c.finish_reason) for c in answer.reply("error").choices] == [(0, "stop")]
    feed(second, *numbered(0))
    reply = answer.reply()
    assert [choice.index for choice in reply.choices] == [0, 1]
    assert reply.warnings == (
        "n 2: the server returned 1 choice; the rest was requested by 1 extra request",
    )


def test_warnings_name_each_choice_by_its_final_index():
    """Those about several choices name them all."""
    answer = answered(3, *numbered(0))
    for _, assembler in answer.extra_requests():
        assembler.warn("answered on try 2; before: 503")
        feed(assembler, delta("a"))
    assert answer.reply().warnings[1:] == (
        "choices 1 and 2: answered on try 2; before: 503",
        "choice 1 ended without a finish_reason",
        "choice 2 ended without a finish_reason",
    )


@pytest.mark.parametrize(("limit", "sent", "missing"), [(1, UNSET, [1, 2]), (2, 2, [2])])
def test_a_server_that_takes_fewer_choices_is_asked_for_as_many_as_it_takes(limit, sent, missing):
    """The others are requested one by one, and that is said."""
    answer = TopUp(asked(3, seed=0), limit=limit)
    assert answer.main_request.parameters.get("n", UNSET) == sent
    feed(answer.main, *numbered(*range(limit)))
    assert wanted(answer) == missing
    assert answer.reply().warnings[0].startswith(f"n 3: the server takes {limit} at a time; ")


def test_a_limit_that_is_not_reached_changes_nothing():
    """The request is the one that was asked."""
    request = asked(3)
    assert TopUp(request, limit=8).main_request is request

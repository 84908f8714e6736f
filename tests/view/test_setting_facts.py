"""What was set for an answer, and which messages changed, stands beside it."""

from __future__ import annotations

from typing import Any

import pytest

from chat_magic.view.setting_facts import message_facts, setting_facts

_SYSTEM = {"role": "system", "content": "Be brief."}
_USER = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({}, []),
        ({"temperature": 0.8, "max_tokens": 5}, ["temperature 0.8", "max_tokens 5"]),
        ({"stop": ["a", "b"]}, ["stop a,b"]),
        ({"reasoning_effort": "low"}, ["reasoning_effort low"]),
        ({"stop": "x" * 40}, [f"stop {'x' * 29}\u2026"]),
        ({"stream": True, "n": 3, "top_logprobs": 5, "user": "u", "seed": 7, "messages": []}, []),
    ],
)
def test_parameters_that_were_set_are_facts(
    make_run, fields: dict[str, Any], facts: list[str]
) -> None:
    """Those that change an answer, not those that say how it is delivered."""
    assert setting_facts(make_run(request={"model": "a/b", **fields})) == facts


def test_a_coordinate_of_a_grid_is_no_fact_besides(make_run) -> None:
    """It is the run's title already."""
    run = make_run(request={"temperature": 0.5, "top_p": 1}, coordinates={"temperature": "0.5"})
    assert setting_facts(run) == ["top_p 1"]


@pytest.mark.parametrize(
    ("messages", "facts"),
    [
        ([_SYSTEM, _USER], []),
        ([{**_SYSTEM, "content": "Be long."}, _USER], ["system message changed"]),
        ([_USER], ["system message changed"]),
        ([_SYSTEM, _USER, _USER], ["messages changed"]),
        ([], ["system message changed", "messages changed"]),
    ],
)
def test_a_run_says_which_messages_differ_from_the_first(make_run, messages, facts) -> None:
    """A system message is told apart from the others."""
    runs = [
        make_run(request={"messages": [_SYSTEM, _USER]}),
        make_run(request={"messages": messages}),
    ]
    assert message_facts(runs) == [[], facts]


def test_runs_whose_variable_differs_say_it_in_their_titles(make_run) -> None:
    """Every run of `--vary` has other messages."""
    runs = [
        make_run(request={"messages": [message]}, coordinates={"tone": tone})
        for message, tone in ((_USER, "dry"), (_SYSTEM, "warm"))
    ]
    assert message_facts(runs) == [[], []]

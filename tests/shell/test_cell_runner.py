"""From the text of a cell to its plan and its task: options, namespace and the last result."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import chat_magic
from chat_magic import InvalidRequest
from chat_magic.engine.session import default_session
from chat_magic.shell.cell_runner import CellRunner
from tests.completions import completion
from tests.gateway import streamed


@dataclass
class Person:
    age: int


def now() -> str:
    """Tell the time."""
    return "noon"


@pytest.fixture
def plan():
    """Return a function that plans a cell with a namespace and a last result."""

    def plan(cell, *, last_result=None, **namespace):
        runner = CellRunner(default_session(), namespace, lambda: last_result)
        return runner.plan(runner.read(cell))

    return plan


@pytest.fixture
def answer(gateway):
    """Return the result of a request with two choices."""
    gateway(streamed(completion("zero", "one")))
    return chat_magic.chat("Hi", n=2, model="c/d")


@pytest.mark.parametrize(
    ("cell", "out", "is_silent", "is_background", "is_dry_run"),
    [
        ("%%chat local\nHi", None, False, False, False),
        ("%%chat local --out r ;\nHi", "r", True, False, False),
        ("%%chat local --background\nHi", None, False, True, False),
        ("%chat -m local --dry-run -o r Hi", "r", False, False, True),
    ],
)
def test_the_options_of_a_cell_are_in_its_plan(
    plan, cell, out, is_silent, is_background, is_dry_run
):
    """A `%chat` line is planned like a cell."""
    planned = plan(cell)
    assert (planned.out, planned.is_silent) == (out, is_silent)
    assert (planned.is_background, planned.is_dry_run) == (is_background, is_dry_run)
    (call,) = planned.calls.calls
    assert [message.content for message in call.request.messages] == ["Hi"]


def test_limits_schema_and_tools_apply_to_the_call(plan):
    """Names are looked up in the notebook."""
    planned = plan(
        "%%chat local --timeout 9 --retries 4 --no-top-up --schema Person --tools now "
        "--max-tool-rounds 2\nHi",
        Person=Person,
        now=now,
    )
    (call,) = planned.calls.calls
    assert (call.limits.timeout_s, call.limits.retries, call.limits.top_up) == (9.0, 4, False)
    assert call.schema.name == "Person"
    assert (call.tools.functions, call.tools.max_rounds) == ({"now": now}, 2)


def test_a_grid_is_planned_with_its_concurrency(plan):
    """Each variant is a call."""
    planned = plan("%%chat --models local/a,local/b --concurrency 3 --out rs\nHi")
    assert (planned.calls.models, planned.calls.concurrency) == ("local/a, local/b", 3)


@pytest.mark.parametrize(
    ("option", "contents"),
    [
        ("-c", ["Hi", "zero", "On"]),
        ("--after r", ["Hi", "zero", "On"]),
        ("--after r:1", ["Hi", "one", "On"]),
    ],
)
def test_a_cell_continues_from_a_result(plan, answer, option, contents):
    """`-c` from the last one, `--after` from that of a name, with its model."""
    (call,) = plan(f"%%chat {option}\nOn", last_result=answer, r=answer).calls.calls
    assert [message.content for message in call.request.messages] == contents
    assert call.request.model == "c/d"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-c", "-c: there is no result yet to continue from"),
        ("-c --after r", "-c and --after exclude each other"),
        ("--after q", "--after q: there is no such name in the notebook"),
        ("--timeout 0", "timeout 0.0: must be a number of seconds above 0"),
        ("--timeout soon", "--timeout soon: must be a number of seconds"),
        ("--retries 11", "retries 11: must be a whole number, 0 to 10"),
        ("--concurrency 3", "--concurrency requires --models, --sweep or --vary"),
        ("--schema Persn", "--schema Persn: there is no such name in the notebook; did you mean P"),
        ("--schema none.json", "schema none.json: No such file"),
        ("--tools nov", "--tools nov: there is no such function in the notebook; did you mean now"),
        ("--tools now --max-tool-rounds 101", "max_tool_rounds 101: must be a whole number, 0 to"),
        ("--out 3", "--out 3: must be a Python name"),
    ],
)
def test_an_invalid_option_is_an_error_on_line_1(plan, line, words):
    """It names the option, its value and what is allowed."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        plan(f"%%chat local {line}\nHi", Person=Person, now=now, r="no result")
    assert caught.value.line == 1


def test_a_plan_is_started_as_an_answer_or_as_a_grid(gateway):
    """The handle returns a ChatResult or a ChatResults."""
    gateway(lambda request: streamed(completion(json.dumps(request.json.get("seed")))))
    runner = CellRunner(default_session(), {}, lambda: None)

    def results_of(cell):
        return runner.start(runner.plan(runner.read(cell))).wait()

    assert results_of("%%chat --seed 7\nHi").text == "7"
    assert [result.text for result in results_of("%%chat --sweep seed=1,2\nHi")] == ["1", "2"]

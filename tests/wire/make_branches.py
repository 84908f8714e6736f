"""Writes the cells that continue from a result, for the tests in Python and in TypeScript.

python -m tests.wire.make_branches    writes branches.json beside this file
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chat_magic.core.cell.cell import write
from chat_magic.core.cell.cell_head import write_head
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest, read_sent
from tests.wire.fixtures import store

GENERATED = 150
TRICKY = (
    "user: x", "\\user: x", "\\\\tool(c): x", "tool: x", "User: x", "assistant(Ada): x", "---",
    "@image x.png", "@file  b \u2028 ;", "\\@audio a.wav", "@image", "{{ x }}", "{% if x %}",
    "{%- endraw", "{% x %}", "{{", "{#", "a\n\nb", "\n", " ", "\t", "\r", "a\rb", "\x85", "\x1c",
    "\u2028", "\xa0", "\ufeff", "\u200b", "'", '"', ";", "%%chat", '{"messages": [{"role": 1}]}',
    "[{", "user(\x85): y", "user(\u2028): y", "user(): z", "user(a(b)): z", "caf\xe9 \U0001f44b",
    "\\",
)  # fmt: skip
NUMBERS = (9007199254740993, -(2**63), 10**30, 0, 1e-7, 1.0, 1e22, 0.1, -0.0)


def texts() -> st.SearchStrategy[str]:
    """Return texts that come near to what the grammar of a cell takes for a mark."""
    tricky = st.sampled_from(TRICKY)
    plain = st.text(st.characters(codec="utf-8"), max_size=12)
    return st.lists(tricky | plain, min_size=1, max_size=3).map("\n".join)


def requests() -> st.SearchStrategy[ChatRequest]:
    """Return requests as people send them, with hostile texts and large numbers."""
    numbers = st.sampled_from(NUMBERS)
    users = st.builds(
        Message, role=st.just("user"), content=texts(), name=st.sampled_from([None, "Ada", "a)"])
    )
    others = st.builds(
        Message, role=st.sampled_from(["system", "developer", "assistant"]), content=texts()
    )
    results = st.builds(
        Message, role=st.just("tool"), content=texts(), tool_call_id=st.sampled_from(["c", "c 1"])
    )
    parameters = st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.sampled_from([0, 0.7, 1e-7, 2]),
            "seed": st.sampled_from([7, 9007199254740993, -(2**63)]),
            "stop": st.lists(texts(), min_size=1, max_size=2),
            "metadata": st.dictionaries(st.sampled_from(["a", "b c"]), texts(), max_size=2),
            "n": st.sampled_from([1, 3]),
            "stream": st.just(False),
        },
    )
    extra = st.dictionaries(
        st.sampled_from(["cache_prompt", "x y", "é"]), numbers | texts(), max_size=2
    )
    return st.builds(
        ChatRequest,
        model=st.sampled_from(["a/b", "local/smollm2-135m-instruct", "we ird/model"]),
        messages=st.lists(users | others | results, max_size=3).map(tuple),
        parameters=parameters,
        extra=extra,
    )


def appended() -> st.SearchStrategy[tuple[Message, ...]]:
    """Return a prefill, or an answer and the user's turn after it, which is still to be written."""
    answer = st.builds(Message, role=st.just("assistant"), content=texts().filter(bool))
    turn = Message(role="user", content="")
    return answer.map(lambda message: (message,)) | answer.map(lambda message: (message, turn))


def case(request: ChatRequest, messages: tuple[Message, ...]) -> dict[str, Any]:
    """Return what a front end appends to the head of a request's cell, and the cell it gets."""
    whole = replace(request, messages=(*request.messages, *messages))
    return {
        "request": request.body(),
        "appended": [message.to_json() for message in messages],
        "head": asdict(write_head(request)),
        "cell": write(whole),
    }


def _chosen() -> list[dict[str, Any]]:
    """Return the cases that a reader should see first."""
    hi = {"role": "user", "content": "Hi"}
    silent = {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}
    result = {"role": "tool", "tool_call_id": "c", "content": "{{ 22 }}"}
    image = {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}
    picture = {"role": "user", "content": [{"type": "text", "text": "What?"}, image]}
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"messages": [hi], "temperature": 0.8, "logprobs": True, "top_logprobs": 5}, "Sydney"),
        ({"messages": [hi], "seed": 9007199254740993}, "as large as it was"),
        ({"messages": [hi], "stop": ["\n", "END"]}, "system: I\nsystem: you\n\\\\user: we"),
        ({"messages": [hi]}, "{{ name }} is {%- for -%}"),
        ({"messages": [hi]}, "ends with a line\n"),
        ({"messages": [hi]}, "\n\nbegins with lines"),
        ({"messages": [{**hi, "content": "Braces {{ x }}"}]}, "Plain"),
        ({"messages": [{**hi, "content": "x\ry"}], "top_a": 10**30}, "a carriage return before"),
        ({"messages": [hi, silent, result]}, "22 degrees"),
        ({"messages": [picture]}, "A picture"),
        ({"messages": []}, "nothing before"),
    ]
    turn = Message(role="user", content="")
    cases = []
    for body, text in bodies:
        request = read_sent({"model": "a/b", **body})
        answer = Message(role="assistant", content=text)
        cases += [case(request, (answer,)), case(request, (answer, turn))]
    return cases


def _generated() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []

    @settings(
        max_examples=GENERATED,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(), appended())
    def collect(request: ChatRequest, messages: tuple[Message, ...]) -> None:
        cases.append(case(request, messages))

    collect()
    return cases


def branches() -> list[dict[str, Any]]:
    """Return all cases."""
    return [*_chosen(), *_generated()]


FIXTURES = {"branches.json": branches}

if __name__ == "__main__":
    store(FIXTURES)

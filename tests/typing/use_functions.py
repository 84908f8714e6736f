"""Calls of the functions that mypy accepts, and calls that it refuses."""

from __future__ import annotations

from typing import assert_type

import chat_magic
from chat_magic import UNSET, ChatResult, ChatResults


def look_up(city: str) -> str:
    """Return the weather of a city."""
    return city


def one_request() -> None:
    assert_type(chat_magic.chat("Hi"), ChatResult)
    first = chat_magic.chat("Hi", model="local", temperature=0.5, n=2, stop=["a", "b"])
    chat_magic.chat("On", after=first, max_completion_tokens=5, top_logprobs=20, stream=False)
    chat_magic.chat([{"role": "user", "content": "Hi"}], variables={"name": "Ada"}, timeout=9)
    chat_magic.chat("Hi", temperature=UNSET, seed=UNSET, stop=UNSET, tools=UNSET)
    chat_magic.chat("Hi", tools=[look_up], tool_choice="auto", max_tool_rounds=2)
    chat_magic.chat("Hi", schema="name: str, age: int", extra={"vendor_field": 1})
    chat_magic.chat("Hi", temprature=1)  # expect-error: call-arg
    chat_magic.chat("Hi", temperature="hot")  # expect-error: arg-type
    chat_magic.chat("Hi", n=1.5)  # expect-error: arg-type
    chat_magic.chat("Hi", temperature=None)  # expect-error: arg-type
    chat_magic.chat("Hi", tool_choice="always")  # expect-error: arg-type
    chat_magic.chat("Hi", after=first.text)  # expect-error: arg-type
    chat_magic.chat("Hi", "local")  # expect-error: call-arg
    chat_magic.chat(5)  # expect-error: arg-type
    chat_magic.chat()  # expect-error: call-arg


async def one_awaited_request() -> None:
    assert_type(await chat_magic.achat("Hi", model="local", seed=1), ChatResult)
    await chat_magic.achat("Hi", after=await chat_magic.achat("Hi"), temperature=UNSET)
    await chat_magic.achat("Hi", seed="one")  # expect-error: arg-type
    chat_magic.achat("Hi").text  # expect-error: attr-defined


def a_grid() -> None:
    results = chat_magic.chat_grid(
        "Hi {{ name }}",
        models=["local", "a/b"],
        sweep={"temperature": [0, 1, UNSET]},
        vary={"name": {"short": "Ada"}},
        per_model={"a/b": {"top_k": 3}},
        concurrency=2,
        max_tokens=5,
    )
    assert_type(results, ChatResults)
    chat_magic.chat_grid("Hi", after=results.pick(0), logprobs=True)
    chat_magic.chat_grid("Hi", models="local", sweep=["temperature"])  # expect-error: arg-type
    chat_magic.chat_grid("Hi", concurrency="all")  # expect-error: arg-type
    chat_magic.chat_grid("Hi", max_tokens=[5, 6])  # expect-error: arg-type
    chat_magic.chat_grid("Hi", after=results)  # expect-error: arg-type

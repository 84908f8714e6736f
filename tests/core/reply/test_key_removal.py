"""Keys in an answer, in one piece or in several: in texts, tokens and fields."""

from __future__ import annotations

from typing import Any

import pytest

from chat_magic.core.reply.key_removal import text_without_keys, without_keys
from chat_magic.core.reply.reply import (
    Choice,
    FunctionCall,
    Logprobs,
    Message,
    Reply,
    TokenLogprob,
    ToolCall,
    TopLogprob,
)

KEY = "sk-canary-0123456789/abcdef"
LONG = KEY + "-longer"
KEYS = (LONG, KEY)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (f"a {KEY} b", "a *** b"),
        (f"{KEY}{KEY}", "******"),
        (f"{LONG} {KEY}!", "*** ***!"),
        (KEY[:-1], "***"),
        (f"a {KEY[:16]}", "a ***"),
        (f"a {KEY[:15]}", f"a {KEY[:15]}"),
        (f"{KEY[:20]} b", f"{KEY[:20]} b"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_a_key_in_a_text_is_replaced(text: str, without: str) -> None:
    """Also the beginning of one at the end of the text: more of it may arrive."""
    assert text_without_keys(text, KEYS) == without


@pytest.mark.parametrize(
    "message",
    [
        Message(content=f"a {KEY}"),
        Message(reasoning=KEY),
        Message(refusal=KEY),
        Message(tool_calls=(ToolCall(function=FunctionCall(arguments=f'{{"a": "{KEY}"}}')),)),
        Message(function_call=FunctionCall(name=KEY)),
        Message(audio={"transcript": KEY}),
        Message(extra={"thinking": [{"text": KEY}]}),
        Message(annotations=[{KEY: 1}]),
    ],
)
def test_every_part_of_a_message_is_searched(message: Message) -> None:
    """Its content, reasoning, refusal, calls, transcript and unknown fields."""
    reply = without_keys(Reply(choices=(Choice(index=0, message=message),)), KEYS)
    assert "canary" not in repr(reply)
    assert "***" in repr(reply.choices)
    assert reply.warnings == ("the server sent a key back: it was removed from the answer",)


@pytest.mark.parametrize(
    ("tokens", "left"),
    [
        (["a ", KEY[:9], KEY[9:], " b"], ["a ", "***", "", " b"]),
        (["a " + KEY[:9], KEY[9:] + " b"], ["a ***", " b"]),
        ([*KEY], ["***", *[""] * (len(KEY) - 1)]),
        (["x" + KEY + "y" + KEY + "z"], ["x***y***z"]),
        ([KEY, KEY], ["***", "***"]),
        (["a", KEY[:20]], ["a", "***"]),
    ],
)
def test_the_tokens_of_a_key_spell_what_the_text_shows(tokens: list[str], left: list[str]) -> None:
    """They have no alternatives, and their bytes are those of what is left."""
    entries = [
        TokenLogprob(token=t, logprob=-1.0, top_logprobs=[TopLogprob(token=t)]) for t in tokens
    ]
    choice = Choice(
        index=0,
        message=Message(content="".join(tokens)),
        logprobs=Logprobs(content=entries),
    )
    (kept,) = without_keys(Reply(choices=(choice,)), KEYS).choices
    assert kept.logprobs is not None
    content: Any = kept.logprobs.content
    assert [token.token for token in content] == left
    assert "".join(left) == kept.text
    for token, before in zip(content, tokens, strict=True):
        if token.token != before:
            assert (token.bytes, token.top_logprobs) == (list(token.token.encode()), [])
            assert token.logprob == -1.0


def test_an_answer_without_keys_stays_the_same_object() -> None:
    """It is not copied."""
    choice = Choice(
        index=0,
        message=Message(content="a", extra={"b": ["c"]}),
        logprobs=Logprobs(content=[TokenLogprob(token="a")]),
        extra={"d": 1},
    )
    reply = Reply(choices=(choice,), extra={"e": "f"})
    assert without_keys(reply, KEYS) is reply

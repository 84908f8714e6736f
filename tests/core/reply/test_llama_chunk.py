"""The events of llama.cpp's own completions become those of chat completions."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.llama_chunk import chat_chunk

TOKEN = {
    "id": 504,
    "token": " is",
    "bytes": [32, 105, 115],
    "logprob": -0.5,
    "top_logprobs": [{"id": 7, "token": "x", "bytes": [120], "logprob": -1.0}],
}
EVENTS = [
    {"index": 0, "content": " is", "stop": False, "completion_probabilities": [TOKEN]},
    {
        "index": 0, "content": "", "stop": True, "stop_type": "limit", "model": "m",
        "tokens_predicted": 1, "tokens_evaluated": 9, "timings": {"cache_n": 4},
    },
]  # fmt: skip


def test_an_answer_is_assembled_with_its_tokens_and_usage():
    """Their ids are kept."""
    answer = Assembler()
    for event in EVENTS:
        answer.feed(chat_chunk(json.dumps(event).encode()), 0.0)
    assert answer.is_complete
    reply = answer.reply()
    (choice,) = reply.choices
    assert (choice.text, choice.finish_reason, reply.model) == (" is", "length", "m")
    (token,) = choice.logprobs.content
    assert (token.id, token.top_logprobs[0].id) == (504, 7)
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (9, 1)
    assert reply.usage.prompt_tokens_details == {"cached_tokens": 4}


@pytest.mark.parametrize(
    ("stop_type", "finish"), [("eos", "stop"), ("word", "stop"), ("limit", "length")]
)
def test_an_end_has_the_name_of_the_api(stop_type, finish):
    """An unknown one is a stop."""
    event = {"content": "", "stop": True, "stop_type": stop_type}
    (choice,) = json.loads(chat_chunk(json.dumps(event).encode()))["choices"]
    assert choice["finish_reason"] == finish


def test_several_choices_that_are_not_streamed_are_one_answer():
    """Each has its index."""
    data = json.dumps([{**EVENTS[0], "index": 0}, {**EVENTS[0], "index": 1}]).encode()
    assert [choice["index"] for choice in json.loads(chat_chunk(data))["choices"]] == [0, 1]


@pytest.mark.parametrize("data", [b"[DONE]", b'{"error": {"message": "no"}}', b"{", b"3", b"[]"])
def test_what_is_no_completion_stays_as_it_is(data):
    """Errors are read as those of any server."""
    assert chat_chunk(data) == data

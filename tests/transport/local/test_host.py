"""The answers of the embedded server: choices, probabilities, seeds, schemas, prefills."""

from __future__ import annotations

import json
import math
from collections import defaultdict

import pytest

PROMPT = [{"role": "user", "content": "Name three animals."}]


def complete(client, **fields):
    """Return the choices of an answer, each as (finish reason, text)."""
    reply = client.post("/chat/completions", json={"messages": PROMPT, "max_tokens": 24, **fields})
    assert reply.status_code == 200, reply.text
    choices = sorted(reply.json()["choices"], key=lambda choice: choice["index"])
    return [(choice["finish_reason"], choice["message"]["content"]) for choice in choices]


def stream(client, **fields):
    """Return the choices of a streamed answer: index -> list of its choice deltas."""
    choices = defaultdict(list)
    body = {"messages": PROMPT, "max_tokens": 24, "stream": True, **fields}
    with client.stream("POST", "/chat/completions", json=body) as reply:
        assert reply.status_code == 200, reply.read()
        events = [line[6:] for line in reply.iter_lines() if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    for choice in (choice for event in events for choice in json.loads(event)["choices"]):
        choices[choice["index"]].append(choice)
    return choices


def test_the_model_goes_by_its_own_name(client, server):
    """Both in the list of models and in its answers."""
    assert [model["id"] for model in client.get("/models").json()["data"]] == [server.model]
    body = {"messages": PROMPT, "max_tokens": 1}
    assert client.post("/chat/completions", json=body).json()["model"] == server.model


@pytest.mark.parametrize("n", [2, 8])
def test_choices_are_streamed_side_by_side(client, n):
    """Each has text and one finish reason."""
    choices = stream(client, n=n)
    assert sorted(choices) == list(range(n))
    for deltas in choices.values():
        assert "".join(delta["delta"].get("content") or "" for delta in deltas)
        finished = [delta["finish_reason"] for delta in deltas if delta["finish_reason"]]
        assert finished in (["stop"], ["length"])


@pytest.mark.parametrize("k", [5, 20])
def test_the_alternatives_of_a_token_are_probabilities(client, k):
    """They are ordered, their sum is at most one, and the bytes of the tokens are the text."""
    deltas = stream(client, logprobs=True, top_logprobs=k)[0]
    text = "".join(delta["delta"].get("content") or "" for delta in deltas)
    tokens = [t for delta in deltas if delta.get("logprobs") for t in delta["logprobs"]["content"]]
    assert b"".join(bytes(token["bytes"]) for token in tokens).decode() == text
    for token in tokens:
        logprobs = [alternative["logprob"] for alternative in token["top_logprobs"]]
        assert len(logprobs) == k
        assert logprobs == sorted(logprobs, reverse=True)
        assert sum(map(math.exp, logprobs)) <= 1 + 1e-6


def test_a_seed_makes_an_answer_reproducible(client):
    """Every choice of it is the same; another seed gives another answer."""
    first, again, other = (complete(client, seed=seed, n=2, temperature=1.5) for seed in (1, 1, 2))
    assert first == again != other


def test_a_stop_sequence_ends_the_answer(client):
    """The sequence itself is not in the text."""
    counting = [{"role": "user", "content": "Repeat after me: one, two, three, four"}]
    [(whole, text)] = complete(client, messages=counting, temperature=0)
    [(reason, stopped)] = complete(client, messages=counting, temperature=0, stop=["o, t"])
    assert (whole, reason) == ("stop", "stop")
    assert stopped == text.partition("o, t")[0] != text


def test_a_schema_is_obeyed(client):
    """Even by a model that writes poor JSON without one."""
    schema = {
        "type": "object",
        "properties": {"name": {"enum": ["Ada", "Bob"]}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    [(reason, text)] = complete(client, response_format=wanted, seed=1, max_tokens=100)
    person = json.loads(text)
    assert reason == "stop"
    assert person["name"] in ("Ada", "Bob")
    assert type(person["age"]) is int


def test_a_prefill_is_continued(client):
    """The server returns it in whole answers, but not in streams."""
    messages = [*PROMPT, {"role": "assistant", "content": "The first animal"}]
    [(_, whole)] = complete(client, messages=messages, temperature=0)
    deltas = stream(client, messages=messages, temperature=0)[0]
    streamed = "".join(delta["delta"].get("content") or "" for delta in deltas)
    assert whole == "The first animal" + streamed


def test_a_prompt_that_does_not_fit_is_refused_with_its_size(client):
    """Each choice has its own context, so that a long one does not break the others."""
    body = {"messages": [{"role": "user", "content": "word " * 2500}]}
    reply = client.post("/chat/completions", json=body)
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["type"] == "exceed_context_size_error"
    assert error["n_prompt_tokens"] > 2500
    assert error["n_ctx"] == 2048

"""The output of `--dry-run`."""

from __future__ import annotations

import json

import pytest

from chat_magic.engine.model_input import model_input
from chat_magic.engine.session import default_session
from chat_magic.shell.dry_run import describe_model_input, describe_plan
from tests.engine.calls import plan_cell
from tests.engine.llama_script import llama


@pytest.fixture
def describe(monkeypatch):
    """Return a function that describes the plan of a cell, with a gateway configured."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://gateway.example/v1")
    monkeypatch.setenv("CHAT_MAGIC_API_KEY", "sk-canary-of-a-dry-run")
    return lambda cell: describe_plan(plan_cell(cell), default_session().endpoints)


def test_a_request_is_shown_with_its_destination_and_its_body(describe):
    """The body is what would be sent; the key is not shown."""
    target, body = describe("%%chat a/b -t 0.5\nHé").split("\n", 1)
    assert target == (
        "POST https://gateway.example/v1/chat/completions with the key in CHAT_MAGIC_API_KEY"
    )
    assert json.loads(body) == {
        "model": "a/b",
        "messages": [{"role": "user", "content": "Hé"}],
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert "Hé" in body


def test_a_grid_is_shown_with_the_coordinates_of_each_request(describe):
    """It begins with the number of requests and the size of each axis."""
    count, first, *others = describe("%%chat --models a/b,c/d --sweep n=1,unset\nHi").split("\n\n")
    assert count == "4 requests (2 models \N{MULTIPLICATION SIGN} 2 n)"
    assert first.startswith("── 0: model a/b, n 1 ──\nPOST https://gateway.example/v1/")
    assert others[-1].startswith("── 3: model c/d, n unset ──\nPOST ")
    assert [text.count('"n": 1') for text in (first, *others)] == [1, 0, 1, 0]


def test_of_a_large_grid_the_first_two_requests_are_shown(describe):
    """Up to 20 are shown whole; the number of all is said first."""
    seeds = {size: ",".join(map(str, range(size))) for size in (20, 21)}
    counts = {n: describe(f"%%chat a/b --sweep seed={seeds[n]}\nHi") for n in seeds}
    assert [text.count("POST ") for text in counts.values()] == [20, 2]
    assert counts[21].startswith("21 requests (21 seed)")
    assert counts[21].endswith("\n\n… and 19 more")


def test_a_server_that_is_not_known_is_asked_nothing(gateway, session):
    """A dry run sends nothing."""
    server = gateway(llama())
    assert describe_model_input(plan_cell("%%chat a/b\nHi"), session) is None
    assert not server.requests


def test_a_server_that_is_known_to_tell_shows_what_the_model_reads(gateway, session):
    """With what is odd about it."""
    gateway(llama())
    model_input("Hi", model="a/b")
    words = describe_model_input(plan_cell("%%chat a/b\nHi"), session)
    assert words.startswith("what a/b reads · ")
    assert "! the template puts in a system message of its own: 'Be good.'" in words
    assert words.endswith("<s>system\nBe good.</s><s>user\nHi</s><s>assistant\n")


@pytest.mark.usefixtures("weights")
def test_the_embedded_model_shows_what_it_reads(session):
    """Its server is started."""
    words = describe_model_input(plan_cell("%%chat local\nHi"), session)
    assert "<|im_start|>user\nHi<|im_end|>" in words


def test_a_grid_of_one_request_is_counted_in_the_singular(describe):
    """As any count."""
    assert describe("%%chat --models a/b\nHi").startswith("1 request (1 model)\n")


def test_a_model_without_a_server_is_shown_with_the_reason(monkeypatch):
    """The body is shown all the same."""
    text = describe_plan(plan_cell("%%chat a/b\nHi"), default_session().endpoints)
    target, body = text.split("\n", 1)
    assert target.startswith("no server is configured for a/b")
    assert json.loads(body)["model"] == "a/b"


def test_the_model_is_named_as_its_server_takes_it(describe, config_file):
    """In the body too, where the server takes the name without its vendor."""
    config_file(
        '[endpoints.x]\nbase_url = "https://x.example/v1"\ntakes = "model"\n[routes]\n"a/*" = "x"'
    )
    target, body = describe("%%chat a/b\nHi").split("\n", 1)
    assert target.endswith(", as b")
    assert json.loads(body)["model"] == "b"
    grid = describe("%%chat --models a/b,c/d\nHi")
    assert [line for line in grid.split("\n") if '"model"' in line] == [
        '  "model": "b",',
        '  "model": "c/d",',
    ]

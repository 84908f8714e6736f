"""A cell that continues a conversation: its head and what is appended read back as the request."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from chat_magic.core.cell.cell import parse, write
from chat_magic.core.cell.cell_head import write_head
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest, read_sent
from chat_magic.errors import InvalidRequest
from tests.wire.make_branches import appended, requests

CASES = json.loads((Path(__file__).parents[2] / "wire" / "branches.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["appended"][0]["content"])
def test_a_stored_cell_asks_for_the_messages_before_and_those_appended(case) -> None:
    """The labextension's tests write the same cells from the same heads."""
    body = case["request"]
    assert asdict(write_head(read_sent(body))) == case["head"]
    assert parse(case["cell"]).body() == {
        **body,
        "messages": [*body["messages"], *case["appended"]],
    }


@settings(max_examples=2 * settings().max_examples)
@given(requests(), appended())
def test_the_whole_cell_begins_with_one_of_the_heads(request_, messages) -> None:
    """Appending to the head gives what `write` makes of all messages, but for `--raw`."""
    head = write_head(request_)
    cell = write(replace(request_, messages=(*request_.messages, *messages)))
    first, _, rest = cell.partition("\n")
    unrendered = f"{first.removesuffix(' --raw')}\n{rest}"
    assert parse(cell).messages[-len(messages) :] == messages
    assert cell.startswith((head.block or head.json, head.json)) or unrendered.startswith(
        (head.block or head.json, head.json)
    )


def test_a_head_keeps_numbers_that_no_float_can_hold() -> None:
    """JavaScript would round such a seed."""
    head = write_head(ChatRequest(model="a/b", parameters={"seed": 9007199254740993}))
    assert head.block == "%%chat a/b --seed 9007199254740993\n"
    assert '"seed": 9007199254740993' in head.json


@pytest.mark.parametrize("content", ["ends blank\n", "carriage\rreturn", "half \ud83d character"])
def test_only_json_holds_what_a_block_or_an_editor_would_lose(content) -> None:
    """Such a head has no block, and its JSON can be stored in a file."""
    head = write_head(ChatRequest(model="a/b", messages=(Message(role="user", content=content),)))
    assert head.block is None
    assert head.json.encode()
    whole = head.json.removesuffix(",") + "\n  ]\n}"
    assert parse(whole).messages[0].content == content


def test_a_head_of_an_attachment_that_has_not_been_read_is_refused() -> None:
    """JSON holds an attachment's content, not its file's name."""
    message = Message(role="user", content=(Attachment("image", "a.png"),))
    with pytest.raises(InvalidRequest, match="attachment"):
        write_head(ChatRequest(messages=(message,)))

"""A distribution as the labextension draws it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.core.request.request import read_fields
from chat_magic.view.distribution_payload import distribution_payload
from chat_magic.view.distribution_tree import distribution_tree

SCHEMA = json.loads((Path(__file__).parents[1] / "wire" / "result.v1.schema.json").read_text())
MESSAGES = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "So: "}]


def drawn(search, **fields):
    """Return the payload of a search after checking it against the schema."""
    request = read_fields({"model": "a/b", "messages": MESSAGES, **fields}, allow_extra=True)
    root = distribution_tree(search)
    value = distribution_payload(request, search, root, facts=["f"], warnings=[], handle="h")
    jsonschema.validate(value, SCHEMA)
    return value["distribution"]


@pytest.fixture
def search():
    """A search that found `ab` and `ac`, and left part of a character."""
    found = AnswerSearch(8)
    found.extend(0, [NextToken(1, b"a", 0.8, text="a"), NextToken(9, b"\xe5", 0.2, text="?")])
    found.extend(1, [NextToken(2, b"b", 0.5, text="b"), NextToken(3, b"c", 0.5, text="c")])
    for node in found.best(2):
        found.extend(node, [NextToken(0, b"", 1.0, is_end=True)])
    return found


def test_each_node_has_its_tokens_from_the_start(search):
    """Its parent is before it."""
    nodes = drawn(search)["nodes"]
    assert [(node["parent"], node["text"], node["tokens"]) for node in nodes] == [
        (-1, "", ""),
        (0, "a", "1"),
        (1, "b", "1,2"),
        (2, "", "1,2"),
        (1, "c", "1,3"),
        (4, "", "1,3"),
        (0, "\ufffd", "9"),
    ]
    assert [node["is_text"] for node in nodes][-1] is False


def test_tokens_without_ids_are_not_named():
    """As of servers that take text."""
    found = AnswerSearch(8)
    found.extend(0, [NextToken(-1, b"a", 1.0, text="a")])
    assert drawn(found)["nodes"][1]["tokens"] == ""


def test_the_cell_ends_before_the_prefill_and_names_no_tokens(search):
    """These are of an earlier branch."""
    value = drawn(search, prefill_tokens="5,6")
    assert value["cell"]["block"] == "%%chat a/b\nuser: Who?\n"
    assert value["prefill"] == "So: "

"""Lists of models, as servers send them."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.listing import ListedModel, matching, read_models


@pytest.mark.parametrize(
    ("item", "model"),
    [
        (
            {"id": "a/b", "owned_by": "a", "created": 1700000000, "object": "model"},
            ListedModel(id="a/b", owned_by="a", created=1700000000),
        ),
        ({"id": "a", "context_length": 8192}, ListedModel(id="a", context_length=8192)),
        ({"id": "a", "context_window": 8192}, ListedModel(id="a", context_length=8192)),
        ({"id": "a", "max_model_len": 8192.0}, ListedModel(id="a", context_length=8192)),
        ({"id": "a", "meta": {"n_ctx": 2048}}, ListedModel(id="a", context_length=2048)),
        (
            {"id": "a", "created": "x", "owned_by": 1, "meta": None, "context_length": True},
            ListedModel(id="a"),
        ),
        ({"id": "a", "created": 0, "context_length": 1e300}, ListedModel(id="a")),
        ({"id": "a", "created": 10**13}, ListedModel(id="a")),
        ({"id": "a\x1b[31m"}, None),
        ({"id": ""}, None),
        ({"name": "a"}, None),
        ("a", None),
    ],
)
def test_a_model_is_read_with_what_its_server_tells(item, model):
    """By the names that servers use; what is no model, or cannot be shown, is left out."""
    expected = [] if model is None else [model]
    assert read_models({"data": [item]}) == read_models([item]) == expected


@pytest.mark.parametrize("value", [{}, {"data": None}, {"error": "x"}, "x", None])
def test_what_is_no_list_is_none(value):
    """So that the error can quote it."""
    assert read_models(value) is None


def test_models_come_by_name_and_are_found_by_words():
    """All words, in capitals or not."""
    models = read_models([{"id": name} for name in ("openai/gpt-4o", "b/Mini", "a/gpt-mini")])
    assert [model.id for model in models] == ["a/gpt-mini", "b/Mini", "openai/gpt-4o"]
    assert [model.id for model in matching(models, "MINI gpt")] == ["a/gpt-mini"]
    assert matching(models, "") == models

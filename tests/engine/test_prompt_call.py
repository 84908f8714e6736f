"""What a prompt's file may ask for: tools and types that the notebook names, files beside it."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest, Prompt
from chat_magic.engine.prompt_call import check_named_tools, schema_word


@pytest.mark.parametrize("word", ["name: str", "str", "list[int]", "list[name: str]"])
def test_a_short_schema_is_taken_as_it_is(word):
    """It names nothing of the notebook."""
    assert schema_word(word, Prompt("%%chat", folder="/prompts")) == word


@pytest.mark.parametrize("word", ["Cat", "list[Cat]", "{{ 'Cat' }}", "{{ up }}.json"])
def test_a_type_must_be_named_by_the_notebook(word):
    """Also where a template would name it."""
    with pytest.raises(InvalidRequest, match="schema"):
        schema_word(word, Prompt("%%chat", folder="/prompts"))


def test_every_tool_must_be_named():
    """The error says which is missing, and what to write."""
    check_named_tools("f, g", ("f", "g", "h"), "")
    check_named_tools(None, (), "")
    with pytest.raises(InvalidRequest, match="asks for the tools g: name them"):
        check_named_tools("f,g", ("f",), "name them with --tools f,g")

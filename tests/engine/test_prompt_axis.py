"""Prompts as an axis of a grid: where they come from, what they are called, what they ask."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import chat_grid
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.prompt_axis import filled_by, named_prompts, prompts_axis, schemas_of
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt
from tests.engine.calls import echo

PROMPT = Prompt("%%chat c/d -t 0.5 --schema 'age: int'\nuser: How old is {{ text }}?")
MESSAGES = [{"role": "user", "content": "B {{ text }}"}]


@pytest.fixture
def file(tmp_path):
    """Return the path of a prompt's file."""
    path = tmp_path / "extract.chat"
    PROMPT.save(path)
    return path


def test_names_of_the_notebook_and_files_are_prompts(file):
    """They are titled by their names; `cell` stands for the cell's own messages."""
    axis = named_prompts(f"A, B,{file},cell", {"A": PROMPT, "B": MESSAGES})
    assert axis.kind == axis.name == "prompt"
    assert axis.titles == ("A", "B", "extract", "cell")
    assert axis.values[0] == axis.values[2] == PROMPT
    assert axis.values[1] == (Message(role="user", content="B {{ text }}"),)
    assert axis.values[3] is None


def test_python_gives_prompts_by_title_or_in_a_list(file):
    """Of a list, files and texts title themselves; the others are numbered."""
    assert prompts_axis({"A": PROMPT, 1: "cell"}).titles == ("A", "1")
    axis = prompts_axis([PROMPT, "cell", file, "Hi {{ x }}"])
    assert axis.titles == ("prompt 0", "cell", "extract", "Hi {{ x }}")


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ("A", "prompts: expected a dict or a list of prompts, got str"),
        ({"A": 3}, "prompts A: expected a Prompt or a list of messages, got int"),
        ({"A": []}, "prompts A: expected a Prompt or a list of messages, got list"),
        ({"A": [{"rule": "user"}]}, "prompts A: messages"),
        ([], "prompts: no value is given"),
        (["Hi", "Hi"], "prompts: Hi is given twice"),
        (["missing.chat"], "prompt missing.chat cannot be read"),
    ],
)
def test_what_is_no_prompt_is_refused(prompts, words):
    """The error names which."""
    with pytest.raises(InvalidRequest, match=words):
        prompts_axis(prompts)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("Promt", "--prompts Promt: expected a Prompt .*; did you mean Prompt1"),
        ("x", "--prompts x: expected a Prompt or a list of messages, got int"),
        ("Prompt1,Prompt1", "--prompts: Prompt1 is given twice"),
        ("no.chat", "prompt no.chat cannot be read"),
    ],
)
def test_a_name_without_a_prompt_is_refused(words, message):
    """With the name that is meant, if one is near."""
    with pytest.raises(InvalidRequest, match=message):
        named_prompts(words, {"Prompt1": PROMPT, "x": 3})


def test_the_parameters_of_the_cell_take_precedence():
    """The prompt gives the others, and the model if the cell has none."""
    given = ChatRequest(parameters={"temperature": 1, "seed": 2})
    request = filled_by(PROMPT, {"text": "Ada"}, given)
    assert (request.model, request.parameters) == ("c/d", {"temperature": 1, "seed": 2})
    assert request.messages == (Message(role="user", content="How old is Ada?"),)
    assert request.source.cell == PROMPT.text
    messages = (Message(role="user", content="B {{ text }}"),)
    request = filled_by(messages, {"text": "Ada"}, given)
    assert (request.messages[0].content, request.source.messages) == ("B Ada", messages)


def test_each_prompt_has_its_schema():
    """Lists of messages have none."""
    axis = prompts_axis({"A": PROMPT, "B": MESSAGES, "cell": "cell"})
    assert list(schemas_of(axis)) == ["A"]
    assert schemas_of(None) == {}


def test_prompts_meet_the_same_rows(gateway):
    """Each with its own model and parameters; the rows are those of the data."""
    gateway(echo)
    results = chat_grid(
        "Say {{ text }}", over=["Ada", "Bob"], prompts={"cell": "cell", "A": PROMPT, "B": MESSAGES}
    )
    assert list(results.answers) == ["text", "cell", "A", "A.age", "B"]
    assert results.answers["cell"].tolist() == ["a/b None Say Ada", "a/b None Say Bob"]
    assert results.answers["A"].tolist() == [
        "c/d 0.5 How old is Ada?", "c/d 0.5 How old is Bob?",
    ]  # fmt: skip
    assert results.frame["prompt"].cat.categories.tolist() == ["cell", "A", "B"]
    assert "response_format" in results[1].request.parameters
    assert "response_format" not in results[2].request.parameters


@pytest.mark.parametrize(
    ("messages", "prompts", "words"),
    [
        ("Hi", {"A": MESSAGES}, "messages: are not among the prompts: add 'cell' to them"),
        (None, {"A": MESSAGES, "B": "cell"}, "messages: there is no prompt: cell among the"),
        (None, None, "messages: there is no prompt"),
    ],
)
def test_messages_that_are_not_sent_are_refused(gateway, messages, prompts, words):
    """And prompts that stand for none."""
    server = gateway(echo)
    with pytest.raises(chat_magic.InvalidRequest, match=words):
        chat_grid(messages, prompts=prompts)
    assert server.requests == []

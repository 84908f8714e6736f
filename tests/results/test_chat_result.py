"""One result as a value: its choices by index, what it picks, parses and goes on from."""

from __future__ import annotations

import json
import pickle

import pytest

import chat_magic
from chat_magic import ChatResult, ChatResults, InvalidRequest
from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.core.request.messages import Message as Sent
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.schema.structured import schema_of
from tests.completions import completion
from tests.gateway import streamed

ZERO, TWO = '{"items": ["zero"]}', '{"items": ["two"]}'


def result_of(texts, **fields):
    """Return a result with a choice for each text, by its index."""
    choices = (Choice(index=index, message=Message(content=text)) for index, text in texts.items())
    request = ChatRequest(messages=(Sent(role="user", content="Hi"),), model="a/b")
    return ChatResult(request, Reply(choices=tuple(choices)), Timing(), **fields)


@pytest.fixture
def gapped():
    """A result of which the server did not return choice 1."""
    return result_of({0: ZERO, 2: TWO}, schema=schema_of(list[str]))


def test_choices_are_positional_in_brackets_and_loops(gapped):
    """As in any sequence."""
    assert [choice.index for choice in gapped] == [0, 2]
    assert gapped[1].index == gapped[-1].index == 2
    assert [choice.index for choice in gapped[1:]] == [2]
    assert len(gapped) == 2
    assert gapped.text == ZERO


BY_INDEX = {
    "pick": lambda result, index: result.pick(index).text,
    "parse": lambda result, index: json.dumps({"items": result.parse(index)}),
    "conversation": lambda result, index: result.conversation(index)[-1].content,
    "base": lambda result, index: result.choices[result.compare(base=index).base].text,
    "pick of several": lambda result, index: ChatResults((result,)).pick(0, index).text,
    "base of several": lambda result, index: (
        result.choices[ChatResults((result,)).compare(base=(0, index)).base].text
    ),
}


@pytest.mark.parametrize("how", BY_INDEX.values(), ids=BY_INDEX)
def test_a_choice_is_named_by_its_index(gapped, how):
    """The number that pictures show; the error lists those that there are."""
    assert how(gapped, 2) == TWO
    for missing in (1, 3, -1):
        with pytest.raises(InvalidRequest, match=rf"^choice {missing}: expected one of 0, 2$"):
            how(gapped, missing)


def test_without_an_index_the_first_choice_is_meant(gapped):
    """Whatever its index is."""
    picked = gapped.pick(2)
    assert picked.parse() == picked.parsed == ["two"]
    assert picked.conversation()[-1].content == TWO
    assert ChatResults((picked, gapped)).pick(0).text == TWO
    assert ChatResults((picked, gapped)).compare(base=1).base == 1


def test_many_indices_are_said_as_a_range():
    """As `--n 128` may have them; there may also be none."""
    with pytest.raises(InvalidRequest, match=r"^choice 9: expected 0 to 4$"):
        result_of(dict.fromkeys(range(5), "x")).pick(9)
    with pytest.raises(InvalidRequest, match=r"^choice 0: the result has no choices$"):
        result_of({}).pick(0)


def test_an_answer_to_a_picked_choice_continues_from_it(gateway):
    """Though the picked choice is not choice 0."""
    server = gateway(lambda request: streamed(completion("one", "two")))
    picked = chat_magic.chat("Hi", n=2).pick(1)
    chat_magic.chat("On", after=picked)
    assert [message["content"] for message in server.requests[1].json["messages"]] == [
        "Hi", "two", "On",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [result_of({0: "x"}), ChatResults((result_of({0: "x"}),))])
def test_results_compare_by_value_and_are_not_hashable(value):
    """As a list or a DataFrame; the error names the type."""
    name = type(value).__name__
    with pytest.raises(TypeError, match=rf"^unhashable type: '{name}'$"):
        hash(value)
    assert value == pickle.loads(pickle.dumps(value))


def test_an_answer_that_does_not_fit_the_schema_is_named_by_its_index():
    """With the reason, and the text."""
    result = result_of({0: ZERO, 2: "two"}, schema=schema_of(list[str]))
    with pytest.raises(chat_magic.ChatError, match=r"^choice 2 does not fit the schema: .*'two'"):
        result.parse(2)


def test_parsing_requires_a_schema():
    """`parsed` is None without one, `parse` an error."""
    assert result_of({0: "x"}).parsed is None
    with pytest.raises(InvalidRequest, match="--schema"):
        result_of({0: "x"}).parse()

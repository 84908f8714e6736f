"""The value of a choice by its schema, and the warnings where it does not fit."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.choice_value import plain_value_of, validation_errors, value_of
from chat_magic.core.reply.reply import Choice, FunctionCall, Message, ToolCall
from chat_magic.core.schema.structured import schema_of
from tests.core.schema.sample_types import ADA, Person, Typed


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "\n```\n{}\n```\n", "```json \n{}```"])
def test_a_code_fence_around_the_answer_is_read_over(fence):
    """Servers without structured answers write one; the warning says so."""
    text = fence.format(ADA)
    schema = schema_of(Person)
    assert schema.decode(text.replace("{}", ADA)) == Person(name="Ada", age=36)
    (warning,) = validation_errors([choice(text.replace("{}", ADA))], schema)
    assert warning == "the answer is in a code fence, which the schema does not allow"


def choice(text=None, finish_reason="stop", index=0, **fields):
    """Return a choice with this text."""
    message = Message(content=text, **fields)
    return Choice(index=index, message=message, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (f"<think>Well.</think>{ADA}", None),
        (f"Well.</think>\n{ADA}", None),
        (f"<think>Well.</think>```json\n{ADA}\n```", "the answer is in a code fence"),
        (f"<think>Well.</think>So: {ADA}", "the answer has text around its JSON"),
        (f"<think>Well, {ADA}", "the answer does not close its reasoning"),
    ],
)
def test_reasoning_before_the_json_fits_the_schema(text, warning):
    """The text stays as it is; what else is around the JSON is a warning."""
    given, schema = choice(text), schema_of(Person)
    assert value_of(given, schema) == Person(name="Ada", age=36)
    assert plain_value_of(given, schema) == {"name": "Ada", "age": 36}
    warnings = list(validation_errors([given], schema))
    assert [each.partition(", which")[0].partition(":")[0] for each in warnings] == (
        [warning] if warning else []
    )
    assert given.text == text


def test_a_draft_in_reasoning_that_was_cut_off_is_no_value():
    """The reasoning took the whole budget."""
    with pytest.raises(ValueError, match="reasoning took the whole budget"):
        value_of(choice(f"<think>Perhaps {ADA}", "length"), schema_of(Person))


def test_the_value_goes_on_from_the_prefill():
    """The model did not write what it was given to begin with."""
    assert value_of(choice('"Ada", "age": 36}'), schema_of(Typed), '{"name": ') == {
        "name": "Ada",
        "age": 36,
    }


CALL = ToolCall(id="1", function=FunctionCall(name="f", arguments="{}"))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (choice('{"name": "Ad', "length"), "was cut off (finish_reason length), max_completion"),
        (choice(refusal="I won't."), "the model refused"),
        (choice(tool_calls=(CALL,), finish_reason="tool_calls"), "called a tool instead"),
    ],
)
def test_the_likely_cause_is_named(given, reason):
    """What else the choice says explains why there is no value."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        value_of(given, schema_of(Person))
    assert reason in str(caught.value)


def test_only_written_and_finished_answers_are_warned_of():
    """Refusals, calls and interruptions speak for themselves; the choice is named."""
    given = [
        choice(ADA),
        choice("no", index=1),
        choice("{", "interrupted", index=2),
        choice(refusal="I won't.", index=3),
    ]
    (warning,) = validation_errors(given, schema_of(Person))
    assert warning.startswith("choice 1 does not fit the schema: not valid JSON")


@pytest.mark.parametrize(
    ("text", "value"),
    [(ADA, {"name": "Ada", "age": 36}), ('{"name": "Ada"}', None), ("Ada", None)],
)
def test_the_plain_value_is_the_json_of_an_answer_that_fits(text, value):
    """Tables are made of it; an answer that does not fit has none."""
    assert plain_value_of(choice(text), schema_of(Person)) == value


def test_a_reference_to_another_document_is_a_warning():
    """Nothing is fetched: an answer fits whatever that document says."""
    schema = schema_of({"type": "object", "properties": {"x": {"$ref": "https://example.com/x"}}})
    (warning,) = validation_errors([choice('{"x": 1}')], schema)
    assert warning == (
        "the schema refers to https://example.com/x, which is not fetched: that part is not checked"
    )

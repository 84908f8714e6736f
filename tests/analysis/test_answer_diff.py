"""The three ways in which answers are compared."""

from __future__ import annotations

import json

import pytest

from chat_magic.analysis.answer_diff import Answers, diff_answers
from chat_magic.core.reply.assembler import Assembler
from tests.completions import completion, token

LABELS = {
    "type": "object",
    "properties": {"label": {"enum": ["spam", "ham"]}, "why": {"type": "string"}},
}


def read_reply(value):
    """Return the reply of a completion that arrived whole."""
    assembler = Assembler()
    assembler.feed_whole(json.dumps(value).encode(), 1.0)
    return assembler.reply()


def answers(*texts, schema=None):
    """Return the answers of one request."""
    return Answers(replies=[read_reply(completion(*texts))], prefills=[""], schema=schema)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("A red cat", "A blue cat", [" red", " blue"]),
        ("A cat", "A cat", []),
        ("", "A cat", ["A cat"]),
        ("A cat\nsleeps", "A cat", ["\n", "sleeps"]),
    ],
)
def test_one_answer_is_compared_by_word(before, after, changes):
    """What stays, and what does not."""
    found = diff_answers(answers(before), answers(after))
    assert found.kind == "text"
    assert "".join(c.text for c in found.changes if c.kind != "same") == "".join(changes)
    assert found.is_same == (before == after)


def test_json_is_compared_by_field():
    """Only those that changed."""
    found = diff_answers(answers('{"a": 1, "b": 2}'), answers('{"b": 3, "a": 1}'))
    assert [(field.pointer, field.before, field.after) for field in found.fields] == [
        ("/b", "2", "3")
    ]


def test_several_answers_are_compared_by_their_shares():
    """Of each distinct answer, with Wilson intervals, the most frequent first."""
    found = diff_answers(answers("Tom", "tom", "Félix", "Tom"), answers("Félix", "Félix"))
    assert found.kind == "shares"
    rows = [(row.text, row.before.count, row.after.count, row.after.among) for row in found.shares]
    assert rows == [("Félix", 1, 2, 2), ("Tom", 3, 0, 2)]
    tom = found.shares[1].before
    assert (tom.low, tom.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


@pytest.mark.parametrize(
    ("before", "after"), [(("Tom",), ("Tom", "Félix")), ((), ("Tom", "Tom")), (("a", "b"), ())]
)
def test_one_side_with_several_answers_is_enough(before, after):
    """A side without answers has no share."""
    found = diff_answers(answers(*before), answers(*after))
    assert found.kind == "shares"
    assert all((row.before is None) == (not before) for row in found.shares)


def labelled(label, logprob, other, other_logprob, *, schema=LABELS):
    """Return one answer whose label has a probability, and so has another one."""
    text = json.dumps({"label": label})
    chosen = token(label, [label], logprob)
    chosen["top_logprobs"].append({**token(other, (), other_logprob)})
    head = [token(part, [part], 0.0) for part in ('{"', "label", '":', ' "')]
    parts = [*head, chosen, token('"}', ['"}'], 0.0)]
    value = completion(text, n_top=1)
    value["choices"][0]["logprobs"]["content"] = parts
    return Answers(replies=[read_reply(value)], prefills=[""], schema=schema)


def test_labels_are_compared_by_their_probabilities():
    """As the schema's enum has them."""
    found = diff_answers(
        labelled("spam", -0.1054, "ham", -2.3026), labelled("ham", -0.6931, "spam", -0.6931)
    )
    assert found.kind == "labels"
    rows = [(row.field, row.label, row.before, row.after) for row in found.labels]
    assert rows == [
        ("/label", "spam", pytest.approx(0.9, abs=1e-3), pytest.approx(0.5, abs=1e-3)),
        ("/label", "ham", pytest.approx(0.1, abs=1e-3), pytest.approx(0.5, abs=1e-3)),
    ]


def test_a_label_that_was_not_asked_for_has_no_probability():
    """As when the schema changed, or had no log probabilities before."""
    more = {"properties": {"label": {"enum": ["spam", "ham", "other"]}}}
    found = diff_answers(
        labelled("spam", -0.1, "ham", -2.3), labelled("ham", -0.7, "spam", -0.7, schema=more)
    )
    assert [(row.label, row.before is None) for row in found.labels] == [
        ("spam", False), ("ham", False), ("other", True),
    ]  # fmt: skip
    bare = answers('{"label": "spam"}', schema=LABELS)
    assert {row.before for row in diff_answers(bare, labelled("ham", 0, "spam", -9)).labels} == {
        None
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"label": {"$ref": "#/$defs/L"}}, "$defs": {"L": {"enum": ["spam", "ham"]}}},
        {"properties": {"label": {"enum": ["spam", "ham"]}, "n": {"enum": [1, 2]}}},
        {"properties": {"label": {"enum": ["spam", "ham"]}, "loop": {"$ref": "#"}}},
    ],
)
def test_enums_are_found_where_schemas_have_them(schema):
    """Behind references too; those of numbers are not labels, and a loop ends."""
    found = diff_answers(*[labelled("spam", -0.1, "ham", -2.3, schema=schema)] * 2)
    assert {row.field for row in found.labels} == {"/label"}
    assert found.is_same


def test_labels_without_log_probabilities_are_compared_as_other_answers():
    """Nothing is guessed."""
    found = diff_answers(
        answers('{"label": "spam"}', schema=LABELS), answers('{"label": "ham"}', schema=LABELS)
    )
    assert (found.kind, [field.pointer for field in found.fields]) == ("text", ["/label"])

"""What changed from one request to another."""

from __future__ import annotations

import pytest

from chat_magic.analysis.prompt_diff import diff_prompts


def body(*messages, **fields):
    """Return a request with messages such as `user: Hi`."""
    pairs = [message.split(": ", 1) for message in messages]
    return {
        "model": "a/b",
        "messages": [{"role": role, "content": text} for role, text in pairs],
        **fields,
    }


def marked(message):
    """Write a message as git's word diff does."""
    marks = {"same": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]"}
    text = "".join(marks[kind].format(text) for kind, text in message.changes)
    return f"{message.role}: {text}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["user: Name a cat"], ["user: Name a dog"], ["user: Name a[- cat-]{+ dog+}"]),
        (["user: Hi"], ["system: Be terse", "user: Hi"], ["system: {+Be terse+}", "user: Hi"]),
        (["system: Be terse", "user: Hi"], ["user: Hi"], ["system: [-Be terse-]", "user: Hi"]),
        (["system: Hi"], ["user: Hi"], ["system: [-Hi-]", "user: {+Hi+}"]),
        (
            ["user: A", "assistant: B", "user: C d"],
            ["user: A", "assistant: B", "user: C e"],
            ["user: A", "assistant: B", "user: C[- d-]{+ e+}"],
        ),
        (
            ["user: Name a cat"],
            ["system: Be terse", "user: Name a dog"],
            ["system: {+Be terse+}", "user: Name a[- cat-]{+ dog+}"],
        ),
        (
            ["system: Be terse", "user: Name a cat"],
            ["user: Name a dog", "assistant: Rex"],
            ["system: [-Be terse-]", "user: Name a[- cat-]{+ dog+}", "assistant: {+Rex+}"],
        ),
        (["user: Hi"], ["user: Hi"], ["user: Hi"]),
    ],
)
def test_messages_are_compared_by_word(before, after, expected):
    """Identical ones stay where they are; another role is another message."""
    found = diff_prompts(body(*before), body(*after))
    assert [marked(message) for message in found.messages] == expected
    assert found.parameters == ()
    assert found.is_same == (before == after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"temperature": 0.2}, {"temperature": 0.8}, [("temperature", "0.2", "0.8")]),
        ({}, {"seed": 9007199254740993}, [("seed", None, "9007199254740993")]),
        ({"stop": ["a"]}, {}, [("stop", '["a"]', None)]),
        ({"model": "a/b"}, {"model": "c/d"}, [("model", "a/b", "c/d")]),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "y"}}},
            [("response_format/json_schema/name", '"x"', '"y"')],
        ),
        ({"logprobs": True}, {"logprobs": True}, []),
        ({"n": 1}, {"n": True}, [("n", "1", "true")]),
    ],
)
def test_changed_parameters_have_both_values(before, after, expected):
    """Of an object, each field that changed."""
    found = diff_prompts(body("user: Hi", **before), body("user: Hi", **after))
    assert [(row.name, row.before, row.after) for row in found.parameters] == expected


def test_an_attachment_is_a_word():
    """Another image is another word, without its data."""

    def with_image(data):
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        content = [{"type": "text", "text": "What is it?"}, image]
        return {"model": "a/b", "messages": [{"role": "user", "content": content}]}

    (message,) = diff_prompts(with_image("AAAA"), with_image("BBBB")).messages
    assert [kind for kind, _ in message.changes] == ["same", "delete", "insert"]
    assert "AAAA" not in str(message)
    assert message.changes[1].text.startswith("[image_url ")

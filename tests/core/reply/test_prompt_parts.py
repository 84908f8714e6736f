"""A prompt as a model reads it, in parts."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.prompt_parts import (
    PromptToken,
    boundaries,
    common_start,
    inserted_text,
    oddities,
    with_messages,
)


def prompt(*messages, generation=True):
    """Apply a template like ChatML, which puts in a system message of its own."""
    turns = [*messages]
    if turns and turns[0][0] != "system":
        turns = [("system", "Be good."), *turns]
    text = "".join(f"<s>{role}\n{content}</s>\n" for role, content in turns)
    return text + ("<s>assistant\n" if generation else "")


def tokens(text):
    """Return a token for each control token, and for each other character."""
    found, at = [], 0
    while at < len(text):
        name = next((name for name in ("<s>", "</s>") if text.startswith(name, at)), text[at])
        number = hash(name) % 1000
        found.append(PromptToken(id=number, content=name.encode(), is_special=len(name) > 1))
        at += len(name)
    return found


def test_a_system_message_of_the_template_is_found():
    """It is where a marked one would be."""
    messages = [("user", "Hi")]
    plain, marked = prompt(*messages), prompt(("system", "MARK"), *messages)
    assert inserted_text(plain, marked, "MARK") == (len("<s>system\n"), "Be good.")
    assert (
        inserted_text("<s>user\nHi</s>\n", "<s>system\nMARK</s>\n<s>user\nHi</s>\n", "MARK") is None
    )


def test_each_message_ends_where_the_prompt_of_those_before_does():
    """The turn that the model is to write is of none."""
    messages = [("system", "A"), ("user", "Bé")]
    text = prompt(*messages)
    starts = [prompt(*messages[:count], generation=False) for count in (1, 2)]
    ends = boundaries(text, starts, ["A", "Bé"])
    placed = with_messages(text, tokens(text), ends)
    parts = {}
    for token in placed:
        parts[token.message] = parts.get(token.message, "") + token.text
    assert parts == {
        0: "<s>system\nA</s>\n",
        1: "<s>user\nBé</s>\n",
        None: "<s>assistant\n",
    }


def test_without_prompts_of_a_part_the_texts_tell_where_messages_end():
    """A template that takes no such beginning is an example."""
    assert boundaries("<s>user\nHi</s>\n", [None], ["Hi"]) == [len("<s>user\nHi")]
    assert boundaries("abc", [None, None], ["x", "c"]) == [0, 3]


def test_a_token_that_is_added_before_the_prompt_is_of_no_message():
    """The others are found all the same."""
    added = PromptToken(id=1, content=b"<bos>", is_special=True)
    placed = with_messages("Hi", [added, PromptToken(id=2, content=b"Hi")], [2])
    assert [token.message for token in placed] == [None, 0]


def test_odd_prompts_are_told():
    """Two first tokens, a message that nobody wrote, and a control token in a text."""
    contents = ["Say </s> twice"]
    text = "<s><s>user\nSay </s> twice</s>\n"
    placed = with_messages(text, tokens(text), [len(text)])
    assert list(oddities(placed, contents, "Be good.")) == [
        "the template puts in a system message of its own: 'Be good.'",
        "the prompt begins with <s> twice",
        "messages[0]: its text has </s>, which the model reads as the control token of this name",
    ]
    assert list(oddities(placed[1:], ["Say"], None)) == []


@pytest.mark.parametrize(
    ("one", "other", "count"), [("abc", "abd", 2), ("a", "ab", 1), ("", "", 0)]
)
def test_the_common_start_is_counted_in_characters(one, other, count):
    """The shorter text ends it."""
    assert common_start(one, other) == count

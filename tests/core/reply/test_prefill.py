"""Whether an answer continues its prefill, or is a new turn."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.prefill import check_prefill
from chat_magic.core.reply.reply import Choice, Message, Reply
from chat_magic.core.request.request import ChatRequest, read_messages


def checked(prefill: str, *texts: str, mode=None) -> tuple[ChatRequest, tuple[str, ...]]:
    """Check the answer to a request that ends with a prefill."""
    messages = [{"role": "user", "content": "Hi"}]
    messages += [{"role": "assistant", "content": prefill}] if prefill else []
    request = ChatRequest(model="a/b", messages=read_messages(messages))
    choices = [Choice(index=i, message=Message(content=text)) for i, text in enumerate(texts)]
    return check_prefill(request, Reply(choices=tuple(choices)), mode)


@pytest.mark.parametrize(
    ("prefill", "text", "reason"),
    [
        ("The capital is", "The capital is Paris.", "repeats it"),
        ("The capital is ", "\nThe capital is Paris.", "repeats it"),
        ("The capital of France is", "The capital of France, of course, is Paris", "repeats it"),
        ("My name is", "<|im_start|>assistant\nHello", "starts a new turn"),
        ("My name is", "assistant\n\nHello", "starts a new turn"),
        ("My name is", "<|eot_id|>Hello", "starts a new turn"),
        ('{"name": "', '{"name": "Ada"}', "repeats it"),
        ("{", '{"name": "Ada"}', "starts its JSON anew"),
        ("[", '```json\n["a"]\n```', "starts its JSON anew"),
    ],
)
def test_an_answer_that_is_no_continuation_is_a_warning(prefill, text, reason):
    """Its request has no prefill any more, so that nothing draws or reads it as continued."""
    request, (warning,) = checked(prefill, text)
    assert warning.startswith(f"prefill: the answer {reason}, so it was not continued")
    assert request.prefill == ""
    assert request.messages[-1].content == prefill


@pytest.mark.parametrize(
    ("prefill", "text"),
    [
        ("The capital is", " Paris."),
        ("1", "1"),
        ("{", '"name": "Ada"}'),
        ("[", "[1], [2]]"),
        ('{"a": ', '{"b": 1}}'),
        ("Names:\n", "```\nAda\n```"),
        ("", "Hello"),
        ("The capital is", ""),
    ],
)
def test_an_answer_that_may_be_a_continuation_is_one(prefill, text):
    """Also where it begins as its prefill does."""
    request, warnings = checked(prefill, text)
    assert warnings == ()
    assert request.prefill == prefill


def test_a_server_that_is_known_to_continue_none_answers_in_a_new_turn():
    """Whatever it writes."""
    request, (warning,) = checked("My name is", " Ada", mode="none")
    assert "this server continues none" in warning
    assert request.prefill == ""


def test_one_choice_of_several_is_enough():
    """They are answers to the same request."""
    assert checked("My name is", " Ada", "My name is Ada")[0].prefill == ""

"""A parameter that the server ignored, where that can be seen, becomes a warning."""

from __future__ import annotations

import msgspec
import pytest

from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.request.scoring import Scoring
from chat_magic.core.unset import UNSET


def reply(*texts: str, n_top: int | None = None) -> Reply:
    """Return a reply with these texts, each one token with so many alternatives."""

    def logprobs(text):
        if n_top is None:
            return None
        token = TokenLogprob(token=text, logprob=-1.0, top_logprobs=[TopLogprob()] * n_top)
        return Logprobs(content=[token])

    return Reply(
        choices=tuple(
            Choice(index=i, message=Message(content=text), logprobs=logprobs(text))
            for i, text in enumerate(texts)
        )
    )


def test_scored_texts_show_nothing_of_the_parameters_for_writing() -> None:
    """The server did not write them, so that it ignored no limit and no stop."""
    asked = {"logprobs": True, "top_logprobs": 5, "stop": "a", "max_completion_tokens": 1}
    request = ChatRequest(model="a/b", parameters=asked, score=Scoring(("ab c", "d")))
    assert ignored_parameters(request, reply("ab c", "d")) == ()
    assert ignored_parameters(request, reply("ab c", "d", n_top=0)) == ()
    assert ignored_parameters(request, reply("d")) == ("n 2: the server returned 1 choice",)


@pytest.mark.parametrize(
    ("parameters", "answer", "warnings"),
    [
        ({}, reply("a"), []),
        ({"n": 3}, reply("a"), ["n 3: the server returned 1 choice"]),
        ({"n": 1}, reply("a", "b"), ["n 1: the server returned 2 choices"]),
        ({"n": UNSET}, reply("a"), []),
        ({"logprobs": True}, reply("a"), ["logprobs: the server returned none"]),
        ({"logprobs": True}, reply(""), []),
        ({"logprobs": True}, reply("a", n_top=0), []),
        ({"logprobs": False}, reply("a"), []),
        (
            {"logprobs": True, "top_logprobs": 5},
            reply("a", n_top=0),
            ["top_logprobs 5: the server returned none"],
        ),
        (
            {"logprobs": True, "top_logprobs": 20},
            reply("a", n_top=5),
            ["top_logprobs 20: the server returned 5"],
        ),
        ({"logprobs": True, "top_logprobs": 5}, reply("a", n_top=6), []),
        ({"stop": "END"}, reply("a END b"), ["stop 'END': it is in the answer"]),
        ({"stop": ["\n", "END"]}, reply("a"), []),
    ],
)
def test_what_the_answer_shows_to_be_ignored_is_named(parameters, answer, warnings):
    """n, logprobs, top_logprobs and stop; nothing when all was heeded."""
    found = ignored_parameters(ChatRequest(parameters=parameters), answer)
    assert len(found) == len(warnings)
    assert all(got.startswith(words) for got, words in zip(found, warnings, strict=True))


def written(text: str, *tokens: str) -> Reply:
    """Return a reply with a text of these tokens."""
    logprobs = Logprobs(content=[TokenLogprob(token=each) for each in tokens]) if tokens else None
    return Reply(choices=(Choice(index=0, message=Message(content=text), logprobs=logprobs),))


@pytest.mark.parametrize(
    ("stop", "answer", "is_ignored"),
    [
        ("END", written("All is said. END"), False),
        ("END", written("END"), False),
        ("END", written("All is said. END\n"), False),
        (["\n", "END"], written("All is said. END"), False),
        ("\n", written("One line\n"), False),
        ("\n", written("One line\n\n", "One", " line", "\n\n"), False),
        (".", written('He said "no."', "He", ' said "', "no", '."'), False),
        ("END", written("END of it"), True),
        ("END", written("One END two END"), True),
        ("\n", written("One\ntwo"), True),
        (".", written("No. Yes", "No", ".", " Yes"), True),
        (["\n", "END"], written("a\nb END"), True),
    ],
)
def test_an_answer_that_ends_with_its_stop_has_stopped_there(stop, answer, is_ignored):
    """The server left the stop in the text, with the rest of its token; more is a warning."""
    found = ignored_parameters(ChatRequest(parameters={"stop": stop}), answer)
    assert bool(found) is is_ignored


def counted(n_tokens, *texts, rejected=None):
    """Return a reply whose server counted so many tokens."""
    details = None if rejected is None else {"rejected_prediction_tokens": rejected}
    usage = Usage(completion_tokens=n_tokens, completion_tokens_details=details)
    return msgspec.structs.replace(reply(*texts or ("a",)), usage=usage)


def spelled(n_tokens):
    """Return a reply of so many tokens with log probabilities, which the server did not count."""
    tokens = [TokenLogprob(token="a", logprob=-1.0) for _ in range(n_tokens)]
    choice = Choice(index=0, message=Message(content="a"), logprobs=Logprobs(content=tokens))
    return Reply(choices=(choice,))


@pytest.mark.parametrize(
    ("parameters", "answer", "words"),
    [
        ({"max_completion_tokens": 5}, counted(40), "--extra max_tokens=5"),
        ({"max_completion_tokens": 5}, spelled(6), "wrote 6 tokens"),
        ({"max_completion_tokens": 5, "n": 2}, counted(40, "a", "b"), "--extra max_tokens=5"),
        ({"max_tokens": 5}, counted(40), "--extra max_completion_tokens=5"),
        ({"max_completion_tokens": 5}, counted(5), None),
        ({"max_completion_tokens": 5}, spelled(5), None),
        ({"max_completion_tokens": 5}, counted(9, rejected=4), None),
        ({"max_completion_tokens": 5, "n": 2}, counted(10, "a", "b"), None),
        ({"max_completion_tokens": 5}, counted(None), None),
        ({"max_completion_tokens": UNSET}, counted(40), None),
    ],
)
def test_a_limit_of_tokens_that_was_exceeded_names_the_other_name(parameters, answer, words):
    """Some servers know only one of the two; wrong predictions are counted but not written."""
    found = ignored_parameters(ChatRequest(parameters=parameters), answer)
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


@pytest.mark.parametrize(
    ("asked", "answered", "warnings"),
    [
        ("flex", "default", ["service_tier flex: default answered, and has its own price"]),
        ("flex", "flex", []),
        ("auto", "default", []),
        ("priority", None, []),
        (UNSET, "default", []),
    ],
)
def test_another_service_tier_than_the_one_asked_for_is_a_warning(asked, answered, warnings):
    """Its price differs."""
    answer = msgspec.structs.replace(reply("a"), service_tier=answered)
    request = ChatRequest(parameters={"service_tier": asked})
    assert list(ignored_parameters(request, answer)) == warnings


def test_a_field_that_was_sent_as_given_counts():
    """As one that was checked."""
    request = ChatRequest(parameters={"logprobs": True}, extra={"top_logprobs": 50, "n": 2})
    found = ignored_parameters(request, reply("a", n_top=5))
    assert [words.partition(":")[0] for words in found] == ["n 2", "top_logprobs 50"]

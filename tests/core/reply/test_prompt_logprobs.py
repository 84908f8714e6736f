"""Log probabilities of prompts: vLLM's, those of servers that echo, and a text found in them."""

from __future__ import annotations

from typing import Any

import pytest

from chat_magic.core.reply.prompt_logprobs import (
    echoed_tokens,
    find_text,
    prompt_tokens,
    written_token,
)
from chat_magic.core.reply.reply import TokenLogprob


def vllm(*tokens: tuple[str, float]) -> dict[str, Any]:
    """Return vLLM's answer for a prompt of a first token and these."""
    rows = [
        {str(n): {"logprob": p, "rank": 1, "decoded_token": t}} for n, (t, p) in enumerate(tokens)
    ]
    return {"prompt_logprobs": [None, *rows]}


def tokens_of(*tokens: tuple[str, float | None]) -> list[TokenLogprob]:
    """Return tokens with these log probabilities."""
    return [TokenLogprob(token=token, logprob=logprob) for token, logprob in tokens]


def test_vllm_has_an_object_for_each_token_but_the_first() -> None:
    """Where it has any at all."""
    found = prompt_tokens(vllm(("Par", -1.0), ("is", -0.5)))
    assert found == [TokenLogprob(), *tokens_of(("Par", -1.0), ("is", -0.5))]
    assert prompt_tokens({"choices": []}) is None
    assert prompt_tokens({"prompt_logprobs": "?"}) is None


LISTS = {"tokens": ["The", " end", "."], "token_logprobs": [None, -1.0, -2.0]}


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ({"prompt": [{"text": "The end.", "logprobs": LISTS}]}, ["The", " end", "."]),
        ({"choices": [{"logprobs": LISTS}]}, ["The", " end"]),
        ({"choices": [{"logprobs": LISTS}], "usage": {"completion_tokens": 2}}, ["The"]),
        (
            {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": 0.0}] * 3}}]},
            ["a", "a"],
        ),
        ({"choices": [{"logprobs": {"content": [{"token": "a", "logprob": 0.0}]}}]}, None),
        ({"choices": [{"logprobs": None}]}, None),
        ({"choices": []}, None),
        ({"prompt": "The end."}, None),
    ],
)
def test_an_echo_is_beside_the_choices_or_before_the_answer(
    answer: dict[str, Any], texts: list[str] | None
) -> None:
    """An answer without one is that of a server that does not echo."""
    found = echoed_tokens(answer)
    assert (found and [token.token for token in found]) == texts


PARIS = (("?", -3.0), ("\n", -0.1), ("Par", -1.0), ("is", -0.5))


@pytest.mark.parametrize(
    ("tokens", "text", "written", "then"),
    [
        (PARIS, "Paris", ["Par", "is"], None),
        ((*PARIS, ("<|im_end|>", -0.2)), "Paris", ["Par", "is"], "<|im_end|>"),
        ((*PARIS, ("<|im_end|>", -0.2), ("\n", 0.0)), "Paris", ["Par", "is"], "<|im_end|>"),
        (PARIS, "\nParis", ["\n", "Par", "is"], None),
        ((*PARIS, (" ", -0.2)), "Paris ", ["Par", "is", " "], None),
    ],
)
def test_a_text_is_found_at_the_end_of_the_prompt(
    tokens: tuple[tuple[str, float], ...], text: str, written: list[str], then: str | None
) -> None:
    """A template may put control tokens after it, the first of which ends the answer."""
    found = find_text(text, tokens_of(*tokens))
    assert found is not None
    assert [token.token for token in found.tokens] == written
    assert (found.next_token and found.next_token.token) == then


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (PARIS, "aris"),  # it begins inside a token
        (PARIS, "London"),
        ((("Paris", None),), "Paris"),
        ((("Paris", -9999.0),), "Paris"),
        ((), "Paris"),
    ],
)
def test_a_text_whose_tokens_are_not_known_is_not_found(
    tokens: tuple[tuple[str, float | None], ...], text: str
) -> None:
    """Its score would be that of something else."""
    assert find_text(text, tokens_of(*tokens)) is None


def test_the_written_token_is_the_last_of_the_choice() -> None:
    """An echo comes before it."""
    answer = {"choices": [{"logprobs": {"content": [{"token": "a"}, {"token": "b"}]}}]}
    found = written_token(answer)
    assert found is not None
    assert found.token == "b"
    assert written_token({"choices": [{}]}) is None

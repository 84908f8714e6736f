"""Log probabilities in the shape of the older completions API."""

from __future__ import annotations

import pytest

from chat_magic.core.legacy_logprobs import read_legacy
from tests.completions import delta
from tests.core.test_assemble import FINISH, assemble


def test_parallel_lists_become_tokens() -> None:
    """With their alternatives; a missing log probability stays missing."""
    first, last = read_legacy(
        {
            "tokens": ["Hi", "!"],
            "token_logprobs": [None, -0.5],
            "top_logprobs": [None, {"!": -0.5, "?": -1}],
            "text_offset": [0, 2],
        }
    ) or [None, None]
    assert first is not None
    assert last is not None
    assert (first.token, first.logprob, first.top_logprobs) == ("Hi", None, None)
    assert [(x.token, x.logprob) for x in last.top_logprobs or []] == [("!", -0.5), ("?", -1.0)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tokens": ["a"]},
        {"tokens": ["a"], "token_logprobs": []},
        {"tokens": [1], "token_logprobs": [-0.5]},
        {"tokens": "a", "token_logprobs": "b"},
    ],
)
def test_another_shape_is_none(fields: dict[str, object]) -> None:
    """Fields of those names that mean something else are left alone."""
    assert read_legacy(fields) is None


def test_a_streamed_choice_in_that_shape_has_its_log_probabilities() -> None:
    """Chunk by chunk; a warning says so, and the lists stay in `extra`."""
    lists = [{"tokens": [text], "token_logprobs": [-0.5]} for text in ("Hi", "!")]
    reply = assemble(delta("Hi", logprobs=lists[0]), delta("!", logprobs=lists[1]), FINISH).reply()
    (choice,) = reply.choices
    assert choice.logprobs is not None
    assert [token.token for token in choice.logprobs.content or []] == ["Hi", "!"]
    assert choice.extra["tokens"] == ["Hi", "!"]
    assert reply.warnings == ("log probabilities came in the shape of the older completions API",)

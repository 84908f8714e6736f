"""A chat request as one that continues token ids."""

from __future__ import annotations

import pytest

from chat_magic.core.request.llama_body import completion_body

KEPT = {"prompt": [1, 2], "cache_prompt": True, "return_tokens": True}


@pytest.mark.parametrize(
    ("chat", "sent"),
    [
        ({"messages": [], "temperature": 0.5, "seed": 3}, {"temperature": 0.5, "seed": 3}),
        ({"max_completion_tokens": 9}, {"n_predict": 9}),
        ({"max_tokens": 9, "n": 2}, {"n_predict": 9, "n_cmpl": 2}),
        ({"logprobs": True}, {"n_probs": 1}),
        ({"logprobs": True, "top_logprobs": 20}, {"n_probs": 20}),
        ({"stop": "a"}, {"stop": ["a"]}),
        ({"stop": ["a", "b"]}, {"stop": ["a", "b"]}),
        ({"logit_bias": {"5": -100}}, {"logit_bias": [[5, -100]]}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"a": 1}}}},
            {"json_schema": {"a": 1}},
        ),
        ({"response_format": {"type": "json_object"}}, {"json_schema": {"type": "object"}}),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
        ({"repeat_penalty": 1.1}, {"repeat_penalty": 1.1}),
    ],
)
def test_fields_get_the_names_of_the_server(chat, sent):
    """What concerns the prompt is left out."""
    assert completion_body(chat, (1, 2)) == {**sent, **KEPT}

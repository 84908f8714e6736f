"""A chat request as one to llama.cpp's `/completion`, whose prompt is token ids.

Field names are the server's (https://github.com/ggml-org/llama.cpp/tree/master/tools/server).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["completion_body"]

_RENAMED = {"max_tokens": "n_predict", "max_completion_tokens": "n_predict", "n": "n_cmpl"}
_LEFT_OUT = frozenset(
    [
        "messages", "logprobs", "top_logprobs", "stream_options", "response_format", "logit_bias",
        "stop", "tool_choice", "parallel_tool_calls", "chat_template_kwargs", "reasoning_effort",
        "add_generation_prompt", "continue_final_message",
    ]
)  # fmt: skip
"""What is written in another way, or concerns the prompt, which is there already."""


def completion_body(body: Mapping[str, Any], prompt: Sequence[int]) -> dict[str, Any]:
    """Return the request that continues a prompt as a chat request would.

    Args:
        body: The chat request.
        prompt: The token ids of its prompt, with the beginning of the answer.
    """
    sent = {
        _RENAMED.get(name, name): value for name, value in body.items() if name not in _LEFT_OUT
    }
    sent |= {"prompt": list(prompt), "cache_prompt": True, "return_tokens": True}
    if body.get("logprobs") or body.get("top_logprobs"):
        sent["n_probs"] = max(int(body.get("top_logprobs") or 0), 1)
    if body.get("stop") is not None:
        stop = body["stop"]
        sent["stop"] = [stop] if isinstance(stop, str) else stop
    if bias := body.get("logit_bias"):
        sent["logit_bias"] = [[int(token), value] for token, value in bias.items()]
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        sent["json_schema"] = (form.get("json_schema") or {}).get("schema", {})
    elif form.get("type") == "json_object":
        sent["json_schema"] = form.get("schema", {"type": "object"})
    return sent

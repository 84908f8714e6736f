"""Log probabilities of a prompt, as vLLM and servers that echo report them.

vLLM, asked for `prompt_logprobs`, has a list with an object for each token of the prompt, null for
the first: `{"3681": {"logprob": -0.4, "rank": 1, "decoded_token": "Paris"}}`
(https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html). Servers that echo have the
lists of the older completions API, or entries as of an answer, with the prompt's tokens first: in
`prompt` (Together) or in the choice (Fireworks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from chat_magic.core.reply.logprob_shapes import read_legacy
from chat_magic.core.reply.reply import TokenLogprob
from chat_magic.core.reply.tokens import is_special, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FoundText", "echoed_tokens", "find_text", "prompt_tokens", "written_token"]


_ENTRIES: msgspec.json.Decoder[list[TokenLogprob] | None] = msgspec.json.Decoder(
    list[TokenLogprob] | None
)


class FoundText(NamedTuple):
    """The tokens of a text in a prompt."""

    tokens: list[TokenLogprob]
    next_token: TokenLogprob | None
    """The token after them, if the prompt has one."""


class _Ranked(msgspec.Struct):
    logprob: float
    decoded_token: str | None = None


def prompt_tokens(answer: Mapping[str, Any]) -> list[TokenLogprob] | None:
    """Return the tokens of a prompt from vLLM's answer; None where it has none."""
    try:
        rows = msgspec.convert(answer.get("prompt_logprobs"), list[dict[str, _Ranked] | None])
    except msgspec.ValidationError:
        return None
    return [_token(next(iter(row.values()))) if row else TokenLogprob() for row in rows]


def _token(entry: _Ranked) -> TokenLogprob:
    return TokenLogprob(token=entry.decoded_token or "", logprob=entry.logprob)


def echoed_tokens(answer: Mapping[str, Any]) -> list[TokenLogprob] | None:
    """Return the tokens of the prompt from the answer of a server that echoes; None without."""
    prompt = answer.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
        return _listed(prompt[0].get("logprobs"))
    tokens = _listed(_first_choice(answer).get("logprobs"))
    usage = answer.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    n_written = count if isinstance(count, int) else 1
    return tokens[: len(tokens) - n_written] if tokens and len(tokens) > n_written else None


def written_token(answer: Mapping[str, Any]) -> TokenLogprob | None:
    """Return the token that was written after the prompt, with its alternatives."""
    tokens = _listed(_first_choice(answer).get("logprobs"))
    return tokens[-1] if tokens else None


def find_text(text: str, tokens: Sequence[TokenLogprob]) -> FoundText | None:
    """Find the tokens of a text at the end of a prompt, before the control tokens of a template.

    None where no tokens are exactly the text, or one of them has no log probability.
    """
    end = len(tokens)
    while end and (is_special(tokens[end - 1].token) or not tokens[end - 1].token.strip()):
        if _ends_at(text, tokens, end) is not None:
            break
        end -= 1
    start = _ends_at(text, tokens, end)
    if start is None or any(status_of(token.logprob) != "ok" for token in tokens[start:end]):
        return None
    return FoundText([*tokens[start:end]], tokens[end] if end < len(tokens) else None)


def _ends_at(text: str, tokens: Sequence[TokenLogprob], end: int) -> int | None:
    """Return where the tokens of a text begin that end at a position; None if they do not."""
    left, start = text, end
    while left and start and tokens[start - 1].token and left.endswith(tokens[start - 1].token):
        start -= 1
        left = left.removesuffix(tokens[start].token)
    return None if left else start


def _first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _listed(logprobs: Any) -> list[TokenLogprob] | None:
    if not isinstance(logprobs, dict):
        return None
    if "content" in logprobs:
        try:
            return _ENTRIES.decode(msgspec.json.encode(logprobs["content"]))
        except msgspec.DecodeError:
            return None
    return read_legacy(logprobs)

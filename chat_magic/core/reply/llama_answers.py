"""What llama.cpp's own endpoints answer: templates applied, tokens, completions of token ids.

Field names are the server's (https://github.com/ggml-org/llama.cpp/tree/master/tools/server).
Unknown fields are ignored.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

__all__ = [
    "AppliedTemplate",
    "LlamaAlternative",
    "LlamaCompletion",
    "LlamaPiece",
    "LlamaProps",
    "LlamaToken",
    "TokenizedText",
]


class LlamaProps(Struct, frozen=True, kw_only=True):
    """The answer to `GET /props`: what the server runs."""

    default_generation_settings: dict[str, Any] = {}
    chat_template: str = ""
    bos_token: str = ""
    eos_token: str = ""
    total_slots: int = 1
    model_alias: str = ""
    build_info: str = ""

    @property
    def n_ctx(self) -> int | None:
        """Tokens of the prompt and the answer of one request; None where it is not said."""
        count = self.default_generation_settings.get("n_ctx")
        return count if isinstance(count, int) and count > 0 else None


class AppliedTemplate(Struct, frozen=True, kw_only=True):
    """The answer to `POST /apply-template`: the text that the model reads."""

    prompt: str


class LlamaPiece(Struct, frozen=True, kw_only=True):
    """A token of a tokenized text."""

    id: int
    piece: str | list[int] = ""
    """Its text; the list of its bytes where these are not UTF-8."""

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return self.piece.encode() if isinstance(self.piece, str) else bytes(self.piece)

    @property
    def is_whole(self) -> bool:
        """Whether its bytes are whole characters."""
        return isinstance(self.piece, str)


class TokenizedText(Struct, frozen=True, kw_only=True):
    """The answer to `POST /tokenize` with pieces."""

    tokens: list[LlamaPiece]


class LlamaAlternative(Struct, frozen=True, kw_only=True, gc=False):
    """A token that could have been written."""

    id: int
    token: str = ""
    """Its text; empty for a special token."""
    raw_bytes: msgspec.Raw = msgspec.field(name="bytes", default=msgspec.Raw(b"null"))
    logprob: float | None = None
    """Natural logarithm of its probability, before any sampling setting."""


class LlamaToken(LlamaAlternative, frozen=True, kw_only=True, gc=False):
    """A token that was written, and its alternatives, the likeliest first."""

    top_logprobs: list[LlamaAlternative] = []


class LlamaCompletion(Struct, frozen=True, kw_only=True):
    """The answer to `POST /completion`, not streamed."""

    content: str = ""
    tokens: list[int] = []
    """The ids that were written, with `return_tokens`."""
    completion_probabilities: list[LlamaToken] = []
    """A token that ends inside a character has no entry."""
    tokens_predicted: int = 0
    tokens_evaluated: int = 0
    """Tokens of the prompt."""
    tokens_cached: int = 0
    stop_type: str = "none"
    """`eos` (an end token), `limit`, `word` or `none`."""
    truncated: bool = False

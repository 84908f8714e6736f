"""llama.cpp's own endpoints, which take a prompt as token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chat_magic.core.reply.llama_answers import (
    AppliedTemplate,
    LlamaCompletion,
    LlamaPiece,
    LlamaProps,
    TokenizedText,
)
from chat_magic.errors import ApiError
from chat_magic.transport import http
from chat_magic.transport.json_request import request_json
from chat_magic.transport.retry import RETRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["LlamaServer"]

T = TypeVar("T")
GREEDY = {"temperature": 0, "samplers": ["temperature"], "repeat_penalty": 1.0}
"""The likeliest token is written; the probabilities that are reported are not changed by it."""


class LlamaServer:
    """A llama.cpp server, asked for one JSON value at a time.

    Every method raises ApiError if the server refuses or answers something else, ConnectionFailed
    or RequestTimeout.

    Args:
        client: The connections.
        endpoint: The server; its base URL ends in `/v1`, above which these endpoints are.
        retries: How often a request that failed is sent again.
        timeout_s: Seconds that a request may take; None for the default of `request_json`.
    """

    def __init__(
        self,
        client: HttpClient,
        endpoint: Endpoint,
        *,
        retries: int = RETRIES,
        timeout_s: float | None = None,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._retries = retries
        self._timeout_s = timeout_s

    async def props(self) -> LlamaProps:
        """Return what the server runs."""
        return await self._ask("/props", None, LlamaProps)

    async def apply_template(self, body: Mapping[str, Any]) -> str:
        """Return the text that the model reads for the body of a chat request.

        Where the last message is the assistant's, its text ends the prompt.
        """
        sent = {name: value for name, value in body.items() if name not in {"stream", "n"}}
        return (await self._ask("/apply-template", sent, AppliedTemplate)).prompt

    async def tokenize(
        self, text: str, *, parse_special: bool, add_special: bool = False
    ) -> list[LlamaPiece]:
        """Return the tokens of a text.

        Args:
            text: The text.
            parse_special: Whether the names of special tokens, such as `<|im_end|>`, are read as
                these, as in a prompt; False reads all as text, as in an answer.
            add_special: Whether the model's own first token is added, as before a prompt.
        """
        sent = {
            "content": text,
            "parse_special": parse_special,
            "add_special": add_special,
            "with_pieces": True,
        }
        return (await self._ask("/tokenize", sent, TokenizedText)).tokens

    async def detokenize(self, ids: Sequence[int]) -> str:
        """Return the text of tokens; special ones have their names."""
        answer = await self._ask("/detokenize", {"tokens": list(ids)}, dict[str, Any])
        return str(answer.get("content", ""))

    async def complete(
        self,
        prompt: Sequence[int],
        *,
        n_predict: int,
        n_probs: int = 0,
        grammar: str | None = None,
        bias: Mapping[int, float] | None = None,
        **fields: Any,
    ) -> LlamaCompletion:
        """Return what the model writes after a prompt, greedily unless other fields say so.

        Args:
            prompt: Its token ids.
            n_predict: The most tokens to write.
            n_probs: Alternatives to report for each token.
            grammar: A GBNF grammar that the answer must follow.
            bias: What is added to the logits of tokens, by id; reported figures do not change.
            **fields: Further fields of `/completion`.
        """
        sent: dict[str, Any] = {
            **GREEDY,
            "prompt": list(prompt),
            "n_predict": n_predict,
            "n_probs": n_probs,
            "cache_prompt": True,
            "return_tokens": True,
            "stream": False,
            **fields,
        }
        if grammar is not None:
            sent["grammar"] = grammar
        if bias:
            sent["logit_bias"] = [[token, value] for token, value in bias.items()]
        return await self._ask("/completion", sent, LlamaCompletion)

    async def _ask(self, path: str, body: Mapping[str, Any] | None, kind: type[T]) -> T:
        url = self._endpoint.server_url(path)
        answer = await request_json(
            self._client,
            self._endpoint,
            url,
            body,
            retries=self._retries,
            timeout_s=self._timeout_s,
        )
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            place = http.address(url)
            raise ApiError(
                f"{place}: {path} is not answered as by llama.cpp: {error}", status=200
            ) from error

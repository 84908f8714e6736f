"""How servers tell what a model reads: llama.cpp by its template, vLLM by its tokenizer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.core.reply.byte_alphabet import token_string_bytes
from chat_magic.core.reply.prompt_parts import PromptToken
from chat_magic.core.reply.tokens import is_special
from chat_magic.engine.llama_prompt import prompt_fields
from chat_magic.errors import ApiError
from chat_magic.transport.json_request import request_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.llama_answers import LlamaPiece
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["LlamaPromptReader", "PromptReader", "VllmPromptReader"]

_NAME = re.compile(r"<[^\s<>]+>|\[[^\s\[\]]+\]")
"""What the names of control tokens look like; ordinary tokens may too."""


class PromptReader(Protocol):
    """Tells what a model reads of a chat request."""

    async def text(self, body: Mapping[str, Any]) -> str:
        """Return the prompt of a request as text."""

    async def tokens(self, body: Mapping[str, Any], text: str) -> list[PromptToken]:
        """Return the tokens of a request, whose prompt is the text."""


@dataclass(frozen=True)
class LlamaPromptReader:
    """Asks a llama.cpp server."""

    server: LlamaServer

    async def text(self, body: Mapping[str, Any]) -> str:
        """Return the prompt of a request as text."""
        return await self.server.apply_template(prompt_fields(body))

    async def tokens(self, body: Mapping[str, Any], text: str) -> list[PromptToken]:  # noqa: ARG002
        """Return the tokens of the prompt.

        A token is a control token if its name, read as a text, is another one.
        """
        pieces = await self.server.tokenize(text, parse_special=True, add_special=True)
        special = {piece.id for piece in await self._special(pieces)}
        return [
            PromptToken(id=piece.id, content=piece.content, is_special=piece.id in special)
            for piece in pieces
        ]

    async def _special(self, pieces: Sequence[LlamaPiece]) -> list[LlamaPiece]:
        named = {
            piece.id: piece
            for piece in pieces
            if isinstance(piece.piece, str) and _NAME.fullmatch(piece.piece)
        }
        special = []
        for piece in named.values():
            as_text = await self.server.tokenize(str(piece.piece), parse_special=False)
            if [one.id for one in as_text] != [piece.id]:
                special.append(piece)
        return special


@dataclass(frozen=True)
class VllmPromptReader:
    """Asks a vLLM server: `/v1/chat/completions/render`, else `/tokenize`, and `/detokenize`."""

    client: HttpClient
    endpoint: Endpoint

    async def text(self, body: Mapping[str, Any]) -> str:
        """Return the prompt of a request as text."""
        answer = await self._ask("/detokenize", {"tokens": await self._ids(body)})
        return str(answer.get("prompt", ""))

    async def tokens(self, body: Mapping[str, Any], text: str) -> list[PromptToken]:
        """Return the tokens of the prompt.

        Their bytes are read from the strings of the tokenizer's vocabulary; they are missing where
        these do not make up the text.
        """
        ids = await self._ids(body)
        strings = (await self._tokenize(body)).get("token_strs") or []
        contents: list[bytes | None] = [token_string_bytes(string) for string in strings]
        joined = b"".join(content or b"" for content in contents)
        if len(contents) != len(ids) or joined.strip() != text.encode().strip():
            contents = [None] * len(ids)
        return [
            PromptToken(
                id=token,
                content=content,
                is_special=content is not None and is_special(content.decode(errors="replace")),
            )
            for token, content in zip(ids, contents, strict=True)
        ]

    async def _ids(self, body: Mapping[str, Any]) -> list[int]:
        try:
            url = self.endpoint.server_url("/v1/chat/completions/render")
            answer = await self._post(url, prompt_fields(body))
        except ApiError as error:
            if error.status not in (404, 405, 501):
                raise
            answer = {"token_ids": (await self._tokenize(body)).get("tokens")}
        ids = answer.get("token_ids")
        if not isinstance(ids, list) or not all(isinstance(token, int) for token in ids):
            raise ApiError("the server does not report the tokens of a prompt", status=200)
        return ids

    async def _tokenize(self, body: Mapping[str, Any]) -> dict[str, Any]:
        sent = {name: value for name, value in prompt_fields(body).items() if name in _TOKENIZED}
        return await self._ask("/tokenize", {**sent, "return_token_strs": True})

    async def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        sent = {"model": self.endpoint.model, **body}
        return await self._post(self.endpoint.server_url(path), sent)

    async def _post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = json.loads(await request_json(self.client, self.endpoint, url, body))
        return answer if isinstance(answer, dict) else {}


_TOKENIZED = (
    "model", "messages", "tools", "chat_template", "chat_template_kwargs",
    "add_generation_prompt", "continue_final_message",
)  # fmt: skip
"""The fields of a chat request that `/tokenize` takes."""

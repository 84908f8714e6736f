"""The prompt of a chat request as token ids."""

from __future__ import annotations

from chat_magic.engine.llama_prompt import prompt_fields, prompt_pieces
from chat_magic.engine.session import default_session
from chat_magic.transport.llama_server import LlamaServer
from tests.engine.llama_script import llama, prompt_of, tokenize


def test_fields_that_concern_the_answer_are_left_out():
    """Tools and settings of the template concern the prompt."""
    body = {"messages": [], "tools": [], "temperature": 1, "n": 2, "stream": True}
    assert prompt_fields(body) == {"messages": [], "tools": []}


def test_the_tokens_are_those_of_the_template(gateway):
    """Control tokens are read as such."""
    gateway(llama())
    messages = [{"role": "user", "content": "Hi"}]
    session = default_session()

    async def ask():
        endpoint = await session.endpoints.resolve("a/b")
        return await prompt_pieces(LlamaServer(session.http, endpoint), {"messages": messages})

    assert [piece.id for piece in session.loop.run(ask())] == tokenize(prompt_of(messages))

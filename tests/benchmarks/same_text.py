"""Whether the bytes of every dialect give the same text through openai-python, where it copes.

python -m tests.benchmarks.same_text    prints a line for each that differs or fails there
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import openai

from chat_magic.core.reply.assembler import Assembler
from chat_magic.errors import ChatError
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.exchange import exchange
from chat_magic.transport.http import HttpClient
from tests.completions import body_of
from tests.gateway import Answer, Gateway

DIALECTS = Path(__file__).parent.parent / "wire" / "dialects.json"
SKIPPED = ("end", "status", "framing")
"""What makes a row more than a body: a fault, or another way of sending it."""


def rows() -> list[dict[str, Any]]:
    """Return the rows of the table that are streams or completions and nothing else."""
    table = json.loads(DIALECTS.read_text("utf-8"))
    plain = [row for row in table if not any(name in row for name in SKIPPED)]
    return [row for row in plain if "Content-Encoding" not in row.get("headers", {})]


async def ours(base_url: str) -> list[str] | str:
    """Return the text of each choice, or what failed."""
    endpoint = Endpoint(
        name="the gateway", base_url=base_url, model="m", secret=None, key_variable=""
    )
    client, assembler = HttpClient(), Assembler()
    try:
        await exchange(client, endpoint, {"model": "m", "stream": True}, assembler)
    except ChatError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        await client.close()
    return assembler.texts()


def theirs(base_url: str) -> list[str] | str:
    """Return what openai-python makes of the same."""
    texts: dict[int, str] = {}
    sdk = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
    try:
        messages: Any = [{"role": "user", "content": "Hi"}]
        for chunk in sdk.chat.completions.create(model="m", messages=messages, stream=True):
            for choice in chunk.choices:
                texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return [texts[index] for index in sorted(texts)]


def main() -> None:
    """Compare all of them."""
    counts = {"same": 0, "openai-python fails": 0, "DIFFERENT": 0}
    for row in rows():
        name, headers = row["name"], {"Content-Type": "text/event-stream", **row.get("headers", {})}
        answer = Answer([body_of(row)], headers=headers, framing="length")
        with Gateway(answer) as gateway:
            mine, other = asyncio.run(ours(gateway.base_url)), theirs(gateway.base_url)
        kind = "same" if mine == other else "DIFFERENT"
        if kind == "DIFFERENT" and isinstance(other, str):
            kind = "openai-python fails"
        counts[kind] += 1
        if kind != "same":
            print(f"{kind}: {name}: ours {shown(mine)}, theirs {shown(other)}")
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))


def shown(value: list[str] | str) -> str:
    """Return a value short enough for a line, without the port."""
    return re.sub(r":\d{4,5}\b", "", repr(value))[:100]


if __name__ == "__main__":
    main()

"""Functions that models call, tools as the API has them, and answers that call them."""

from __future__ import annotations

import asyncio

from tests.completions import completion
from tests.gateway import streamed

MOON = {"type": "function", "function": {"name": "moon_phase", "parameters": {"type": "object"}}}

PARIS = ("get_weather", '{"city": "Paris"}')


def get_weather(city: str) -> dict:
    """Get the weather of a city."""
    if city == "Pluto":
        raise ValueError("no such city")
    return {"city": city, "degrees": 21}


async def get_time(zone: str = "UTC") -> str:
    """Get the time."""
    await asyncio.sleep(0)
    return f"noon {zone}"


def calling(*calls, text=None, finish_reason="tool_calls"):
    """Return a streamed answer that calls functions, each as (name, arguments)."""
    value = completion(text or "", finish_reason=finish_reason)
    value["choices"][0]["message"] |= {
        "content": text,
        "tool_calls": [
            {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for at, (name, arguments) in enumerate(calls)
        ],
    }
    return streamed(value)

"""Every dialect and fault of `tests/wire/dialects.json`, from the socket to the result.

Each row has what a server sends (`body`: an object is an event, text is sent unchanged, `$hex` are
bytes; `end` is the fate of the connection) and the expected result.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import chat_magic
from chat_magic import errors
from tests.completions import body_of
from tests.gateway import CLOSE, HOLD, RESET, Answer

ROWS = json.loads((Path(__file__).parents[1] / "wire" / "dialects.json").read_text("utf-8"))
ENDS = {"close": CLOSE, "reset": RESET, "hold": HOLD}


def answer_of(row: dict[str, Any], *, piece: int | None) -> Answer:
    """Return the answer of a row: its body as a whole, or in pieces of a number of bytes."""
    body = body_of(row)
    if row.get("headers", {}).get("Content-Encoding") == "gzip":
        body = gzip.compress(body)
    size = piece or max(1, len(body))
    steps: list[Any] = [body[at : at + size] for at in range(0, len(body), size)]
    steps += [ENDS[row["end"]]] if "end" in row else []
    return Answer(
        steps,
        status=row.get("status", 200),
        headers={"Content-Type": "text/event-stream", **row.get("headers", {})},
        framing=row.get("framing", "chunked"),
    )


def value_of(result: chat_magic.ChatResult, name: str) -> Any:
    """Return a property of the result that a row expects."""
    choice = result[0]
    usage = result.usage
    match name:
        case "texts":
            return [choice.text for choice in result]
        case "finish_reasons":
            return [choice.finish_reason for choice in result]
        case "reasonings":
            return [choice.reasoning for choice in result]
        case "refusals":
            return [choice.refusal for choice in result]
        case "tool_calls":
            calls = choice.tool_calls
            return [[call.id, call.function.name, call.function.arguments] for call in calls]
        case "function_calls":
            call = choice.message.function_call
            return [[call.name, call.arguments]]
        case "logprobs":
            return [
                [token.token, token.logprob if abs(token.logprob) < 1e5 else str(token.logprob)]
                for token in choice.logprobs.content
            ]
        case "usage":
            return usage and [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]
        case "extra":
            return dict(result.extra)
        case "choice_extra":
            return dict(choice.extra)
        case "message_extra":
            return dict(choice.message.extra)
        case "token_chunks":
            return choice.arrivals["content"].chunk
    raise AssertionError(name)


@pytest.fixture(params=[None, 1], ids=["whole", "byte by byte"])
def served(request, gateway):
    """Return a function that serves a row."""
    return lambda row: gateway(answer_of(row, piece=request.param))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_every_dialect_gives_the_expected_result(served, row):
    """Its choices, usage and warnings, or the error with what had arrived before it."""
    served(row)
    expected = {"finish_reasons": ["stop"] * row.get("n", 1), **row["expect"]}
    error, words = expected.pop("error", None), expected.pop("words", None)
    warnings = expected.pop("warnings", [])
    options = {"n": row["n"]} if "n" in row else {}
    if error is None:
        result = chat_magic.chat("Hi", retries=0, **options)
    else:
        with pytest.raises(getattr(errors, error)) as caught:
            chat_magic.chat("Hi", retries=0, **options)
        assert type(caught.value).__name__ == error
        assert words in str(caught.value)
        result = caught.value.result
        if "texts" not in expected:
            assert result is None
            return
    assert {name: value_of(result, name) for name in expected} == expected
    shown = [w for w in result.warnings if not w.startswith("no server")]
    if error is None and "logprobs" not in expected:  # which earn warnings of their own
        assert len(shown) == len(warnings)
    assert [w for w in warnings if not any(s.startswith(w) for s in shown)] == []


def test_the_table_is_large_enough_to_be_worth_its_name():
    """It has at least 80 rows with different names."""
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 80

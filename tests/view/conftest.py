"""Replies made by hand, for the pictures."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Raw

from chat_magic.core.cell.grid import Axis
from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    Timing,
    TokenLogprob,
    TokenTimes,
    TopLogprob,
    Usage,
)
from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
from chat_magic.view.bundle import RunView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _raw(text: str, data: bytes | None) -> Raw:
    return Raw(json.dumps(list(text.encode() if data is None else data)).encode())


def token(
    text: str,
    prob: float,
    *others: tuple[str, float],
    data: bytes | None = None,
    logprob: float | None = None,
) -> TokenLogprob:
    """Return a token of a probability, with alternatives; or with a log probability as sent."""
    sent = math.log(prob) if logprob is None else logprob
    raw = _raw(text, data)
    tops = [TopLogprob(token=text, logprob=sent, raw_bytes=raw)]
    tops += [
        TopLogprob(token=other, logprob=math.log(p), raw_bytes=_raw(other, None))
        for other, p in others
    ]
    return TokenLogprob(token=text, logprob=sent, raw_bytes=raw, top_logprobs=tops)


def choice(
    tokens: Sequence[TokenLogprob] = (), text: str | None = None, index: int = 0, **fields: Any
) -> Choice:
    """Return a choice of tokens, or of a text without log probabilities."""
    content = "".join(t.token for t in tokens) if text is None else text
    finish = fields.pop("finish_reason", "stop")
    return Choice(
        index=index,
        message=Message(content=content, **fields),
        finish_reason=finish,
        logprobs=Logprobs(content=list(tokens)) if tokens else None,
        arrivals={
            "content": TokenTimes(
                chunk=list(range(len(tokens))), t_ms=[10.04 * n for n in range(len(tokens))]
            )
        },
    )


def run(*choices: Choice, **fields: Any) -> RunView:
    """Return a run with these choices."""
    reply = Reply(
        choices=choices,
        usage=fields.pop("usage", Usage(prompt_tokens=31, completion_tokens=52, total_tokens=83)),
        warnings=fields.pop("reply_warnings", ()),
    )
    defaults: dict[str, Any] = {
        "model": "openai/gpt-4o",
        "request": {
            "model": "openai/gpt-4o",
            "messages": [],
            "temperature": 0.8,
            "stream": True,
            "stream_options": {"include_usage": True},
        },
        "timing": Timing(ttft_s=0.412, total_s=1.2, tokens_per_s=92.3),
    }
    return RunView(**{**defaults, **fields, "reply": reply})


def answers(*texts: str, **fields: Any) -> RunView:
    """Return a run of choices without log probabilities."""
    return run(*[choice(text=text, index=n) for n, text in enumerate(texts)], **fields)


def axis(name: str, *titles: str) -> Axis:
    """Return an axis whose values are their titles."""
    return Axis(name=name, kind="variable", titles=titles, values=titles)


def called(*runs: dict[str, Any], text: str = "") -> ToolRound:
    """Return a round whose calls were run, each told by its fields."""
    common = {"id": "c0", "name": "get_weather", "arguments": '{"city": "Paris"}', "seconds": 0.21}
    return ToolRound(
        reply=Reply(
            choices=(choice(text=text),),
            usage=Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15),
        ),
        timing=Timing(ttft_s=0.1, total_s=0.2),
        tool_runs=tuple(ToolRun(**{**common, **run}) for run in runs),
    )


@pytest.fixture
def make_round() -> Callable[..., ToolRound]:
    return called


@pytest.fixture
def make_token() -> Callable[..., TokenLogprob]:
    return token


@pytest.fixture
def make_choice() -> Callable[..., Choice]:
    return choice


@pytest.fixture
def make_run() -> Callable[..., RunView]:
    return run


@pytest.fixture
def names() -> list[TokenLogprob]:
    """Three names, of which the model was unsure of the last."""
    return [
        token("1. Alice", 0.9),
        token("\n", 0.99),
        token("2. Bob", 0.8),
        token("\n", 0.99),
        token("3.", 0.99),
        token(" Charlotte", 0.31, (" Catherine", 0.24), (" Clara", 0.09), (" Cleo", 0.004)),
    ]

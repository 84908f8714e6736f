"""Writes the fixtures that the payload's tests in Python and in TypeScript share.

python -m tests.wire.make_inspector    writes inspector.json and segments.json beside this file
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import tokens_table
from chat_magic.analysis.segments import segments
from chat_magic.core.reply.reply import TokenLogprob, TopLogprob
from chat_magic.view.payload import payload
from tests.view.conftest import choice, run, token
from tests.wire.fixtures import store

HOSTILE = (
    "</script><b>", "&amp;", "\"'`", "\r\n", "\n\n\n", "\t", "\xa0", "\u200b", "\u2028",
    "\u202e", "\0", "\x1b[31m", "=1+1", "<img src=x onerror=alert(1)>", "[a](javascript:1)",
)  # fmt: skip
TEXTS = (
    "", "One. Two! Dr. No? yes…\n\n1. A list.\nend", "  lead and trail  \n",
    "日本。「はい\uff01」です",
    '{"a": 5, "b/c": [1, "x\\"y", {}], "~": null}', 'Sure:\n```json\n{"a": [true, "b"]}\n```\n',
    '{"a": "cut of', "[1, 2", "not { json", '"only"', "👋🏽 hi\u2028there",
)  # fmt: skip
PATTERNS = (
    r"\d+", r"[A-Z]\w*", "o*", r'(?P<key>"\w+"): (?P<value>\S+)', "(a)|(?P<end>end)",
    r"\s+$", "👋.",
)  # fmt: skip


def _entry(text: str, logprob: float) -> TopLogprob:
    return TopLogprob(token=text, logprob=logprob)


def _cases() -> dict[str, Any]:
    names = [token("3.", 0.99), token(" Charlotte", 0.31, (" Catherine", 0.24), (" Clara", 0.09))]
    wave = [token("\ufffd", 0.5, data=b"\xf0\x9f"), token("\ufffd", 0.4, data=b"\x91\x8b")]
    sentinels = [
        token("x", 1, ("y", 0.2), logprob=value) for value in (-9999.0, math.nan, -100.0, 0.3, 0.0)
    ]
    outside = TokenLogprob(
        token="z", logprob=-4.0, top_logprobs=[_entry("p", -0.4), _entry("q", -2.0)]
    )
    forced = TokenLogprob(
        token="{", logprob=0.0, top_logprobs=[_entry("{", 0.0), _entry("[", -100.0)]
    )
    hostile = [token(text, 0.2, (text + "!", 0.1)) for text in HOSTILE]
    return {
        "names": run(choice(names), choice([*names[:1], token(" Clara", 0.09)], index=1)),
        "wave": run(choice([*wave, token(" hi", 0.9)], text="👋 hi")),
        "sentinels": run(choice(sentinels)),
        "outside": run(choice([outside, forced])),
        "hostile": run(choice(hostile)),
        "plain": run(choice(text="No probabilities.")),
    }


def inspector() -> dict[str, Any]:
    """Return the payload of each case and what the tables say of its tokens."""
    found = {}
    for name, case in _cases().items():
        table = tokens_table(read_replies([case.reply]), attrs={})
        columns = ["choice", "rank", "gap_nats", "mass_residual", "is_forced"]
        columns += ["entropy_bits_low", "entropy_bits_high"]
        rows = json.loads(table[columns].to_json(orient="records", double_precision=6))
        texts = [each for each in table["text"].tolist() if each]
        found[name] = {"payload": payload([case]), "rows": rows, "texts": texts}
    return found


def cut() -> list[dict[str, Any]]:
    """Return texts, and the texts and names of their segments by unit and by pattern."""
    return [_cut_by(text, by) for text in TEXTS for by in ("word", "sentence", "line", "json")] + [
        _cut_by(text, re.compile(pattern)) for text in TEXTS for pattern in PATTERNS
    ]


def _cut_by(text: str, by: Any) -> dict[str, Any]:
    """Return a text, what it is cut by, and its segments."""
    found = [[s.name, text[s.start : s.end]] for s in segments(text, by, partial=True)]
    unit = {"by": by} if isinstance(by, str) else {"by": "regex", "pattern": by.pattern}
    return {"text": text, **unit, "segments": found}


FIXTURES = {"inspector.json": inspector, "segments.json": cut}

if __name__ == "__main__":
    store(FIXTURES)

"""Writes the cases of differences that the tests in Python and TypeScript share.

python -m tests.wire.make_diff    draws new cases into diff_cases.json beside this file

`diff.json` holds the cases that were worked out by hand.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chat_magic.analysis.diff import MAX_DIFF_WORK, diff
from chat_magic.analysis.diff_units import units
from chat_magic.analysis.json_diff import diff_json
from tests.wire.fixtures import FOLDER

CASES = FOLDER / "diff_cases.json"

BLANKS = "  \n\t\r\x0b\x1c\x85\xa0\u2028\u3000\ufeff"
WORDS = ("a", " a", " b", " c", ",", ".", "\n", " é", "茶", "👍🏽", "don't", " 3.14", "**")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).map("".join) | st.text(
    st.sampled_from("ab1.,!?*'_\"ÀßΩ³½Ⅷ一あ。」\u0301\u200d🐈" + BLANKS), max_size=24
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "1.0",
        "1e2",
        "100",
        "-0.5",
        "9007199254740993",
        "12345678901234567890",
        "1E+2",
    ]
)
STRINGS = st.sampled_from(
    [
        "",
        "a",
        "é",
        "~/",
        "2",
        "10",
        "__proto__",
        '"\\',
        "\x00\x1f\x7f",
        "\u2028",
        "</b>",
        "🐈",
        "\ufffd",
    ]
).map(json.dumps) | st.sampled_from(['"\\ud800"', '"\\/"', '"\\uD83D\\uDC08"', '"\t"'])
"""As JSON: with escapes that need not be, and such as stand for no character."""


def _lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=5).map(lambda items: f"[{', '.join(items)}]")


def _objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(STRINGS, inner), max_size=4)
    return pairs.map(lambda fields: "{" + ",".join(f"{key}:{value}" for key, value in fields) + "}")


VALUES = st.recursive(
    st.sampled_from(["null", "true", "false"]) | NUMBERS | STRINGS,
    lambda inner: _lists(inner) | _objects(inner),
    max_leaves=14,
)
LISTS, OBJECTS = _lists(VALUES), _objects(VALUES)
FENCED = (LISTS | OBJECTS).map(lambda text: f"```json\n{text}\n```")
NOT_JSON = st.sampled_from(['{"a": NaN}', "[1,]", "\xa0[1]", "{1: 2}", "[01]", "3", "yes"])
PAIRS = {
    "word": st.tuples(TEXTS, TEXTS),
    "sentence": st.tuples(TEXTS, TEXTS),
    "json": st.tuples(LISTS, LISTS)
    | st.tuples(OBJECTS, OBJECTS)
    | st.tuples(LISTS | OBJECTS, FENCED | NOT_JSON),
}
COUNT = 80
"""Cases drawn of each kind."""


def changes(base: str, other: str, by: Any) -> list[list[str | None]] | None:
    """Return the changes of a case as the file holds them."""
    if by != "json":
        return [[*change] for change in diff(units(base, by), units(other, by))]
    fields = diff_json(base, other)
    return fields and [[field.kind, field.pointer, field.before, field.after] for field in fields]


def drawn(by: str) -> list[tuple[str, str]]:
    """Return pairs of different texts, the same ones for one version of hypothesis."""
    pairs: dict[tuple[str, str], None] = {}

    @settings(
        derandomize=True,
        database=None,
        max_examples=3 * COUNT,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(PAIRS[by])
    def draw(pair: tuple[str, str]) -> None:
        if pair[0] != pair[1]:
            pairs[pair] = None

    draw()
    return list(pairs)[-COUNT:]  # the first ones are the smallest


def large() -> dict[str, tuple[str, str, str]]:
    """Return base, other and unit of texts that only a fast algorithm compares in full."""
    words = [f"w{number}" for number in range(2_000)]
    every_second = [word if number % 2 else f"x{number}" for number, word in enumerate(words)]
    periodic, other_period = " a b c d . " * 180, " a c . b d " * 180
    most = int(MAX_DIFF_WORK**0.5)
    base, other = (f"{marks * (most // 2 - 1)} same" for marks in (",.", ";:"))
    return {
        "2,000 words, every second one changed": (" ".join(words), " ".join(every_second), "word"),
        "Words that recur": (periodic, other_period, "word"),
        "2,000 numbers in lists, of which every third is left out": (
            json.dumps([*range(2_000)]),
            json.dumps([number for number in range(2_000) if number % 3]),
            "json",
        ),
        "As many units as are compared in full": (f"{base}!", f"{other}?", "word"),
        "One unit more than are compared in full": (f"{base}!?", f"{other}?!", "word"),
    }


def cases() -> list[dict[str, Any]]:
    """Return all cases, with the changes that Python finds."""
    named = [
        (f"Drawn, {by} {number}", base, other, by)
        for by in PAIRS
        for number, (base, other) in enumerate(drawn(by))
    ]
    named += [(about, *case) for about, case in large().items()]
    return [
        {"about": a, "by": by, "base": base, "other": other, "changes": changes(base, other, by)}
        for a, base, other, by in named
    ]


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case) for case in cases())
    CASES.write_text(f"[\n{lines}\n]\n")

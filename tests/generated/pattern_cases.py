"""What the shared patterns match in Python, for the tests in TypeScript."""

from __future__ import annotations

import json

from tests.generated.shared_constants import PATTERNS

TEXTS = (
    "",
    "One. Two! Dr. No? yes\u2026\n\n1. A list.\n2) end\u2028 x",
    "\u2460 \u0663. Arabic\xa0digits \u0664\u3000wide\x1cfile\x85next\ufeffmark",
    "\u6211\u7231\u8336\u3002 don't pay 3.14, **now**... \U0001f44b\U0001f3fd \u0301",
    "a \u202e b\u200bc\u200dd \u200c e\ufffe \U000e0041 \xad\x00\x1b",
    "$x_1$ costs $5 and $6 \\(a\\) \\[b\\] $$c\nd$$ \\begin{align*}e\\end{align*}",
    "\\begin{a}\\end{b} \\begin{matrix}1\\end{matrix}",
    "\\href{x}{y} \\url \\xhref \\requires \\dataset",
    "<|im_end|>", "<\uff5cend\uff5c>", "</s>", "<think>", "[/INST]", "<b>",
    "user: a", "tool: b", "tool(c 1): d", "user(Ada\x85): e", "assistant(): f", "system(a\tb): g",
    "User: a", " SYSTEM\uff1ab", "usher: c", "\u200btool(x) :",
    "@image x.png low", "@image", "@file \u2028 x", "@audio\ta b \t",
    "{% if x %}{%- endraw %}{% other %}{%+\u3000for\xe9 x %}{% set",
    '{"messages": []}', "// note\n [ {", "{\u3000'a'", "/* x */{\u00e9 :", "[1]", "{",
    'x\n```json\n{"a": 1}\n```\ny', "```\n[1", "``` a\nb ```",
)  # fmt: skip


def pattern_cases() -> str:
    """Return the matches of each pattern in each text, as JSON with a case a line."""
    cases = [
        {"pattern": name, "text": text, "matches": [match[0] for match in pattern.finditer(text)]}
        for name, pattern in PATTERNS.items()
        for text in TEXTS
    ]
    lines = ",\n".join(json.dumps(case) for case in cases if case["matches"] or not case["text"])
    return f"[\n{lines}\n]\n"

"""The units that a diff compares: words, tokens, sentences, or the fields of JSON."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from chat_magic.analysis.segments import segments

DiffUnit: TypeAlias = Literal["word", "token", "sentence", "json"]

_MARK = r"!-/:-@\[-^`{-~\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e"
_MARK += r"\u3001-\u3004\u3008-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_SCRIPT = r"\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han, which have no spaces between words: each character is a unit."""
_LETTER = rf"[^\s{_MARK}{_SCRIPT}]"
_WORD = re.compile(
    r"[^\S\n]*\n"
    rf"|[^\S\n]?(?:[0-9]+(?:[.,][0-9]+)+|{_LETTER}+(?:['\u2019]{_LETTER}+)*"
    rf"|[{_SCRIPT}]|([{_MARK}])\1*)"
    r"|[^\S\n]+(?=[^\S\n])|[^\S\n]"
)


def units(text: str, by: Literal["word", "sentence"]) -> list[str]:
    r"""Cut a text into the units of a diff; joined, they are the text.

    A word includes the blank before it, as in tokens, so that a text that continues another only
    adds units. Punctuation is separate, so that `name.` and `name,` differ only in the mark; equal
    marks in a row (`**`, `...`) are one unit, as are `don't` and `3.14`. A line end, with the
    blanks before it, is a unit, and so is each further blank. Sentences are those of
    `segments.segments`.
    """
    if by == "sentence":
        return [text[part.start : part.end] for part in segments(text, "sentence")]
    return [match[0] for match in _WORD.finditer(text)]

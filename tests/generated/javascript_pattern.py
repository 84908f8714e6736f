"""Writes Python's regular expressions in JavaScript, to be compiled with the flag `u`."""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SPACES = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
r"""What `\s` is in Python; JavaScript's lacks a few and adds U+FEFF."""
_CATEGORIES = {
    op.CATEGORY_SPACE: SPACES,
    op.CATEGORY_DIGIT: r"\p{Nd}",
    op.CATEGORY_WORD: r"\p{L}\p{N}_",
}
_NEGATED = {
    op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
    op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
    op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
}
_START, _END = "(?<![^])", "(?![^])"


def javascript(pattern: re.Pattern[str] | str) -> str:
    """Return a pattern that matches in JavaScript what this one matches in Python.

    One that ignores case takes the flag `i` besides.

    Raises:
        NotImplementedError: For what the patterns in use do not need, such as flags that change
            letters or lines.
    """
    source = pattern if isinstance(pattern, str) else pattern.pattern
    flags = 0 if isinstance(pattern, str) else pattern.flags
    if flags & ~(re.UNICODE | re.DOTALL | re.VERBOSE | re.IGNORECASE):
        raise NotImplementedError(f"flags of {pattern!r}")
    tree = _parser.parse(source, flags)
    names = {number: name for name, number in tree.state.groupdict.items()}
    return _Writer(names, is_dotall=bool(flags & re.DOTALL)).sequence(tree)


class _Writer:
    def __init__(self, names: dict[int, str], *, is_dotall: bool) -> None:
        self._names = names
        self._any = "[^]" if is_dotall else r"[^\n]"

    def sequence(self, items: Iterable[tuple[Any, Any]]) -> str:
        return "".join(self._item(code, argument) for code, argument in items)

    def _item(self, code: Any, argument: Any) -> str:
        if code in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeat(*argument, "?" if code is op.MIN_REPEAT else "")
        if code in (op.ASSERT, op.ASSERT_NOT):
            behind = "<" if argument[0] < 0 else ""
            kind = "=" if code is op.ASSERT else "!"
            return f"(?{behind}{kind}{self.sequence(argument[1])})"
        write = {
            op.LITERAL: _character,
            op.NOT_LITERAL: lambda character: f"[^{_in_class(character)}]",
            op.ANY: lambda _: self._any,
            op.IN: _character_class,
            op.BRANCH: lambda choices: f"(?:{'|'.join(map(self.sequence, choices[1]))})",
            op.SUBPATTERN: self._group,
            op.GROUPREF: self._reference,
            op.AT: _position,
        }
        if code not in write:
            raise NotImplementedError(code)
        return write[code](argument)

    def _repeat(self, least: int, most: int, items: Any, ending: str) -> str:
        inner = self.sequence(items)
        [(code, _)] = items if len(items) == 1 else [(None, None)]
        is_single = code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.SUBPATTERN)
        counts = {(0, op.MAXREPEAT): "*", (1, op.MAXREPEAT): "+", (0, 1): "?"}
        upper = "" if most is op.MAXREPEAT else most
        count = counts.get((least, most), f"{{{least},{upper}}}")
        return f"{inner if is_single else f'(?:{inner})'}{count}{ending}"

    def _reference(self, number: int) -> str:
        return rf"\k<{self._names[number]}>" if number in self._names else f"\\{number}"

    def _group(self, argument: Any) -> str:
        number, added, removed, items = argument
        if added or removed:
            raise NotImplementedError("flags inside of a pattern")
        if number is None:
            return f"(?:{self.sequence(items)})"
        name = f"?<{self._names[number]}>" if number in self._names else ""
        return f"({name}{self.sequence(items)})"


def _position(where: Any) -> str:
    boundary = rf"(?:(?<=[{_CATEGORIES[op.CATEGORY_WORD]}])(?![{_CATEGORIES[op.CATEGORY_WORD]}])"
    boundary += rf"|(?<![{_CATEGORIES[op.CATEGORY_WORD]}])(?=[{_CATEGORIES[op.CATEGORY_WORD]}]))"
    return {
        op.AT_BEGINNING: _START,
        op.AT_BEGINNING_STRING: _START,
        op.AT_END: rf"(?=\n?{_END})",
        op.AT_END_STRING: _END,
        op.AT_BOUNDARY: boundary,
    }[where]


def _character_class(items: list[tuple[Any, Any]]) -> str:
    """Write a class; "white space except line ends" takes a lookahead."""
    is_negated = items[0][0] is op.NEGATE
    rest = items[1:] if is_negated else items
    outside = [argument for code, argument in rest if code is op.CATEGORY and argument in _NEGATED]
    inside = "".join(_class_item(code, arg) for code, arg in rest if arg not in outside)
    if not outside:
        return f"[{'^' if is_negated else ''}{inside}]"
    kept = "".join(_CATEGORIES[_NEGATED[category]] for category in outside)
    if not is_negated and not inside and len(outside) == 1:
        return f"[^{kept}]"
    if not is_negated or len(outside) > 1:
        raise NotImplementedError(items)
    return f"(?:(?![{inside}])[{kept}])"


def _class_item(code: Any, argument: Any) -> str:
    if code is op.LITERAL:
        return _in_class(argument)
    if code is op.RANGE:
        return f"{_in_class(argument[0])}-{_in_class(argument[1])}"
    if code is op.CATEGORY:
        return _CATEGORIES[argument]
    raise NotImplementedError(code)


def _character(code_point: int) -> str:
    character = chr(code_point)
    if character in r"\^$.*+?()[]{}|/":
        return "\\" + character
    return _plain(code_point)


def _in_class(code_point: int) -> str:
    return "\\" + chr(code_point) if chr(code_point) in r"\]^[-" else _plain(code_point)


def _plain(code_point: int) -> str:
    if chr(code_point) in "\t\n\r":
        return repr(chr(code_point))[1:-1]
    if 0x20 <= code_point < 0x7F:
        return chr(code_point)
    return f"\\u{code_point:04x}" if code_point < 0x10000 else f"\\u{{{code_point:x}}}"

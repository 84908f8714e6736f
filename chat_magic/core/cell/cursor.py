"""What is at the cursor of a `%%chat` cell or a `%chat` line."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from chat_magic.core.cell.line import next_word
from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS, Option
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPTIONS = (*REQUEST_OPTIONS, *MAGIC_OPTIONS)
_BY_WORD = {f"--{option.name}": option for option in OPTIONS} | {
    option.short: option for option in OPTIONS if option.short
}

_CELL = re.compile(r"(?:\s|#[^\n]*\n)*%%chat(?=\s)(?P<line>[^\n]*)(?:\n(?P<body>.*))?", re.DOTALL)
_LINE = re.compile(r"[ \t]*(?:[^\W\d][\w.]*[ \t]*=[ \t]*)?%chat(?=\s)(?P<line>.*)")
_RAW = re.compile(r"\s--raw(?!\S)")
_TEMPLATE = re.compile(
    r"(?:\{\{|\{%[-+]?\s*(?:for\s[^%]+\sin|(?:el)?if|set\s[^%=]+=)\s)"
    r"(?P<expression>(?:(?!\}\}|%\}).)*)$"
)
_NAMED = re.compile(
    r"(?<![\w.)\]'\"])(?:"
    r"(?P<object>[^\W\d]\w*(?:\.[^\W\d]\w*|\[[^\[\]()]*\])*)\.(?P<attribute>\w*)"
    r"|(?P<name>(?:[^\W\d]\w*)?))$"
)
_FILTER = re.compile(r"\|\s*\w*$")
_FIELD_VALUE = re.compile(r"(?P<field>\w+):\s.*?(?P<value>[^\s\[\],'\"]*)")
_MARK = re.compile("[a-z]*|@[a-z]*")
_CHECK = re.compile(
    r"--check[=\s]\s*(?:(?:[^\W\d]\w*=)?(?P<quote>['\"])(?P<quoted>(?:(?!(?P=quote)).)*)|(?P<bare>[^\s'\"]*))$"
)
_OVER = re.compile(r"--over[=\s]\s*(?P<name>[^\W\d]\w*)")
_PATH = re.compile(r"@(?:image|audio|file)[ \t]+(?P<path>.*)")


Kind = Literal[
    "word",
    "value",
    "axis value",
    "command",
    "argument",
    "mark",
    "path",
    "field",
    "field value",
    "expression",
    "check",
    "text",
]
"""Of the line: an option or model, an option's value, that of an axis after `PARAM=`, a `/…`
command, its argument; of the body: a role or attachment, a file's path, a YAML field, its value, a
template's expression; the expression of a check; or any text."""


@dataclass(frozen=True)
class Context:
    """What is being written at the cursor."""

    kind: Kind
    fragment: str = ""
    """What has been typed of it: the end of the text before the cursor."""
    subject: str = ""
    """The option or field whose value it is, with underscores; the object whose attribute; the
    parameter that is swept, nothing where a variable varies; the command whose argument."""
    given: frozenset[str] = frozenset()
    """The options or fields before it; of a command, the arguments."""
    data: str = ""
    """The name that `--over` has on the line; empty without it."""


_TEXT = Context("text")


def read_context(before: str) -> Context | None:
    """Return what is at the cursor, or None outside of `%%chat` cells and `%chat` lines.

    Args:
        before: The code up to the cursor.
    """
    at_cursor = before.rpartition("\n")[2]
    cell, line = _CELL.fullmatch(before), _LINE.fullmatch(at_cursor)
    if cell is None and (line is None or before.lstrip().startswith("%%")):
        return None
    magic_line = (cell or line)["line"]  # type: ignore[index]  # one of them matched
    if check := _CHECK.search(at_cursor if cell is None or cell["body"] is None else ""):
        return _in_check(check["quoted"] or check["bare"] or "", magic_line)
    template = _TEMPLATE.search(at_cursor)
    if template and not _RAW.search(magic_line):
        return _read_expression(template["expression"])
    if cell is None:
        return _read_line(magic_line, is_prompt=True)
    if cell["body"] is None:
        return _read_line(magic_line, is_prompt=False)
    *above, last = cell["body"].split("\n")
    return _read_body([line for line in above if line.strip()], last)


def _in_check(expression: str, line: str) -> Context:
    """Find the name at the end of a check's expression, whose columns are those of `--over`."""
    found = _read_expression(expression)
    return replace(found, kind="check", data=_data(line)) if found.kind == "expression" else found


def _data(line: str) -> str:
    match = _OVER.search(line)
    return match["name"] if match else ""


def _read_expression(expression: str) -> Context:
    """Find the name at the end, or the attribute of an object that is reached without a call."""
    match = _NAMED.search(expression)
    if match is None or _FILTER.search(expression):
        return _TEXT
    if match["object"]:
        return Context("expression", match["attribute"], match["object"])
    return Context("expression", match["name"])


def _read_line(line: str, *, is_prompt: bool) -> Context:
    try:
        *words, fragment = _words(line)
    except InvalidRequest:  # a quote is open
        return _TEXT
    given: set[str] = set()
    awaiting: Option | None = None
    for position, word in enumerate(words):
        if awaiting is not None:
            awaiting = None
        elif word.startswith("-") and word != "--":
            option, value = _option(word)
            if option is not None:
                given.add(option.negates or option.name.replace("-", "_"))
                awaiting = option if option.value and value is None else None
        elif is_prompt:
            is_command = word.startswith("/") and "--" not in words[:position]
            after = frozenset(words[position + 1 :])
            return Context("argument", fragment, word, after) if is_command else _TEXT
        else:
            given.add("model")
    if awaiting is not None:
        return replace(_value(awaiting, fragment), data=_data(line))
    option, value = _option(fragment)
    if option is not None and value is not None:
        return replace(_value(option, value), data=_data(line))
    if is_prompt and fragment and not fragment.startswith("-"):
        return Context("command", fragment) if fragment.startswith("/") else _TEXT
    return Context("word", fragment, given=frozenset(given))


def _words(line: str) -> Iterator[str]:
    """Return the words as typed, the last one being that at the cursor, maybe empty."""
    position = 0
    while word := next_word(line, position):
        position = word.end
        yield line[word.start : position]
    if position == 0 or line[position:]:
        yield ""


def _option(word: str) -> tuple[Option | None, str | None]:
    """Return the option that a word names, and the value that it gives after `=`."""
    name, equals, value = word.partition("=")
    option = _BY_WORD.get(name) or _BY_WORD.get("--" + name[2:].replace("_", "-"))
    return option, value if equals else None


def _value(option: Option, typed: str) -> Context:
    """Return the context of a value; of values between commas it is the last."""
    name, equals, values = typed.partition("=")
    if option.name in ("sweep", "vary") and equals:
        subject = name.replace("-", "_") if option.name == "sweep" else ""
        return Context("axis value", values.rpartition(",")[2], subject)
    return Context("value", typed.rpartition(",")[2], option.name.replace("-", "_"))


def _read_body(above: Sequence[str], last: str) -> Context:
    """Read the line at the cursor, below the body's filled lines."""
    is_front = bool(above) and above[0].rstrip() == "---"
    if is_front and not any(line.rstrip() == "---" for line in above[1:]):
        given = frozenset(line.partition(":")[0] for line in above[1:])
        if match := _FIELD_VALUE.fullmatch(last):
            return Context("field value", match["value"], match["field"])
        return Context("field", last, given=given) if re.fullmatch(r"\w*", last) else _TEXT
    if above and above[0].lstrip().startswith(("{", "[")):
        return _TEXT
    if match := _PATH.fullmatch(last):
        return Context("path", match["path"])
    return Context("mark", last) if _MARK.fullmatch(last) else _TEXT

"""The `%%chat` line: words, options and their values, kept as typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.options import Option

_CLOSING = {"{": "}", "[": "]"}
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Word:
    """A word of the line, its quotes removed; columns count from 0."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class ParsedOption:
    """An option as it was given, with its value (None for a flag)."""

    option: Option
    value: str | None
    start: int


@dataclass(frozen=True)
class MagicLine:
    """A line that was read."""

    options: tuple[ParsedOption, ...]
    words: tuple[Word, ...]
    """The words that are not options: the model."""
    rest: str
    """The prompt or the command of a `%chat` line, verbatim."""
    is_silent: bool
    """Whether the line ends in a semicolon."""
    is_command: bool = False
    """Whether `rest` begins with a slash and does not follow `--`."""
    is_text: bool = False
    """Whether `rest` follows `--`."""


def next_word(line: str, position: int) -> Word | None:
    """Return the word at or after a position, or None at the end.

    Quotes at its start or after `=` group; brackets that close group too, so that JSON and
    `{{ expression }}` are one word; all else stays as typed.
    """
    while position < len(line) and line[position].isspace():
        position += 1
    if position == len(line):
        return None
    start, text = position, ""
    while position < len(line) and not line[position].isspace():
        end = _group_end(line, position, may_quote=not text or text.endswith("="))
        group = line[position:end]
        text += group[1:-1] if len(group) > 1 and group[0] in "'\"" else group
        position = end
    return Word(text, start, position)


def _group_end(line: str, position: int, *, may_quote: bool) -> int:
    character = line[position]
    if may_quote and character in "'\"":
        closing = line.find(character, position + 1)
        if closing < 0:
            raise InvalidRequest(
                f"the quote {character} is not closed", line=1, column=position + 1
            )
        return closing + 1
    if character in _CLOSING:
        return _bracket_end(line, position) or position + 1
    return position + 1


def _bracket_end(line: str, position: int) -> int | None:
    expected: list[str] = []
    while position < len(line):
        string = _JSON_STRING.match(line, position)
        if string:
            position = string.end()
            continue
        character = line[position]
        position += 1
        if character in _CLOSING:
            expected.append(_CLOSING[character])
        elif character == expected[-1]:
            expected.pop()
            if not expected:
                return position
    return None


def read_line(
    line: str, options: Sequence[Option], *, start: int = 0, prompt: bool = False
) -> MagicLine:
    """Read a `%%chat` or `%chat` line.

    Args:
        line: The text.
        options: The options that are known.
        start: Where the magic's name ends.
        prompt: Whether the first word that is not an option begins the prompt (`%chat`); `--`
            before it lets it begin with a hyphen or a slash.

    Raises:
        InvalidRequest: An option is unknown, shortened, given twice, or lacks its value.
    """
    text, is_silent = _without_semicolon(line) if not prompt else (line, False)
    known = {f"--{option.name}": option for option in options}
    known |= {option.short: option for option in options if option.short}
    given: list[ParsedOption] = []
    words: list[Word] = []
    position = start
    is_text = False
    while word := next_word(text, position):
        if prompt and text[word.start : word.end] == "--":
            word, is_text = next_word(text, word.end), True
            break
        if text[word.start] != "-":
            if prompt:
                break
            words.append(word)
            position = word.end
            continue
        item, position = _read_option(text, word, known)
        if any(item.option is other.option for other in given) and not item.option.repeats:
            raise InvalidRequest(
                f"--{item.option.name} is given twice", line=1, column=word.start + 1
            )
        given.append(item)
    rest = text[word.start :] if word else ""
    is_command = rest.startswith("/") and not is_text
    return MagicLine(tuple(given), tuple(words), rest, is_silent, is_command, is_text)


def _without_semicolon(line: str) -> tuple[str, bool]:
    stripped = line.rstrip()
    if not stripped.endswith(";"):
        return line, False
    return stripped[:-1], True


def _read_option(line: str, word: Word, known: dict[str, Option]) -> tuple[ParsedOption, int]:
    typed, equals, value = word.text.partition("=")
    name = typed if typed in known else "--" + typed[2:].replace("_", "-")
    column = word.start + 1
    if name not in known:
        raise InvalidRequest(_unknown(typed, known), line=1, column=column)
    option = known[name]
    if option.value is None:
        if equals:
            raise InvalidRequest(f"{typed} takes no value", line=1, column=column)
        return ParsedOption(option, None, word.start), word.end
    if equals:
        raw = line[word.start : word.end].partition("=")[2]
        value = _verbatim(raw, value, option) if option.verbatim else value
        return ParsedOption(option, value, word.start), word.end
    following = next_word(line, word.end)
    if following is None:
        raise InvalidRequest(f"{typed} requires a value: {option.value}", line=1, column=column)
    raw = line[following.start : following.end]
    value = _verbatim(raw, following.text, option) if option.verbatim else following.text
    return ParsedOption(option, value, word.start), following.end


def _verbatim(raw: str, unquoted: str, option: Option) -> str:
    """Return a value with the double quotes of its JSON, without the quotes that group it.

    As in a shell, single quotes group the whole word or what follows `=`; in code double ones do
    so, too.
    """
    if raw[:1] in ("'", '"'):
        return unquoted
    key, equals, value = raw.partition("=")
    quotes = "'\"" if option.is_code and key.isidentifier() else "'"
    if len(value) > 1 and value[0] == value[-1] and value[0] in quotes:
        return key + equals + value[1:-1]
    return raw


def _unknown(typed: str, known: dict[str, Option]) -> str:
    if typed.replace("_", "-") in {"--api-key", "--key"}:
        return (
            "there is no --api-key: a key in a cell is saved with the notebook; "
            "set CHAT_MAGIC_API_KEY in the environment, or use %chat /key set VENDOR"
        )
    longer = [name for name in known if len(typed) > 2 and name.startswith(typed)]
    names = longer[:1] or [name for name in known if len(name) > 2]
    hint = f"; did you mean {longer[0]}?" if longer else nearest(typed.replace("_", "-"), names)
    return f"unknown option {typed}{hint}"

"""Warnings about prompts that contain what looks like a model or an option of the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chat_magic.core.cell.line import MagicLine
    from chat_magic.core.cell.options import Option

_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def prompt_warnings(
    line: MagicLine, options: Sequence[Option], is_model: Callable[[str], bool]
) -> Iterator[str]:
    """Yield warnings about the prompt of a `%chat` line, which is sent as it is written.

    Args:
        line: The line; nothing is said about a prompt that follows `--`.
        options: The options that the line takes.
        is_model: Whether a word is the name of a model.
    """
    words = _WORD.findall(line.rest)
    if not words or line.is_command or line.is_text:
        return
    model = words[0].rstrip(":,")
    if is_model(model) and not any(given.option.name == "model" for given in line.options):
        yield f"the prompt begins with {model}, a model: to ask it, write %chat -m {model} …"
    if late := late_options(words, options):
        yield (
            f"{', '.join(late)} {'is' if len(late) == 1 else 'are'} part of the prompt: "
            "options stand before it"
        )


def body_warnings(body: str, options: Sequence[Option]) -> Iterator[str]:
    """Yield a warning about a `%%chat` cell whose options stand below its first line."""
    first = next((line for line in body.split("\n") if line.strip()), "")
    words = _WORD.findall(first)
    if words and words[0].startswith("--") and (late := late_options(words, options)):
        yield f"{', '.join(late)}: options stand on the %%chat line; below it they are text"


def late_options(words: Sequence[str], options: Sequence[Option]) -> list[str]:
    """Return the words of a prompt that are options.

    Whole options count anywhere. Short ones such as `-n`, which other programs have too, count at
    the end only, before a number or a model.
    """
    long = {f"--{option.name}" for option in options}
    short = {option.short for option in options if option.short}
    late = [name for word in words if (name := _long_name(word)) in long]
    if len(words) > 2 and words[-2] in short and (_NUMBER.fullmatch(words[-1]) or "/" in words[-1]):
        late.append(words[-2])
    return list(dict.fromkeys(late))


def _long_name(word: str) -> str:
    return "--" + word.partition("=")[0][2:].replace("_", "-") if word.startswith("--") else ""

"""The command `/cassette`: which file answers are recorded in, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.unset import UNSET
from chat_magic.engine.session import default_session
from chat_magic.store.history_files import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.store.cassette import Cassette
    from chat_magic.store.recording import Recording

__all__ = ["run_cassette"]

_LONGEST_PROMPT = 60
_MOST_STALE = 10


def run_cassette(arguments: str) -> None:
    """Run `/cassette [FILE|off]`.

    Raises:
        ChatError: The file cannot be read or written.
    """
    session = default_session()
    name = arguments.strip().strip("\"'")
    if name == "off":
        session.configuration.set("cassette", UNSET)
        print("No cassette is used any more.")
    elif name:
        is_new = not session.cassettes.path_of(name).exists()
        cassette = session.cassettes.open(name)
        count = len(cassette.recordings())
        session.configuration.set("cassette", name)
        source = "from the history" if is_new else "so far"
        print(f"{shown_path(cassette.path)} has {_answers(count)} {source}.")
        _print_problems(cassette)
    elif setting := session.configuration.value_of("cassette"):
        cassette = session.cassettes.open(setting, may_write=False)
        print("\n".join(_describe(cassette)))
        _print_problems(cassette)
    else:
        print("No cassette is used: %chat /cassette FILE records answers in a file.")


def _describe(cassette: Cassette) -> Iterator[str]:
    recordings = cassette.recordings()
    stale = [recording for recording in recordings if recording.key not in cassette.used]
    used = len(recordings) - len(stale)
    yield f"{shown_path(cassette.path)}: {_answers(len(recordings))}, {used} used in this session"
    if stale:
        yield f"{len(stale)} stale, used by no cell of this session:"
    yield from (f"  {_prompt(recording)}" for recording in stale[:_MOST_STALE])
    if len(stale) > _MOST_STALE:
        yield f"  … and {len(stale) - _MOST_STALE} more"


def _answers(count: int) -> str:
    return f"{count} answer{'s'[: count != 1]}"


def _prompt(recording: Recording) -> str:
    """Return the model and the beginning of the last message of a recording, on one line."""
    messages = recording.request.get("messages") or [{}]
    content = messages[-1].get("content") if isinstance(messages[-1], dict) else None
    text = " ".join(content.split()) if isinstance(content, str) else "…"
    if len(text) > _LONGEST_PROMPT:
        text = f"{text[: _LONGEST_PROMPT - 1]}…"
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{recording.request.get('model')}: {printable}"


def _print_problems(cassette: Cassette) -> None:
    for problem in cassette.problems:
        print(f"note: {problem}")

"""The query of the history: words, phrases and filters become a condition in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chat_magic.core.nearest import nearest
from chat_magic.core.reply.history_row import KINDS, STATUSES
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STALE_S", "Condition", "read_query", "status_sql"]

STALE_S = 30.0
"""Seconds after which the row of a session that is not seen any more reads as interrupted."""

_TERM = re.compile(
    r"(?P<key>model|since|until|status|kind|thread|notebook|is):(?P<value>\"[^\"]*\"|\S+)"
    r"|(?P<number>cost|tokens)(?P<sign><=|>=|<|>|=)(?P<bound>\S+)"
    r"|\"(?P<phrase>[^\"]*)\""
    r"|(?P<word>\S+)"
)
_AGE = re.compile(r"(\d+(?:\.\d+)?)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NUMBERS = {"cost": "e.cost", "tokens": "e.total_tokens"}
_FLAGS = {"starred": "e.starred", "replayed": "e.replayed"}
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9d\U00020000-\U0003ffff]"
)
"""Scripts whose words the index does not separate: Thai, Lao, Burmese, Khmer, Chinese, Japanese,
and Korean, whose words carry endings."""


@dataclass(frozen=True)
class Condition:
    """A condition on executions `e` of sessions `s`, with the values of its parameters."""

    sql: str = "1"
    values: tuple[Any, ...] = ()
    words: str = ""
    """The query of the full-text index; empty if there is none."""

    def and_(self, sql: str, *values: Any) -> Condition:
        """Return the condition with another that must hold too."""
        return replace(self, sql=f"{self.sql} AND {sql}", values=(*self.values, *values))


def status_sql(now: datetime) -> str:
    """Return the expression of the status that a row has at a time."""
    stale_s = now.timestamp() - STALE_S
    return (
        f"CASE WHEN e.status = 'running' AND s.seen_s < {stale_s!r} "
        "THEN 'interrupted' ELSE e.status END"
    )


def read_query(
    query: str, *, now: datetime, notebook: str | None = None, full_text: bool = True
) -> Condition:
    """Read a query of the history.

    Args:
        query: Words, "phrases", and filters such as `model:openai/*`; all must match.
        now: The time that ages such as `since:2h` count from.
        notebook: The path of the notebook that `notebook:this` means, if it is known.
        full_text: Whether there is a full-text index; without it words are sought as substrings.

    Raises:
        InvalidRequest: The value of a filter is not valid.
    """
    condition = Condition()
    words: list[str] = []
    for term in _TERM.finditer(query.replace("\0", " ")):  # at a NUL, SQLite ends a text
        if term["key"]:
            value = term["value"].strip('"')
            sql, values = _FILTERS[term["key"]](value, now, notebook)
            condition = condition.and_(sql, *values)
        elif term["number"]:
            bound = _bound(term[0], term["bound"])
            condition = condition.and_(f"{_NUMBERS[term['number']]} {term['sign']} ?", bound)
        else:
            text, is_prefix = _text(term)
            if full_text and _is_indexed(text):
                words.append('"' + text.replace('"', '""') + '"' + " *" * is_prefix)
            elif text:
                condition = condition.and_(*_substring(text))
    return replace(condition, words=" AND ".join(words))


def _text(term: re.Match[str]) -> tuple[str, bool]:
    """Return the text of a word or phrase, and whether it is a prefix."""
    if term["phrase"] is not None:
        return term["phrase"], False
    word = term["word"]
    is_prefix = word.endswith("*") and len(word) > 1
    return (word.rstrip("*") if is_prefix else word), is_prefix


def _is_indexed(text: str) -> bool:
    """Whether the index has the words of a text as such."""
    has_word = any(character.isalnum() for character in text)
    return has_word and not _UNSPACED.search(text)


def _substring(text: str) -> tuple[str, str, str]:
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    like = "LIKE ? ESCAPE '\\'"
    texts = f"SELECT t.execution_id FROM texts t WHERE t.prompt {like} OR t.answer {like}"  # noqa: S608 - no text of a user
    sql = f"e.id IN ({texts})"
    return sql, f"%{escaped}%", f"%{escaped}%"


_Filter = tuple[str, tuple[Any, ...]]


def _model(value: str, _now: datetime, _notebook: str | None) -> _Filter:
    one = "(r.model GLOB ? OR r.model GLOB '*/' || ?)"
    of_runs = f"EXISTS (SELECT 1 FROM runs r WHERE r.execution_id = e.id AND {one})"  # noqa: S608
    sql = f"({one.replace('r.model', 'e.model')} OR (e.kind = 'grid' AND {of_runs}))"
    return sql, (value, value, value, value)


def _since(value: str, now: datetime, _notebook: str | None) -> _Filter:
    return _started(">="), (_time("since", value, now).timestamp(),)


def _until(value: str, now: datetime, _notebook: str | None) -> _Filter:
    time = _time("until", value, now)
    is_day = len(value) == len("2026-11-01")
    return _started("<"), ((time + timedelta(days=is_day)).timestamp(),)


def _started(sign: str) -> str:
    """Return the condition on the start, which is looked up in its index."""
    return f"e.id IN (SELECT i.id FROM executions i WHERE i.started_s {sign} ?)"  # noqa: S608


def _time(key: str, value: str, now: datetime) -> datetime:
    """Read an age or a date, which is of UTC unless it says otherwise."""
    try:
        if match := _AGE.fullmatch(value):
            return now - timedelta(**{_UNITS[match[2]]: float(match[1])})
        time = datetime.fromisoformat(value)
        time.timestamp()
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(
            f"{key}:{value}: must be an age such as 2h or 3d, or a date such as 2026-11-01"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _choice(key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        words = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
        raise InvalidRequest(f"{key}:{value}: must be {words}{nearest(value, allowed)}")
    return value


def _status(value: str, now: datetime, _notebook: str | None) -> _Filter:
    wanted = (_choice("status", value, STATUSES),)
    if value in ("running", "interrupted"):
        return f"e.status IN ('running', 'interrupted') AND ({status_sql(now)}) = ?", wanted
    return "e.status = ?", wanted  # found by an index, unlike an expression


def _kind(value: str, _now: datetime, _notebook: str | None) -> _Filter:
    return "e.kind = ?", (_choice("kind", value, KINDS),)


def _flag(value: str, _now: datetime, _notebook: str | None) -> _Filter:
    return f"{_FLAGS[_choice('is', value, tuple(_FLAGS))]} = 1", ()


def _thread(value: str, _now: datetime, _notebook: str | None) -> _Filter:
    return "e.thread = ?", (value,)


def _notebook(value: str, _now: datetime, notebook: str | None) -> _Filter:
    if value != "this":
        return "(e.notebook GLOB ? OR e.notebook GLOB '*/' || ?)", (value, value)
    if notebook is None:
        raise InvalidRequest("notebook:this: the path of this notebook is not known here")
    return "e.notebook = ?", (notebook,)


_FILTERS: dict[str, Callable[[str, datetime, str | None], _Filter]] = {
    "model": _model,
    "since": _since,
    "until": _until,
    "status": _status,
    "kind": _kind,
    "is": _flag,
    "thread": _thread,
    "notebook": _notebook,
}


def _bound(term: str, value: str) -> float:
    try:
        return float(value.lstrip("$"))
    except ValueError:
        raise InvalidRequest(f"{term}: {value} is not a number") from None

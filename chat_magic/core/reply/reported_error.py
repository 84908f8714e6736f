"""Whether a part of an answer reports an error, in other words than `error`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.server_error import ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_DEPTH = 3
"""How deep inside an object an error is looked for."""
_MESSAGES = (
    "message",
    "msg",
    "error_message",
    "error_msg",
    "errmsg",
    "errorMessage",
    "status_msg",
    "title",
    "description",
    "reason",
    "Message",
)
_FAULT_MESSAGES = (
    *("error_message", "error_msg", "errmsg", "errorMessage"),
    *("exception", "faultstring", "Error"),
)
"""Fields whose text is that of an error, with or without a code."""
_CODES = (
    "code",
    "status",
    "status_code",
    "statusCode",
    "error_code",
    "errorCode",
    "errcode",
    "Code",
)
_KINDS = ("type", "__type")
_HARMLESS = frozenset(
    {
        *("ok", "success", "succeeded", "successful", "completed", "complete", "done", "true"),
        *("running", "processing", "in_progress", "queued", "pending", "waiting"),
        *("active", "ready", "idle", "info", "started", "finished", "stopped", "cached"),
    }
)
"""Texts of a code or a status that report no error."""
_FAULT = re.compile(
    r"error|exception|fail|fault|invalid|denied|forbidden|unauthori[sz]ed|unavailable|overload|"
    r"limit|exceed|quota|insufficient|throttl|timeout|not.found|refus|abort|about:|https?:",
    re.IGNORECASE,
)
"""Marks the type of an object that reports an error; by RFC 9457 the type is an address."""
_NOTICE = re.compile("warn|info|notice|ping|progress", re.IGNORECASE)
_FAULTY_FINISH = re.compile(
    r"(?:.*[_ -])?(?:error|exception|fail(?:ed|ure)?|abort(?:ed)?|cancell?ed|timeout)"
    r"|insufficient_system_resource",
    re.IGNORECASE,
)
"""A finish reason that is no end of an answer; the last is DeepSeek's."""


class ChoiceError(ServerError):
    """The server reported that a choice, which had begun, failed."""


def reported_error(fields: Mapping[str, Any]) -> Any:
    """Return the error that an object without choices reports; None if it reports none.

    Besides `error`, an error is a message with a code, a status or a type that is not harmless, in
    the object or in an object inside it, a `detail` in words, or an HTTP status from 400 on. Usage,
    timings and other notes of a server, and what keeps a connection alive, are none.

    Args:
        fields: The object's fields that are not those of a chunk.
    """
    if error := named_error(fields):
        return error
    if fields.get("errors"):
        return fields["errors"]
    if _has_detail(fields) or any(map(_is_http_error, _codes(fields))):
        return fields
    return _error_within(fields)


def named_error(fields: Mapping[str, Any]) -> Any:
    """Return what the field `error` says; of one that is no object, with the fields beside it."""
    error = fields.get("error")
    if isinstance(error, dict):
        return error if any(error.values()) else None
    return fields if error else None


def _error_within(fields: Mapping[str, Any], depth: int = 0) -> Any:
    """Return the first object, this one or one inside it, that has the message of an error."""
    if _is_error(fields) or (depth and fields.get("error")):
        return fields
    inner = [value for value in fields.values() if isinstance(value, dict)]
    found = (_error_within(value, depth + 1) for value in inner if depth < _MAX_DEPTH)
    return next((error for error in found if error is not None), None)


def _has_detail(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a `detail` that is a text, a list or an error, as FastAPI sends it."""
    detail = fields.get("detail")
    if isinstance(detail, dict):
        return _error_within(detail, 1) is not None
    codes = _codes(fields)
    return bool(detail) and (not codes or any(map(_is_fault_code, codes)))


def failed_choice(finish_reason: Any, fields: Mapping[str, Any]) -> Any:
    """Return why a choice failed; None if it did not.

    Args:
        finish_reason: Its finish reason.
        fields: Its fields that are not the API's, such as `error` and `native_finish_reason`.
    """
    if error := named_error(fields):
        return fields["error"] if error is fields else error
    if message := next((fields[name] for name in _FAULT_MESSAGES if fields.get(name)), None):
        return message
    reasons = (finish_reason, fields.get("native_finish_reason"))
    faults = [str(reason) for reason in reasons if reason and _FAULTY_FINISH.fullmatch(str(reason))]
    return f"finish_reason {faults[-1]}" if faults else None


def has_message(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a message, of an error or not."""
    return any(isinstance(fields.get(name), str) and fields[name] for name in _MESSAGES)


def _is_error(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a message, and something that makes it that of an error."""
    codes = _codes(fields)
    faults = [fields[n] for n in _FAULT_MESSAGES if isinstance(fields.get(n), str) and fields[n]]
    if any(fault.lower() not in _HARMLESS for fault in faults) and not codes:
        return True
    if not has_message(fields):
        return False
    kinds = [str(fields.get(name) or "") for name in _KINDS]
    is_faulty = any(_FAULT.search(kind) and not _NOTICE.search(kind) for kind in kinds)
    is_refused = False in (fields.get("success"), fields.get("ok"))
    return is_faulty or is_refused or any(map(_is_fault_code, codes))


def _codes(fields: Mapping[str, Any]) -> list[Any]:
    return [fields[name] for name in _CODES if fields.get(name) is not None]


def _is_http_error(code: Any) -> bool:
    return re.fullmatch("[45][0-9][0-9]", str(code).strip()) is not None


def _is_fault_code(code: Any) -> bool:
    """Whether a code that comes with a message is that of an error: 1008, `InvalidApiKey`."""
    text = str(code).strip().lower()
    if not text or isinstance(code, bool | dict | list):
        return False
    number = re.fullmatch(r"-?\d{1,18}", text)
    return (
        not (int(text) == 0 or 100 <= int(text) < 400)
        if number
        else text not in _HARMLESS and not text.endswith("ing")
    )

"""Whether a part of an answer reports an error, in other words than `error`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.server_error import ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
)
_CODES = ("code", "status", "status_code", "statusCode", "error_code", "errorCode", "errcode")
_KINDS = ("type", "__type")
_HARMLESS = frozenset(
    {
        *("ok", "success", "succeeded", "successful", "completed", "complete", "done", "true"),
        *("running", "processing", "in_progress", "queued", "pending", "waiting", "started"),
        *("active",),
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
    r"(?:.*[_ -])?(?:error|fail(?:ed|ure)?|abort(?:ed)?|timeout)|insufficient_system_resource",
    re.IGNORECASE,
)
"""A finish reason that is no end of an answer; the last is DeepSeek's."""


class ChoiceError(ServerError):
    """The server reported that a choice, which had begun, failed."""


def reported_error(fields: Mapping[str, Any]) -> Any:
    """Return the error that an object without choices reports; None if it reports none.

    Besides `error`, an error is a message with a code, a status or a type that is not harmless, in
    the object or in an object inside it, a `detail`, or an HTTP status from 400 on. Usage, timings
    and other notes of a server, and what keeps a connection alive, are none.

    Args:
        fields: The object's fields that are not those of a chunk.
    """
    if fields.get("error") or fields.get("errors"):
        return fields.get("error") or fields["errors"]
    if fields.get("detail") or any(map(_is_http_error, _codes(fields))) or _has_message(fields):
        return fields
    inner = (value for value in fields.values() if isinstance(value, dict))
    return next((value for value in inner if value.get("error") or _has_message(value)), None)


def failed_choice(finish_reason: Any, fields: Mapping[str, Any]) -> Any:
    """Return why a choice failed; None if it did not.

    Args:
        finish_reason: Its finish reason.
        fields: Its fields that are not the API's, such as `error` and `native_finish_reason`.
    """
    if fields.get("error"):
        return fields["error"]
    reasons = (finish_reason, fields.get("native_finish_reason"))
    faults = [str(reason) for reason in reasons if reason and _FAULTY_FINISH.fullmatch(str(reason))]
    return f"finish_reason {faults[-1]}" if faults else None


def _has_message(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a message, and something that makes it that of an error."""
    if not any(isinstance(fields.get(name), str) and fields[name] for name in _MESSAGES):
        return False
    kinds = [str(fields.get(name) or "") for name in _KINDS]
    is_faulty = any(_FAULT.search(kind) and not _NOTICE.search(kind) for kind in kinds)
    is_refused = False in (fields.get("success"), fields.get("ok"))
    return is_faulty or is_refused or any(map(_is_fault_code, _codes(fields)))


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
    return not (int(text) == 0 or 100 <= int(text) < 400) if number else text not in _HARMLESS

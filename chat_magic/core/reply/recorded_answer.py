"""A recorded answer in the place of one that is being received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.reply.top_up import TopUp

if TYPE_CHECKING:
    from chat_magic.core.reply.reply import Reply
    from chat_magic.core.request.request import ChatRequest

__all__ = ["RecordedAnswer", "is_whole"]

_NOT_KEPT = ("content_filter", "error", "interrupted")


def is_whole(reply: Reply, n: int) -> bool:
    """Whether an answer may be recorded: it has all n choices, and none broke off or was held back.

    Args:
        reply: The answer.
        n: How many choices were asked for.
    """
    finish_reasons = [choice.finish_reason for choice in reply.choices]
    return len(finish_reasons) == n and not set(finish_reasons) & set(_NOT_KEPT)


class RecordedAnswer(TopUp):
    """An answer that is complete from the start.

    Args:
        request: What was asked for.
        reply: The answer.
    """

    def __init__(self, request: ChatRequest, reply: Reply) -> None:
        super().__init__(request)
        self._reply = reply

    @property
    def has_output(self) -> bool:
        """Whether anything has arrived: all has."""
        return True

    def texts(self) -> list[str]:
        """Return the content of each choice."""
        return [choice.text for choice in self._reply.choices]

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice."""
        return [choice.finish_reason for choice in self._reply.choices]

    def reply(self, unfinished: str | None = None) -> Reply:  # noqa: ARG002 - it is complete
        """Return the answer."""
        return self._reply

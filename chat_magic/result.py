"""ChatResult: the answer as the value that a user holds, with tables and views on demand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from chat_magic.core.messages import Message, from_reply
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from chat_magic.analysis.columns import Columns
    from chat_magic.core.reply import Choice, Reply, Timing, Usage
    from chat_magic.core.request import ChatRequest
    from chat_magic.view.bundle import Run

__all__ = ["ChatResult"]


@dataclass(frozen=True, repr=False)
class ChatResult:
    """What came of a request: n choices, and everything known about them.

    It is a sequence of its choices, shaped as in the OpenAI SDK:
    `result.choices[0].message.content` and `.logprobs.content` work.
    """

    request: ChatRequest
    """What was sent."""
    reply: Reply
    """What came, as the server named it."""
    timing: Timing
    warnings: tuple[str, ...] = ()
    """Oddities in plain words: what the server dropped, what is deprecated."""

    @property
    def text(self) -> str:
        """What the model wrote in choice 0, without any prefill."""
        return self.choices[0].text if self.choices else ""

    @property
    def prefill(self) -> str:
        """What the answer was to begin with; it is not in `text`."""
        return self.request.prefill

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices, by index."""
        return self.reply.choices

    @property
    def usage(self) -> Usage | None:
        """Counted tokens, where the server tells."""
        return self.reply.usage

    @property
    def id(self) -> str | None:
        """The server's name for the answer."""
        return self.reply.id

    @property
    def created(self) -> int | None:
        """When it was made, in seconds since 1970 UTC."""
        return self.reply.created

    @property
    def model(self) -> str:
        """The model that was asked, as `vendor/model`."""
        return self.request.model or self.reply.model or ""

    @property
    def system_fingerprint(self) -> str | None:
        """The server's configuration: a seed repeats an answer only where this is the same."""
        return self.reply.system_fingerprint

    @property
    def service_tier(self) -> str | None:
        """The tier that the request was served in."""
        return self.reply.service_tier

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the answer that the API does not know."""
        return self.reply.extra

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each choice, with its metrics."""
        from chat_magic.analysis.tables import choices_table  # noqa: PLC0415 - pandas is slow

        return choices_table(self._columns, attrs=self._attrs)

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """A row for each output token; empty without `logprobs`."""
        from chat_magic.analysis.tables import tokens_table  # noqa: PLC0415

        return tokens_table(self._columns, attrs=self._attrs)

    @cached_property
    def alternatives(self) -> pd.DataFrame:
        """A row for each token that could have come at a position; needs `top_logprobs`."""
        from chat_magic.analysis.tables import alternatives_table  # noqa: PLC0415

        return alternatives_table(self._columns, attrs=self._attrs)

    @cached_property
    def _columns(self) -> Columns:
        from chat_magic.analysis.columns import read  # noqa: PLC0415

        return read([self.reply])

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def _attrs(self) -> dict[str, Any]:
        body = self.request.body()
        del body["messages"]
        return {
            "model": self.model,
            "request_id": self.id,
            "created": self.created,
            "params": body,
            "warnings": list(self.warnings),
        }

    def conversation(self, choice: int = 0) -> tuple[Message, ...]:
        """Return the messages so far with a choice's answer as the last.

        Raises:
            InvalidRequest: There is no such choice.
        """
        if not 0 <= choice < len(self.choices):
            raise InvalidRequest(
                f"choice {choice}: the result has {len(self.choices)} choices, numbered from 0"
            )
        before = self.request.messages[:-1] if self.prefill else self.request.messages
        return (*before, from_reply(self.choices[choice].message, self.prefill))

    @overload
    def __getitem__(self, index: int) -> Choice: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Choice, ...]: ...
    def __getitem__(self, index: int | slice) -> Choice | tuple[Choice, ...]:
        return self.choices[index]

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.choices)

    def __len__(self) -> int:
        return len(self.choices)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else self.text[:59] + "…"
        return f"<ChatResult {self.model}, {len(self)} choice{'s'[: len(self) != 1]}: {text!r}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.bundle import bundle  # noqa: PLC0415 - Markdown is slow to import

        return bundle([self._run()])

    def _run(self) -> Run:
        from chat_magic.view.bundle import Run  # noqa: PLC0415

        return Run(
            model=self.model,
            request=self.request.body(),
            reply=self.reply,
            timing=self.timing,
            prefill=self.prefill,
            warnings=self.warnings,
        )

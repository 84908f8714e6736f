"""Topping up: extra requests for the choices of n that a server did not return."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import msgspec

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.cost import cost_of
from chat_magic.core.reply.usage import total_usage
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.reply.reply import Reply
    from chat_magic.core.request.config import Price
    from chat_magic.core.request.request import ChatRequest

T = TypeVar("T")


class TopUp:
    """The answer to a request for n choices, and those to the extra requests that complete it.

    One thread works on it; others may read it at any time.

    Args:
        request: What was asked for.
        price: What the model costs, to say what the extra requests cost.
    """

    def __init__(self, request: ChatRequest, price: Price | None = None) -> None:
        self._request = request
        self._price = price
        self.main = Assembler(request.prefill)
        """Assembles the answer to the request itself."""
        self._extra: dict[int, Assembler] = {}
        """Assembles the answer to each extra request, by the index of its choice."""

    def extra_requests(self) -> list[tuple[ChatRequest, Assembler]]:
        """Return a request for each choice that the main answer lacks, with its assembler.

        They differ from the request in `n`, and in the seed, to which the choice's index is added.
        Choices that arrived interleaved under one index cannot be told apart, so that all are
        requested again.
        """
        n, present = self._request.n, self.main.indices()
        kept = set() if self._is_interleaved else set(present)
        missing = [index for index in range(n) if index not in kept][: n - len(kept)]
        self._extra = {index: Assembler(self._request.prefill) for index in missing}
        return [(self._request_for(index), answer) for index, answer in self._extra.items()]

    def texts(self) -> list[str]:
        """Return the content of each choice so far, by index."""
        return self._by_index(Assembler.texts, "")

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice, by index; None while it is being written."""
        return self._by_index(Assembler.finish_reasons, None)

    @property
    def n_tokens(self) -> int:
        """Completion tokens so far, of the choices that are kept."""
        return sum(answer.n_tokens for answer in [*self._kept(), *self._extra.values()])

    @property
    def note(self) -> str | None:
        """How many choices are being requested again, in words; None if none are."""
        count = sum(not answer.is_complete for answer in self._extra.values())
        return f"asking for {count} more choice{'' if count == 1 else 's'}" if count else None

    def reply(self, unfinished: str | None = None) -> Reply:
        """Return all that has arrived as one reply; `unfinished` as for `Assembler.reply`."""
        main = self.main.reply(unfinished)
        extra = {index: answer.reply(unfinished) for index, answer in self._extra.items()}
        choices = list(main.choices) if self._kept() else []
        for index, reply in extra.items():
            choices += [msgspec.structs.replace(c, index=index) for c in reply.choices[:1]]
        choices.sort(key=lambda choice: choice.index)
        replies = [main, *extra.values()]
        warnings = [warning for reply in replies for warning in reply.warnings]
        return msgspec.structs.replace(
            main,
            choices=tuple(choices),
            usage=total_usage([reply.usage for reply in replies]),
            warnings=tuple(dict.fromkeys([*self._own_warnings(list(extra.values())), *warnings])),
        )

    @property
    def _is_interleaved(self) -> bool:
        return self._request.n > 1 and self.main.is_interleaved(self._request.n)

    def _kept(self) -> list[Assembler]:
        return [] if self._extra and self._is_interleaved else [self.main]

    def _by_index(self, values: Callable[[Assembler], Sequence[T]], default: T) -> list[T]:
        by_index: dict[int, T] = {}
        for answer in self._kept():
            # It may grow in another thread.
            by_index |= zip(answer.indices(), values(answer), strict=False)
        for index, answer in self._extra.items():
            by_index[index] = next(iter(values(answer)), default)
        return [by_index[index] for index in sorted(by_index)]

    def _request_for(self, index: int) -> ChatRequest:
        parameters = {name: v for name, v in self._request.parameters.items() if name != "n"}
        seed = parameters.get("seed", UNSET)
        if seed is not UNSET and seed is not None:
            largest = int(PARAMETERS["seed"].maximum or 0)
            parameters["seed"] = seed + index if seed + index <= largest else seed - index
        return replace(self._request, parameters=parameters)

    def _own_warnings(self, extra: Sequence[Reply]) -> list[str]:
        """Say that choices were missing, what was done about it, and what that cost."""
        count = len(self.main.indices())
        if self._is_interleaved:
            reason = "all choices had index 0 and were interleaved, so they cannot be told apart"
        elif extra:
            reason = f"the server returned {count} choice{'' if count == 1 else 's'}"
        else:
            return []
        if not extra:
            return [f"n {self._request.n}: {reason}"]
        action = "all were requested again" if self._is_interleaved else "the rest was requested"
        requests = f"{len(extra)} extra request{'' if len(extra) == 1 else 's'}"
        return [f"n {self._request.n}: {reason}; {action} by {requests}{self._cost_of(extra)}"]

    def _cost_of(self, extra: Sequence[Reply]) -> str:
        usage = total_usage([reply.usage for reply in extra])
        if usage is None:
            return ""
        cost = cost_of(usage, self._price)
        dollars = "" if cost is None else f", ${cost:.2g}"
        return f" ({usage.prompt_tokens} tokens in, {usage.completion_tokens} out{dollars})"

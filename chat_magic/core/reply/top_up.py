"""The answer to a request for n choices, asked for once more where the server returned fewer."""

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
    """What has come of a request, from the first answer and those that top it up.

    One thread works on it; others may read it at any time.

    Args:
        request: What was asked for.
        price: What the model costs, to say what the further requests did.
    """

    def __init__(self, request: ChatRequest, price: Price | None = None) -> None:
        self._request = request
        self._price = price
        self.first = Assembler(request.prefill)
        """What the answer to the request itself is folded into."""
        self._further: dict[int, Assembler] = {}
        """Likewise for each further request, by the index of its choice."""

    def further(self) -> list[tuple[ChatRequest, Assembler]]:
        """Return the requests for the choices that the first answer lacks, one for each.

        They are the same but for `n`, and for the seed, to which the choice's index is added. Where
        all choices came mixed under one index they cannot be told apart: all are asked for again.
        """
        n, present = self._request.n, self.first.indices()
        kept = set() if self._is_tangled else set(present)
        missing = [index for index in range(n) if index not in kept][: n - len(kept)]
        self._further = {index: Assembler(self._request.prefill) for index in missing}
        return [(self._request_for(index), one) for index, one in self._further.items()]

    def texts(self) -> list[str]:
        """Return the content of each choice so far, by index."""
        return self._each(Assembler.texts, "")

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice, by index; None while it goes on."""
        return self._each(Assembler.finish_reasons, None)

    @property
    def n_tokens(self) -> int:
        """Completion tokens so far, of the choices that are kept."""
        return sum(one.n_tokens for one in [*self._kept(), *self._further.values()])

    @property
    def note(self) -> str | None:
        """What is asked for beside what comes, in words."""
        open_ones = sum(not one.is_complete for one in self._further.values())
        if not open_ones:
            return None
        return f"asking for {open_ones} more choice{'' if open_ones == 1 else 's'}"

    def reply(self, unfinished: str | None = None) -> Reply:
        """Return all that has arrived as one reply; `unfinished` as for `Assembler.reply`."""
        first = self.first.reply(unfinished)
        further = {index: one.reply(unfinished) for index, one in self._further.items()}
        choices = list(first.choices) if self._kept() else []
        for index, reply in further.items():
            choices += [msgspec.structs.replace(c, index=index) for c in reply.choices[:1]]
        choices.sort(key=lambda choice: choice.index)
        replies = [first, *further.values()]
        warnings = [warning for reply in replies for warning in reply.warnings]
        return msgspec.structs.replace(
            first,
            choices=tuple(choices),
            usage=total_usage([reply.usage for reply in replies]),
            warnings=tuple(dict.fromkeys([*self._oddities(list(further.values())), *warnings])),
        )

    @property
    def _is_tangled(self) -> bool:
        return self._request.n > 1 and self.first.is_tangled(self._request.n)

    def _kept(self) -> list[Assembler]:
        return [] if self._further and self._is_tangled else [self.first]

    def _each(self, values: Callable[[Assembler], Sequence[T]], default: T) -> list[T]:
        found: dict[int, T] = {}
        for one in self._kept():
            found |= zip(one.indices(), values(one), strict=False)  # it grows in another thread
        for index, one in self._further.items():
            found[index] = next(iter(values(one)), default)
        return [found[index] for index in sorted(found)]

    def _request_for(self, index: int) -> ChatRequest:
        parameters = {name: v for name, v in self._request.parameters.items() if name != "n"}
        seed = parameters.get("seed", UNSET)
        if seed is not UNSET and seed is not None:
            largest = int(PARAMETERS["seed"].maximum or 0)
            parameters["seed"] = seed + index if seed + index <= largest else seed - index
        return replace(self._request, parameters=parameters)

    def _oddities(self, further: Sequence[Reply]) -> list[str]:
        """Say that choices were missing, what was done, and what that cost."""
        came = len(self.first.indices())
        if self._is_tangled:
            what = "all choices said index 0 and came mixed, so they cannot be told apart"
        elif further:
            what = f"the server returned {came} choice{'' if came == 1 else 's'}"
        else:
            return []
        if not further:
            return [f"n {self._request.n}: {what}"]
        done = "each was asked for again" if self._is_tangled else "the others were asked for"
        requests = f"{len(further)} further request{'' if len(further) == 1 else 's'}"
        return [f"n {self._request.n}: {what}; {done} by {requests}{self._price_of(further)}"]

    def _price_of(self, further: Sequence[Reply]) -> str:
        usage = total_usage([reply.usage for reply in further])
        if usage is None:
            return ""
        cost = cost_of(usage, self._price)
        dollars = "" if cost is None else f", ${cost:.2g}"
        return f" ({usage.prompt_tokens} tokens in, {usage.completion_tokens} out{dollars})"

"""Topping up: extra requests for the choices of n that a server did not return."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.cost import cost_of, service_tier
from chat_magic.core.reply.key_removal import text_without_keys, without_keys
from chat_magic.core.reply.usage import total_usage
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.reply.reply import Reply, TokenLogprob
    from chat_magic.core.request.config import Price
    from chat_magic.core.request.request import ChatRequest

T = TypeVar("T")
_NAMED = re.compile(r"\bchoice \d")
"""A warning that says which choice it is about."""


class TopUp:
    """The answer to a request for n choices, and those to the extra requests that complete it.

    One thread works on it; others may read it at any time.

    Args:
        request: What was asked for.
        price: What the model costs, to say what the extra requests cost.
        limit: How many choices the server takes at a time; None if that is not known.
        keys: Returns the keys that no answer may contain, the longest first.
    """

    def __init__(
        self,
        request: ChatRequest,
        price: Price | None = None,
        limit: int | None = None,
        keys: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._request = request
        self._price = price
        self._keys = keys
        self._limit = limit if limit is not None and limit < request.n else None
        self.main = Assembler(request.prefill, request.n)
        """Assembles the answer to the request itself."""
        self._extra: dict[int, Assembler] = {}
        """Assembles the answer to each extra request, by the index of its choice."""

    @property
    def main_request(self) -> ChatRequest:
        """The request itself, with as many choices as the server takes."""
        if self._limit is None:
            return self._request
        parameters = _without_n(self._request)
        more = {"n": self._limit} if self._limit > 1 else {}
        return replace(self._request, parameters={**parameters, **more})

    def extra_requests(self) -> list[tuple[ChatRequest, Assembler]]:
        """Return a request for each choice that the main answer lacks, with its assembler.

        They differ from the request in `n`, and in the seed, to which the choice's index is added.
        Choices that arrived interleaved under one index cannot be told apart, so that all are
        requested again.
        """
        n, present = self._request.n, self.main.answered()
        kept = set() if self._is_interleaved else set(present)
        missing = [index for index in range(n) if index not in kept][: n - len(kept)]
        self._extra = {
            index: Assembler(self._request.prefill, 1, number=index) for index in missing
        }
        return [(self._request_for(index), answer) for index, answer in self._extra.items()]

    def texts(self) -> list[str]:
        """Return the content of each choice so far, by index."""
        keys = self._keys()
        return [text_without_keys(text, keys) for text in self._by_index(Assembler.texts, "")]

    def scored(self) -> list[Sequence[TokenLogprob]]:
        """Return the tokens of each choice that have log probabilities, which grow, by index."""
        return self._by_index(Assembler.scored, ())

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice, by index; None while it is being written."""
        return self._by_index(Assembler.finish_reasons, None)

    @property
    def n_tokens(self) -> int:
        """Completion tokens so far, of the choices that are kept."""
        return sum(answer.n_tokens for answer in [*self._kept(), *self._extra.values()])

    @property
    def has_output(self) -> bool:
        """Whether anything has arrived."""
        return self.main.has_output

    @property
    def note(self) -> str | None:
        """How many choices are being requested again, in words; None if none are."""
        count = sum(not answer.is_complete for answer in self._extra.values())
        return f"asking for {count} more choice{'' if count == 1 else 's'}" if count else None

    def reply(self, unfinished: str | None = None) -> Reply:
        """Return all that has arrived as one reply; `unfinished` as for `Assembler.reply`."""
        main = self.main.reply(unfinished)
        extra = {index: answer.reply(unfinished) for index, answer in self._extra.items()}
        kept = main.choices if self._kept() else ()
        choices = [choice for choice in kept if choice.index not in extra]
        for index, reply in extra.items():
            choices += [msgspec.structs.replace(c, index=index) for c in reply.choices[:1]]
        choices.sort(key=lambda choice: choice.index)
        replies = [main, *extra.values()]
        warnings = [*self._own_warnings(list(extra.values())), *main.warnings]
        warnings += _numbered({index: reply.warnings for index, reply in extra.items()}, warnings)
        reply = msgspec.structs.replace(
            main,
            choices=tuple(choices),
            usage=total_usage([reply.usage for reply in replies]),
            warnings=tuple(dict.fromkeys(warnings)),
        )
        return without_keys(reply, self._keys())

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
        parameters = _without_n(self._request)
        seed = parameters.get("seed", UNSET)
        if seed is not UNSET and seed is not None:
            largest = int(PARAMETERS["seed"].maximum or 0)
            parameters["seed"] = seed + index if seed + index <= largest else seed - index
        extra = {name: value for name, value in self._request.extra.items() if name != "n"}
        return replace(self._request, parameters=parameters, extra=extra)

    def _own_warnings(self, extra: Sequence[Reply]) -> list[str]:
        """Say that choices were missing, what was done about it, and what that cost."""
        count = len(self.main.answered())
        if self._is_interleaved:
            reason = "all choices had index 0 and were interleaved, so they cannot be told apart"
        elif self._limit is not None:
            reason = f"the server takes {self._limit} at a time"
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
        cost = cost_of(usage, self._price, service_tier(self._request, extra[0]))
        dollars = "" if cost is None else f", ${cost:.2g}"
        return f" ({usage.prompt_tokens} tokens in, {usage.completion_tokens} out{dollars})"


def _without_n(request: ChatRequest) -> dict[str, Any]:
    return {name: value for name, value in request.parameters.items() if name != "n"}


def _numbered(warnings: Mapping[int, Sequence[str]], known: Sequence[str]) -> list[str]:
    """Return the warnings of choices, each with the indices of those that it is about.

    Args:
        warnings: By the index of the choice.
        known: Warnings about the whole answer, which are left out.
    """
    indices: dict[str, list[str]] = {}
    for index, of_choice in warnings.items():
        for warning in of_choice:
            if warning not in known:
                indices.setdefault(warning, []).append(str(index))
    return [
        warning if _NAMED.search(warning) else f"{_choices(found)}: {warning}"
        for warning, found in indices.items()
    ]


def _choices(indices: Sequence[str]) -> str:
    if len(indices) == 1:
        return f"choice {indices[0]}"
    return f"choices {', '.join(indices[:-1])} and {indices[-1]}"

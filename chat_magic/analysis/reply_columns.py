"""The tokens of replies as numpy columns, with ranked alternatives, for metrics and tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from chat_magic.analysis.arrays import (
    Flags,
    Floats,
    Integers,
    count_up,
    integers,
)
from chat_magic.analysis.missing_tokens import missing_tokens, with_own_spelling
from chat_magic.analysis.vocabularies import Vocabulary, spellings, vocabulary_of, with_bytes
from chat_magic.core.reply.tokens import (
    CENSORED_AT,
    MASKED_AT,
    Status,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.reply.reply import Choice, Reply, TokenLogprob, TopLogprob

STATUSES: tuple[Status, ...] = get_args(Status)
OK, CENSORED = STATUSES.index("ok"), STATUSES.index("censored")


@dataclass(frozen=True)
class MessagePart:
    """The content, refusal or reasoning of a choice, and its tokens with log probabilities."""

    run: int
    choice: Choice
    name: str
    text: str
    tokens: list[TokenLogprob]
    n_missing: int = 0
    """Tokens whose log probabilities the server left out, at least; those of a choice are with its
    content."""


@dataclass(frozen=True)
class TokenColumns:
    """Tokens and their reported log probabilities; arrays of one shape."""

    code: Integers
    """Index in the vocabulary; -1 for padding."""
    logprob_raw: Floats
    """As sent, in nats; NaN if none was sent."""
    status: Integers
    """Index in `STATUSES`."""

    def __getitem__(self, index: Any) -> TokenColumns:
        return TokenColumns(self.code[index], self.logprob_raw[index], self.status[index])

    @property
    def logprob(self) -> Floats:
        """The log probabilities in nats, NaN unless the status is ok."""
        return np.where(self.status == OK, self.logprob_raw, np.nan)


@dataclass(frozen=True)
class RankedAlternatives:
    """The possible tokens at each of n positions, the sampled one included.

    A row has first the most probable tokens as returned by the server, by falling probability
    (ties, and those without a probability, in server order), then the sampled token if it is not
    among them, then padding.
    """

    entries: TokenColumns
    """Shape (n, width)."""
    k_returned: Integers
    """Number returned as the most probable, shape (n,)."""
    chosen: Integers
    """Column of the sampled token, shape (n,); `k_returned` if it is outside."""

    @property
    def in_top(self) -> Flags:
        """Whether an entry was returned as one of the most probable, shape (n, width)."""
        width = self.entries.code.shape[1]
        flags: Flags = np.arange(width) < self.k_returned[:, None]
        return flags

    @property
    def is_chosen(self) -> Flags:
        """Whether an entry is the sampled token, shape (n, width)."""
        width = self.entries.code.shape[1]
        flags: Flags = np.arange(width) == self.chosen[:, None]
        return flags


@dataclass(frozen=True)
class ReplyColumns:
    """All n tokens of some replies, in server order."""

    parts: tuple[MessagePart, ...]
    """The content of every choice, with or without tokens, and each refusal and reasoning."""
    part: Integers
    """Index of each token's part in `parts`, shape (n,)."""
    position: Integers
    """Position of each token in its part, shape (n,)."""
    tokens: TokenColumns
    """Shape (n,)."""
    ranked: RankedAlternatives
    vocabulary: Vocabulary
    n_runs: int
    """Number of replies, those without choices included."""

    @property
    def slices(self) -> list[slice]:
        """The tokens of each part, as a slice of the columns."""
        edges = np.searchsorted(self.part, np.arange(len(self.parts) + 1)).tolist()
        return [slice(start, stop) for start, stop in pairwise(edges)]

    @property
    def pieces(self) -> list[list[bytes]]:
        """The bytes of each part's tokens; empty for a token whose bytes are unknown."""
        data = [known or b"" for known in self.vocabulary.bytes[self.tokens.code]]
        return [data[bounds] for bounds in self.slices]

    @property
    def answers(self) -> list[int]:
        """Index in `parts` of the answer of each choice: its content, or its refusal instead."""
        answers: list[int] = []
        for index, part in enumerate(self.parts):
            if part.name == "content":
                answers.append(index)
            elif part.name == "refusal" and not (
                self.parts[index - 1].text or self.parts[index - 1].tokens
            ):
                answers[-1] = index
        return answers


def read_replies(
    replies: Sequence[Reply],
    *,
    alternatives: bool = True,
    asked: Sequence[int | None] | None = None,
) -> ReplyColumns:
    """Return the tokens of replies as columns.

    Args:
        replies: The replies; the run of each is its position in the sequence.
        alternatives: Whether `ranked` has the alternatives, or only the sampled tokens.
        asked: The `top_logprobs` of each request, None where it is not known: a list that is not
            longer has no token from outside the most probable ones.

    Returns:
        The columns. An alternative that repeats the bytes and the log probability of another one
        at its position is left out.
    """
    parts = tuple(_parts(replies))
    tokens = [token for part in parts for token in part.tokens]
    others = [(alternatives and token.top_logprobs) or () for token in tokens]
    entries, vocabulary = _entries([*tokens, *chain.from_iterable(others)])
    sizes = integers([len(row) for row in others])
    lengths = integers([len(part.tokens) for part in parts])
    part = np.repeat(np.arange(len(parts)), lengths)
    most = [asked[part.run] if asked else None for part in parts]
    return ReplyColumns(
        parts=parts,
        part=part,
        position=count_up(lengths),
        tokens=entries[: len(tokens)],
        ranked=_rank(entries, vocabulary.identity, sizes, _Places(part, most)),
        vocabulary=vocabulary,
        n_runs=len(replies),
    )


def _parts(replies: Sequence[Reply]) -> Iterator[MessagePart]:
    for run, reply in enumerate(replies):
        for choice in reply.choices:
            logprobs, message = choice.logprobs, choice.message
            content = logprobs.content if logprobs else None
            refusal = logprobs.refusal if logprobs else None
            usage = reply.usage if len(reply.choices) == 1 else None
            part = _part(run, choice, "content", message.content, content)
            yield replace(part, n_missing=missing_tokens(choice, usage))
            if refusal or message.refusal:
                yield _part(run, choice, "refusal", message.refusal, refusal)
            if logprobs and logprobs.reasoning:
                yield _part(run, choice, "reasoning", message.reasoning, logprobs.reasoning)


def _part(
    run: int, choice: Choice, name: str, text: str | None, tokens: list[TokenLogprob] | None
) -> MessagePart:
    spelled = with_own_spelling(with_bytes(tokens or [], text or ""))
    return MessagePart(run, choice, name, text or "", spelled)


class _Places(NamedTuple):
    """The parts that n tokens are in."""

    part: Integers
    """Index of the part, shape (n,)."""
    asked: list[int | None]
    """The alternatives that were asked for, by part; None if unknown."""


def _entries(tokens: list[TopLogprob]) -> tuple[TokenColumns, Vocabulary]:
    """Return the tokens, one entry of padding after them, and their vocabulary."""
    code, keys = spellings([token.token for token in tokens], [token.raw_bytes for token in tokens])
    logprob_raw, status = _measurements([token.logprob for token in tokens])
    entries = TokenColumns(
        np.append(code, -1), np.append(logprob_raw, np.nan), np.append(status, -1)
    )
    return entries, vocabulary_of(keys)


def _measurements(logprobs: list[float | None]) -> tuple[Floats, Integers]:
    """Return the log probabilities as sent and their statuses."""
    raw = np.array(logprobs, dtype=np.float64)
    status = np.full(len(raw), OK, dtype=np.int8)
    odd = np.flatnonzero(~((raw > MASKED_AT) & (raw <= 0)))  # no sentinel lies between
    values, index_of = np.unique(raw[odd], return_inverse=True)
    status[odd] = integers([STATUSES.index(status_of(float(value))) for value in values])[index_of]
    for index in np.flatnonzero(np.isnan(raw)):
        status[index] = STATUSES.index(status_of(logprobs[index]))
    return raw, status


def _rank(
    entries: TokenColumns, identity: Integers, sizes: Integers, places: _Places
) -> RankedAlternatives:
    """Return a row of alternatives for each token; they follow the tokens in `entries`."""
    count = len(sizes)
    owner = np.repeat(np.arange(count), sizes)
    index = np.arange(count, count + len(owner))
    repeated = _repeated(owner, identity[entries.code[index]], entries.logprob_raw[index])
    owner, index = owner[~repeated], index[~repeated]
    sizes = np.bincount(owner, minlength=count)
    grid = np.full((count, sizes.max(initial=0) + 1), -1)  # -1 is the padding after all entries
    grid[owner, count_up(sizes)] = index
    chosen = _chosen_column(entries, identity, grid, sizes)
    absent = np.flatnonzero(chosen == sizes)
    grid[absent, sizes[absent]] = absent
    outside = (chosen == sizes) | _appended(entries[grid], chosen, sizes, places)
    return _sorted(entries[grid], chosen, outside)


def _repeated(owner: Integers, identity: Integers, logprob: Floats) -> Flags:
    """Say which alternatives repeat an earlier one of their position.

    Servers send no token ids: equal bytes with different log probabilities are different tokens.
    """
    key = pd.Series(owner * (identity.max(initial=0) + 1) + identity)
    repeated = key.duplicated(keep=False).to_numpy(copy=True)
    twins = pd.DataFrame({"key": key[repeated], "logprob": logprob[repeated]})
    repeated[repeated] = twins.duplicated()
    return repeated


def _chosen_column(
    entries: TokenColumns, identity: Integers, grid: Integers, sizes: Integers
) -> Integers:
    """Return the column of each token among its alternatives, their number if it is not there."""
    tokens, rows = entries[: len(grid)], entries[grid]
    same = (rows.code >= 0) & (identity[rows.code] == identity[tokens.code][:, None])
    exact = same & (rows.logprob_raw == tokens.logprob_raw[:, None])
    best = np.where(exact.any(axis=1), exact.argmax(axis=1), same.argmax(axis=1))
    return np.where(same.any(axis=1), best, sizes)


def _appended(rows: TokenColumns, chosen: Integers, sizes: Integers, places: _Places) -> Flags:
    """Say which sampled tokens the server itself appended to the most probable ones.

    Such a list is longer than was asked for, and the token is the least probable in it. Where it
    is not known how many were asked for, vLLM puts such a token first, and other servers send one
    entry more than elsewhere: a token that belongs there can look the same, and its rank then
    counts as unknown.
    """
    sampled = rows[np.arange(len(chosen)), chosen]
    least = (
        np.sum((rows.code >= 0) & ~(rows.logprob_raw > sampled.logprob_raw[:, None]), axis=1) == 1
    )
    appended = (least & _is_too_long(chosen, sizes, places)) | (sampled.status == CENSORED)
    flags: Flags = appended & (chosen < sizes)
    return flags


def _is_too_long(chosen: Integers, sizes: Integers, places: _Places) -> Flags:
    """Say which lists of alternatives seem to have one more than the most probable ones."""
    part, asked = places
    shortest = np.full(part.max(initial=-1) + 1, np.iinfo(np.intp).max)
    np.minimum.at(shortest, part[sizes > 0], sizes[sizes > 0])
    seems_long = ((chosen == 0) | (sizes > shortest[part])) & (sizes > 1)
    most = integers([-1 if count is None else count for count in asked])[part]
    return np.where(most < 0, seems_long, sizes > most)


def _sorted(rows: TokenColumns, chosen: Integers, outside: Flags) -> RankedAlternatives:
    key = np.where(rows.status == OK, -rows.logprob_raw, 1 - CENSORED_AT)
    key[outside, chosen[outside]] = 2 - CENSORED_AT
    key[rows.code < 0] = np.inf
    order = np.argsort(key, axis=1, kind="stable")
    return RankedAlternatives(
        entries=rows[np.arange(len(order))[:, None], order],
        k_returned=np.sum(rows.code >= 0, axis=1) - outside,
        chosen=np.argmax(order == chosen[:, None], axis=1),
    )

"""The table of spans: segments of texts, and the probability of their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chat_magic.analysis.align import align
from chat_magic.analysis.arrays import Flags, Floats, Integers, count_up, integers
from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.segments import KINDS, Segment, SpanUnit, kind_of, segments
from chat_magic.analysis.table_columns import Data, category, nullable, strings, table
from chat_magic.core.reply.tokens import well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.align import Spans
    from chat_magic.analysis.reply_columns import MessagePart, ReplyColumns

_TRUNCATED = ("length", "error", "interrupted", None)


def spans_table(
    columns: ReplyColumns,
    by: SpanUnit,
    *,
    attrs: Mapping[str, Any],
    prefill: str | Sequence[str] = "",
) -> pd.DataFrame:
    """Return a row for each span of each choice's content, or of its refusal.

    A span has the tokens that share a byte with it, and tokens without bytes before such a token.

    Args:
        columns: The tokens of some replies.
        by: The unit, as for `segments.segments`.
        attrs: As for `reply_tables.tokens_table`.
        prefill: The prefill of the request, or of each run, with which JSON is read.

    Returns:
        The table `SPANS` of `column_docs`.

    Raises:
        InvalidRequest: `by` is not a unit.
    """
    kind = kind_of(by)
    answers, pieces, slices = columns.answers, columns.pieces, columns.slices
    parts = [columns.parts[answer] for answer in answers]
    cuts = [segment(part, by, prefill) for part in parts]
    logprobs = [columns.tokens.logprob[slices[answer]] for answer in answers]
    measured = [
        _measure(byte_offsets(part.text, part_cuts), align(pieces[answer], part.text), logprob)
        for part, part_cuts, answer, logprob in zip(parts, cuts, answers, logprobs, strict=True)
    ]
    owner = np.repeat(np.arange(len(parts)), [len(part_cuts) for part_cuts in cuts])
    texts = [text for part, cut in zip(parts, cuts, strict=True) for text in _texts(part, cut)]
    data = {
        "run": integers([part.run for part in parts])[owner].astype(np.int32),
        "choice": integers([part.choice.index for part in parts])[owner].astype(np.int16),
        "name": strings([segment.name for part_cuts in cuts for segment in part_cuts]),
        "kind": category(np.full(len(owner), KINDS.index(kind)), KINDS),
        **_measured_columns(measured, texts),
    }
    return table(data, attrs, VOCABULARY_SIZE)


def _measured_columns(measured: list[_Measured], texts: list[str]) -> Data:
    joined = _Measured(*map(np.concatenate, zip(_NOTHING, *measured, strict=True)))
    return {
        "byte_start": joined.byte_start.astype(np.int32),
        "byte_end": joined.byte_end.astype(np.int32),
        "text": strings(texts),
        "n_tokens": joined.n_tokens.astype(np.int32),
        "logprob": joined.logprob,
        "prob": np.exp(joined.logprob),
        "mean_logprob": joined.mean_logprob,
        "min_prob": np.exp(joined.least),
        "min_prob_position": nullable(joined.least_position, "int32"),
        "shared_start": joined.shared_start,
        "shared_end": joined.shared_end,
    }


def segment(part: MessagePart, by: SpanUnit, prefill: str | Sequence[str] = "") -> list[Segment]:
    """Cut the text of a part; JSON is read with the prefill, whose own fields are left out."""
    text, skip = well_formed(part.text), 0
    if by == "json" and part.name == "content":
        beginning = prefill if isinstance(prefill, str) else prefill[part.run]
        text, skip = beginning + text, len(beginning)
    cuts = segments(text, by, partial=part.choice.finish_reason in _TRUNCATED)
    return [
        Segment(name, max(0, start - skip), end - skip) for name, start, end in cuts if end > skip
    ]


def byte_offsets(text: str, cuts: list[Segment]) -> tuple[Integers, Integers]:
    """Return the start and end of segments in the UTF-8 bytes of their text."""
    octets = np.frombuffer(well_formed(text).encode(), np.uint8)
    byte_of = np.append(np.flatnonzero((octets & 0xC0) != 0x80), len(octets))
    return byte_of[integers([s.start for s in cuts])], byte_of[integers([s.end for s in cuts])]


def tokens_in_span(spans: Spans, start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Find the tokens of m ranges of a text.

    Args:
        spans: The offsets of the tokens.
        start: Of each range, in bytes, shape (m,).
        end: Of each range, in bytes, shape (m,).

    Returns:
        The tokens of the first range, then those of the second, and so on; and the number of
        tokens of each range, shape (m,).
    """
    known = np.flatnonzero(spans.byte_start >= 0)
    first = np.searchsorted(_ends(spans)[known], start, side="right")
    stop = np.searchsorted(spans.byte_start[known], end, side="left")
    counts = np.where(end > start, np.maximum(stop - first, 0), 0)
    return known[np.repeat(first, counts) + count_up(counts)], counts


def _ends(spans: Spans) -> Integers:
    """Return the end of each token; one without bytes ends with the next that has some."""
    known = spans.byte_start >= 0
    is_empty = known & (spans.byte_end == spans.byte_start)
    ends = np.where(is_empty | ~known, np.iinfo(np.intp).max, spans.byte_end)
    following = np.minimum.accumulate(ends[::-1])[::-1]
    return np.where(is_empty, np.minimum(following, spans.n_bytes), spans.byte_end)


class _Measured(NamedTuple):
    """The spans of one text, as arrays of shape (m,)."""

    byte_start: Integers
    byte_end: Integers
    n_tokens: Integers
    logprob: Floats
    mean_logprob: Floats
    least: Floats
    """The least log probability, in nats."""
    least_position: Floats
    shared_start: Flags
    shared_end: Flags


_NONE, _NAN, _NO = np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=bool)
_NOTHING = _Measured(_NONE, _NONE, _NONE, _NAN, _NAN, _NAN, _NAN, _NO, _NO)


def _measure(offsets: tuple[Integers, Integers], spans: Spans, logprob: Floats) -> _Measured:
    start, end = offsets
    tokens, counts = tokens_in_span(spans, start, end)
    owner = np.repeat(np.arange(len(counts)), counts)
    token_start = spans.byte_start[tokens].clip(start[owner], end[owner])
    token_end = spans.byte_end[tokens].clip(start[owner], end[owner])
    covered = np.bincount(owner, token_end - token_start, len(counts))
    logprobs = logprob[tokens]
    total = np.where(covered == end - start, _reduced(np.add, logprobs, counts), np.nan)
    measured = np.bincount(owner, ~np.isnan(logprobs), len(counts))
    sums = np.bincount(owner, np.nan_to_num(logprobs), len(counts))
    least = _reduced(np.fmin, logprobs, counts)
    position = np.where(logprobs == least[owner], tokens, np.inf)
    first = np.cumsum(counts) - counts
    return _Measured(
        byte_start=start,
        byte_end=end,
        n_tokens=counts,
        logprob=total,
        mean_logprob=np.divide(sums, measured, out=np.full(len(sums), np.nan), where=measured > 0),
        least=least,
        least_position=np.where(np.isnan(least), np.nan, _reduced(np.fmin, position, counts)),
        shared_start=_edge(spans.byte_start[tokens], first, counts) < start,
        shared_end=_edge(spans.byte_end[tokens], first + counts - 1, counts) > end,
    )


def _reduced(reduce: np.ufunc, values: Floats, counts: Integers) -> Floats:
    """Reduce each run of values; NaN for an empty one."""
    reduced = np.full(len(counts), np.nan)
    filled = counts > 0
    if filled.any():
        reduced[filled] = reduce.reduceat(values, (np.cumsum(counts) - counts)[filled])
    return reduced


def _edge(values: Integers, index: Integers, counts: Integers) -> Floats:
    """Return the first or last values of runs; NaN for an empty run."""
    edges = np.full(len(counts), np.nan)
    edges[counts > 0] = values[index[counts > 0]]
    return edges


def _texts(part: MessagePart, cuts: list[Segment]) -> list[str]:
    text = well_formed(part.text)
    return [text[segment.start : segment.end] for segment in cuts]

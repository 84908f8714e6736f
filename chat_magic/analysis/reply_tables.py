"""The tidy tables of some replies: a row a token, a row an alternative, a row a choice."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chat_magic.analysis.align import STATES, Spans, align, common_prefix, fragments
from chat_magic.analysis.arrays import (
    Integers,
    factorize,
    integers,
    objects,
)
from chat_magic.analysis.metrics import LN2, VOCABULARY_SIZE, surprisal_bits
from chat_magic.analysis.reply_columns import OK, STATUSES, MessagePart, ReplyColumns, TokenColumns
from chat_magic.analysis.table_columns import Data, category, fit_dtype, nullable, strings, table
from chat_magic.analysis.token_metrics import TokenMetrics, measure, summary
from chat_magic.core.reply.reply import TokenTimes
from chat_magic.core.reply.tokens import is_special, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS = ("content", "refusal", "reasoning", "other")

_SUMMARY = {
    "n_tokens": "int32",
    "n_scored": "int32",
    "n_censored": "int32",
    "joint_logprob": "float64",
    "mean_logprob": "float64",
    "perplexity": "float64",
    "perplexity_low": "float64",
    "geo_mean_prob": "float64",
    "bits_per_byte": "float64",
    "min_prob": "float64",
    "min_prob_position": "Int32",
    "frac_below_50": "float64",
    "frac_non_greedy": "float64",
    "mean_entropy_bits_low": "float64",
    "mean_entropy_bits_high": "float64",
    "mean_residual": "float64",
    "z_sampling": "float64",
    "alignment_coverage": "float64",
}


def tokens_table(
    columns: ReplyColumns, *, attrs: Mapping[str, Any], vocabulary: int = VOCABULARY_SIZE
) -> pd.DataFrame:
    """Return a row for each sampled token.

    Args:
        columns: The tokens of some replies.
        attrs: The facts about the request, for `table.attrs["chat_magic"]` as plain JSON.
        vocabulary: Tokens assumed in the model's vocabulary, for the upper bound of entropy.

    Returns:
        The table `TOKENS` of `column_docs`, before its useful columns are put first.
    """
    token_metrics = measure(columns, vocabulary=vocabulary)
    data = {
        **_key(columns, columns.part, columns.position),
        "token": strings(columns.vocabulary.text[columns.tokens.code]),
        "bytes": columns.vocabulary.bytes[columns.tokens.code],
        **_offsets(columns),
        **_reported(columns.tokens),
        **_measured(columns, token_metrics),
        **_kinds(columns, token_metrics),
        **_arrivals(columns),
    }
    return table(data, attrs, vocabulary)


def alternatives_table(
    columns: ReplyColumns, *, attrs: Mapping[str, Any], vocabulary: int = VOCABULARY_SIZE
) -> pd.DataFrame:
    """Return a row for each possible token at each position, the sampled one included.

    Args:
        columns: The tokens of some replies.
        attrs: As for `tokens_table`.
        vocabulary: As for `tokens_table`.

    Returns:
        The table `ALTERNATIVES` of `column_docs`.
    """
    ranked = columns.ranked
    filled = ranked.entries.code >= 0
    row, column = np.nonzero(filled)
    entries = ranked.entries[filled]
    mass = np.nancumsum(np.exp(ranked.entries.logprob), axis=1)
    data = {
        **_key(columns, columns.part[row], columns.position[row]),
        "rank": fit_dtype(column + 1),
        "token": _token_category(columns, entries.code),
        "bytes": columns.vocabulary.bytes[entries.code],
        **_reported(entries),
        "cum_prob": mass[filled],
        "is_chosen": ranked.is_chosen[filled],
        "is_extra": ~ranked.in_top[filled],
    }
    return table(data, attrs, vocabulary)


def choices_table(
    columns: ReplyColumns, *, attrs: Mapping[str, Any], vocabulary: int = VOCABULARY_SIZE
) -> pd.DataFrame:
    """Return a row for each choice, with the metrics of its content, or of its refusal.

    Args:
        columns: The tokens of some replies.
        attrs: As for `tokens_table`.
        vocabulary: As for `tokens_table`.

    Returns:
        The columns `CHOICES` of `column_docs`.
    """
    token_metrics = measure(columns, vocabulary=vocabulary)
    answers, pieces, slices = columns.answers, columns.pieces, columns.slices
    parts = [columns.parts[answer] for answer in answers]
    spans = [align(pieces[answer], columns.parts[answer].text) for answer in answers]
    rows = [
        summary(token_metrics[slices[answer]], offsets, part.n_missing)
        for answer, offsets, part in zip(answers, spans, parts, strict=True)
    ]
    data = {
        "run": np.array([part.run for part in parts], dtype=np.int32),
        "choice": np.array([part.choice.index for part in parts], dtype=np.int16),
        "finish_reason": category(
            *pd.factorize(objects([part.choice.finish_reason for part in parts]))
        ),
        **{name: _numbers([row[name] for row in rows], kind) for name, kind in _SUMMARY.items()},
        **_compared(parts, spans),
        "text": strings(objects([well_formed(part.text) for part in parts])),
    }
    return table(data, attrs, vocabulary)


def _key(columns: ReplyColumns, part: Integers, position: Integers) -> Data:
    runs = integers([part.run for part in columns.parts])
    choices = integers([part.choice.index for part in columns.parts])
    names = integers([PARTS.index(part.name) for part in columns.parts])
    return {
        "run": runs[part].astype(np.int32),
        "choice": choices[part].astype(np.int16),
        "part": category(names[part], PARTS),
        "position": position.astype(np.int32),
    }


def _reported(entries: TokenColumns) -> Data:
    return {
        "logprob": entries.logprob,
        "logprob_raw": entries.logprob_raw,
        "status": category(entries.status, STATUSES),
        "prob": np.exp(entries.logprob),
    }


def _offsets(columns: ReplyColumns) -> Data:
    pieces = columns.pieces
    spans = [align(data, part.text) for data, part in zip(pieces, columns.parts, strict=True)]
    shared = [fragments(data) for data in pieces]
    texts = [text for fragments_ in shared for text in fragments_.text]
    return {
        "text": strings(objects(texts)),
        "group": _joined([f.group for f in shared]).astype(np.int32),
        "frag": _joined([f.index for f in shared]).clip(max=127).astype(np.int8),
        "n_frag": _joined([f.size for f in shared]).clip(max=127).astype(np.int8),
        "byte_start": nullable(_joined([s.byte_start for s in spans]), "int32"),
        "byte_end": nullable(_joined([s.byte_end for s in spans]), "int32"),
        "char_start": nullable(_joined([s.char_start for s in spans]), "int32"),
        "char_end": nullable(_joined([s.char_end for s in spans]), "int32"),
        "align": category(_joined([s.state for s in spans]), STATES),
    }


def _measured(columns: ReplyColumns, metrics: TokenMetrics) -> Data:
    ranked = columns.ranked
    first = ranked.entries[:, 0]
    top1 = np.where((ranked.k_returned > 0) & (first.status == OK), first.code, -1)
    return {
        "surprisal_bits": surprisal_bits(metrics.logprob),
        "rank": nullable(metrics.rank, fit_dtype(ranked.k_returned).dtype.name),
        "k_returned": fit_dtype(ranked.k_returned),
        "top1_token": _token_category(columns, top1).remove_unused_categories(),
        "gap_nats": metrics.gap_nats,
        "margin": metrics.margin,
        "mass_known": metrics.mass_known,
        "mass_residual": metrics.mass_residual,
        "entropy_bits_low": metrics.entropy.low / LN2,
        "entropy_bits_high": metrics.entropy.high / LN2,
        "varentropy": metrics.entropy.varentropy,
    }


def _kinds(columns: ReplyColumns, metrics: TokenMetrics) -> Data:
    text, code = columns.vocabulary.decoded, columns.tokens.code
    space = np.array([token.isspace() for token in text], dtype=bool)
    newline = np.array(["\n" in token or "\r" in token for token in text], dtype=bool)
    special = np.array([is_special(token) for token in text], dtype=bool)
    return {
        "is_space": space[code],
        "is_newline": newline[code],
        "is_special": special[code],
        "is_forced": metrics.is_forced,
    }


def _arrivals(columns: ReplyColumns) -> Data:
    chunk = np.full(len(columns.part), -1, dtype=np.int32)
    t_ms = np.full(len(columns.part), np.nan)
    for part, bounds in zip(columns.parts, columns.slices, strict=True):
        arrivals = part.choice.arrivals.get(part.name, TokenTimes())
        for column, values in ((chunk, arrivals.chunk), (t_ms, arrivals.t_ms)):
            part_column = column[bounds]
            part_column[: len(values)] = values[: len(part_column)]
    return {"chunk": chunk, "t_ms": t_ms}


def _compared(parts: list[MessagePart], spans: list[Spans]) -> Data:
    """Compare the texts of each run."""
    token, byte, duplicate_of = (np.full(len(parts), -1) for _ in range(3))
    for _, group in groupby(range(len(parts)), key=lambda row: parts[row].run):
        rows = list(group)
        texts = [parts[row].text for row in rows]
        if len(set(texts)) > 1:
            byte[rows] = common_prefix([well_formed(text).encode() for text in texts])
        for row in rows:
            reaching = np.flatnonzero(spans[row].byte_end > byte[row])
            token[row] = reaching[0] if byte[row] >= 0 and len(reaching) else -1
            first = rows[texts.index(parts[row].text)]
            if first != row and parts[row].text:
                duplicate_of[row] = parts[first].choice.index
    return {
        "first_divergence": nullable(token, "int32"),
        "first_divergence_byte": nullable(byte, "int32"),
        "duplicate_of": nullable(duplicate_of, "int16"),
    }


def _token_category(columns: ReplyColumns, code: Integers) -> pd.Categorical:
    """Return tokens as categories, missing where the code is -1."""
    which, names = factorize(columns.vocabulary.text.tolist())
    return category(np.append(which, -1)[code], names)


def _numbers(values: Sequence[float | None], dtype: str) -> Any:
    """Return numbers as a column, nullable for `Int32`."""
    column = np.array(values, dtype=np.float64)
    return nullable(column, "int32") if dtype == "Int32" else column.astype(dtype)


def _joined(arrays: list[Integers]) -> Integers:
    return np.concatenate([np.empty(0, dtype=np.intp), *arrays])

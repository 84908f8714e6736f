"""How far the choices of a run agree, and how probable they are together."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chat_magic.analysis.arrays import integers
from chat_magic.analysis.divergences import answer_texts, first_divergence
from chat_magic.analysis.metrics import VOCABULARY_SIZE, joint_logprob
from chat_magic.analysis.table_columns import strings, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.arrays import Floats
    from chat_magic.analysis.divergences import AnswerText
    from chat_magic.analysis.reply_columns import ReplyColumns


class Agreement(NamedTuple):
    """How far m texts agree; every field is NaN if there are none."""

    share: float
    """Of the most frequent text, 0 to 1."""
    distinct: float
    """Distinct texts / m."""
    entropy_nats: float
    """Of the texts, in nats; biased low for small m (arXiv 2509.14478)."""
    unseen_mass: float
    """Estimated probability of texts that were not sampled."""


def normalised(text: str) -> str:
    """Return the form in which texts are compared: NFKC, case folded, stripped."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def agreement(texts: Sequence[str]) -> Agreement:
    """Measure how far texts agree, each compared as `normalised`.

    With c_j the count of the distinct text j of J, and f_1 the number of texts sampled once:
    share = max c_j / m; distinct = J / m; entropy = -sum (c_j/m) ln(c_j/m) + (J-1)/(2m), with the
    correction of Miller and Madow (1955); unseen mass = f_1 / m (Good and Turing, 1953).

    Args:
        texts: The texts of the m choices.
    """
    m = len(texts)
    if not m:
        return Agreement(math.nan, math.nan, math.nan, math.nan)
    counts = Counter(map(normalised, texts))
    shares = np.array(list(counts.values())) / m
    entropy = float(-(shares * np.log(shares)).sum()) + (len(counts) - 1) / (2 * m)
    once = sum(count == 1 for count in counts.values())
    return Agreement(float(shares.max()), len(counts) / m, entropy, once / m)


def agreement_table(columns: ReplyColumns, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each run, with how far its choices agree.

    Args:
        columns: The tokens of some replies; of each choice its content, or its refusal.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `AGREEMENT` of `column_docs`. A model that samples from what it reports has a
        `share` near `weight`.
    """
    runs: list[list[_Answer]] = [[] for _ in range(columns.n_runs)]
    slices = columns.slices
    for text, answer in zip(answer_texts(columns), columns.answers, strict=True):
        runs[text.run].append(_Answer(text, columns.tokens.logprob[slices[answer]]))
    rows = [_row(run, runs[0]) for run in runs]
    named = {name: [row[name] for row in rows] for name in _ROW}
    data = {
        "run": np.arange(len(rows), dtype=np.int32),
        "n_choices": integers(named.pop("n_choices")).astype(np.int32),
        **{
            name: strings(values) if name == "text" else np.array(values, dtype=np.float64)
            for name, values in named.items()
        },
    }
    return table(data, attrs, VOCABULARY_SIZE)


_ROW = (
    "n_choices", *Agreement._fields, "text", "weight", "sampled_entropy", "predictive_entropy",
    "total_variation_low",
)  # fmt: skip


class _Answer(NamedTuple):
    """The text of a choice, and the log probability of all its tokens, in the text or not."""

    text: AnswerText
    logprob: Floats


def _row(run: list[_Answer], first: list[_Answer]) -> dict[str, Any]:
    texts = [answer.text.data.decode() for answer in run]
    forms = [normalised(text) for text in texts]
    modal = Counter(forms).most_common(1)[0][0] if forms else ""
    joint = np.array([joint_logprob(answer.logprob) for answer in run], dtype=np.float64)
    n_scored = np.array([np.sum(~np.isnan(answer.logprob)) for answer in run], dtype=np.float64)
    scored = n_scored > 0
    return {
        "n_choices": len(run),
        **agreement(texts)._asdict(),
        "text": texts[forms.index(modal)] if texts else None,
        "weight": _weights(forms, joint).get(modal, math.nan),
        "sampled_entropy": sampled_entropy(joint[scored]),
        "predictive_entropy": predictive_entropy(joint[scored], n_scored[scored]),
        "total_variation_low": _variation([answer.text for answer in (*run[:1], *first[:1])]),
    }


def _weights(forms: list[str], joint: Floats) -> dict[str, float]:
    """Return the weights of the distinct texts; empty if one has no probability."""
    if np.isnan(joint).any():
        return {}
    best: dict[str, float] = {}
    for form, logprob in zip(forms, joint.tolist(), strict=True):
        # spellings and tokenizations of the same form differ in probability
        best[form] = max(logprob, best.get(form, -math.inf))
    return relative_weights(best)


def _variation(texts: list[AnswerText]) -> float:
    """Return the lower bound for two texts at the place where they diverge."""
    divergence = first_divergence(texts)
    if divergence is None:
        return math.nan
    first, second = (text.alternatives_at(divergence.start) for text in texts)
    return total_variation_low(first, second) if first and second else math.nan


def predictive_entropy(joint_logprob: Floats, n_tokens: Floats) -> float:
    """Return -(1/m) sum LL_s / n_s: nats a token, over m choices.

    Args:
        joint_logprob: LL_s, the log probability of each choice, in nats.
        n_tokens: n_s, its number of tokens; choices without any are ignored.

    Returns:
        NaN without choices. Unbiased only if the choices were sampled from the reported
        distribution (see `metrics.sampling_z`).
    """
    has_tokens = np.asarray(n_tokens) > 0
    return _mean(-np.asarray(joint_logprob)[has_tokens] / np.asarray(n_tokens)[has_tokens])


def sampled_entropy(joint_logprob: Floats) -> float:
    """Return -(1/m) sum LL_s, the Monte Carlo estimate of the entropy of answers, in nats.

    NaN without choices; unbiased under the condition of `predictive_entropy`.
    """
    return _mean(-np.asarray(joint_logprob))


def relative_weights(joint_logprob: Mapping[str, float]) -> dict[str, float]:
    """Return the softmax of LL over distinct outputs: weights among the sampled ones, with sum 1.

    Args:
        joint_logprob: LL in nats by output.
    """
    if not joint_logprob:
        return {}
    values = np.array(list(joint_logprob.values()))
    weights = np.exp(values - values.max())
    return dict(zip(joint_logprob, (weights / weights.sum()).tolist(), strict=True))


def total_variation_low(p: Mapping[bytes, float], q: Mapping[bytes, float]) -> float:
    """Return a lower bound of the total variation of two distributions whose top is known.

    It is half the sum of |p_a - q_a| over the tokens that both list; all other tokens can only
    add to it.

    Args:
        p: Probabilities, 0 to 1, by the tokens' bytes.
        q: Those of another run at the same place.
    """
    return sum(abs(p[token] - q[token]) for token in p.keys() & q.keys()) / 2


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan

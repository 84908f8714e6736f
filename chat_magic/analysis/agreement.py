"""How far the choices of an answer agree, and how sure the model was of them together."""

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
    """How far m texts agree; every field is NaN where there is no text."""

    share: float
    """Of the most frequent text: its count / m."""
    distinct: float
    """Different texts / m."""
    entropy_nats: float
    """Of the texts, in nats; biased low where m is small (arXiv 2509.14478)."""
    unseen_mass: float
    """Probability of texts that did not come, estimated."""


def normalised(text: str) -> str:
    """Return a text as it is compared: NFKC, case folded, without white space around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def agreement(texts: Sequence[str]) -> Agreement:
    """Say how far texts agree, each compared as `normalised`.

    With c_j the count of distinct text j of J, and f_1 the number of texts that came once:
    share = max c_j / m; distinct = J / m; entropy = -sum (c_j/m) ln(c_j/m) + (J-1)/(2m), the
    correction being Miller and Madow's (1955); unseen mass = f_1 / m (Good and Turing, 1953).

    Args:
        texts: What the m choices say.
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
        columns: The tokens of some replies; each choice's content counts, or its refusal.
        attrs: As for `tables.tokens_table`.

    Returns:
        The table: `run`, `n_choices`, and of the choices' texts, compared as `normalised`,
        `share`, `distinct`, `entropy_nats` and `unseen_mass` (`agreement`); `text`, the most
        frequent one as it came first; `weight`, its probability relative to the others that were
        sampled (`relative_weights`), which a model that samples what it reports gives a `share`
        near to; `sampled_entropy` in nats and `predictive_entropy` in nats a token;
        `total_variation_low`, how far at least the next token is distributed otherwise than in
        run 0 at the place where the first choices of both part (`total_variation_low`). NaN
        where there is no choice, or no log probability.
    """
    runs: list[list[_Said]] = [[] for _ in range(columns.n_runs)]
    slices = columns.slices
    for text, answer in zip(answer_texts(columns), columns.answers, strict=True):
        runs[text.run].append(_Said(text, columns.tokens.logprob[slices[answer]]))
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


class _Said(NamedTuple):
    """What one choice said, and how probable each of its tokens was, those outside included."""

    text: AnswerText
    logprob: Floats


def _row(run: list[_Said], first: list[_Said]) -> dict[str, Any]:
    texts = [said.text.data.decode() for said in run]
    forms = [normalised(text) for text in texts]
    most = Counter(forms).most_common(1)[0][0] if forms else ""
    joint = np.array([joint_logprob(said.logprob) for said in run], dtype=np.float64)
    n_scored = np.array([np.sum(~np.isnan(said.logprob)) for said in run], dtype=np.float64)
    scored = n_scored > 0
    return {
        "n_choices": len(run),
        **agreement(texts)._asdict(),
        "text": texts[forms.index(most)] if texts else None,
        "weight": _weights(forms, joint).get(most, math.nan),
        "sampled_entropy": sampled_entropy(joint[scored]),
        "predictive_entropy": predictive_entropy(joint[scored], n_scored[scored]),
        "total_variation_low": _variation([said.text for said in (*run[:1], *first[:1])]),
    }


def _weights(forms: list[str], joint: Floats) -> dict[str, float]:
    """Return the weights of the distinct texts; none where one has no probability."""
    if np.isnan(joint).any():
        return {}
    most: dict[str, float] = {}
    for form, own in zip(forms, joint.tolist(), strict=True):
        most[form] = max(
            own, most.get(form, -math.inf)
        )  # each way to cut or to spell it has its own
    return relative_weights(most)


def _variation(texts: list[AnswerText]) -> float:
    """Return the lower bound for two texts, at the place where they part."""
    divergence = first_divergence(texts)
    if divergence is None:
        return math.nan
    one, other = (text.alternatives_at(divergence.start) for text in texts)
    return total_variation_low(one, other) if one and other else math.nan


def predictive_entropy(joint_logprob: Floats, n_tokens: Floats) -> float:
    """Return -(1/m) sum LL_s / n_s: nats a token, over m choices.

    Args:
        joint_logprob: LL_s, the log probability of each choice, in nats.
        n_tokens: n_s, its tokens; a choice without any counts for nothing.

    Returns:
        NaN without choices. Unbiased only where the choices were sampled from the reported
        distribution (`metrics.sampling_z` tells).
    """
    some = np.asarray(n_tokens) > 0
    return _mean(-np.asarray(joint_logprob)[some] / np.asarray(n_tokens)[some])


def sampled_entropy(joint_logprob: Floats) -> float:
    """Return -(1/m) sum LL_s, the Monte Carlo estimate of the entropy of answers, in nats.

    NaN without choices; unbiased under the condition of `predictive_entropy`.
    """
    return _mean(-np.asarray(joint_logprob))


def relative_weights(joint_logprob: Mapping[str, float]) -> dict[str, float]:
    """Return the softmax of LL over distinct outputs: weights among those sampled, adding to 1.

    Args:
        joint_logprob: LL in nats by output.
    """
    if not joint_logprob:
        return {}
    values = np.array(list(joint_logprob.values()))
    weights = np.exp(values - values.max())
    return dict(zip(joint_logprob, (weights / weights.sum()).tolist(), strict=True))


def total_variation_low(one: Mapping[bytes, float], other: Mapping[bytes, float]) -> float:
    """Return a lower bound of the total variation of two distributions of which the top is known.

    It is half the sum of |p_a - q_a| over the tokens that both name; what only one names, or
    neither, can only add to it.

    Args:
        one: Probabilities, 0 to 1, by the tokens' bytes.
        other: Those of another run at the same place.
    """
    return sum(abs(one[token] - other[token]) for token in one.keys() & other.keys()) / 2


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan

"""How far the choices of an answer agree, and how sure the model was of them together."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.arrays import Floats


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

"""Metrics over log probabilities, as functions of numpy arrays.

Log probabilities are in nats, and NaN for a status other than `ok`; sums leave NaN out. A row of
*alternatives* has the most probable tokens of a position and the sampled token, each once, in any
order, with NaN as padding: shape (n, width).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from chat_magic.analysis.arrays import Flags, Floats, Integers

LN2 = float(np.log(2))
VOCABULARY_SIZE = 200_000
"""Tokens assumed in a model's vocabulary."""
FORCED_PROB = 1 - 1e-6
FORBIDDEN_LOGPROB = -50.0
"""Log probability, in nats, at or below which a grammar must have put a token."""
SMALL_RESIDUAL = 0.01
"""Unseen probability below which the alternatives represent the whole distribution."""


def surprisal_bits(logprob: Floats) -> Floats:
    """Return the surprisal of each token: -log2 p, in bits, 0 and up (Shannon 1948)."""
    return np.subtract(0.0, logprob / LN2)  # 0.0 - x, since -x may be -0.0


def rank(logprob: Floats, alternatives: Floats) -> Floats:
    """Return 1 + the number of alternatives more probable than each token; equals share a rank.

    It is the rank only if the token is among the most probable ones (GLTR, Gehrmann et al. 2019).
    Shape (n,); NaN for a token without a log probability.
    """
    above = np.sum(alternatives > logprob[:, None], axis=1)
    return np.where(np.isnan(logprob), np.nan, 1.0 + above)


def gap_nats(logprob: Floats, alternatives: Floats) -> Floats:
    """Return how far each token is below the most probable one, in nats, shape (n,).

    0 for the most probable token; e to minus the gap is the ratio of the two probabilities (GLTR,
    Gehrmann et al. 2019). NaN if one of them has no log probability.
    """
    most: Floats = np.fmax.reduce(alternatives, axis=1, initial=np.nan)
    return most - logprob


def margin(alternatives: Floats) -> Floats:
    """Return p of the most probable alternative less p of the second, 0 to 1, shape (n,).

    NaN if fewer than two have a log probability (margin sampling: Scheffer et al. 2001).
    """
    if alternatives.shape[1] < 2:
        return np.full(len(alternatives), np.nan)
    descending = np.partition(-alternatives, 1, axis=1)  # NaN goes last
    return np.exp(-descending[:, 0]) - np.exp(-descending[:, 1])


def forced(logprob: Floats, others_raw: Floats) -> Flags:
    """Say which tokens were forced by a grammar.

    Args:
        logprob: Of the tokens, in nats, shape (n,).
        others_raw: Of the other alternatives, in nats as sent (sentinels too), NaN as padding,
            shape (n, width).

    Returns:
        Where p is at least 1 - 1e-6, others are listed, and none is above -50 nats; shape (n,).
        A heuristic: a model alone hardly ever leaves its second choice at e^-50.
    """
    listed = ~np.isnan(others_raw)
    forbidden = listed.any(axis=1) & ~np.any(others_raw > FORBIDDEN_LOGPROB, axis=1)
    flags: Flags = forbidden & (np.exp(logprob) >= FORCED_PROB)
    return flags


def mass_known(alternatives: Floats) -> Floats:
    """Return the sum of the alternatives' probabilities, shape (n,); NaN if none has one.

    It is at most 1, apart from rounding, if the server is sound; it is not clipped.
    """
    mass = np.nansum(np.exp(alternatives), axis=1)
    return np.where(np.isnan(alternatives).all(axis=1), np.nan, mass)


def mass_residual(known: Floats) -> Floats:
    """Return the probability of all tokens that are not listed: max(0, 1 - known)."""
    return np.maximum(0.0, 1.0 - known)


class Entropy(NamedTuple):
    """Bounds of the entropy of the whole distribution, from truncated alternatives; shape (n,)."""

    low: Floats
    """Lower bound, in nats."""
    high: Floats
    """Upper bound, in nats, for the assumed size of the vocabulary."""
    varentropy: Floats
    """Variance of the information, in nats squared; NaN if 1% or more is unseen."""


def entropy(alternatives: Floats, floor: Floats, *, vocabulary: int = VOCABULARY_SIZE) -> Entropy:
    """Bound the entropy of each position from its alternatives and what they leave unseen.

    With r the residual mass and E = -sum p ln p over the alternatives, the entropy is least when
    the unseen tokens are as large as they can be, each the size p_K of the least of the most
    probable ones: E + m h(p_K) + h(r - m p_K), m = floor(r / p_K), h(x) = -x ln x. It is greatest
    when they are equal: E - r ln(r / (V - |A|)). (Entropy is Schur-concave: Marshall, Olkin &
    Arnold, Inequalities, 2011, 3.D. Varentropy: Kontoyiannis & Verdú 2014; taken here over the
    alternatives and the unseen tokens of the lower bound.)

    Args:
        alternatives: In nats, shape (n, width).
        floor: ln p_K in nats, shape (n,); a sampled token outside the most probable ones does not
            count. NaN gives NaN.
        vocabulary: V, the number of tokens in the vocabulary.

    Returns:
        The bounds and the varentropy. If the probabilities add up to more than 1, the bounds are
        equal.
    """
    prob = np.exp(alternatives)
    residual = mass_residual(np.nansum(prob, axis=1))
    unseen = np.maximum(vocabulary - np.sum(~np.isnan(alternatives), axis=1), 1)
    size = np.exp(floor)
    packed = np.minimum(np.floor(_divide(residual, size)), unseen)
    rest = np.maximum(0.0, residual - packed * size)
    known = -np.nansum(prob * alternatives, axis=1)
    high = known + _information(residual) + residual * np.log(unseen)
    low = np.minimum(known - packed * size * floor + _information(rest), high)
    spread = np.nansum(prob * (alternatives + low[:, None]) ** 2, axis=1)
    spread += packed * size * (floor + low) ** 2
    spread += rest * (_log(rest) + low) ** 2
    undefined = np.isnan(floor)
    return Entropy(
        low=np.where(undefined, np.nan, low),
        high=np.where(undefined, np.nan, high),
        varentropy=np.where(undefined | ~(residual < SMALL_RESIDUAL), np.nan, spread),
    )


def censored_bound(top: Floats) -> Floats:
    """Return the highest possible log probability of a token outside the top, in nats.

    It is at most as probable as the least of the top, and as all tokens outside it together.

    Args:
        top: The most probable tokens alone, in nats, NaN as padding, shape (n, width).

    Returns:
        min(ln p_K, ln r), shape (n,); ln p_K alone if r is 0 by rounding, 0 without a top.
    """
    floor = least(top)
    residual = mass_residual(mass_known(top))
    bound = np.where(residual > 0, np.minimum(floor, _log(residual)), floor)
    return np.where(np.isnan(floor), 0.0, bound)


def least(top: Floats) -> Floats:
    """Return the least log probability of each row in nats, shape (n,); NaN for an empty row."""
    values: Floats = np.fmin.reduce(top, axis=1, initial=np.nan)
    return values


def joint_logprob(logprob: Floats) -> float:
    """Return the sum of the log probabilities that are not NaN, in nats; NaN if all are.

    It is that of this sequence of tokens. The same text has other tokenizations, so that it is a
    lower bound for the text. Its exponential underflows below -745.
    """
    measured = logprob[~np.isnan(logprob)]
    return float(measured.sum()) if measured.size else np.nan


def mean(values: Floats) -> float:
    """Return the mean of the values that are not NaN, in their unit; NaN if all are.

    Of log probabilities: LL / n, in nats a token, which does not depend on length.
    """
    measured = values[~np.isnan(values)]
    return float(measured.mean()) if measured.size else np.nan


def perplexity(logprob: Floats) -> float:
    """Return e to minus the mean log probability: 1 and up (Jelinek et al. 1977).

    Its inverse is the geometric mean of the probabilities. NaN without log probabilities,
    infinite beyond e^709.
    """
    with np.errstate(over="ignore"):
        return float(np.exp(-mean(logprob)))


def perplexity_low(logprob: Floats, bound: Floats) -> float:
    """Return a lower bound of the perplexity that includes the censored tokens.

    Args:
        logprob: In nats, shape (n,).
        bound: The highest possible log probability of a censored token (`censored_bound`), NaN
            for all others; shape (n,).

    Returns:
        The perplexity with each censored token at its bound; equal to `perplexity` without any.
    """
    return perplexity(np.where(np.isnan(bound), logprob, bound))


def bits_per_byte(logprob: Floats, n_bytes: int) -> float:
    """Return the information of a text per UTF-8 byte, in bits (Gao et al. 2020, The Pile).

    Unlike perplexity it is comparable between tokenizers.

    Args:
        logprob: Of the tokens that make up the text, in nats, shape (n,).
        n_bytes: Length of the text in UTF-8.

    Returns:
        The ratio; NaN for an empty text, or if a token has no log probability.
    """
    if not n_bytes or np.isnan(logprob).any():
        return np.nan
    return float(-logprob.sum() / (LN2 * n_bytes)) + 0.0


def weakest(prob: Floats) -> tuple[float, int | None]:
    """Return the least probability and its first position; NaN and None if there is none."""
    if np.isnan(prob).all():
        return np.nan, None
    position = int(np.nanargmin(prob))
    return float(prob[position]), position


def share_where(flags: Flags, among: Flags) -> float:
    """Return the share, 0 to 1, of the tokens in `among` that are flagged; NaN if it is empty."""
    return float(np.mean(flags[among])) if among.any() else np.nan


def sampling_z(logprob: Floats, entropy: Entropy, *, at_least: int = 50) -> float:
    """Test whether the tokens look sampled from the reported probabilities.

    The surprisal of a token so sampled has the entropy as its mean and the varentropy as its
    variance, so that by the central limit theorem Z = sum(S - H) / sqrt(sum V), all in nats, is
    about normal (0, 1). Far below 0, sampling was sharper than the probabilities: they are those
    before the temperature or top-p, or decoding was greedy. Beyond 3 it is significant.

    Args:
        logprob: In nats, shape (n,).
        entropy: Of the same positions; only those with a varentropy count.
        at_least: Tokens that are required.

    Returns:
        Z; NaN with fewer tokens, or if no token is uncertain.
    """
    excess = -logprob - entropy.low
    counts = ~np.isnan(excess + entropy.varentropy)
    variance = float(entropy.varentropy[counts].sum())
    if counts.sum() < at_least or variance == 0:
        return np.nan
    return float(excess[counts].sum() / np.sqrt(variance))


def wilson(count: Integers, among: Integers) -> tuple[Floats, Floats]:
    """Return the 95% interval of a share of observations (Wilson 1927).

    (c + z²/2 ± z sqrt(c (m - c) / m + z²/4)) / (m + z²) with z = 1.96: unlike the normal
    interval it stays within 0 to 1 and holds for few samples.

    Args:
        count: Observations that count, c, shape (n,).
        among: All observations, m, at least 1, shape (n,).
    """
    z = 1.959963984540054
    middle = (count + z**2 / 2) / (among + z**2)
    half = z * np.sqrt(count * (among - count) / among + z**2 / 4) / (among + z**2)
    return np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)


def _log(x: Floats) -> Floats:
    """Return ln x, and 0 where x is 0: its factor is."""
    return np.log(x, out=np.zeros_like(x), where=x != 0)


def _information(x: Floats) -> Floats:
    return -x * _log(x)


def _divide(x: Floats, y: Floats) -> Floats:
    """Return x / y, and 0 where y is 0."""
    return np.divide(x, y, out=np.zeros_like(x), where=y != 0)

"""What recorded tokens would have been worth under other sampling settings, as bounds.

Known of a position are the alternatives A with their probabilities p, the least p_K of the most
probable ones, and the residual r = 1 - sum p, which N = V - |A| unseen tokens share, each of them
at most p_K. Settings act in the order of llama.cpp (`common/sampling.cpp`): top_k, top_p counted
within what top_k left, min_p, temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chat_magic.analysis import metrics
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.analysis.arrays import Flags, Floats, Integers

_ROUNDING = 1e-9
"""Probability, or nats, within which a token counts as being on a threshold."""


@dataclass(frozen=True)
class Sampling:
    """Settings of a sampler; the defaults leave every distribution as the model gives it.

    Raises:
        InvalidRequest: A value is out of range.
    """

    temperature: float = 1.0
    """0 and up; 0 always takes the most probable token."""
    top_p: float = 1.0
    """0 to 1: the most probable tokens that reach this share are kept."""
    top_k: int | None = None
    """How many of the most probable tokens are kept; None and 0 keep all."""
    min_p: float = 0.0
    """0 to 1: what is less than this share as probable as the first is left out."""

    def __post_init__(self) -> None:
        for name, most in (("temperature", np.inf), ("top_p", 1), ("min_p", 1)):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= most or value == np.inf:
                allowed = "at least 0" if most == np.inf else "0 to 1"
                raise InvalidRequest(f"what_if: {name} {value!r}: must be {allowed}")
        top_k = self.top_k
        if top_k is not None and (not _is_number(top_k) or top_k < 0 or top_k != int(top_k)):
            raise InvalidRequest(f"what_if: top_k {top_k!r}: must be an integer of at least 0")

    @property
    def keeps_all(self) -> bool:
        """Whether no token is cut."""
        return not self.top_k and self.top_p >= 1 and self.min_p == 0


@dataclass(frozen=True)
class PossibleTokens:
    """What is known of the distributions at n positions."""

    logprob: Floats
    """In nats by falling probability, the sampled token last if it was not listed, NaN where there
    is none; shape (n, width)."""
    in_top: Flags
    """Whether it was listed as one of the most probable; shape (n, width)."""
    chosen: Integers
    """Column of the sampled token; shape (n,)."""
    vocabulary: int = metrics.VOCABULARY_SIZE
    """V, the number of tokens in the vocabulary."""


class WhatIf(NamedTuple):
    """The sampled tokens under other settings; shape (n,)."""

    low: Floats
    """Lower bound of the probability, 0 to 1; NaN if nothing is known."""
    high: Floats
    """Upper bound."""
    cut: Floats
    """1 where the settings exclude the token, 0 where they do not, NaN where it is not known."""


class _Masses(NamedTuple):
    """What the formulas need of each position; shape (n,)."""

    first: Floats
    """ln of the greatest probability."""
    floor: Floats
    """ln p_K."""
    residual: Floats
    """r."""
    unseen: Floats
    """N."""
    n_listed: Integers
    """K."""
    is_outside: Flags
    """Whether the sampled token was not listed."""
    chosen: Floats
    """Its log probability."""


class _Kept(NamedTuple):
    """What the cuts so far have left, given that they left the sampled token."""

    surely: Flags
    """Listed tokens that are kept whatever the unseen ones are; shape (n, width)."""
    perhaps: Flags
    """Listed tokens that may be kept."""
    low: Floats
    """Least probability of the unseen tokens that are kept, s_lo; shape (n,)."""
    high: Floats
    """Greatest, s_hi."""
    cut: Floats
    """As in `WhatIf`."""


def what_if(tokens: PossibleTokens, sampling: Sampling) -> WhatIf:
    """Bound the probability that each sampled token would have had.

    With b = 1/T, S the sum of p^b over the listed tokens that are kept and R that over the unseen
    ones, it is p^b / (S + R). For b >= 1

        s_lo (r / N)^(b - 1) <= R <= s_hi p_K^(b - 1),

    and the other way round for b < 1: no unseen token exceeds p_K, and those that are kept, the
    largest of them, average at least r / N (Jensen's inequality). Where nothing is cut, the unseen
    tokens at their largest, floor(r / p_K) of size p_K and a rest, give a closer bound than p_K
    alone (as for entropy: Marshall, Olkin & Arnold, Inequalities, 2011, 3.C).

    Args:
        tokens: What is known.
        sampling: The settings.

    Returns:
        The bounds; at T = 1 without cuts, the probabilities themselves. A larger vocabulary than
        the model's own only makes them wider.
    """
    masses = _masses(tokens)
    if sampling.temperature == 1 and sampling.keeps_all:
        prob = np.exp(masses.chosen)
        return WhatIf(prob, prob, np.where(np.isnan(prob), np.nan, 0.0))
    if sampling.temperature == 0:
        prob = np.where(tokens.chosen == 0, 1.0, 0.0)
        return _known(WhatIf(prob, prob, 1.0 - prob), masses)
    kept = _top_k(tokens, masses, sampling.top_k or None)
    if sampling.top_p < 1:
        kept = _top_p(tokens, masses, kept, sampling.top_p)
    if sampling.min_p > 0:
        kept = _min_p(tokens, masses, kept, sampling.min_p)
    return _known(_tempered(tokens, masses, kept, sampling), masses)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _masses(tokens: PossibleTokens) -> _Masses:
    logprob, rows = tokens.logprob, np.arange(len(tokens.logprob))
    listed = np.where(tokens.in_top, logprob, np.nan)
    return _Masses(
        first=np.fmax.reduce(logprob, axis=1, initial=np.nan),
        floor=metrics.least(listed),
        residual=metrics.mass_residual(np.nansum(np.exp(logprob), axis=1)),
        unseen=np.maximum(tokens.vocabulary - np.sum(~np.isnan(logprob), axis=1), 1).astype(float),
        n_listed=np.sum(~np.isnan(listed), axis=1),
        is_outside=~tokens.in_top[rows, tokens.chosen],
        chosen=logprob[rows, tokens.chosen],
    )


def _top_k(tokens: PossibleTokens, masses: _Masses, top_k: int | None) -> _Kept:
    """Keep the K most probable tokens; beyond those that are listed, the largest unseen ones."""
    listed = tokens.in_top & ~np.isnan(tokens.logprob)
    count, residual, outside = len(listed), masses.residual, masses.is_outside
    if top_k is None:
        return _Kept(listed, listed, residual, residual, np.zeros(count))
    kept = listed & (np.cumsum(listed, axis=1) <= top_k)
    further = np.maximum(top_k - masses.n_listed, 0)  # e
    before = np.minimum(np.floor(residual / np.exp(masses.chosen)), masses.unseen)
    own_cut = np.where(before < further, 0.0, np.where(further > 0, np.nan, 1.0))
    inside_cut = 1.0 - kept[np.arange(count), tokens.chosen]
    others = np.minimum(np.maximum(further - outside, 0), masses.unseen)
    return _Kept(
        surely=kept,
        perhaps=kept,
        low=residual * others / masses.unseen,
        high=np.minimum(residual, others * np.exp(masses.floor)),
        cut=np.where(outside, own_cut, inside_cut),
    )


def _top_p(tokens: PossibleTokens, masses: _Masses, kept: _Kept, top_p: float) -> _Kept:
    """Keep the most probable tokens until they reach a share of what is left, the last included."""
    prob = np.where(kept.perhaps, np.exp(tokens.logprob), 0.0)
    listed = prob.sum(axis=1)
    known = listed + np.where(masses.is_outside, np.exp(masses.chosen), 0.0)  # C
    low, high = top_p * (known + kept.low), top_p * (known + kept.high)
    before = np.cumsum(prob, axis=1) - prob
    is_first = np.arange(prob.shape[1]) == 0
    surely = kept.surely & (is_first | (before < low[:, None] - _ROUNDING))
    perhaps = kept.perhaps & (is_first | (before < high[:, None] - _ROUNDING))
    least, most = listed, listed + kept.high  # what can precede a token that was not listed
    reaches = listed >= high - _ROUNDING
    return _Kept(
        surely=surely,
        perhaps=perhaps,
        low=np.where(reaches, 0.0, np.maximum(0.0, low - known)),
        high=np.where(
            reaches,
            0.0,
            np.minimum(kept.high, np.maximum(0.0, high - known) + np.exp(masses.floor)),
        ),
        cut=_worse(
            kept.cut,
            np.where(
                masses.is_outside,
                _cut_of(most < low - _ROUNDING, least < high - _ROUNDING),
                _cut_of(*(_of_chosen(flags, tokens) for flags in (surely, perhaps))),
            ),
        ),
    )


def _min_p(tokens: PossibleTokens, masses: _Masses, kept: _Kept, min_p: float) -> _Kept:
    """Leave out what is less probable than a share of the most probable token."""
    floor = masses.first + np.log(min_p) - _ROUNDING
    is_enough = tokens.logprob >= floor[:, None]
    excludes_unseen = floor > masses.floor
    return _Kept(
        surely=kept.surely & is_enough,
        perhaps=kept.perhaps & is_enough,
        low=np.zeros(len(floor)),
        high=np.where(excludes_unseen, 0.0, kept.high),
        cut=_worse(kept.cut, np.where(masses.chosen >= floor, 0.0, 1.0)),
    )


def _tempered(tokens: PossibleTokens, masses: _Masses, kept: _Kept, sampling: Sampling) -> WhatIf:
    """Return p^b / (S + R), all relative to the most probable token, whose power may underflow."""
    power = 1 / sampling.temperature
    weight = np.exp(power * (tokens.logprob - masses.first[:, None]))
    own = np.exp(power * (masses.chosen - masses.first))
    is_up_to_chosen = np.arange(weight.shape[1]) <= tokens.chosen[:, None]
    certain = kept.surely | (kept.perhaps & is_up_to_chosen)
    outside = np.where(masses.is_outside, own, 0.0)
    least = np.sum(weight, axis=1, where=certain) + outside
    most = np.sum(weight, axis=1, where=kept.perhaps) + outside
    rest_low, rest_high = _unseen(masses, kept, power, is_whole=sampling.keeps_all)
    low, high = own / (most + rest_high), np.minimum(1.0, own / (least + rest_low))
    low, high = np.minimum(low, high), np.maximum(low, high)  # equal but for rounding
    return WhatIf(
        low=np.where(kept.cut == 0, low, 0.0),
        high=np.where(kept.cut == 1, 0.0, high),
        cut=kept.cut,
    )


def _unseen(masses: _Masses, kept: _Kept, power: float, *, is_whole: bool) -> tuple[Floats, Floats]:
    """Return the bounds of R, relative to the power of the greatest probability."""
    first, floor, residual = masses.first, masses.floor, masses.residual
    average = np.log(np.maximum(residual, np.finfo(float).tiny) / masses.unseen)
    of_average = np.exp((power - 1) * (average - first) - first)
    of_largest = np.exp((power - 1) * (floor - first) - first)
    packed = _packed(masses, power)
    if power >= 1:
        low, high = kept.low * of_average, kept.high * of_largest
        return low, np.minimum(high, packed) if is_whole else high
    low, high = kept.low * of_largest, kept.high * of_average
    return np.maximum(low, packed) if is_whole else low, high


def _packed(masses: _Masses, power: float) -> Floats:
    """Return R where the unseen tokens are as large as they can be."""
    size = np.exp(masses.floor)
    count = np.minimum(np.floor(masses.residual / size), masses.unseen)
    rest = np.maximum(0.0, masses.residual - count * size)
    powers: Floats = count * np.exp(power * (masses.floor - masses.first))
    powers += (rest * np.exp(-masses.first)) ** power
    return powers


def _known(values: WhatIf, masses: _Masses) -> WhatIf:
    """Return NaN where the token has no probability, or no alternatives were listed."""
    is_known = ~np.isnan(masses.chosen) & (masses.n_listed > 0)
    return WhatIf(*(np.where(is_known, array, np.nan) for array in values))


def _of_chosen(flags: Flags, tokens: PossibleTokens) -> Flags:
    own: Flags = flags[np.arange(len(flags)), tokens.chosen]
    return own


def _cut_of(surely: Flags, perhaps: Flags) -> Floats:
    return np.where(surely, 0.0, np.where(perhaps, np.nan, 1.0))


def _worse(one: Floats, other: Floats) -> Floats:
    """Return whether a token is cut by one or the other: 1, NaN where that is not known, or 0."""
    is_cut = (one == 1) | (other == 1)
    return np.where(is_cut, 1.0, one + other)

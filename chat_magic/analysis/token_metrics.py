"""The metrics of every token of some replies, and their summary for a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chat_magic.analysis import metrics
from chat_magic.analysis.reply_columns import CENSORED, ReplyColumns

if TYPE_CHECKING:
    from chat_magic.analysis.align import Spans
    from chat_magic.analysis.arrays import Flags, Floats


@dataclass(frozen=True)
class TokenMetrics:
    """What `metrics` says of n tokens; arrays of shape (n,), NaN where it cannot say."""

    logprob: Floats
    bound: Floats
    """The most that the log probability of a censored token can be, in nats; NaN for others."""
    rank: Floats
    """NaN also where the token lay outside the most probable ones."""
    gap_nats: Floats
    """NaN also where no alternative has a measurement."""
    margin: Floats
    mass_known: Floats
    mass_residual: Floats
    entropy: metrics.Entropy
    """NaN also where the server returned fewer than two alternatives."""
    is_forced: Flags

    def __getitem__(self, tokens: slice) -> TokenMetrics:
        arrays = {name: value[tokens] for name, value in vars(self).items() if name != "entropy"}
        return TokenMetrics(**arrays, entropy=metrics.Entropy(*(a[tokens] for a in self.entropy)))


def alternative_logprobs(columns: ReplyColumns) -> Floats:
    """Return the log probabilities of what could have come, in nats, shape (n, width).

    Where a token's own log probability and that of the same token among its alternatives differ,
    its own counts.
    """
    ranked, logprob = columns.ranked, columns.tokens.logprob[:, None]
    return np.where(ranked.is_chosen & ~np.isnan(logprob), logprob, ranked.entries.logprob)


def measure(columns: ReplyColumns, *, vocabulary: int) -> TokenMetrics:
    """Compute the metrics of all tokens."""
    ranked, logprob = columns.ranked, columns.tokens.logprob
    k, is_chosen = ranked.k_returned, ranked.is_chosen
    alternatives = alternative_logprobs(columns)
    top = np.where(ranked.in_top, ranked.entries.logprob, np.nan)
    least = metrics.least(top)
    rank = metrics.rank(logprob, alternatives)
    mass = metrics.mass_known(alternatives)
    return TokenMetrics(
        logprob=logprob,
        bound=_bounds(columns.tokens.status == CENSORED, top),
        rank=np.where(ranked.chosen < k, rank, np.nan),
        gap_nats=np.where(np.isnan(least), np.nan, metrics.gap_nats(logprob, alternatives)),
        margin=np.where(k >= 2, metrics.margin(alternatives), np.nan),
        mass_known=mass,
        mass_residual=metrics.mass_residual(mass),
        entropy=metrics.entropy(
            alternatives, np.where(k >= 2, least, np.nan), vocabulary=vocabulary
        ),
        is_forced=metrics.forced(logprob, np.where(is_chosen, np.nan, ranked.entries.logprob_raw)),
    )


def _bounds(censored: Flags, top: Floats) -> Floats:
    bound = np.full(len(top), np.nan)
    bound[censored] = metrics.censored_bound(top[censored])
    return bound


def summary(found: TokenMetrics, spans: Spans) -> dict[str, float | None]:
    """Return the metrics of a text, named as in the table of choices.

    Args:
        found: The metrics of all its tokens, also of those that stand outside the text.
        spans: Where they stand; bits per byte count only tokens inside, and need all the text.

    Returns:
        The metrics over the tokens whose status is ok, NaN where there is none.
    """
    logprob, prob = found.logprob, np.exp(found.logprob)
    scored = ~np.isnan(logprob)
    min_prob, min_prob_position = metrics.weakest(prob)
    inside = spans.byte_start >= 0
    low, high = (metrics.mean(ends[scored]) / metrics.LN2 for ends in found.entropy[:2])
    whole = spans.coverage == 1
    return {
        "n_tokens": len(logprob),
        "n_scored": int(scored.sum()),
        "n_censored": int(np.sum(~np.isnan(found.bound))),
        "joint_logprob": metrics.joint_logprob(logprob),
        "mean_logprob": metrics.mean(logprob),
        "perplexity": metrics.perplexity(logprob),
        "perplexity_low": metrics.perplexity_low(logprob, found.bound),
        "geo_mean_prob": float(np.exp(metrics.mean(logprob))),
        "bits_per_byte": metrics.bits_per_byte(logprob[inside], spans.n_bytes) if whole else np.nan,
        "min_prob": min_prob,
        "min_prob_position": min_prob_position,
        "frac_below_50": metrics.share_where(prob < 0.5, scored),
        "frac_non_greedy": metrics.share_where(found.gap_nats > 0, ~np.isnan(found.gap_nats)),
        "mean_entropy_bits_low": low,
        "mean_entropy_bits_high": high,
        "mean_residual": metrics.mean(found.mass_residual[scored]),
        "z_sampling": metrics.sampling_z(logprob, found.entropy),
        "alignment_coverage": spans.coverage,
    }

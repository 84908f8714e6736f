"""The metrics of every token of some replies, and their summary for each text."""

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
    """The metrics of n tokens, as arrays of shape (n,); NaN where they are not defined."""

    logprob: Floats
    bound: Floats
    """Highest possible log probability of a censored token, in nats; NaN for others."""
    rank: Floats
    """NaN also for a token outside the most probable ones."""
    gap_nats: Floats
    """NaN also if no alternative has a log probability."""
    margin: Floats
    mass_known: Floats
    mass_residual: Floats
    entropy: metrics.Entropy
    """NaN also if the server returned fewer than two alternatives."""
    is_forced: Flags

    def __getitem__(self, tokens: slice) -> TokenMetrics:
        arrays = {name: value[tokens] for name, value in vars(self).items() if name != "entropy"}
        return TokenMetrics(**arrays, entropy=metrics.Entropy(*(a[tokens] for a in self.entropy)))


def alternative_logprobs(columns: ReplyColumns) -> Floats:
    """Return the log probabilities of the possible tokens, in nats, shape (n, width).

    If the log probability of a sampled token differs from that of the same token among the
    alternatives, the former counts.
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


def summary(tokens: TokenMetrics, spans: Spans, n_missing: int = 0) -> dict[str, float | None]:
    """Return the metrics of a text, named as in the table of choices.

    Args:
        tokens: The metrics of all tokens of the part, in the text or not.
        spans: Their offsets. Tokens that are not `in_text` count only for `n_tokens` and
            `z_sampling`; bits per byte require all of the text.
        n_missing: Tokens of the text that have no entry among `tokens`.

    Returns:
        The metrics over the tokens whose status is ok; NaN if there are none.
    """
    counted = spans.in_text
    logprob, bound = (np.where(counted, each, np.nan) for each in (tokens.logprob, tokens.bound))
    prob, gap = np.exp(logprob), np.where(counted, tokens.gap_nats, np.nan)
    scored = ~np.isnan(logprob)
    min_prob, min_prob_position = metrics.weakest(prob)
    inside = spans.byte_start >= 0
    low, high = (metrics.mean(ends[scored]) / metrics.LN2 for ends in tokens.entropy[:2])
    whole = spans.coverage == 1 and not n_missing
    return {
        "n_tokens": len(logprob) + n_missing,
        "n_scored": int(scored.sum()),
        "n_censored": int(np.sum(~np.isnan(bound))),
        "joint_logprob": metrics.joint_logprob(logprob),
        "mean_logprob": metrics.mean(logprob),
        "perplexity": metrics.perplexity(logprob),
        "perplexity_low": metrics.perplexity_low(
            *(np.append(each, np.zeros(n_missing)) for each in (logprob, bound))
        ),
        "geo_mean_prob": float(np.exp(metrics.mean(logprob))),
        "bits_per_byte": metrics.bits_per_byte(logprob[inside], spans.n_bytes) if whole else np.nan,
        "min_prob": min_prob,
        "min_prob_position": min_prob_position,
        "frac_below_50": metrics.share_where(prob < 0.5, scored),
        "frac_non_greedy": metrics.share_where(gap > 0, ~np.isnan(gap)),
        "mean_entropy_bits_low": low,
        "mean_entropy_bits_high": high,
        "mean_residual": metrics.mean(tokens.mass_residual[scored]),
        "z_sampling": metrics.sampling_z(tokens.logprob, tokens.entropy),
        "alignment_coverage": spans.coverage,
    }

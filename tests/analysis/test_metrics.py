"""Known answers, worked out by hand, and what must hold for any probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis import metrics

NAN = math.nan


def logs(*probs):
    """Return the natural logarithms of probabilities; NaN stays."""
    return np.log(np.array(probs, dtype=float))


def row(*probs):
    return logs(*probs)[None, :]


def entropy_of(*probs, floor=None, vocabulary=1000):
    bounds = metrics.entropy(row(*probs), logs(floor or min(probs)), vocabulary=vocabulary)
    return tuple(float(values[0]) for values in bounds)


@pytest.mark.parametrize(("prob", "bits"), [(1, 0), (0.5, 1), (0.25, 2), (1 / 1024, 10)])
def test_each_halving_of_the_probability_is_a_bit_of_surprisal(prob, bits):
    """-log2 of 1/1024 is 10."""
    assert metrics.surprisal_bits(logs(prob)) == pytest.approx([bits])


def test_a_certain_token_has_no_surprisal_and_no_minus_sign():
    """0.0, not -0.0, whichever zero the server sent."""
    bits = metrics.surprisal_bits(np.array([0.0, -0.0]))
    assert not np.signbit(bits).any()


def test_what_was_not_measured_has_no_metrics():
    """NaN in, NaN out, and false for a question."""
    logprob, others = np.array([NAN]), row(0.5, 0.3)
    assert np.isnan(metrics.surprisal_bits(logprob)).all()
    assert np.isnan(metrics.rank(logprob, others)).all()
    assert np.isnan(metrics.gap_nats(logprob, others)).all()
    assert not metrics.forced(logprob, row(1e-30)).any()


@pytest.mark.parametrize(("prob", "rank", "ratio"), [(0.4, 1, 1), (0.2, 2, 0.5), (0.1, 4, 0.25)])
def test_rank_counts_the_more_probable_and_the_gap_is_the_ratio_to_the_first(prob, rank, ratio):
    """Equals share a rank; after two seconds comes the fourth."""
    others = row(0.1, 0.2, NAN, 0.4, 0.2)
    assert metrics.rank(logs(prob), others) == [rank]
    assert np.exp(-metrics.gap_nats(logs(prob), others)) == pytest.approx([ratio])


def test_the_margin_is_between_the_two_most_probable():
    """.6 - .3, in any order; none with a single alternative."""
    assert metrics.margin(row(0.1, 0.6, NAN, 0.3)) == pytest.approx([0.3])
    assert np.isnan(metrics.margin(row(0.6, NAN))).all()
    assert np.isnan(metrics.margin(row(0.6))).all()


@pytest.mark.parametrize(
    ("logprob", "others", "forced"),
    [
        (0.0, [-100.0, -9999.0], True),
        (-1e-7, [-50.0], True),
        (-1e-7, [-math.inf, NAN], True),
        (-1e-7, [-49.9], False),
        (-1e-5, [-100.0], False),
        (0.0, [NAN], False),
        (0.0, [], False),
    ],
)
def test_a_token_is_forced_when_all_others_are_forbidden(logprob, others, forced):
    """Nothing can be said without others."""
    found = metrics.forced(np.array([logprob]), np.array([others], dtype=float))
    assert found.tolist() == [forced]


@pytest.mark.parametrize(
    ("probs", "known", "residual"),
    [
        ((0.5, 0.3, NAN), 0.8, 0.2),
        ((0.7, 0.3004), 1.0004, 0),
        ((1, 1, 1), 3, 0),
        ((NAN, NAN), NAN, NAN),
    ],
)
def test_the_residual_is_what_the_alternatives_leave_to_one(probs, known, residual):
    """Never below 0, also when a server's probabilities add up to more than 1."""
    mass = metrics.mass_known(row(*probs))
    assert mass == pytest.approx([known], nan_ok=True)
    assert metrics.mass_residual(mass) == pytest.approx([residual], nan_ok=True, abs=1e-12)


def test_unseen_probability_is_packed_into_tokens_as_large_as_the_least_one_seen():
    """.5 and .2 leave .3, at least as sure as .2 and .1: 1.2206 nats; at most 98 equal ones."""
    low, high, _ = entropy_of(0.5, 0.2, vocabulary=100)
    assert low == pytest.approx(1.2206073)
    assert high == pytest.approx(
        -0.5 * math.log(0.5) - 0.2 * math.log(0.2) - 0.3 * math.log(0.3 / 98)
    )


def test_a_residual_below_the_least_one_seen_is_one_token_at_best():
    """.45 and .45 leave .1: .7187 + .2303 nats."""
    low, high, _ = entropy_of(0.45, 0.45)
    assert low == pytest.approx(0.9489156)
    assert low < high


def test_a_token_from_outside_does_not_make_the_unseen_ones_smaller():
    """.5, .2 and a drawn .001: what is unseen can still be .2 large."""
    low, _, _ = entropy_of(0.5, 0.2, 0.001, floor=0.2)
    expected = [0.5, 0.2, 0.001, 0.2, 0.099]
    assert low == pytest.approx(-sum(p * math.log(p) for p in expected))


@pytest.mark.parametrize("probs", [(0.7, 0.3004), (0.9, 0.8)])
def test_more_than_certain_leaves_no_interval(probs):
    """With nothing unseen both ends are equal."""
    low, high, _ = entropy_of(*probs)
    assert low == pytest.approx(high)


def test_probabilities_that_underflow_are_no_information():
    """e^-800 is 0 and does no harm, as the least one seen neither."""
    rows = np.array([[math.log(0.9), -800.0]])
    bounds = metrics.entropy(rows, np.array([-800.0]))
    assert bounds.low == pytest.approx([-0.9 * math.log(0.9) - 0.1 * math.log(0.1)])
    assert bounds.low < bounds.high


def test_without_alternatives_there_is_no_entropy():
    """NaN for the least one seen says so."""
    bounds = metrics.entropy(row(0.5), np.array([NAN]))
    assert np.isnan(bounds).all()


@st.composite
def truncated_distributions(draw):
    """A distribution over a whole vocabulary, its K most probable, and one more that was drawn."""
    weights = draw(st.lists(st.integers(1, 10**6), min_size=2, max_size=30))
    probs = np.sort(np.array(weights) / sum(weights))[::-1]
    k = draw(st.integers(2, len(probs)))
    drawn = draw(st.integers(0, len(probs) - 1))
    return probs, k, drawn


@given(truncated_distributions())
def test_the_interval_contains_the_entropy_of_the_whole_distribution(case):
    """Whatever was cut off, and wherever the drawn token lay."""
    probs, k, drawn = case
    seen = np.append(probs[:k], probs[drawn] if drawn >= k else NAN)
    bounds = metrics.entropy(row(*seen), logs(probs[k - 1]), vocabulary=len(probs))
    truth = -np.sum(probs * np.log(probs))
    assert bounds.low[0] - 1e-9 <= truth <= bounds.high[0] + 1e-9


@given(truncated_distributions())
def test_a_token_outside_the_top_is_no_more_probable_than_its_bound(case):
    """The least of the top and the residual both bound it."""
    probs, k, drawn = case
    if drawn >= k:
        bound = metrics.censored_bound(row(*probs[:k]))
        assert math.log(probs[drawn]) <= bound[0] + 1e-9


@pytest.mark.parametrize(
    ("top", "bound"),
    [
        ((0.6, 0.1), 0.1),
        ((0.6, 0.35), 0.05),
        ((0.7, 0.3004), 0.3004),
        ((1.0,), 1),
        ((NAN,), 1),
        ((), 1),
    ],
)
def test_a_bound_is_the_smaller_of_the_least_seen_and_the_residual(top, bound):
    """The least seen alone where rounding leaves nothing; no bound but 1 without a top."""
    assert np.exp(metrics.censored_bound(row(*top))) == pytest.approx([bound])


def test_varentropy_is_the_variance_of_the_information():
    """For two tokens p (1 - p) ln²(p / (1 - p)): 0 at .5, .4345 at .9, most near .92."""
    found = {p: entropy_of(p, 1 - p)[2] for p in (0.5, 0.85, 0.9, 0.917, 0.95)}
    assert found[0.5] == pytest.approx(0)
    assert found[0.9] == pytest.approx(0.4345016)
    assert max(found, key=found.get) == 0.917


def test_varentropy_counts_a_small_residual_and_is_not_given_with_a_large_one():
    """Below 1 % the unseen tokens are those of the lower bound."""
    probs = np.array([0.9, 0.095, 0.005])
    mean = -np.sum(probs * np.log(probs))
    assert entropy_of(0.9, 0.095)[2] == pytest.approx(np.sum(probs * (np.log(probs) + mean) ** 2))
    assert math.isnan(entropy_of(0.9, 0.09)[2])


def test_the_perplexity_of_one_half_and_one_quarter_is_2_828():
    """The geometric mean of 1/.5 and 1/.25; tokens without a measurement are left out."""
    assert metrics.perplexity(logs(0.5, 0.25)) == pytest.approx(math.sqrt(8))
    assert metrics.perplexity(logs(0.5, NAN, 0.25)) == pytest.approx(math.sqrt(8))
    assert math.isnan(metrics.perplexity(logs(NAN)))
    assert metrics.perplexity(np.array([-9000.0])) == math.inf


def test_a_censored_token_raises_the_perplexity_at_least_to_its_bound():
    """(.5, .25 and at most .125) is at least 4."""
    logprob = logs(0.5, 0.25, NAN)
    bound = logs(NAN, NAN, 0.125)
    assert metrics.perplexity_low(logprob, bound) == pytest.approx(4)
    nothing = np.full(3, NAN)
    assert metrics.perplexity_low(logprob, nothing) == metrics.perplexity(logprob)


def test_the_joint_log_probability_is_the_sum_of_what_was_measured():
    """ln(.5 · .25); no sum of nothing."""
    assert metrics.joint_logprob(logs(0.5, NAN, 0.25)) == pytest.approx(math.log(0.125))
    assert math.isnan(metrics.joint_logprob(logs(NAN)))


def test_bits_per_byte_are_the_surprisal_over_the_length():
    """.5 and .25 are 3 bits; over 6 bytes a half."""
    assert metrics.bits_per_byte(logs(0.5, 0.25), 6) == pytest.approx(0.5)
    assert math.isnan(metrics.bits_per_byte(logs(0.5, NAN), 6))
    assert math.isnan(metrics.bits_per_byte(logs(), 0))


def test_the_weakest_token_is_the_first_of_the_least_probable():
    """Positions count all tokens, also those without a measurement."""
    assert metrics.weakest(np.array([NAN, 0.5, 0.2, 0.2])) == (0.2, 2)
    prob, position = metrics.weakest(np.array([NAN]))
    assert math.isnan(prob)
    assert position is None


def test_a_share_is_of_the_tokens_that_count():
    """One of two; NaN of none."""
    flags, among = np.array([True, False, True]), np.array([True, True, False])
    assert metrics.share_where(flags, among) == 0.5
    assert math.isnan(metrics.share_where(flags, np.zeros(3, dtype=bool)))


def test_z_is_the_excess_of_surprisal_in_standard_deviations():
    """Two tokens of (.9, .1), one of each: (-ln .9 - ln .1 - 2 H) / sqrt(2 V)."""
    rows = row(0.9, 0.1).repeat(2, axis=0)
    entropy = metrics.entropy(rows, logs(0.1, 0.1), vocabulary=2)
    expected = (-math.log(0.09) - 2 * 0.3250830) / math.sqrt(2 * 0.4345016)
    assert metrics.sampling_z(logs(0.9, 0.1), entropy, at_least=2) == pytest.approx(expected)
    assert math.isnan(metrics.sampling_z(logs(0.9, 0.1), entropy))


def sampled_z(temperature):
    """Return Z of 400 tokens drawn at a temperature from reported probabilities of five."""
    random = np.random.default_rng(7)
    probs = random.dirichlet(np.full(5, 0.8), size=400)
    sharpened = probs ** (1 / temperature)
    sharpened /= sharpened.sum(axis=1, keepdims=True)
    drawn = [random.choice(5, p=p) for p in sharpened]
    logprob = np.log(probs)
    entropy = metrics.entropy(logprob, logprob.min(axis=1), vocabulary=5)
    return metrics.sampling_z(logprob[np.arange(400), drawn], entropy)


def test_z_is_small_for_tokens_drawn_from_the_reported_probabilities():
    """At temperature 1."""
    assert abs(sampled_z(1.0)) < 2


def test_z_is_far_below_zero_for_probabilities_taken_before_the_temperature():
    """At temperature 0.7 the tokens are less surprising than reported."""
    assert sampled_z(0.7) < -3


def test_nothing_uncertain_says_nothing_of_the_sampling():
    """Certain tokens have no variance."""
    certain = np.array([[0.0, -800.0]]).repeat(60, axis=0)
    entropy = metrics.entropy(certain, np.full(60, -800.0))
    assert math.isnan(metrics.sampling_z(np.zeros(60), entropy))


@pytest.mark.parametrize(
    ("count", "among", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 4, 0.0, 0.4899), (4, 4, 0.5101, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_a_share_has_an_interval_that_few_samples_widen(count, among, low, high):
    """Never beyond 0 and 1, and never a point."""
    found = metrics.wilson(np.array([count]), np.array([among]))
    assert np.concatenate(found) == pytest.approx([low, high], abs=5e-5)

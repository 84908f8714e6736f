"""The embedded model as ground truth: what is said of a few alternatives against many of them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import chat_magic
from chat_magic.analysis import reply_tables as tables
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.what_if import PossibleTokens, Sampling, what_if
from chat_magic.core.reply.assembler import Assembler
from chat_magic.engine.session import default_session
from chat_magic.transport.exchange import exchange
from tests.analysis.test_what_if import sampled, shown

pytestmark = pytest.mark.usefixtures("weights")

PROMPT = "Tell me in two sentences about café life in Paris 👍."
PARAMETERS = {"model": "local", "seed": 5, "n": 2, "max_completion_tokens": 30, "temperature": 1}


@pytest.fixture(scope="module")
def wide(weights):
    """An answer with the 20 most probable tokens at each position."""
    return chat_magic.chat(PROMPT, **PARAMETERS, top_logprobs=20)


@pytest.fixture(scope="module")
def narrow(weights):
    """The same answer with 5 of them."""
    return chat_magic.chat(PROMPT, **PARAMETERS, top_logprobs=5)


def test_a_sound_server_gives_no_warnings(wide, narrow):
    """Nothing is odd about what llama.cpp sends."""
    assert wide.warnings == narrow.warnings == ()
    assert (wide.tokens["status"] == "ok").all()
    assert (wide.alternatives["status"] == "ok").all()


def test_the_tokens_are_the_text(wide):
    """Their bytes join to it, their texts too, and each has its place."""
    for index, own in wide.tokens.groupby("choice"):
        text = wide.choices[index].text
        assert b"".join(own["bytes"]).decode() == text
        assert "".join(own["text"]) == text
        assert (own["align"] == "ok").all()
    assert wide.frame["alignment_coverage"].tolist() == [1, 1]
    assert wide.frame["bits_per_byte"].gt(0).all()


def test_five_alternatives_are_the_first_five_of_twenty(wide, narrow):
    """The same tokens, ranks and probabilities, within the batches' rounding."""
    key = ["choice", "position", "rank"]
    few = narrow.alternatives.query("not is_extra").set_index(key)
    many = wide.alternatives.query("rank <= 5").set_index(key)
    assert narrow.text == wide.text
    assert few["token"].astype(object).tolist() == many["token"].astype(object).tolist()
    assert few["prob"].to_numpy() == pytest.approx(many["prob"].to_numpy(), abs=1e-3)


def test_twenty_alternatives_are_the_first_twenty_of_three_hundred(wide):
    """llama.cpp itself gives more than the API allows; our interval contains what they say."""
    body = {**wide.request.body(), "top_logprobs": 300}
    reply = default_session().loop.run(_answered(body))
    many = tables.alternatives_table(read_replies([reply]), attrs={})
    assert len(many) >= 300 * len(wide.tokens)
    key = ["choice", "position", "rank"]
    first = many.query("rank <= 20").set_index(key)["prob"]
    ours = wide.alternatives.query("rank <= 20").set_index(key)["prob"]
    assert first.loc[ours.index].to_numpy() == pytest.approx(ours.to_numpy(), abs=1e-3)
    narrowed = tables.tokens_table(read_replies([reply]), attrs={})
    assert (narrowed["entropy_bits_low"] >= wide.tokens["entropy_bits_low"] - 0.01).all()
    assert (narrowed["entropy_bits_high"] <= wide.tokens["entropy_bits_high"] + 0.01).all()


async def _answered(body):
    session = default_session()
    endpoint = await session.endpoints.resolve("local")
    assembler = Assembler()
    await exchange(session.http, endpoint, {**body, "model": endpoint.model}, assembler)
    return assembler.reply()


def test_probabilities_after_sampling_are_read_as_such():
    """llama.cpp's `post_sampling_probs` become log probabilities, and a warning says so."""
    result = chat_magic.chat(
        PROMPT, **{**PARAMETERS, "n": 1}, top_logprobs=5, extra={"post_sampling_probs": True}
    )
    assert any("after sampling settings" in warning for warning in result.warnings)
    assert result.tokens["prob"].between(0, 1).all()
    assert (result.alternatives.groupby("position")["prob"].sum() <= 1.001).all()


def test_the_entropy_interval_of_five_contains_that_of_twenty(wide, narrow):
    """More alternatives only narrow it."""
    few, many = narrow.tokens, wide.tokens
    slack = 2e-3
    assert (few["entropy_bits_low"] <= many["entropy_bits_low"] + slack).all()
    assert (few["entropy_bits_high"] >= many["entropy_bits_high"] - slack).all()
    assert (few["mass_residual"] >= many["mass_residual"] - slack).all()
    assert (many["entropy_bits_low"] <= many["entropy_bits_high"]).all()


def test_a_token_that_twenty_show_and_five_do_not_is_outside(wide, narrow):
    """Its rank is unknown among five, and told among twenty."""
    few, many = narrow.tokens, wide.tokens
    outside = few["rank"].isna()
    assert (many["rank"][~outside] == few["rank"][~outside]).all()
    assert (many["rank"][outside].dropna() > 5).all()
    assert few["gap_nats"].to_numpy() == pytest.approx(many["gap_nats"].to_numpy(), abs=1e-2)


def test_spans_and_tokens_tell_the_same_probability(wide):
    """Sentences share no token here, so that they add up to the choice."""
    sentences = wide.spans("sentence")
    assert not sentences[["shared_start", "shared_end"]].any(axis=None)
    joint = sentences.groupby("choice")["logprob"].sum()
    assert joint.tolist() == pytest.approx(wide.frame["joint_logprob"].tolist())


def test_each_way_at_the_first_branch_has_the_models_probability(wide):
    """Those who took it reported one."""
    first = wide.branches.query("parent_id == -1")
    assert first["count"].sum() == 2
    assert first["model_prob"].between(0, 1).all()
    assert (first["model_prob_min"] <= first["model_prob_max"]).all()


def test_label_mass_is_that_of_the_alternatives(wide):
    """Labels that are the listed tokens have their probabilities."""
    first = wide.alternatives.query("choice == 0 and position == 0")
    names = {token.strip().casefold() for token in first["token"] if token.strip().isalpha()}
    label = max(names, key=len)
    (row, _) = wide.labels([label], at=re.compile(r"\w+")).to_dict("records")
    prefixes = [bool(t.strip()) and label.startswith(t.strip().casefold()) for t in first["token"]]
    assert row[label] == pytest.approx(first["prob"][np.array(prefixes)].sum())


def test_a_wide_frame_has_the_first_alternative_of_each_token(wide):
    """`p_1` is the greatest; without `wide` it is the table of tokens."""
    frame = wide.to_frame(wide=True)
    assert [name for name in frame if name.startswith("p_")] == [f"p_{n}" for n in range(1, 21)]
    first = wide.alternatives.query("rank == 1")["prob"]
    assert frame["p_1"].tolist() == first.tolist()
    assert wide.to_frame() is wide.tokens


def test_the_tables_of_a_result_can_be_written(wide, tmp_path):
    """As CSV that a spreadsheet shows as it is."""
    chat_magic.to_csv(wide.tokens, tmp_path / "tokens.csv")
    assert len(pd.read_csv(tmp_path / "tokens.csv")) == len(wide.tokens)


VOCABULARY = 49_152
N_POSITIONS = 4
RANKS = (0, 1, 4, 5, 19, 20, 100, 5_000)
"""Places, by probability, of the tokens that are taken for the sampled one."""


@pytest.fixture(scope="module")
def whole(weights):
    """An answer with the probability of every token of the vocabulary at each position."""
    return chat_magic.chat(
        PROMPT,
        model="local",
        logprobs=True,
        seed=5,
        max_completion_tokens=N_POSITIONS,
        temperature=1,
        extra={"top_logprobs": VOCABULARY},
    )


@pytest.fixture(scope="module")
def distributions(whole):
    """The distribution at each position by falling probability, its sum rounded to 1."""
    by_position = whole.alternatives.groupby("position")["prob"]
    found = [np.sort(probs.to_numpy())[::-1] for _, probs in by_position]
    return [probs / probs.sum() for probs in found]


def listed(probs, n_top, rank):
    """Return the most probable tokens of a distribution, with the one of this rank as sampled."""
    outside = [probs[rank]] if rank >= n_top else []
    return PossibleTokens(
        np.log([[*probs[:n_top], *outside]]),
        np.array([[True] * n_top + [False] * len(outside)]),
        np.array([min(rank, n_top)]),
        vocabulary=VOCABULARY,
    )


def test_the_server_lists_the_whole_vocabulary(distributions, whole):
    """But for a handful of tokens with the same text; all their probability is there."""
    assert len(distributions) == N_POSITIONS
    assert min(map(len, distributions)) > VOCABULARY - 10
    masses = whole.alternatives.groupby("position")["prob"].sum()
    assert masses.to_numpy() == pytest.approx(1, abs=5e-4)


@pytest.mark.parametrize("n_top", [2, 5, 20])
@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.5])
@pytest.mark.parametrize(
    "cut",
    [{}, {"top_p": 0.9}, {"top_k": 40}, {"min_p": 0.05}, {"top_k": 10, "top_p": 0.95}],
    ids=str,
)
def test_bounds_contain_what_the_whole_vocabulary_says(distributions, n_top, temperature, cut):
    """Of a few alternatives under other settings; the truth is computed from all of them."""
    sampling = Sampling(temperature=temperature, **cut)
    for probs in distributions:
        truth = sampled(probs, sampling)
        for rank in RANKS:
            low, high, is_cut = (a[0] for a in what_if(listed(probs, n_top, rank), sampling))
            assert low * (1 - 1e-9) - 1e-12 <= truth[rank] <= high * (1 + 1e-9) + 1e-12, rank
            assert shown(is_cut) in {None, truth[rank] == 0}, rank


@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.5])
def test_with_the_whole_vocabulary_a_written_token_is_worth_one_number(whole, temperature):
    """To the server's rounding: its probabilities sum to 1 within a few parts in ten thousand."""
    table = whole.what_if(temperature=temperature)
    every = whole.alternatives.groupby("position")["prob"]
    sums = np.array([(probs ** (1 / temperature)).sum() for _, probs in every])
    own = whole.tokens["prob"].to_numpy() ** (1 / temperature) / sums
    assert table["prob_low"].to_numpy() == pytest.approx(own, rel=2e-3)
    assert table["prob_high"].to_numpy() == pytest.approx(own, rel=2e-3)

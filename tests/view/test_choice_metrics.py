"""The figures of a choice are those of the table of choices, without its libraries."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import choices_table
from chat_magic.core.reply.reply import Reply, Usage
from chat_magic.view.choice_metrics import choice_metrics
from tests.view.conftest import choice, token

COLUMNS = ("n_tokens", "perplexity", "mean_logprob", "joint_logprob", "bits_per_byte", "min_prob")
TOKENS = st.lists(
    st.builds(
        lambda text, prob, sent: token(text, prob, logprob=sent),
        st.sampled_from(["a", " b", "é", "🐈", "\n", "<|im_end|>"]),
        st.floats(0.001, 1),
        st.sampled_from([None] * 8 + [-9999.0, math.nan]),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(TOKENS, st.booleans())
def test_the_figures_are_those_of_the_table_of_choices(tokens, is_trimmed: bool) -> None:
    """Also where the server left a control token out of the text."""
    text = "".join(each.token for each in tokens)
    each = choice(tokens, text=text.removesuffix("<|im_end|>") if is_trimmed else text)
    row = choices_table(read_replies([Reply(choices=(each,))]), attrs={}).iloc[0]
    found = choice_metrics(each)
    for column in COLUMNS:
        value = getattr(found, column)
        assert (math.nan if value is None else value) == pytest.approx(row[column], nan_ok=True)


def test_without_log_probabilities_only_the_usage_tells_the_length() -> None:
    """Where it is that of the choice alone."""
    assert choice_metrics(choice(text="a")).n_tokens is None
    found = choice_metrics(choice(text="a"), Usage(completion_tokens=7))
    assert found.n_tokens == 7
    assert found.bits_per_byte is None

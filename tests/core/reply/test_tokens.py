"""What a reported log probability means, and which bytes a token is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from chat_magic.core.reply.tokens import (
    bin_of,
    is_special,
    probability,
    status_of,
    token_bytes,
    well_formed,
)


@pytest.mark.parametrize(
    ("logprob", "status"),
    [
        (0.0, "ok"),
        (-0.0, "ok"),
        (-1e-9, "ok"),
        (-99.9, "ok"),
        (-100.1, "ok"),
        (-100.0, "masked"),
        (-9999.0, "censored"),
        (-3.4028234663852886e38, "censored"),
        (-math.inf, "censored"),
        (0.3, "positive"),
        (math.inf, "positive"),
        (math.nan, "nan"),
        (None, "missing"),
    ],
)
def test_a_sentinel_is_told_from_a_measurement(logprob, status):
    """OpenAI sends -9999, SGLang -3.4e38, a grammar -100; only what is left is a number."""
    assert status_of(logprob) == status


@pytest.mark.parametrize("logprob", [None, math.nan, 0.3, -100.0, -9999.0])
def test_a_sentinel_has_no_probability(logprob):
    """Only a measurement has one."""
    assert probability(logprob) is None


def test_a_probability_is_e_to_its_logarithm():
    """The logarithm of .25 is that of 25 %."""
    assert probability(math.log(0.25)) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("prob", "number"),
    [(1, 0), (0.5, 0), (0.49, 1), (0.25, 1), (0.1, 2), (0.09, 3), (0.03, 3), (0.029, 4), (0, 4)],
)
def test_a_bin_begins_at_its_lower_edge(prob, number):
    """50, 25, 10 and 3 % belong to the bin above them."""
    assert bin_of(prob) == number


@pytest.mark.parametrize(
    ("token", "sent", "expected"),
    [
        (" Paris", b"[32,80,97,114,105,115]", b" Paris"),
        (" Paris", b"null", b" Paris"),
        ("\ufffd", b"[240,159,145]", b"\xf0\x9f\x91"),
        ("\ufffd", b"null", b"\xef\xbf\xbd"),
        ("\\xf0\\x9f\\x91", b"[240,159,145]", b"\xf0\x9f\x91"),
        ("\\xf0\\x9f\\x91", b"null", b"\xf0\x9f\x91"),
        ("bytes:\\xe2\\x80", b"null", b"\xe2\x80"),
        ("bytes: \\xe2\\x80", b"null", b" \xe2\x80"),
        ("bytes:", b"null", b"bytes:"),
        ("\\x41", b"null", b"\\x41"),
        ("▁Paris", b"[32,80,97,114,105,115]", b" Paris"),
        ("", b"[]", b""),
        ("a", b"[]", b"a"),
        ("a\ud83d", b"null", b"a\xef\xbf\xbd"),
        ("a", b"[300]", b"a"),
        ("a", b"[-1]", b"a"),
        ("a", b"[1.5]", b"a"),
        ("a", b'"YQ=="', b"a"),
        ("a", b"", b"a"),
        ("token_id:262", b"null", None),
        ("token_id:262", b"[116,111,107,101,110,95,105,100,58,50,54,50]", None),
    ],
)
def test_a_token_is_its_bytes_as_sent_or_else_what_its_text_spells(token, sent, expected):
    """Nothing that a server puts into `bytes` is an error."""
    assert token_bytes(token, sent) == expected


@given(st.binary(min_size=1), st.text())
def test_bytes_that_were_sent_win_over_the_text(data, text):
    """However the server wrote the token's text."""
    if not text.startswith("token_id:"):
        assert token_bytes(text, json.encode(list(data))) == data


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_a_well_formed_text_can_be_encoded_and_keeps_its_length(text):
    """A lone surrogate becomes one U+FFFD, so that code points keep their places."""
    assert len(well_formed(text).encode().decode()) == len(text)


@pytest.mark.parametrize(
    ("token", "special"),
    [
        ("<|im_end|>", True),
        ("<\uff5cend▁of▁sentence\uff5c>", True),
        ("</s>", True),
        ("<end_of_turn>", True),
        ("</think>", True),
        ("[INST]", True),
        ("</script>", False),
        ("<b>", False),
        (" <|im_end|>", False),
        ("<||>", False),
        ("", False),
    ],
)
def test_a_control_token_is_known_by_its_form(token, special):
    """Markup that a model writes is not one."""
    assert is_special(token) is special

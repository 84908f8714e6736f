"""Only tokens of values, and of the text, tell how sure the model was of an answer."""

from __future__ import annotations

import pytest

from chat_magic.view.summary import unsure_summary
from chat_magic.view.text_segments import choice_segments
from chat_magic.view.token_roles import token_roles, tokens_in_text
from tests.view.conftest import choice, token

SIGNS = {"counted": "v", "structure": ".", "stripped": "x"}


def roles(split, json_prefill="", **fields):
    """Return a sign for each token of a text with `|` between its tokens."""
    tokens = [token(text, 0.3) for text in split.split("|")]
    return "".join(SIGNS[r] for r in token_roles(choice(tokens, **fields), json_prefill))


@pytest.mark.parametrize(
    ("split", "signs"),
    [
        ('{"|city|":| "|Par|is|"}', "....vv."),
        ('{"|city|":| "Par|is"|}', "...vv."),
        ('{|"a"|:| |36|}', "....v."),
        ('{|"a"|:| |36}', "....v"),
        ('{"|a|":| [|1|,| |2|]|}', "....v..v.."),
        ('{"|a|":| ""|}', "...v."),
        ('{"|a|":| []|,"|b|":| {}|}', "...v...v."),
        ('{"|a|":| true|,\n|"|b|":| null|}', "...v....v."),
        ('{"|a|":| "|\\"|é|"}', "....vv."),
        ('```json\n|{"|a|":| |1|}|\n```', ".....v.."),
        ('<think>|Well|</think>|{"|a|":|1|}', "......v."),
        ("It| is| not| JSON", "vvvv"),
    ],
)
def test_of_json_only_the_values_count(split, signs):
    """Its punctuation, white space and keys were forced; a token with both is of the value."""
    assert roles(split) == signs


def test_without_a_request_for_json_everything_counts():
    """Nothing forced what looks like JSON then."""
    assert roles('{"|a|":| 1|}', json_prefill=None) == "vvvvv"


def test_json_is_read_with_the_prefill_and_as_far_as_it_goes():
    """The prefill has no tokens; an answer that was cut off ends inside a value."""
    assert roles('Par|is"|}', json_prefill='{"city": "') == "vv."
    assert roles('{"|city|":| "|Par') == "....v"


@pytest.mark.parametrize(
    ("split", "text", "signs"),
    [
        ("```json\n|{|1|}|\n|```", "{1}", "xvvvxx"),
        ("Hi|<|im_end|>".replace("<|im_end|>", "<im>") + "|</s>", "Hi<im>", "vvx"),
        ("<think>|Well|</think>|Hi", "Hi", "xxxv"),
        ("Hi|!|END", "Hi!", "vvx"),
        (" Hi|!", "Hi!", "vv"),
        ("call|()", "", "vv"),
    ],
)
def test_tokens_that_the_server_removed_from_the_text_do_not_count(split, text, signs):
    """A code fence, control tokens, reasoning, a stop; without a text there is nothing else."""
    assert roles(split, json_prefill=None, text=text) == signs


def test_the_empty_token_that_ends_an_answer_is_not_in_its_text():
    """llama.cpp sends it with its probability."""
    tokens = [token("Hi", 0.5), token("", 0.2)]
    assert tokens_in_text(choice(tokens)) == tokens[:1]


def test_what_does_not_count_is_sure_whatever_its_probability():
    """The line in words and the bins speak of values alone."""
    tokens = [
        token('{"', 0.001),
        token("city", 0.01),
        token('": "', 0.02),
        token("Paris", 0.4, ("Rome", 0.3)),
        token('"}', 0.1),
    ]
    answer = choice(tokens)
    assert [segment.grade for segment in choice_segments(answer, "")] == [0, 0, 0, 1, 0]
    assert unsure_summary([answer], json_prefill="") == "unsure: Paris 40% (Rome 30)"
    assert unsure_summary([choice([*tokens[:3], token("x", 0.9)])], json_prefill="") is None

"""A text that streams is split into plain text and the tokens that the model was unsure of."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.reply import TokenLogprob, TopLogprob
from chat_magic.view.live.text_pieces import TextPieces, joined


def token(text, prob=0.9, data=None, others=()):
    """Return a token with a probability; `data` are its bytes where it has no text of its own."""
    raw = list(text.encode() if data is None else data)
    return TokenLogprob(
        token=text,
        logprob=math.log(prob),
        raw_bytes=str(raw).encode(),
        top_logprobs=[TopLogprob(token=name, logprob=math.log(p)) for name, p in others],
    )


SURE, UNSURE = token("He is"), token(" Charles", 0.2)


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("He is Charles", [SURE, UNSURE], ["He is", (2, " Charles", "20%")]),
        ("He is", [], ["He is"]),
        ("", [], []),
        ("He is", [SURE, UNSURE], ["He is"]),
        ("He is Ch", [SURE, UNSURE], ["He is", " Ch"]),
        ("He was", [SURE, UNSURE], ["He was"]),
        ("Charles", [UNSURE], [(2, "Charles", "20%")]),
        (
            "He is Charles",
            [token("<|start|>", 0.01), SURE, UNSURE, token("</s>", 0.01)],
            ["He is", (2, " Charles", "20%")],
        ),
        (
            "😀!",
            [token("", 0.2, b"\xf0\x9f"), token("", 0.9, b"\x98\x80"), token("!")],
            [(2, "😀", "20%"), "!"],
        ),
    ],
    ids=[
        "an unsure token is marked",
        "without tokens all is plain",
        "nothing is nothing",
        "a token whose text has yet to come waits",
        "half of it is shown as plain text",
        "tokens that do not spell the text mark nothing",
        "the space of the first token may be missing",
        "control tokens are no text",
        "tokens that share a character are one",
    ],
)
def test_a_text_is_split_where_the_model_was_unsure(text, tokens, expected):
    """A token is marked with its bin, its text, and its probability in the tooltip."""
    assert joined(TextPieces().add(text, tokens)) == joined(expected)


def test_what_was_returned_is_not_returned_again():
    """Each call returns what the text has more, with tokens from a list that grows."""
    pieces, tokens = TextPieces(), [SURE]
    assert pieces.add("He is", tokens) == ["He is"]
    tokens.append(UNSURE)
    assert pieces.add("He is Charles", tokens) == [(2, " Charles", "20%")]
    assert pieces.add("He is Charles", tokens) == []


def test_a_token_that_comes_after_its_text_is_not_painted_later():
    """Its text has been told as plain; the next one is marked."""
    pieces = TextPieces()
    assert pieces.add("He is Charles", []) == ["He is Charles"]
    more = pieces.add("He is Charles King", [SURE, UNSURE, token(" King", 0.02)])
    assert more == [(4, " King", "2%")]


def test_the_tooltip_names_alternatives_with_controls_made_visible():
    """As in the static picture: bidi controls of a model's token must not turn the page around."""
    other = token("a", 0.3, others=[("\u202eb", 0.2)])
    ((_, _, title),) = TextPieces().add("a", [other])
    assert title.startswith("30% · ")
    assert "\u202e" not in title


def test_lone_surrogates_become_replacement_characters():
    """No message could carry them."""
    assert TextPieces().add("a\ud800b", []) == ["a\ufffdb"]

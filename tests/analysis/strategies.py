"""Replies as servers could send them: any texts, cut into tokens anywhere, or into other ones."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from chat_magic.core.reply.reply import Reply
from tests.analysis.conftest import build_choice, build_token

_LETTERS = ["a", "b", " ", "\u00e9", "\U0001f44d", "\U0001f44e", "\n"]
_LOGPROBS = st.sampled_from([-0.1, -0.7, -2.0, -100.0, -9999.0, None])


def replies(*, max_size=6):
    """Return replies of up to so many choices whose texts often begin alike.

    A character's bytes may be split over tokens, tokens may be empty, and those of some choices
    do not spell the text.
    """
    return st.lists(_choices(), max_size=max_size).map(
        lambda choices: Reply(
            choices=tuple(
                build_choice(tokens, text, index=index)
                for index, (tokens, text) in enumerate(choices)
            )
        )
    )


@st.composite
def _choices(draw):
    text = "".join(draw(st.lists(st.sampled_from(_LETTERS), max_size=6)))
    data = text.encode()
    edges = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    pieces = [data[one:other] for one, other in pairwise([0, *edges, len(data)])]
    wrong = draw(st.integers(0, 9))
    if wrong == 0:
        pieces = pieces[1:]
    elif wrong == 1:
        pieces = [*pieces, b"<|im_end|>"]
    elif wrong == 2:
        pieces = [b"x", *pieces[::-1]]
    return [_token(piece, draw(_LOGPROBS)) for piece in pieces], text


def _token(data, logprob):
    others = [("a", -1.0), ("b", -1.5), ("\U0001f44d", -2.0), ("", -3.0)]
    return build_token(data.decode(errors="replace"), logprob, others, sent=list(data))

"""Where tokens stand in the text, in bytes and in code points."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chat_magic.analysis.align import STATES, align, common_prefix, fragments

THUMB = "👍".encode()
LOST = "\ufffd".encode()
FAMILY = "👨‍👩‍👧".encode()


def states(spans):
    return [STATES[state] for state in spans.state]


@st.composite
def split_texts(draw):
    """A text and its UTF-8 bytes cut anywhere, also inside code points and into nothing."""
    text = draw(st.text(alphabet=st.sampled_from("a é\u0301漢👍\u202e\n"), max_size=12))
    data = text.encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    edges = [0, *cuts, len(data)]
    return text, [data[a:b] for a, b in pairwise(edges)]


@given(split_texts())
def test_tokens_that_make_up_the_text_tile_it(case):
    """Each byte belongs to one token, in order, and nothing is repaired."""
    text, pieces = case
    spans = align(pieces, text)
    assert set(states(spans)) <= {"ok"}
    data = text.encode()
    assert [data[a:b] for a, b in zip(spans.byte_start, spans.byte_end, strict=True)] == pieces
    assert spans.coverage == 1 or not text


@given(split_texts())
def test_a_tokens_code_points_are_those_it_touches(case):
    """A fragment has the whole code point, as its neighbours have."""
    text, pieces = case
    spans = align(pieces, text)
    for piece, start, end in zip(pieces, spans.char_start, spans.char_end, strict=True):
        assert piece in text[start:end].encode()
        assert len(text[start:end]) <= len(piece) or not piece


@given(split_texts())
def test_fragments_share_their_code_points_and_no_more(case):
    """A group is as small as can be: its bytes are UTF-8, and no shorter start of them is."""
    text, pieces = case
    found = fragments(pieces)
    assert "".join(found.text) == text
    for number in set(found.group):
        group = [pieces[i] for i in np.flatnonzero(found.group == number)]
        b"".join(group).decode()
        for count in range(1, len(group)):
            with pytest.raises(UnicodeDecodeError):
                b"".join(group[:count]).decode()


def test_an_emoji_in_two_tokens_is_one_group_with_its_text_on_the_first():
    """OpenAI sends 👍 as three bytes and one."""
    pieces = [b"ok ", THUMB[:3], THUMB[3:], b"!"]
    spans, found = align(pieces, "ok 👍!"), fragments(pieces)
    assert spans.byte_start.tolist() == [0, 3, 6, 7]
    assert spans.byte_end.tolist() == [3, 6, 7, 8]
    assert spans.char_start.tolist() == [0, 3, 3, 4]
    assert spans.char_end.tolist() == [3, 4, 4, 5]
    assert found.group.tolist() == [0, 1, 1, 2]
    assert found.index.tolist() == [0, 0, 1, 0]
    assert found.size.tolist() == [1, 2, 2, 1]
    assert found.text == ["ok ", "👍", "", "!"]


@pytest.mark.parametrize(
    ("pieces", "groups"),
    [
        ([b"\x91\x8d", b"a"], [0, 1]),
        ([b"a", b"\x91"], [0, 1]),
        ([b"\xf0\x9f", b"a"], [0, 1]),
        ([b"\xf0\x9f", b"\x91\x8d", b"\x8d"], [0, 0, 1]),
        ([b"\xe6\xbc", b"\xa2\xe5", b"\xad", b"\x97"], [0, 0, 0, 0]),
        ([b"a", b"", b"b"], [0, 1, 2]),
        ([FAMILY[:4], FAMILY[4:7], FAMILY[7:]], [0, 1, 2]),
        ([], []),
    ],
)
def test_only_what_goes_on_with_a_code_point_joins_its_group(pieces, groups):
    """Stray bytes and broken-off code points stay alone; joiners are code points of their own."""
    assert fragments(pieces).group.tolist() == groups


@pytest.mark.parametrize(
    ("pieces", "text", "expected", "coverage"),
    [
        ([b"Hi", b"!", b"<|im_end|>"], "Hi!", ["ok", "ok", "extra"], 1),
        ([b"<s>", b"Hi"], "Hi", ["extra", "ok"], 1),
        ([b"<|im_end|>"], "<|im_end|>", ["ok"], 1),
        (
            [b"<think>", b"Hi", b"</think>", b"Hi", b"</s>"],
            "Hi",
            ["extra"] * 3 + ["ok", "extra"],
            1,
        ),
        (
            [b"<think>", b"\n", b"</think>", b"\n\n", b"A", b"b"],
            "Ab",
            ["extra"] * 4 + ["ok"] * 2,
            1,
        ),
        ([b" Hi", b" you"], "Hi you", ["repaired", "ok"], 1),
        ([b" ", b"Hi", b"\n"], "Hi", ["extra", "ok", "extra"], 1),
        ([b"Hi", b" you", b"END"], "Hi you", ["ok", "ok", "extra"], 1),
        ([b"Hi", b" youEND"], "Hi you", ["ok", "repaired"], 1),
        ([b"Hi", b"you", b"there"], "Hi you there", ["ok", "repaired", "repaired"], 1),
        ([b"Hi", b"you", b"<s>", b"!"], "Hi you!", ["ok", "repaired", "extra", "ok"], 1),
        ([b"Hello", b"?", b"!"], "Hello 👍!", ["ok", "unaligned", "ok"], 6 / 11),
        ([b"Hello"], "Hello you", ["ok"], 5 / 9),
        (
            [b"a", LOST, LOST, LOST, LOST, b"b", LOST, b"c", b"d"],
            "a👍bécd",
            ["ok", *["repaired"] * 4, "ok", "repaired", "ok", "ok"],
            1,
        ),
        (
            [b"a ", LOST, b" b", b"x", b"!"],
            "a 👍 by!",
            ["ok", "repaired", "ok", "unaligned", "ok"],
            0.9,
        ),
        (
            [b"say ", LOST, b"it", LOST, b"."],
            "say it👍.",
            ["ok", "extra", "ok", "repaired", "ok"],
            1,
        ),
        ([b"Oh ", b"\xf0\x9f"], "Oh \ufffd", ["ok", "repaired"], 1),
        ([b"a", LOST, LOST], "a\ufffd👍", ["ok", "ok", "repaired"], 1),
        (
            [b"Hello friend ", LOST, b"z"],
            "Hello friend wonderful z",
            ["ok", "unaligned", "ok"],
            14 / 24,
        ),
        ([b"x = 15"], "5", ["unaligned"], 0),
        ([b"The", b" user", b" asks"], "The answer is 4", ["unaligned"] * 3, 0),
        ([b"", b""], "Hi", ["unaligned", "unaligned"], 0),
        ([b"Hi"], "", ["extra"], None),
        ([b"", b"Hi"], "", ["ok", "extra"], None),
        ([], "Hi", [], None),
    ],
)
def test_where_text_and_tokens_differ_each_token_says_what_became_of_it(
    pieces, text, expected, coverage
):
    """Control tokens, reasoning, stop strings and spaces are known; the rest is left open."""
    spans = align(pieces, text)
    assert states(spans) == expected
    assert spans.coverage == pytest.approx(np.nan if coverage is None else coverage, nan_ok=True)
    placed = np.isin(spans.state, [STATES.index("ok"), STATES.index("repaired")])
    for offsets in (spans.byte_start, spans.byte_end, spans.char_start, spans.char_end):
        assert ((offsets >= 0) == placed).all()


def test_a_space_that_the_server_put_in_belongs_to_the_token_after_it():
    """The tokens still tile the text."""
    spans = align([b"Hi", b"you"], "Hi you")
    assert spans.byte_start.tolist() == [0, 2]
    assert spans.byte_end.tolist() == [2, 6]


def test_tokens_without_their_bytes_share_out_what_stands_between_their_neighbours():
    """Four U+FFFD for the four bytes of an emoji; three for two code points of four."""
    spans = align([b"a", *[LOST] * 4, b"b"], "a👍b")
    assert spans.byte_start.tolist() == [0, 1, 2, 3, 4, 5]
    assert spans.byte_end.tolist() == [1, 2, 3, 4, 5, 6]
    assert spans.char_end.tolist() == [1, 2, 2, 2, 2, 3]
    spans = align([b"a", LOST, LOST, LOST, b"b"], "a👍👍b")
    assert spans.byte_start.tolist() == [0, 1, 3, 6, 9]
    assert spans.byte_end.tolist() == [1, 3, 6, 9, 10]


@given(split_texts(), st.sampled_from([b"<s>", b"<think>hm</think>"]), st.booleans())
def test_what_stands_around_the_text_does_not_move_it(case, head, tailed):
    """The offsets are those of the text alone."""
    text, pieces = case
    assume(text.strip())
    around = align([head, *pieces, *([b"<|end|>"] if tailed else [])], text)
    alone = align(pieces, text)
    inner = slice(1, 1 + len(pieces))
    filled = np.array([len(piece) > 0 for piece in pieces])
    assert (around.byte_start[inner] == alone.byte_start)[filled].all()
    assert (around.char_end[inner] == alone.char_end)[filled].all()
    assert around.byte_start[0] == -1


def test_a_lone_surrogate_in_the_text_counts_as_one_replacement_character():
    """So do tokens: both stand for what cannot be encoded."""
    spans = align([b"a", "\ufffd".encode(), b"b"], "a\ud83db")
    assert states(spans) == ["ok"] * 3
    assert spans.char_start.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("texts", "length"),
    [
        (["abc", "abd", "abx"], 2),
        (["é", "è"], 1),
        (["ab", "abc"], 2),
        (["", "a"], 0),
        (["same", "same"], 4),
    ],
)
def test_a_common_prefix_is_counted_in_bytes(texts, length):
    """é and è share their first byte; a text can end where the others go on."""
    assert common_prefix([text.encode() for text in texts]) == length

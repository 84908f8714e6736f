"""What answers have in common, where they part, which are the same: worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.comparison import compare_replies
from chat_magic.core.reply.reply import Choice, FunctionCall, Logprobs, Message, Reply, ToolCall
from tests.analysis.strategies import replies

log = math.log


def rings(comparison):
    """Return what each answer's ringed token is."""
    return [answer.text[answer.start : answer.end] for answer in comparison.answers]


def test_the_first_token_in_which_answers_differ_is_found(sampled):
    """Charlotte and Clara share two letters, but no token."""
    found = compare_replies([sampled("Hi|, Charlotte|.", "Hi|, Clara|.", "Hi|, Charlotte|!")])
    assert [(a.run, a.choice) for a in found.answers] == [(0, 0), (0, 1), (0, 2)]
    assert [(a.start, a.end) for a in found.answers] == [(2, 13), (2, 9), (2, 13)]
    assert rings(found) == [", Charlotte", ", Clara", ", Charlotte"]
    assert found.groups == ((0,), (1,), (2,))
    assert found.base == 0


def test_identical_answers_are_a_group_and_the_largest_is_the_base(sampled):
    """Its first answer, though another came before."""
    found = compare_replies([sampled("b", "a", "c", "a")])
    assert found.groups == ((1, 3), (0,), (2,))
    assert found.base == 1
    assert found.agreement.share == 0.5


def test_other_tokens_of_the_same_text_are_no_difference(sampled):
    """The table of choices tells of them, as `first_divergence`."""
    found = compare_replies([sampled("An|na", "Anna")])
    assert [(a.start, a.end) for a in found.answers] == [(4, 4), (4, 4)]
    assert found.groups == ((0, 1),)
    assert found.branches == ()


def test_other_tokens_before_the_difference_are_none(sampled):
    """`An|na` and `Anna` go on together to what differs."""
    found = compare_replies([sampled("An|na| Lee", "Anna| Bo")])
    assert rings(found) == [" Lee", " Bo"]


def test_a_text_that_ends_has_no_token_to_ring(sampled):
    """It ends where the other one goes on."""
    found = compare_replies([sampled("a", "a| b")])
    assert [(a.start, a.end) for a in found.answers] == [(1, 1), (1, 3)]
    assert [way.text for way in found.branches] == ["", " b"]


def test_several_runs_part_too_but_have_no_ways(sampled):
    """Their probabilities are of different models."""
    found = compare_replies([sampled("Hi| Al", "Hi| Bo"), sampled("Hi| Al")])
    assert [(a.run, a.choice) for a in found.answers] == [(0, 0), (0, 1), (1, 0)]
    assert rings(found) == [" Al", " Bo", " Al"]
    assert found.groups == ((0, 2), (1,))
    assert found.branches == ()


def test_each_way_has_its_share_beside_the_models_probability(token, reply):
    """3 of 4 took A; the model said .62 and .58 to .66."""
    tops = [(0.62, 0.3), (0.58, 0.3), (0.66, 0.3), (0.62, 0.3)]
    choices = [
        [token(text, log(a if text == "A" else b), [("A", log(a)), ("B", log(b))])]
        for text, (a, b) in zip("AABA", tops, strict=True)
    ]
    one, other = compare_replies([reply(*choices)]).branches
    assert (one.text, one.answers, one.count, one.among, one.share) == ("A", (0, 1, 3), 3, 4, 0.75)
    assert one.model_prob == pytest.approx(0.62)
    assert (one.model_prob_min, one.model_prob_max) == pytest.approx((0.58, 0.66))
    assert (other.text, other.count, other.model_prob) == ("B", 1, pytest.approx(0.3))


def test_a_ways_share_has_wilsons_interval(sampled):
    """3 of 4: (3 + 1.9208 ± 1.96 sqrt(0.75 + 0.9604)) / (4 + 3.8415) = 0.6275 ± 0.3269."""
    one, _ = compare_replies([sampled("a", "b", "a", "a")]).branches
    assert (one.wilson_low, one.wilson_high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_a_way_over_two_tokens_has_the_product_of_their_probabilities(token, reply):
    """An (.5) then na (.4) is Anna with .2; the other choice said .3 for Anna at once."""
    two = [token("An", log(0.5)), token("na", log(0.4))]
    one = [token("Anna", log(0.3))]
    anna, bo = compare_replies([reply(two, one, [token("Bo", log(0.1))])]).branches
    assert anna.answers == (0, 1)
    assert (anna.model_prob_min, anna.model_prob_max) == pytest.approx((0.2, 0.3))
    assert anna.model_prob == pytest.approx(0.25)
    assert bo.model_prob == pytest.approx(0.1)


def test_a_way_that_ends_within_a_token_has_no_probability(token, choice):
    """The last byte of 👍 came with the letter after it."""
    data = "👍a".encode()
    parts = [token("\ufffd", log(0.5), sent=list(part)) for part in (data[:3], data[3:])]
    found = compare_replies(
        [Reply(choices=(choice(parts, "👍a"), choice([token("x", log(0.2))], index=1)))]
    )
    assert [way.text for way in found.branches] == ["👍", "x"]
    assert [way.model_prob for way in found.branches] == [None, pytest.approx(0.2)]


def test_white_space_can_count_for_nothing(sampled):
    """Then what differs in it alone is the same, and nothing is ringed where all are."""
    reply = sampled("a| b", "a|\n\nb ", "a  b")
    assert len(compare_replies([reply]).groups) == 3
    found = compare_replies([reply], ignore_whitespace=True)
    assert found.groups == ((0, 1, 2),)
    assert [a.start for a in found.answers] == [3, 5, 4]
    assert found.branches == ()


@pytest.mark.parametrize("replies", [[], [Reply()]])
def test_nothing_can_be_compared(replies):
    """No error: a run that failed has no choice."""
    found = compare_replies(replies)
    assert (found.answers, found.groups, found.base, found.branches) == ((), (), 0, ())


def test_answers_without_log_probabilities_part_at_a_word(choice):
    """👍 and 👎 share three of their four bytes; a word goes with the blank before it."""
    plain = Reply(
        choices=tuple(
            Choice(index=index, message=Message(content=text))
            for index, text in enumerate(["Hi 👍!", "Hi 👎!"])
        )
    )
    found = compare_replies([plain])
    assert rings(found) == [" 👍", " 👎"]
    assert [way.model_prob for way in found.branches] == [None, None]


def test_a_refusal_is_compared_where_nothing_else_came(token):
    """A lone surrogate in it counts as U+FFFD."""
    refused = Choice(
        index=0,
        message=Message(refusal="N\ud800"),
        logprobs=Logprobs(refusal=[token("N\ud800", -0.1)]),
    )
    assert compare_replies([Reply(choices=(refused,))]).answers[0].text == "N\ufffd"


@given(st.lists(replies(max_size=3), max_size=4))
def test_answers_are_the_same_up_to_where_they_start_to_differ(runs):
    """None differs before; those that differ, differ no later than the longest of their tokens."""
    found = compare_replies(runs)
    assert [(answer.run, answer.choice, answer.text) for answer in found.answers] == [
        (run, place, choice.message.content)
        for run, reply in enumerate(runs)
        for place, choice in enumerate(reply.choices)
    ]
    assert len({answer.text[: answer.start] for answer in found.answers}) <= 1
    differ = len({answer.text for answer in found.answers}) > 1
    for answer in found.answers:
        assert 0 <= answer.start <= answer.end <= len(answer.text)
        assert differ or answer.start == answer.end == len(answer.text)
    assert differ == (len({answer.text[answer.start : answer.end] for answer in found.answers}) > 1)


def test_answers_that_call_other_tools_are_not_the_same(sampled):
    """Nor is one that calls a tool the same as one that is empty; the ids of calls do not count."""

    def calls(index, name, arguments):
        call = ToolCall(id=f"c{index}", function=FunctionCall(name=name, arguments=arguments))
        return Choice(index=index, message=Message(content=None, tool_calls=(call,)))

    empty = Choice(index=3, message=Message(content=""))
    choices = (calls(0, "f", "{}"), calls(1, "g", "{}"), calls(2, "f", "{}"), empty)
    found = compare_replies([Reply(choices=choices)])
    assert found.groups == ((0, 2), (1,), (3,))
    assert found.agreement.distinct == 0.75
    assert found.branches == ()


@given(st.lists(replies(max_size=3), max_size=4), st.booleans())
def test_groups_share_out_the_answers(runs, ignore_whitespace):
    """Each is in one; the texts of a group are the same, those of two are not."""
    found = compare_replies(runs, ignore_whitespace=ignore_whitespace)
    assert sorted(sum(found.groups, ())) == list(range(len(found.answers)))
    sizes = [len(group) for group in found.groups]
    assert sizes == sorted(sizes, reverse=True)
    texts = [
        {" ".join(t.split()) if ignore_whitespace else t for t in members}
        for members in ([found.answers[place].text for place in group] for group in found.groups)
    ]
    assert all(len(group) == 1 for group in texts)
    assert len(set().union(*texts)) == len(texts)
    assert not found.groups or found.base == (found.groups[0][0] if sizes[0] > 1 else 0)


@given(replies())
def test_the_ways_of_a_run_share_out_its_answers(reply):
    """Each answer goes on with the text of its way; there is one only where answers differ."""
    found = compare_replies([reply])
    assert bool(found.branches) == (len(found.groups) > 1)
    if found.branches:
        assert sorted(sum((way.answers for way in found.branches), ())) == list(
            range(len(found.answers))
        )
        assert sum(way.share for way in found.branches) == pytest.approx(1)
    for way in found.branches:
        for place in way.answers:
            answer = found.answers[place]
            assert answer.text.startswith(way.text, answer.start)


@given(st.lists(st.sampled_from(["An|na| Lee", "Anna| Lee", "A|nn|a Lee"]), min_size=1))
def test_however_a_text_is_cut_it_is_one_text(sampled, texts):
    """One group, nothing to ring."""
    found = compare_replies([sampled(*texts)])
    assert len(found.groups) == 1
    assert {answer.start for answer in found.answers} == {8}

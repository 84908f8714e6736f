"""The verdicts of checks on answers, as plain values."""

from __future__ import annotations

from chat_magic.analysis.check_outcomes import CheckOutcomes, Verdict
from chat_magic.analysis.truth import Judged

YES, NO, FAULT = Verdict(True), Verdict(False), Verdict(None, "ValueError: no")
OUTCOMES = CheckOutcomes(
    names=("a", "b"),
    run=(0, 0, 2),
    choice=(0, 1, 0),
    verdicts=((YES, YES, NO), (YES, FAULT, YES)),
    judged=Judged("label", ("x", "y", "z"), ("x", None, "y")),
)


def test_an_answer_passes_if_it_passes_all_checks():
    """One that raised an exception does not."""
    assert OUTCOMES.passed == OUTCOMES.of("passed") == (True, False, False)
    assert OUTCOMES.of("b") == (True, None, True)
    assert OUTCOMES.errors == (None, "b: ValueError: no", None)
    assert OUTCOMES.marks == ("passed", "error", "failed")


def test_further_checks_are_added_and_replace_their_namesakes():
    """The earlier ones stay in their order."""
    more = CheckOutcomes(("a", "c"), (0, 0, 2), (0, 1, 0), ((NO, NO, NO), (YES, YES, YES)))
    both = OUTCOMES.with_more(more)
    assert both.names == ("b", "a", "c")
    assert both.of("a") == (False, False, False)
    assert both.judged == OUTCOMES.judged


def test_the_verdicts_on_some_runs_are_numbered_anew():
    """In the order in which the runs are given."""
    taken = OUTCOMES.of_runs([2, 0])
    assert (taken.run, taken.choice) == ((0, 1, 1), (0, 0, 1))
    assert taken.of("a") == (False, True, True)
    assert taken.judged == Judged("label", ("z", "x", "y"), ("y", "x", None))

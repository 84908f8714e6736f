"""Notices that every run would repeat are shown once a session."""

from __future__ import annotations

import pytest

from chat_magic.engine.session import default_session
from chat_magic.shell.cell_runner import CellRunner
from chat_magic.shell.plan_notices import with_shown_notices

BOTH = "temperature and top_p are both set: it is better to set only one"


def notices(cell, told):
    """Return the notices of each call of a cell, after those that were told."""
    runner = CellRunner(default_session(), {}, lambda: None)
    plan = with_shown_notices(runner.plan(runner.read(cell)).calls, told)
    return [call.request.warnings for call in plan.calls]


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("%%chat\nHi", "no server is configured: "),
        ("%chat --max-tokens 5 -m local Hi", "max_tokens is deprecated: use "),
        ("%%chat local\n---\nmax_tokens: 5\n---\nHi", "max_tokens is deprecated: use "),
        ("%%chat local --sweep seed=1,2\n---\nmax_tokens: 5\n---\nHi", "max_tokens is deprecated"),
    ],
)
def test_a_notice_that_repeats_is_shown_by_the_first_cell_alone(cell, part):
    """By all of its calls, since they are one output."""
    told = set()
    first = notices(cell, told)
    assert all(any(notice.startswith(part) for notice in call) for call in first)
    assert not any(notice.startswith(part) for call in notices(cell, told) for notice in call)


def test_an_older_name_is_told_by_the_first_cell_alone(monkeypatch):
    """At a gateway that may not know the newer one."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://gateway.example/v1")
    told = set()
    cell = "%%chat a/b --max-tokens 5\nHi"
    ((first,),) = notices(cell, told)
    assert first.startswith("max_tokens is the older name of ")
    assert notices(cell, told) == [()]


@pytest.mark.parametrize(
    ("cell", "is_shown"),
    [
        ("%%chat local --temperature 1 --top-p 0.5\nHi", True),
        ("%%chat local --top-p 0.5 --sweep temperature=0,1\nHi", False),
        ("%%chat local --sweep temperature=0,1 --sweep top_p=0.5,1\nHi", False),
        ("%%chat local --temperature 1 --top-p 0.5 --sweep seed=1,2\nHi", True),
    ],
)
def test_a_sweep_of_temperature_or_top_p_sets_both_on_purpose(cell, is_shown):
    assert all((BOTH in call) == is_shown for call in notices(cell, set()))


def test_other_notices_are_shown_each_time():
    told = set()
    cell = "%chat -m local hi --seed 3"
    assert notices(cell, told) == notices(cell, told) != [()]

"""Elements of static HTML keep their look and escape what they show."""

from __future__ import annotations

import pytest

from chat_magic.view.html.elements import (
    columns,
    details,
    exact,
    facts_line,
    heading,
    line,
    note,
    nowrap,
    page,
    state_html,
    status_line,
    strong,
    warning_html,
)
from tests.view.html.sanitizer import dropped, text_of

HOSTILE = "<b>&\u202e"


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (128, 32)])
def test_there_are_at_most_four_columns_in_a_row(count: int, rows: int) -> None:
    html = columns([str(n) for n in range(count)])
    assert html.count("display:flex") == rows
    assert html.count("box-sizing") == count


@pytest.mark.parametrize(
    "html",
    [
        status_line(HOSTILE, [HOSTILE], [HOSTILE]),
        status_line(HOSTILE, [], [HOSTILE, HOSTILE]),
        heading(HOSTILE, [HOSTILE]),
        facts_line([HOSTILE]),
        exact(HOSTILE),
        note(HOSTILE),
        state_html(HOSTILE),
        strong(HOSTILE),
        warning_html(HOSTILE),
    ],
)
def test_text_is_escaped_and_survives_the_sanitizer(html: str) -> None:
    """Whatever a model, a tool or a server wrote."""
    assert dropped(page(html)) == []
    assert text_of(html).startswith("&lt;b&gt;&amp;U+202E")


def test_one_warning_stands_in_the_status_line_and_several_below() -> None:
    """Each of several has a line of its own."""
    assert status_line("m", ["1 s"], ["w"]).count("<div") == 1
    assert status_line("m", ["1 s"], ["v", "w"]).count("<div") == 4


@pytest.mark.parametrize(
    ("state", "is_warning"),
    [("stop", False), ("tool_calls", False), ("cut off at 80 tokens", True), ("failed: 429", True)],
)
def test_a_state_that_means_an_incomplete_answer_is_a_warning(state: str, is_warning: bool) -> None:
    """Others are muted."""
    assert ("border-left" in state_html(state)) == is_warning
    assert ("opacity" in state_html(state)) != is_warning


def test_empty_elements_are_not_drawn() -> None:
    """Nothing takes room where there is nothing to say."""
    assert heading(None, []) == facts_line([]) == nowrap("") == ""


def test_a_hidden_part_opens_with_a_click() -> None:
    """Or is open from the start."""
    assert details("t", "c").startswith("<details><summary ")
    assert "▸" in details("t", "c").partition("</summary>")[0]
    assert details("t", "c", is_open=True).startswith("<details open><summary ")
    assert text_of(line(details("t", "c"))) == "t c"

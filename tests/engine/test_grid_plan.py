"""The calls of a grid: prepared in order, and checked before any is sent."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest
from chat_magic.engine.grid_plan import check_concurrency
from chat_magic.transport import attachments
from tests.engine.calls import plan_cell


def test_a_file_is_read_once_for_all_requests_with_the_same_messages(tmp_path, monkeypatch):
    """However many requests there are."""
    path = tmp_path / "a.txt"
    path.write_text("inside")
    reads = []
    read = attachments._read
    monkeypatch.setattr(attachments, "_read", lambda file: reads.append(file) or read(file))
    plan = plan_cell(f"%%chat local --sweep seed=1,2,3\nHi\n@file {path}")
    assert len(plan.calls) == 3
    assert len(reads) == 1


def test_a_cell_without_axes_is_a_plan_of_one_call():
    """It has no coordinates."""
    plan = plan_cell("%%chat local\nHi")
    assert (len(plan.calls), plan.axes, plan.coordinates) == (1, (), ({},))
    assert plan.models == "local"


def test_the_calls_are_in_row_major_order_of_the_axes():
    """The last axis changes fastest; each model is named once."""
    plan = plan_cell("%%chat --models local/a,local/b --sweep seed=1,2\nHi", concurrency=3)
    sent = [(call.request.model, call.request.parameters["seed"]) for call in plan.calls]
    assert sent == [("local/a", 1), ("local/a", 2), ("local/b", 1), ("local/b", 2)]
    assert [tuple(coordinates.values()) for coordinates in plan.coordinates] == sent
    assert (plan.models, plan.concurrency) == ("local/a, local/b", 3)


def test_a_grid_requests_missing_choices_one_at_a_time():
    """So that they count towards its concurrency; a single call requests eight at a time."""
    single, grid = plan_cell("%%chat local\nHi"), plan_cell("%%chat local --sweep seed=1,2\nHi")
    assert single.calls[0].limits.top_up_concurrency == 8
    assert {call.limits.top_up_concurrency for call in grid.calls} == {1}


def test_an_invalid_call_is_named_by_its_coordinates():
    """The error of a single call has none."""
    with pytest.raises(InvalidRequest, match=r"^seed 1 · max_tokens 5: max_tokens and max_compl"):
        plan_cell(
            "%%chat local --max-completion-tokens 3 --sweep seed=1 --sweep max_tokens=unset,5\nHi"
        )
    with pytest.raises(InvalidRequest, match=r"^max_tokens and max_completion_tokens exclude"):
        plan_cell("%%chat local --max-completion-tokens 3 --max-tokens 5\nHi")


def test_a_concurrency_is_a_whole_number_from_1_to_64():
    """The error has the value and the range."""
    assert [check_concurrency(value) for value in (1, 64)] == [1, 64]
    for value in (0, 65, True, 2.0, "8"):
        with pytest.raises(InvalidRequest, match=f"concurrency {value}: must be .*, 1 to 64"):
            check_concurrency(value)

"""A notebook has one output for an answer, updated within the budget."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.view.bundle import bundle
from chat_magic.view.live.update_budget import BYTES_PER_S, message_bytes
from tests.view.live.displays import Notebook, progress


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 0.5)), max_size=40))
def test_however_often_it_is_called_the_budget_holds(steps) -> None:
    """Every message is paid for before the next one."""
    notebook = Notebook()
    for size, pause in steps:
        notebook.display.show(progress("x" * size))
        notebook.clock.now += pause
    for (sent_at, drawn, *_), (next_at, *_) in zip(notebook.sent, notebook.sent[1:], strict=False):
        size = message_bytes(drawn) + 1_000  # headers and ids
        assert next_at - sent_at >= max(1 / 15, size / BYTES_PER_S) - 1e-9


def test_all_updates_and_the_result_go_to_one_display(make_run, make_choice) -> None:
    notebook = Notebook()
    notebook.display.show(progress("a"))
    notebook.clock.now += 1
    notebook.display.show(progress("ab"))
    result = bundle([make_run(make_choice(text="abc"))])
    notebook.display.finish(result)
    assert [is_update for *_, is_update in notebook.sent] == [False, True, True]
    assert len({display_id for _, _, display_id, _ in notebook.sent}) == 1
    assert notebook.sent[-1][1] == result


def test_an_update_that_comes_too_soon_is_left_out_but_the_result_never_is(
    make_run, make_choice
) -> None:
    notebook = Notebook()
    assert notebook.display.delay_s == 0
    notebook.display.show(progress("a"))
    assert notebook.display.delay_s == pytest.approx(1 / 15)
    notebook.display.show(progress("ab"))
    notebook.display.finish(bundle([make_run(make_choice(text="abc"))]))
    assert len(notebook.sent) == 2


def test_when_nothing_came_of_it_the_output_is_emptied_if_there_is_one() -> None:
    notebook = Notebook()
    notebook.display.finish(None)
    assert notebook.sent == []
    notebook.display.show(progress(note="fetching", ttft_s=None))
    notebook.display.finish(None)
    assert notebook.sent[-1][1] == {"text/plain": ""}

"""Tokens are painted in JupyterLab and Notebook 7 while an answer streams."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from tests.browser.test_cell import ANSWER_MS, run_all
from tests.completions import DONE, delta, token
from tests.gateway import Gateway, Wait, events


def scored(word, logprob, index=0, **fields):
    """Return the event of a token with a log probability."""
    return delta(
        word, index=index, logprobs={"content": [token(word, ["Other"], logprob)]}, **fields
    )


@pytest.mark.parametrize("front_end", ["lab/tree", "notebooks"])
def test_tokens_are_painted_before_the_answer_has_ended(lab, page, at_gateway, front_end):
    """An unsure one is marked, a sure one is plain text; the output stays one."""
    seen = threading.Event()
    steps = [scored("Charles", -1.6), Wait(seen), scored(" the Great", -0.01), DONE]
    name = f"live-{front_end[:3]}.ipynb"
    with Gateway(events(*steps)) as gateway:
        at_gateway(name, gateway, "%%chat a/b --top-logprobs 2\nWho?")
        lab.open(page, name, front_end)
        run_all(page)
        painted = page.locator(".chm-live .chm-bin2")
        painted.filter(has_text="Charles").wait_for(timeout=ANSWER_MS)
        seen.set()
        page.get_by_text("to first token").wait_for(timeout=ANSWER_MS)
    expect(page.locator(".chm-live")).to_have_count(0)
    expect(page.locator(".jp-OutputArea-output")).to_have_count(1)


def test_what_is_added_does_not_touch_the_document(lab, page, at_gateway):
    """It is painted into the elements that are there; the notebook's model gets it later."""
    seen, more = threading.Event(), threading.Event()
    first = scored("A beginning that is long enough", -0.01)
    steps = [first, Wait(seen), scored(" Charles", -1.6), Wait(more), scored(" ends", -0.01), DONE]
    with Gateway(events(*steps)) as gateway:
        at_gateway("beside.ipynb", gateway, "%%chat a/b --top-logprobs 2\nWho?")
        lab.open(page, "beside.ipynb")
        run_all(page)
        page.locator(".chm-live .chm-live-body").wait_for(timeout=ANSWER_MS)
        page.evaluate("window.body = document.querySelector('.chm-live-body')")
        seen.set()
        page.locator(".chm-live .chm-bin2").wait_for(timeout=ANSWER_MS)
        assert page.evaluate("window.body === document.querySelector('.chm-live-body')")
        assert "Charles" not in page.evaluate(
            "JSON.stringify(window.jupyterapp.shell.currentWidget.content.model.toJSON())"
        )
        more.set()
        page.get_by_text("to first token").wait_for(timeout=ANSWER_MS)


def test_the_runs_of_a_grid_are_painted_in_their_cells(lab, page, at_gateway):
    """Rows and columns, each with its own text."""
    seen = threading.Event()

    def answer(request):
        word = f"Seed{request.json['seed']}"
        return events(scored(word, -1.6), Wait(seen), scored(" ends", -0.01), DONE)

    line = "%%chat a/b --top-logprobs 2 --sweep seed=1,2 --sweep temperature=0,1 --concurrency 4"
    with Gateway(answer) as gateway:
        at_gateway("cells.ipynb", gateway, f"{line}\nWho?")
        lab.open(page, "cells.ipynb")
        run_all(page)
        cells = page.locator(".chm-live td .chm-bin2")
        expect(cells).to_have_text(["Seed1", "Seed1", "Seed2", "Seed2"], timeout=ANSWER_MS)
        seen.set()
        page.locator(".chm-live").wait_for(state="detached", timeout=ANSWER_MS)
    expect(page.locator(".jp-OutputArea-output")).to_have_count(1)

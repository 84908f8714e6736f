"""Tokens are painted in JupyterLab and Notebook 7 while an answer streams."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fresh_page
from tests.browser.test_cell import ANSWER_MS, answered, run_all
from tests.completions import DONE, delta, token
from tests.gateway import Gateway, Wait, events

RUN_BELOW = """async sources => {
    const { content, sessionContext } = window.jupyterapp.shell.currentWidget
    await sessionContext.ready
    for (const source of sources) {
        content.activeCellIndex = content.widgets.length - 1
        await window.jupyterapp.commands.execute('notebook:insert-cell-below')
        content.activeCell.model.sharedModel.setSource(source)
        void window.jupyterapp.commands.execute('notebook:run-cell')
    }
}"""
"""Adds cells at the end, and runs them."""


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
        answered(page).wait_for(timeout=ANSWER_MS)
    expect(page.locator(".chm-live")).to_have_count(0)
    expect(page.locator(".jp-OutputArea-output")).to_have_count(1)


def test_an_answer_is_as_wide_while_it_streams_as_when_it_is_done(lab, page, at_gateway):
    """So that no line breaks anew at its end."""
    seen = threading.Event()
    steps = [scored("Some words. " * 60, -0.01), Wait(seen), scored(" End.", -0.01), DONE]
    with Gateway(events(*steps)) as gateway:
        at_gateway("measure.ipynb", gateway, "%%chat a/b --top-logprobs 2\nWho?")
        lab.open(page, "measure.ipynb")
        run_all(page)
        live = page.locator(".chm-live .chm-live-body")
        expect(live).to_contain_text("Some words.", timeout=ANSWER_MS)
        box = live.bounding_box()
        seen.set()
        final = page.locator(".chm-markdown p")
        expect(final).to_contain_text("End.", timeout=ANSWER_MS)
    keys = ("x", "width", "height")
    assert [round(final.bounding_box()[key]) for key in keys] == [round(box[key]) for key in keys]


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
        answered(page).wait_for(timeout=ANSWER_MS)


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


def test_a_reload_in_mid_stream_keeps_what_was_saved_and_the_kernel_has_it_all(
    lab, page, at_gateway
):
    """The page joins the kernel again, says what it cannot end, and paints its next cell."""
    seen, more = threading.Event(), threading.Event()
    first = [scored("Charles", -1.6), Wait(seen), scored(" the Great", -0.01), DONE]
    second = [scored("Clovis", -1.6), Wait(more), scored(" I", -0.01), DONE]
    cell = "%%chat a/b --top-logprobs 2 --out king\nWho?"
    with Gateway(events(*first), events(*second)) as gateway:
        at_gateway("reload.ipynb", gateway, cell)
        lab.open(page, "reload.ipynb")
        run_all(page)
        painted = page.locator(".chm-live .chm-bin2")
        painted.filter(has_text="Charles").wait_for(timeout=ANSWER_MS)
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        page.reload()
        painted.filter(has_text="Charles").wait_for(timeout=ANSWER_MS)
        saved = page.locator(".chm-live", has_text="Charles")
        expect(saved).to_have_attribute("data-chm-stopped", re.compile("Saved before"))
        seen.set()
        page.evaluate(RUN_BELOW, ["assert king.text == 'Charles the Great'", cell])
        painted.filter(has_text="Clovis").wait_for(timeout=ANSWER_MS)
        more.set()
        page.locator(".chm-root", has_text="Clovis I").wait_for(timeout=ANSWER_MS)
    assert page.get_by_text("AssertionError").count() == 0
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("Charles")


def test_a_second_page_with_the_same_kernel_is_not_disturbed(lab, browser, at_gateway):
    """Each page paints the answer of its own cell, and throws no error at the other's."""
    seen, more = threading.Event(), threading.Event()
    first = [scored("Charles", -1.6), Wait(seen), scored(" the Great", -0.01), DONE]
    second = [scored("Clovis", -1.6), Wait(more), scored(" I", -0.01), DONE]
    with Gateway(events(*first), events(*second)) as gateway:
        at_gateway("two.ipynb", gateway, "%%chat a/b --top-logprobs 2\nWho?")
        with fresh_page(browser) as one, fresh_page(browser) as other:
            errors: list[str] = []
            for page in (one, other):
                page.on("pageerror", lambda error: errors.append(str(error)))
                lab.open(page, "two.ipynb")
            for page, name, event in ((one, "Charles", seen), (other, "Clovis", more)):
                run_all(page)
                painted = page.locator(".chm-live .chm-bin2")
                painted.filter(has_text=name).wait_for(timeout=ANSWER_MS)
                event.set()
                answered(page).wait_for(timeout=ANSWER_MS)
            texts = [page.locator(".chm-root").inner_text() for page in (one, other)]
    assert ["Charles" in texts[0], "Clovis" in texts[1]] == [True, True]
    assert ["Clovis" in texts[0], "Charles" in texts[1]] == [False, False]
    assert errors == []

"""A `--background` cell and a panel: what they say when the kernel restarts, and on Stop."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_cell import run_all
from tests.completions import delta
from tests.gateway import HOLD, Gateway, events

CELL = "%%chat a/b --background --out story\nTell a story."


def test_cancelled_work_keeps_its_text_and_a_restart_is_told(lab, page, at_gateway):
    """`.text` is what arrived; what still streamed says that it stopped; a panel keeps its cell."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with Gateway(events(delta("Once upon"), HOLD)) as gateway:
        cells = [CELL, "story.cancel()\nstory.text", CELL, "%chat /panel"]
        at_gateway("background.ipynb", gateway, *cells)
        lab.open(page, "background.ipynb")
        run_all(page)
        outputs = [page.locator(".jp-Cell").nth(n).locator(".jp-OutputArea") for n in range(5)]
        expect(outputs[2]).to_contain_text("'Once upon'")
        expect(outputs[1]).to_contain_text("interrupted")
        expect(outputs[3]).to_contain_text("Once upon")
        expect(outputs[4].locator(".chp-cell pre")).to_contain_text("Tell")
        page.evaluate(
            "async () => { await jupyterapp.shell.currentWidget.sessionContext"
            ".session.kernel.restart() }"
        )
    said = "node => getComputedStyle(node, '::before').content"
    live = outputs[3].locator(".chm-live[data-chm-stopped]")
    live.wait_for()
    assert live.evaluate(said) == '"Kernel restarted. Run this cell again"'
    assert page.locator(".chm-live[data-chm-stopped]").count() == 1
    assert live.locator(".chm-status").inner_text() == "a/b"
    panel = outputs[4].locator(".chp-panel")
    panel.locator("button", has_text="Copy").click()
    expect(panel.locator(".chp-cell [role=status]")).to_have_text("copied")
    assert "Tell a story." in page.evaluate("() => navigator.clipboard.readText()")
    panel.locator("button", has_text="Insert as new cell").click()
    expect(page.locator(".jp-Cell").nth(5).locator(".cm-content")).to_contain_text("Tell a story.")

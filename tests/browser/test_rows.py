"""The table of rows in JupyterLab: long ones scroll, the keyboard moves, and an answer opens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.view.bundle import MIME_TYPE, bundle
from tests.browser.conftest import fresh_page
from tests.browser.test_cell import ANSWER_MS, run_all
from tests.completions import completion
from tests.gateway import Gateway, streamed
from tests.view.conftest import choice, run, token

N_ROWS = 1_000
"""With two variants as many answers as a grid may have."""
DRAWN = 60
"""The most rows that are in the page, whatever the table's length."""


def long_table():
    """Return the output of a table of 1,000 rows and two variants."""
    data = [{"text": f"review {n:04}", "stars": n * 7 % 10} for n in range(N_ROWS)]
    runs = [
        run(choice([token(f"answer {n}", 0.4, ("other", 0.3)), token(f" of {variant}", 0.9)]))
        for n in range(N_ROWS)
        for variant in ("a", "b")
    ]
    axes = [row_axis("row", range(N_ROWS), data), sweep_axis("temperature", [0, 1])]
    return bundle(runs, axes=axes)


@pytest.fixture(scope="module")
def _saved(lab):
    lab.write_outputs("rows.ipynb", long_table())


@pytest.fixture
def table(lab, browser, _saved):
    """The long table, in a notebook without a kernel."""
    with fresh_page(browser) as page:
        lab.look(page, "rows.ipynb")
        root = page.locator(".chm-rows-view")
        root.wait_for()
        yield root


def cell(table, at, column):
    """Return a cell by its place among the rows that are shown."""
    return table.locator(f"[data-at='{at}'][data-column='{column}']")


def focused(table):
    """Return the row and the column of the cell that has the focus."""
    data = table.page.evaluate("({ ...document.activeElement.dataset })")
    return int(data["at"]), int(data["column"])


def press(table, *keys):
    """Press keys, one after another."""
    for key in keys:
        table.page.keyboard.press(key)


def drawn_payload(page):
    """Return the payload of the last cell, as the notebook would be saved now."""
    notebook = page.evaluate("window.jupyterapp.shell.currentWidget.content.model.toJSON()")
    (output,) = notebook["cells"][-1]["outputs"]
    return output["data"][MIME_TYPE]


def test_only_the_rows_in_view_are_in_the_page(table):
    """Wherever it is scrolled to, and the last row is there."""
    frame, rows = table.locator(".chm-rows-frame"), table.locator("tbody tr:not(.chm-rows-gap)")
    expect(table.locator("[role=grid]")).to_have_attribute("aria-rowcount", str(N_ROWS + 1))
    for share in (0, 0.25, 0.5, 1):
        frame.evaluate("(node, share) => { node.scrollTop = share * node.scrollHeight }", share)
        first = min(int(share * N_ROWS) + 1, N_ROWS - 1)
        cell(table, first, 1).wait_for()
        assert rows.count() <= DRAWN
    expect(cell(table, N_ROWS - 1, 1)).to_have_text(f"review {N_ROWS - 1:04}")


def test_a_heading_sorts_and_text_filters(table):
    """Rising, falling, then the order of the data; the count says how many rows are shown."""
    stars = table.get_by_role("button", name="stars")
    for first in ("0", "9", "0"):
        stars.click()
        expect(cell(table, 0, 2)).to_have_text(first)
    expect(cell(table, 1, 2)).to_have_text("7")
    press(table, "/")
    expect(table.locator(".chm-search")).to_be_focused()
    table.page.keyboard.type("review 099")
    expect(table.locator(".chm-rows-toolbar")).to_contain_text("10 of 1,000 rows")
    expect(table.locator("tbody tr:not(.chm-rows-gap)")).to_have_count(10)
    expect(cell(table, 0, 1)).to_have_text("review 0990")


def test_the_keyboard_moves_opens_and_closes(table):
    """Arrows and pages move, Enter opens the answer below, Escape goes back to its cell."""
    cell(table, 0, 1).focus()
    press(table, "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
    assert focused(table) == (1, 3)
    press(table, *["PageDown"] * 5)
    assert focused(table) == (51, 3)
    press(table, "Enter")
    pane = table.locator(".chm-detail-pane")
    expect(pane).to_contain_text("row 51 · temperature=0")
    expect(pane.locator(".chm-choice")).to_contain_text("answer 51 of a")
    press(table, "v")
    expect(pane.locator(".chm-token")).to_have_count(2)
    press(table, "Escape")
    expect(pane).to_be_hidden()
    assert focused(table) == (51, 3)


def test_escape_goes_back_to_the_cell_also_after_the_rows_were_scrolled(table):
    """The cell was taken out of the page meanwhile; it is marked as open where it is drawn."""
    cell(table, 2, 3).click()
    pane, frame = table.locator(".chm-detail-pane"), table.locator(".chm-rows-frame")
    expect(pane).to_be_visible()
    frame.evaluate("node => { node.scrollTop = node.scrollHeight }")
    expect(cell(table, 2, 3)).to_have_count(0)
    frame.evaluate("node => { node.scrollTop = 0 }")
    expect(cell(table, 2, 3)).to_have_attribute("aria-expanded", "true")
    frame.evaluate("node => { node.scrollTop = node.scrollHeight }")
    expect(cell(table, 2, 3)).to_have_count(0)
    pane.focus()
    press(table, "Escape")
    expect(cell(table, 2, 3)).to_be_focused()
    expect(table.locator(".chm-open")).to_have_count(0)
    press(table, "ArrowDown")
    assert focused(table) == (3, 3)


def test_an_opened_row_gets_its_tokens_from_the_kernel(lab, page, at_gateway):
    """The notebook has none, since they would be too much for it; the reply is not saved."""
    small = (
        "from functools import partial\nfrom chat_magic.view import bundle\n"
        "bundle.rows_payload = partial(bundle.rows_payload, largest=10)"
    )
    ask = "%%chat a/b --over texts --top-logprobs 3 --out answers\nHi {{ text }}"
    with Gateway(streamed(completion("One two", n_top=3))) as gateway:
        at_gateway("fetched.ipynb", gateway, f"{small}\ntexts = ['a', 'b']", ask)
        lab.open(page, "fetched.ipynb")
        run_all(page)
        table = page.locator(".chm-rows-view")
        table.wait_for(timeout=ANSWER_MS)
    saved = drawn_payload(page)
    assert not saved["results"][0]["choices"][0]["parts"]
    cell(table, 1, 2).click()
    pane = table.locator(".chm-detail-pane")
    expect(pane.get_by_role("button", name="Tokens", exact=True)).to_be_enabled()
    press(table, "v")
    expect(pane.locator(".chm-token")).to_have_count(2)
    assert saved == drawn_payload(page)

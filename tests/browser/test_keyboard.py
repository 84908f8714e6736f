"""The keyboard in a result or a panel: its keys work, and no other key reaches the notebook."""

from __future__ import annotations

import random

import nbformat
import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import bundle
from tests.browser.test_comparison import names
from tests.browser.test_inspector import capital

FRONT_ENDS = ["lab/tree", "notebooks"]
PRINTED = [*"dlvnpagmtc[]0123456789", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]
"""The keys that the hints and their tooltips print, but for those that leave or insert a cell."""
SEQUENCES = [
    "d d", "m", "x", "b", "r", "z", "y", "0", "9", "] 2", "] [ 3 d d", "l l l d d", "v v m",
    "v a x", "v n x x", "v a ArrowDown b z", "v t t r", "l l ArrowDown x", "d ] ] d x",
    "Shift+d Shift+M", "Shift+a Shift+b", "o",
    "Shift+k Shift+j x", "j k x", "Enter b", "v Enter d d", "0 0 q w e",
]  # fmt: skip
IS_INSIDE = "() => Boolean(document.activeElement.closest('.chm-root, .chp-panel'))"


@pytest.fixture
def visit(lab, page):
    """Return a function that opens stored outputs in a front end, without a kernel."""

    def visit(front_end, name, *bundles):
        lab.write_outputs(name, *bundles)
        notebook = nbformat.read(lab.folder / name, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell("2 + 2"))
        nbformat.write(notebook, lab.folder / name)
        page.goto(f"{lab.url}/{front_end}/{name}?reset&token={lab.token}")
        root = page.locator(".chm-root").first
        root.wait_for()
        page.locator(".jp-Dialog .jp-mod-reject").click()
        expect(page.locator(".jp-Cell")).to_have_count(2)
        return root

    return visit


def cells(page):
    """Return the kinds of the cells of the page, and which of them are selected."""
    return page.locator(".jp-Cell").evaluate_all(
        "nodes => nodes.map(node => [...node.classList].filter("
        "name => /^jp-(Code|Markdown|Raw)Cell$|^jp-mod-(selected|multiSelected)$/.test(name)))"
    )


def click_blank(root):
    """Click where an answer shows nothing."""
    root.locator(".chm-choice").first.click(position={"x": 4, "y": 20})


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_keys_of_an_output_that_was_clicked_never_reach_the_notebook(visit, page, front_end):
    """Named sequences, after a click into blank space, on a button and on a token."""
    root = visit(front_end, f"sequences-{front_end[:3]}.ipynb", bundle([names()]))
    before = cells(page)
    tokens = root.get_by_role("button", name="Tokens")
    text = root.get_by_role("button", name="Text", exact=True)
    starts = [lambda: click_blank(root), tokens.click, root.locator(".chm-summary").click]
    for start in starts:
        for sequence in SEQUENCES:
            if root.get_by_role("button", name="Columns").get_attribute("aria-pressed") != "true":
                root.get_by_role("button", name="Columns").click()
            text.click()
            start()
            for key in sequence.split():
                page.keyboard.press(key)
                assert page.evaluate(IS_INSIDE), (sequence, key)
            assert cells(page) == before, sequence


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_300_random_keys_stay_in_the_result(visit, page, front_end):
    """In a comparison and in a single answer; the notebook has the same cells."""
    outputs = [bundle([names()]), bundle([capital()])]
    root = visit(front_end, f"random-{front_end[:3]}.ipynb", *outputs)
    before = cells(page)
    for seed, start in enumerate([root, page.locator(".chm-root").last]):
        click_blank(start)
        chosen = random.Random(seed).choices(PRINTED, k=300)
        for index, key in enumerate(chosen):
            page.keyboard.press(key)
            assert page.evaluate(IS_INSIDE), chosen[max(0, index - 5) : index + 1]
        assert cells(page) == before


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_the_keys_of_the_tokens_work_from_anywhere_in_the_result(visit, page, front_end):
    """After a click on *Tokens*, `m` chooses the next metric; hints show while keys work."""
    root = visit(front_end, f"anywhere-{front_end[:3]}.ipynb", bundle([capital()]))
    root.get_by_role("button", name="Tokens").click()
    hint = root.locator(".chm-key-hints")
    expect(hint).to_be_visible()
    page.keyboard.press("m")
    expect(root.get_by_label("metric")).to_have_value("surprisal")
    page.keyboard.press("n")
    expect(root.locator(".chm-token-details")).to_contain_text("␣although")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(root.locator(".chm-tokens")).to_be_focused()
    root.get_by_label("metric").focus()
    expect(hint).to_be_hidden()


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_escape_leaves_to_the_notebook_in_command_mode(visit, page, front_end):
    """Then the notebook's own keys work: `b` inserts a cell below; the hints are gone."""
    root = visit(front_end, f"escape-{front_end[:3]}.ipynb", bundle([names()]))
    click_blank(root)
    expect(root.locator(".chm-toolbar .chm-key-hints")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".jp-Cell").first).to_be_focused()
    expect(root.locator(".chm-toolbar .chm-key-hints")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator(".jp-Cell")).to_have_count(3)


def test_commands_of_the_application_work_in_a_result(visit, page):
    """Ctrl+S saves the notebook, as everywhere; Shift+click selects no cells; Tab leads out."""
    root = visit("lab/tree", "commands.ipynb", bundle([names()]))
    click_blank(root)
    root.locator(".chm-choice").last.click(position={"x": 4, "y": 20}, modifiers=["Shift"])
    assert page.evaluate(IS_INSIDE)
    with page.expect_request(lambda request: request.method == "PUT"):
        page.keyboard.press("Control+s")
    root.get_by_role("button", name="Copy…").last.focus()
    for _ in range(2):
        page.keyboard.press("Tab")
        assert not page.evaluate(IS_INSIDE)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_cell_that_continues_is_ready_for_typing(visit, page, front_end):
    """In edit mode, with the caret at the end and in sight; what is typed goes there."""
    root = visit(front_end, f"continue-{front_end[:3]}.ipynb", bundle([names()]))
    root.get_by_role("button", name="Continue from this answer").last.click()
    editor = page.locator(".jp-Cell").nth(1).locator(".cm-content")
    expect(editor).to_be_focused()
    expect(editor.locator(".cm-line").last).to_be_in_viewport()
    page.keyboard.type("And then?")
    expect(editor.locator(".cm-line").last).to_have_text("user: And then?")

"""What a newcomer finds in a result: its keys, its terms, the numbers of its answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import MIME_TYPE

_WIRE = Path(__file__).parents[1] / "wire"


@pytest.fixture
def result(lab, page):
    """The comparison of four answers, opened at their diff, in a notebook without a kernel."""
    payload = json.loads((_WIRE / "comparison.json").read_text())["diff"]
    lab.write_outputs("help.ipynb", {MIME_TYPE: payload, "text/plain": "answers"})
    lab.look(page, "help.ipynb")
    return page.locator(".chm-result")


def test_a_question_mark_lists_the_keys_and_terms_until_escape(page, result):
    """The focus returns to where it was, and no key reaches the notebook."""
    result.get_by_role("button", name="Diff", exact=True).focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys and terms")
    expect(dialog).to_contain_text("next, previous unsure token")
    expect(dialog).to_contain_text("Among how many equally likely tokens")
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(result.get_by_role("button", name="Diff", exact=True)).to_be_focused()
    expect(page.locator(".jp-Cell")).to_have_count(1)


@pytest.mark.parametrize("move", ["Tab", "Shift+Tab", "click"])
def test_the_focus_stays_in_the_list_of_keys_until_escape(page, result, move):
    """Nothing else can have it, and Escape must reach the list."""
    opener = result.get_by_role("button", name="Diff", exact=True)
    opener.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys and terms")
    expect(dialog).to_be_visible()
    for _ in range(3):
        if move == "click":
            dialog.get_by_text("Terms", exact=True).click()
        else:
            page.keyboard.press(move)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_term_says_what_it_means(result):
    """Where the pointer rests on it."""
    term = result.locator(".chm-metrics .chm-term").first
    assert "equally likely" in (term.get_attribute("title") or "")


def test_a_digit_takes_the_answer_of_that_number_as_the_base_which_comes_first(page, result):
    """The numbers are those on screen, from 0; the base stays at the left edge."""
    result.get_by_role("button", name="Diff", exact=True).focus()
    page.keyboard.press("3")
    first = result.locator(".chm-choice").first
    expect(first.locator("strong")).to_have_text("3")
    expect(first.locator(".chm-badge")).to_be_visible()
    assert first.evaluate("node => getComputedStyle(node).position") == "sticky"


def test_token_details_open_below_their_tokens_in_a_narrow_window_and_close(page, result):
    """Between the columns, which are below each other; the button and Escape close them."""
    page.set_viewport_size({"width": 700, "height": 900})
    result.get_by_role("button", name="Tokens", exact=True).click()
    result.locator(".chm-token").first.click()
    details = result.locator(".chm-choice").first.locator(".chm-token-details")
    expect(details).to_be_in_viewport()
    details.get_by_role("button", name="Close").click()
    expect(result.locator(".chm-token-details")).to_contain_text("Click a token")

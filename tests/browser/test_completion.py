"""Completion of a `%%chat` cell in a real JupyterLab."""

from __future__ import annotations


def complete(page, text):
    """Type, press Tab, and return what is offered: texts, and what stands beside them."""
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.locator(".jp-Completer-item").first.wait_for()
    return {
        item.locator(".jp-Completer-match").inner_text(): item.locator(
            ".jp-Completer-typeExtended"
        ).inner_text()
        for item in page.locator(".jp-Completer-item").all()
    }


def test_tab_offers_options_with_their_ranges_values_roles_and_variables(lab, page):
    """What is chosen takes the place of what was typed."""
    lab.write("complete.ipynb", "%load_ext chat_magic\ncount = 5", "")
    lab.open(page, "complete.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".jp-InputPrompt", has_text="[1]:").wait_for()
    cell = page.locator(".jp-CodeCell .cm-content").nth(1)
    cell.click()
    options = complete(page, "%%chat local --te")
    assert options == {"--temperature": "0\xa0to\xa02"}
    page.keyboard.press("Enter")
    assert list(complete(page, " 1 --reasoning-effort "))[:3] == ["none", "minimal", "low"]
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert complete(page, "us") == {"user:": "role"}
    page.keyboard.press("Enter")
    assert complete(page, "Generate {{ cou")["count"] == "int"
    page.keyboard.press("Enter")
    assert cell.inner_text() == (
        "%%chat local --temperature 1 --reasoning-effort none\nuser: Generate {{ count"
    )

"""The front end's half of a `%%chat` cell: colours, completion without a kernel, commands."""

from __future__ import annotations

import os
import subprocess
import sys

import nbformat
import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import bundle
from tests.browser.test_completion import complete
from tests.completions import completion
from tests.gateway import Gateway, streamed
from tests.view.conftest import choice, run

CHAT = (
    "%%chat local --temperature 0.8 -n 3 --out names\n"
    "---\nstop: [x]\n---\n"
    "system: You don't generate anything else. Is it so?\n"
    "user: Generate {{ count }} **good** names\n@image cat.png"
)
PYTHON = "def f(x):\n    return 'is not in'"


@pytest.fixture
def open_cells(lab, page):
    """Return a function that opens a notebook of these cells without a kernel."""

    def open_cells(name, *cells, outputs=(), path="lab/tree"):
        outputs = [nbformat.v4.new_output("display_data", data=bundle([each])) for each in outputs]
        made = [nbformat.v4.new_code_cell(cell) for cell in cells]
        made[0].outputs = outputs
        nbformat.write(nbformat.v4.new_notebook(cells=made), lab.folder / name)
        page.goto(f"{lab.url}/{path}/{name}?reset&token={lab.token}")
        page.locator(".jp-Dialog .jp-mod-reject").click()
        page.locator(".jp-Cell").first.wait_for()
        return page.locator(".jp-Cell")

    return open_cells


def execute(page, command, arguments="{}"):
    """Run a command and wait for what it returns."""
    page.evaluate(f"async () => {{ await jupyterapp.commands.execute('{command}', {arguments}) }}")


def marked(cell, kind):
    """Return the texts of one kind of mark."""
    return cell.locator(f".cm-chat-{kind}").all_inner_texts()


def test_a_chat_cell_is_prose_with_its_marks_and_python_stays_python(lab, page):
    """Nothing in the prose has the colour of a keyword or a string of Python."""
    lab.write("colours.ipynb", CHAT, PYTHON)
    lab.open(page, "colours.ipynb")
    cells = page.locator(".jp-Cell")
    expect(cells.nth(0).locator(".cm-chat-role")).to_have_text(["system:", "user:"])
    assert marked(cells.nth(0), "magic") == ["%%chat"]
    assert marked(cells.nth(0), "option") == ["--temperature", "-n", "--out"]
    assert marked(cells.nth(0), "key") == ["stop:"]
    assert marked(cells.nth(0), "template") == ["{{ count }}"]
    assert marked(cells.nth(0), "attachment") == ["@image"]
    colour = "node => getComputedStyle(node).color"
    line = cells.nth(0).locator(".cm-line", has_text="You don't")
    spans = line.locator("span:not(.cm-chat-role)")
    assert spans.count() == 0
    assert cells.nth(1).locator("[class*=cm-chat]").count() == 0
    keyword = cells.nth(1).locator("span", has_text="def").first.evaluate(colour)
    assert keyword != line.evaluate(colour)


def test_a_chat_line_in_a_cell_of_python_is_prose_with_its_options(open_cells, page):
    """The apostrophe begins no string, and the lines around it stay Python."""
    source = "n = 3\nr = %chat -n 2 --temperature 5 what's {{ n }} not?\nprint('done')"
    (cell,) = open_cells("line.ipynb", source).all()
    cell.locator(".cm-chat-magic").wait_for()
    assert marked(cell, "magic") == ["%chat"]
    assert marked(cell, "option") == ["-n", "--temperature"]
    assert marked(cell, "invalid") == ["5"]
    assert marked(cell, "template") == ["{{ n }}"]
    colors = cell.locator(".cm-chat-ground, .cm-chat-ground :not([class*=cm-chat] *)").evaluate_all(
        "nodes => nodes.filter(node => node.textContent.includes(' not?'))"
        ".map(node => getComputedStyle(node).color)"
    )
    plain = cell.locator(".cm-content").evaluate("node => getComputedStyle(node).color")
    assert set(colors) == {plain}
    assert cell.locator(".cm-line").last.locator("[class*=cm-chat]").count() == 0


WRONG = {
    "%%chat local --temperature 5 --temprature 1\nHi": "5--temprature",
    "%%chat local\nSystem: Be brief.\nuser: Hi": "System:",
    "%%chat local\n---\nseed: 1\n ---\nHi": " ---",
    "%%chat local\n---\nseed: 1\n  ---\nuser: Hi\nassistant: Ho": "  ---",
    "%%chat local\nuser: a list\n- one\n- assistant: Hi": "assistant:",
}
"""Cells, and what is underlined in them as they are typed."""


def test_what_is_wrong_in_a_cell_is_underlined_and_says_why(open_cells, page):
    """Options, values, roles and fences; a long line wraps."""
    long = "%%chat local\n" + "many words " * 60
    cells = open_cells("wrong.ipynb", *WRONG, long)
    for place, wrong in enumerate(WRONG.values()):
        found = cells.nth(place).locator(".cm-chat-invalid, .cm-chat-unknown")
        found.first.wait_for()
        assert "".join(found.all_inner_texts()) == wrong
        lines = found.evaluate_all(
            "nodes => nodes.map(n => getComputedStyle(n).textDecorationStyle)"
        )
        assert set(lines) == {"wavy"}
    title = cells.nth(0).locator(".cm-chat-invalid").get_attribute("title")
    assert title == "temperature must be 0 to 2, got 5"
    wraps = "node => node.scrollWidth <= node.clientWidth"
    assert cells.nth(len(WRONG)).locator(".cm-scroller").evaluate(wraps)


def test_a_cell_follows_what_is_typed(lab, page):
    """Python becomes prose with the magic's name, and Python again without it."""
    lab.write("typed.ipynb", "\nis it not in it")
    lab.open(page, "typed.ipynb")
    cells = page.locator(".jp-Cell")
    editor = cells.nth(0).locator(".cm-content")
    expect(editor.locator("span", has_text="not")).not_to_have_count(0)
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("%%chat local")
    expect(cells.nth(0).locator(".cm-chat-magic")).to_have_count(1)
    assert editor.locator(".cm-line").nth(1).locator("span").count() == 0
    for _ in "%%chat local":
        page.keyboard.press("Backspace")
    expect(cells.nth(0).locator(".cm-chat-magic")).to_have_count(0)


def test_completion_needs_no_kernel(open_cells, page):
    cells = open_cells("nokernel.ipynb", "")
    cells.nth(0).locator(".cm-content").click()
    assert complete(page, "%%chat local --te")["--temperature"] == "0\xa0to\xa02"


def test_completion_goes_on_while_the_kernel_is_busy(lab, page):
    """With the options that the front end knows; the kernel's own would wait for its cell."""
    lab.write("busy.ipynb", "import time; time.sleep(25)", "")
    lab.open(page, "busy.ipynb")
    cells = page.locator(".jp-Cell")
    cells.nth(0).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cells.nth(0).locator(".jp-InputPrompt", has_text="[*]").wait_for()
    cells.nth(1).locator(".cm-content").click()
    assert complete(page, "%%chat local --te")["--temperature"] == "0\xa0to\xa02"
    expect(cells.nth(0).locator(".jp-InputPrompt")).to_have_text("[*]:")


def test_the_toolbar_has_a_button_in_chat_cells_only(open_cells, page):
    cells = open_cells("toolbar.ipynb", CHAT, PYTHON)
    button = "[data-jp-item-name='chat-magic-rerun']"
    cells.nth(0).click()
    expect(cells.nth(0).locator(button)).to_be_visible()
    cells.nth(1).locator(".cm-content").click()
    cells.nth(1).locator("[data-jp-item-name='delete-cell']").wait_for()
    expect(cells.nth(1).locator(button)).to_be_hidden()


def test_commands_change_cells_and_copy_without_a_key(open_cells, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cells = open_cells("commands.ipynb", CHAT, PYTHON, outputs=[run(choice(text="An answer"))])
    cells.nth(0).click()
    for command, words in [
        ("copy-answer", "An answer"),
        ("copy-curl", "Bearer $CHAT_MAGIC_API_KEY"),
        ("copy-python", "import httpx"),
    ]:
        execute(page, f"chat-magic:{command}")
        page.wait_for_timeout(200)
        assert words in page.evaluate("() => navigator.clipboard.readText()")
    execute(page, "chat-magic:insert-cell-below", "{text: '%%chat\\nHi'}")
    expect(cells.nth(1).locator(".cm-chat-magic")).to_have_count(1)
    cells.nth(2).locator(".cm-content").click()
    execute(page, "chat-magic:make-chat-cell")
    expect(cells.nth(2).locator(".cm-chat-magic")).to_have_count(1)


PROGRAMS = {"copy-curl": ["sh", "-c"], "copy-python": [sys.executable, "-c"]}


def test_a_copied_request_runs_and_sends_the_same_again(open_cells, page):
    """Quotes, newlines, dollars and non-ASCII text arrive as they were; the key is not in it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    messages = [{"role": "user", "content": 'it\'s\n"$HOME" \\n `x` ü😀'}]
    request = {"model": "a/b", "messages": messages, "n": 2, "logprobs": True, "top_k": 5}
    sent = {**request, "stream": True, "stream_options": {"include_usage": True}}
    result = run(choice(text="An answer"), model="a/b", request=sent)
    open_cells("copied.ipynb", CHAT, outputs=[result]).nth(0).click()
    for command, program in PROGRAMS.items():
        execute(page, f"chat-magic:{command}")
        page.wait_for_timeout(200)
        copied = page.evaluate("() => navigator.clipboard.readText()")
        with Gateway(streamed(completion("Again", "And again"))) as gateway:
            variables = {"CHAT_MAGIC_BASE_URL": gateway.base_url, "CHAT_MAGIC_API_KEY": "sk-canary"}
            done = subprocess.run(
                [*program, copied],
                env={**os.environ, **variables},
                capture_output=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
        assert gateway.requests[0].json == sent
        assert gateway.requests[0].headers["authorization"] == "Bearer sk-canary"


def test_an_output_may_ask_for_a_cell_below_it(open_cells, page):
    cells = open_cells("event.ipynb", CHAT, PYTHON, outputs=[run(choice(text="An answer"))])
    cells.nth(1).locator(".cm-content").click()
    page.locator(".chm-root").wait_for()
    unhandled = page.locator(".chm-root").evaluate(
        """node => node.dispatchEvent(new CustomEvent('chat-magic:insert-cell', {
            bubbles: true, cancelable: true, detail: { text: '%%chat local' }
        }))"""
    )
    assert not unhandled
    expect(cells.nth(1).locator(".cm-line").first).to_have_text("%%chat local")
    assert cells.count() == 3


def test_the_plugins_load_in_notebook_7(open_cells, page):
    """Colours and commands, in Notebook's own page."""
    cells = open_cells("seven.ipynb", CHAT, path="notebooks")
    expect(cells.nth(0).locator(".cm-chat-role")).to_have_count(2)
    cells.nth(0).click()
    expect(cells.nth(0).locator("[data-jp-item-name='chat-magic-rerun']")).to_be_visible()


def test_running_with_other_settings_starts_from_those_of_the_cell(open_cells, page):
    """The line is edited in a dialog and replaces that of the cell."""
    cells = open_cells("rerun.ipynb", CHAT)
    cells.nth(0).click()
    page.evaluate("() => { jupyterapp.commands.execute('chat-magic:rerun') }")
    field = page.locator(".jp-Dialog input")
    expect(field).to_have_value(CHAT.partition("\n")[0])
    field.fill("%%chat local -n 2")
    page.keyboard.press("Enter")
    expect(cells.nth(0).locator(".cm-line").first).to_have_text("%%chat local -n 2")


def test_a_cell_without_the_extension_offers_to_load_it(lab, page):
    """With the cell magic or that of a line; one click loads it, runs the cell, and is gone."""
    lab.write("unloaded.ipynb", "%%chat local --dry-run\nHi", "%chat -m local --dry-run Hi")
    lab.open(page, "unloaded.ipynb")
    cells = page.locator(".jp-Cell")
    for place in (0, 1):
        cells.nth(place).locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        offer = cells.nth(place).locator(".chm-load-offer")
        expect(offer).to_contain_text("has not loaded chat-magic")
    for place in (1, 0):
        offer = cells.nth(place).locator(".chm-load-offer")
        offer.get_by_role("button", name="Load it and run this cell").click()
        output = cells.nth(place).locator(".jp-OutputArea-output")
        expect(output).to_contain_text("messages")
        expect(offer).to_have_count(0)
        expect(cells.nth(place)).to_be_focused()

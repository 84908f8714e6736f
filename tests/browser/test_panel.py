"""The panel in JupyterLab and Notebook 7: drag, run, stop, compare, insert, reload, reopen."""

from __future__ import annotations

import re
import threading

import nbformat
import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import MIME_TYPE
from tests.browser.test_cell import answered, run_all, save
from tests.completions import DONE, delta
from tests.gateway import HOLD, Gateway, Wait, events
from tests.waiting import TIMEOUT_S

ASK = "%%chat local --max-completion-tokens 16 --seed 1\\nuser: Say hi."


@pytest.fixture
def open_panel(lab, page):
    """Return a function that opens a notebook with a panel, and returns the panel."""

    def open_panel(name, cell=ASK, *more):
        lab.write(name, "import chat_magic", f"panel = chat_magic.Panel('{cell}')\npanel", *more)
        lab.open(page, name)
        run_all(page)
        return shown(page)

    return open_panel


def shown(page):
    """Return the panel of a page once it has written its cell."""
    panel = page.locator(".chp-panel")
    panel.wait_for()
    expect(panel.locator(".chp-cell pre")).to_contain_text("%%chat")
    return panel


def row(panel, name):
    """Return the row of a parameter."""
    return panel.locator(".chp-row", has=panel.page.get_by_text(name, exact=True))


def expand(panel):
    """Open the sections that are closed at first."""
    for title in ("output", "choices and probabilities", "advanced"):
        panel.locator(f"button[title='Show {title}']").click()


def click(panel, label):
    """Click a button."""
    panel.locator("button", has_text=label).first.click()


def run(panel, answers):
    """Run the panel, and wait until its history has so many answers."""
    click(panel, "Run")
    expect(panel.locator(".chp-thumbnail")).to_have_count(answers)
    expect(panel.locator(".chp-bar").first).to_contain_text("done in")


def drag(page, slider, fraction):
    """Drag the handle of a slider to a fraction of its length."""
    slider.scroll_into_view_if_needed()
    handle = slider.locator(".noUi-handle").bounding_box()
    base = slider.locator(".noUi-base").bounding_box()
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(base["x"] + base["width"] * fraction, y, steps=5)
    page.mouse.up()


def test_a_slider_writes_the_cell_and_the_answer_is_in_the_notebook(lab, page, open_panel):
    """Dragging sends the parameter; the answer is below the panel, not in a widget."""
    panel = open_panel("slider.ipynb")
    temperature = row(panel, "temperature")
    expect(temperature.locator("input[type=checkbox]").first).not_to_be_checked()
    drag(page, temperature.locator(".widget-slider"), 0.75)
    expect(temperature.locator("input[type=checkbox]").first).to_be_checked()
    entry = temperature.locator("input[type=number]")
    expect(entry).to_have_value(re.compile(r"1\.[45]5?"))
    value = entry.input_value()
    expect(panel.locator(".chp-cell pre")).to_contain_text(f"--temperature {value}")
    run(panel, 1)
    expect(answered(page).last).to_be_visible()
    assert panel.get_by_text("to first token").count() == 0
    save(page)
    cells = nbformat.read(lab.folder / "slider.ipynb", as_version=4).cells
    assert [MIME_TYPE in output.get("data", {}) for output in cells[1].outputs] == [False, True]


def test_an_entry_that_is_out_of_range_says_so_and_cannot_be_run(page, open_panel):
    """While it is typed."""
    panel = open_panel("range.ipynb")
    entry = row(panel, "temperature").locator("input[type=number]")
    entry.fill("")
    entry.press("3")
    expect(row(panel, "temperature").get_by_role("alert")).to_contain_text(
        "temperature 3: must be 0 to 2"
    )
    expect(panel.locator("button", has_text="Run").first).to_be_disabled()


def test_the_panel_of_a_cell_opens_in_four_ways_and_writes_back(lab, page):
    """Filled from the cell; opened again it is the same one; the answer is beside the controls."""
    page.set_viewport_size({"width": 1500, "height": 1000})
    text = "%%chat local --temperature 0.7 --max-completion-tokens 8\nuser: Say hi."
    lab.write("gear.ipynb", "%load_ext chat_magic", text)
    lab.open(page, "gear.ipynb")
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    cells = page.locator(".jp-Cell")
    source = cells.nth(1)
    panel = page.locator(".chp-panel:not([data-seen])")

    def open_by(act):
        panel.evaluate_all("nodes => nodes.forEach(node => { node.dataset.seen = 'yes' })")
        source.locator(".cm-content").click()
        act()
        expect(panel).to_have_count(1)
        expect(panel.locator(".chp-cell pre")).to_have_text(text)
        expect(cells).to_have_count(3)
        expect(panel).to_be_in_viewport()

    def by_palette():
        page.evaluate("() => jupyterapp.commands.execute('apputils:activate-command-palette')")
        page.keyboard.type("open the panel for this")
        page.keyboard.press("Enter")

    open_by(source.locator("[data-jp-item-name='chat-magic-rerun']").click)
    open_by(lambda: page.keyboard.press("Control+Alt+p"))
    open_by(by_palette)
    open_by(lambda: page.evaluate("() => jupyterapp.commands.execute('chat-magic:panel')"))
    row(panel, "temperature").locator("input[type=number]").fill("0.6")
    page.keyboard.press("Tab")
    click(panel, "Update cell")
    updated = text.replace("0.7", "0.6").split("\n")
    expect(source.locator(".cm-line")).to_have_text(updated)
    click(panel, "Update and run")
    expect(answered(source)).to_be_visible()
    run(panel, 1)
    answer = cells.nth(2).locator(".chm-root")
    expect(answer).to_be_visible()
    left, right = panel.bounding_box(), answer.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 60


def test_an_opened_panel_has_the_keyboard_in_its_prompt(lab, page):
    """What is typed changes neither the number nor the type of cells."""
    lab.write("typing.ipynb", "%load_ext chat_magic", "%%chat local\nsystem: Be brief.\nuser: Hi")
    lab.open(page, "typing.ipynb")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    page.locator(".jp-Cell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+p")
    prompt = shown(page).locator(".chp-message textarea").last
    expect(prompt).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("ddmx0")
    expect(prompt).to_have_value("Hiddmx0")
    expect(page.locator(".jp-CodeCell")).to_have_count(3)


@pytest.mark.parametrize("width", [700, 1400])
def test_the_form_keeps_its_place_while_an_answer_streams(lab, page, at_gateway, width):
    """The answer grows in a place of its own."""
    page.set_viewport_size({"width": width, "height": 1000})
    gates = [threading.Event() for _ in range(3)]
    parts = ["A line of words\n\n" * 9 + f"Part {number}. " for number in range(len(gates))]
    steps = [
        step for pair in zip(map(delta, parts), map(Wait, gates), strict=True) for step in pair
    ]
    with Gateway(events(*steps, DONE)) as gateway:
        text = "import chat_magic\nchat_magic.Panel('%%chat a/b\\nSpeak')"
        at_gateway(f"place-{width}.ipynb", gateway, text)
        lab.open(page, f"place-{width}.ipynb")
        page.evaluate("() => jupyterapp.shell.collapseLeft()")
        run_all(page)
        panel = shown(page)
        panel.locator("button", has_text="Run").first.scroll_into_view_if_needed()
        places = [top_of(panel)]
        click(panel, "Run")
        for number, gate in enumerate(gates):
            page.get_by_text(f"Part {number}.").last.wait_for()
            places.append(top_of(panel))
            gate.set()
        expect(panel.locator(".chp-bar").first).to_contain_text("done in")
        assert {*places, top_of(panel)} == {places[0]}


def top_of(panel):
    """Return where a panel begins in the window, in whole pixels."""
    return round(panel.bounding_box()["y"])


def test_stop_closes_the_connection_and_keeps_what_arrived(lab, page, at_gateway):
    """Meanwhile the kernel runs other cells."""
    with Gateway(events(delta("Half an answer"), HOLD)) as gateway:
        text = "import chat_magic\nchat_magic.Panel('%%chat a/b\\nSpeak')"
        at_gateway("stop.ipynb", gateway, text, "6 * 7")
        lab.open(page, "stop.ipynb")
        run_all(page)
        panel = shown(page)
        click(panel, "Run")
        page.get_by_text("Half an answer").last.wait_for()
        page.locator(".jp-Cell").last.click()
        page.keyboard.press("Control+Enter")
        expect(page.locator(".jp-Cell").last.locator(".jp-OutputArea-output")).to_have_text("42")
        click(panel, "Stop")
        assert gateway.requests[0].closed.wait(TIMEOUT_S)
        expect(page.get_by_text("interrupted").last).to_be_visible()
        expect(panel.locator(".chp-thumbnail")).to_contain_text("Half an answer")


def test_earlier_answers_are_shown_again_and_compared(page, open_panel):
    """Both side by side, scrolled into view, with the focus for its keys."""
    panel = open_panel("strip.ipynb")
    for number in (1, 2):
        run(panel, number)
        row(panel, "seed").locator("button").click()
    boxes = panel.locator(".chp-thumbnail input[type=checkbox]")
    expect(panel.locator("button", has_text="Compare")).to_be_disabled()
    boxes.nth(0).check()
    boxes.nth(1).check()
    click(panel, "Compare")
    area = page.locator(".jp-OutputArea-output").last
    expect(area.get_by_text("to first token")).to_have_count(2)
    expect(area.locator(".chm-result")).to_be_focused()
    expect(area.locator(".chm-header")).to_be_in_viewport()
    panel.locator(".chp-excerpt").last.click()
    expect(answered(area)).to_have_count(1)


@pytest.mark.parametrize("front_end", ["lab/tree", "notebooks"])
def test_the_cell_is_copied_and_inserted(lab, page, front_end):
    """With one click each, in JupyterLab and in Notebook 7."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name = f"insert-{front_end[:3]}.ipynb"
    lab.write(name, f"import chat_magic\nchat_magic.Panel('{ASK}')")
    page.goto(f"{lab.url}/{front_end}/{name}?reset&token={lab.token}")
    page.locator("[data-status='idle']").first.wait_for()
    prompt = page.locator(".jp-InputPrompt").first
    for _ in range(30):  # until it has seen the kernel, a front end ignores the key or objects
        if page.locator("dialog.jp-Dialog").count():
            page.keyboard.press("Escape")
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)
        if re.search(r"[*\d]", prompt.inner_text()):
            break
    panel = shown(page)
    cell = "%%chat local --max-completion-tokens 16 --seed 1\nuser: Say hi."
    click(panel, "Copy")
    expect(panel.locator(".chp-cell [role=status]")).to_have_text("copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == cell
    click(panel, "Insert as new cell")
    expect(panel.locator(".chp-cell [role=status]")).to_have_text("inserted below")
    inserted = page.locator(".jp-Cell").nth(1).locator(".cm-line")
    expect(inserted).to_have_text(cell.split("\n"))


def test_a_restarted_kernel_and_a_reopened_notebook_show_no_error(lab, page, open_panel):
    """The answer is there, and the cell instead of the controls until it is run again."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    panel = open_panel("again.ipynb")
    run(panel, 1)
    save(page)
    page.evaluate(
        "async () => { const { session } = jupyterapp.shell.currentWidget.sessionContext;"
        "await session.kernel.restart() }"
    )
    page.wait_for_timeout(1000)
    assert page.locator(".jp-Dialog").count() == 0
    lab.open(page, "again.ipynb")
    static = page.locator(".jp-OutputArea-output", has_text="%%chat local")
    expect(static).to_be_visible()
    expect(answered(page)).to_be_visible()
    assert page.get_by_text("Error displaying widget").count() == 0
    assert errors == []
    run_all(page)
    run(shown(page), 1)


def test_a_reloaded_page_shows_the_answers_too(lab, page, open_panel):
    """In the panel; displayed again, the panel has them below it."""
    panel = open_panel("reload.ipynb", ASK, "")
    run(panel, 1)
    save(page)
    page.reload()
    panel = page.locator(".chp-panel").first
    expect(panel).to_contain_text("the page was reloaded")
    run(panel, 2)
    expect(answered(panel)).to_be_visible()
    last = page.locator(".jp-Cell").last
    last.locator(".cm-content").click()
    page.keyboard.type("panel")
    page.keyboard.press("Control+Enter")
    expect(answered(last)).to_be_visible()
    assert last.locator(".chp-panel").get_by_text("to first token").count() == 0


def test_a_notebook_that_is_opened_without_a_kernel_shows_the_cell(lab, page):
    """Widgets are lost without their kernel."""
    widget = {"version_major": 2, "version_minor": 0, "model_id": "gone"}
    data = {"application/vnd.jupyter.widget-view+json": widget, "text/plain": "panel"}
    data["text/html"] = "<pre>%%chat local</pre>"
    output = nbformat.v4.new_output("display_data", data, metadata={"chat_magic_panel": True})
    cell = nbformat.v4.new_code_cell("panel", outputs=[output], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lab.folder / "gone.ipynb")
    lab.look(page, "gone.ipynb")
    expect(page.locator(".jp-OutputArea-output")).to_have_text("%%chat local")


def check_width(page, panel, width, columns):
    """Check that a window so wide shows all of a panel, its controls in so many columns."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(500)
    overflowing = panel.evaluate(
        "node => [...node.querySelectorAll('.chp-row, .chp-message, .chp-bar')]"
        ".filter(row => row.scrollWidth > row.clientWidth + 1).map(row => row.textContent)"
    )
    assert overflowing == []
    found = panel.evaluate(
        "node => new Set("
        "[...node.querySelectorAll('.chp-body > *')].map(column => column.offsetLeft)).size"
    )
    assert found == columns


def check_keys(page, panel):
    """Check that no key reaches the notebook after a click or a focus, until Escape."""
    starts = [
        panel.locator("button", has_text="Run").first.focus,
        lambda: panel.click(position={"x": 3, "y": 3}),
        row(panel, "temperature").locator("input[type=checkbox]").first.focus,
    ]
    count = page.locator(".jp-CodeCell").count()
    for start in starts:
        start()
        for key in ["d", "d", "m", "x", "b", "a", "y", "0", "0", "z"]:
            page.keyboard.press(key)
        expect(page.locator(".jp-CodeCell")).to_have_count(count)
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator(".jp-CodeCell")).to_have_count(count + 1)


def test_every_control_is_in_sight_reached_by_the_keyboard_and_has_a_name(page, open_panel):
    """In a narrow and a wide window; names as screen readers read them; reached by Tab."""
    panel = open_panel("keyboard.ipynb")
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    expand(panel)
    check_width(page, panel, 700, columns=1)
    check_width(page, panel, 1600, columns=2)
    unnamed = panel.evaluate(
        "node => [...node.querySelectorAll('input, textarea, select, button')]"
        ".filter(field => !(field.labels?.length"
        " && [...field.labels].some(label => label.textContent.trim()))"
        " && !field.title && !field.getAttribute('aria-label') && !field.textContent.trim()"
        " && !field.placeholder)"
        ".map(field => field.outerHTML)"
    )
    assert unnamed == []
    panel.locator("button", has_text="Run").first.focus()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.outerHTML.slice(0, 300)"))
    assert len(reached) > 40
    check_keys(page, panel)

"""Answers side by side in a real JupyterLab, from what is saved: no kernel is asked."""

from __future__ import annotations

import nbformat
import pytest
from playwright.sync_api import expect

from chat_magic.core.cell.cell import parse
from chat_magic.view.bundle import TokensView, bundle
from tests.browser.contrast import THEMES, contrast, painted, use_theme
from tests.browser.test_inspector import ATTACKS, LOCAL
from tests.view.conftest import choice, run, token
from tests.wire.make_comparison import TEMPERATURE, TONE, grid

NAMES = ("Ada", "Ada", "Bo", "Cy")


def names(*others, **fields):
    """Return a run of four choices that name people, two of them alike; and of others."""
    choices = [
        choice(
            [token("Name:", 0.9), token(f" {name}", 0.4, (" Eve", 0.3)), token(".", 0.9)], index=n
        )
        for n, name in enumerate((*NAMES, *others))
    ]
    messages = [{"role": "user", "content": "Who?"}]
    request = {"model": LOCAL, "messages": messages, "temperature": 0.5, "n": len(choices)}
    return run(*choices, model=LOCAL, request=request, **fields)


@pytest.fixture
def show(lab, page):
    """Return a function that stores runs as one output and opens it without a kernel."""

    def show(name, *runs, **options):
        lab.write_outputs(name, bundle(runs, **options))
        lab.look(page, name)
        root = page.locator(".chm-root").first
        root.locator(".chm-comparison").wait_for()
        return root

    return show


def view(root, name):
    """Show a comparison in another way."""
    root.get_by_role("button", name=name, exact=True).click()


def said(root):
    """Return what the live region of the comparison says."""
    return root.locator(".chm-comparison > [role=status]").text_content()


def lefts(root):
    """Return where the columns begin, in pixels."""
    return root.locator(".chm-choice").evaluate_all(
        "nodes => nodes.map(node => Math.round(node.getBoundingClientRect().left))"
    )


def test_choices_of_the_embedded_model_are_drawn_side_by_side(lab, page):
    lab.write(
        "four.ipynb",
        "%load_ext chat_magic",
        "%%chat local --n 4 --top-logprobs 5 --temperature 1.5 --seed 7 "
        "--max-completion-tokens 12\nName an animal.",
    )
    lab.open(page, "four.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    root = page.locator(".chm-root:not(.chm-live)")
    root.wait_for()
    count = root.locator(".chm-choice").count()
    assert count > 1
    assert len(set(lefts(root))) == count
    expect(root.locator(".chm-markdown .chm-divergence").first).to_be_visible()
    expect(root.locator(".chm-summary-link")).to_contain_text("First difference: ")
    assert page.locator(".jp-OutputArea-output").count() == 1


def test_the_keyboard_changes_the_base_and_the_state_survives_reopening(show, page, lab):
    """The digit is the choice's index; what changed is underlined or struck through."""
    root = show("base.ipynb", names())
    assert root.locator(".chm-choice strong").all_inner_texts() == ["0", "2", "3"]
    assert root.locator(".chm-markdown .chm-divergence").all_inner_texts() == ["Ada", "Bo", "Cy"]
    root.get_by_role("button", name="Columns").focus()
    page.keyboard.press("d")
    expect(root.locator("del.chm-diff-target")).to_have_text(["Ada", "Ada"])
    page.keyboard.press("3")
    expect(root.locator("del.chm-diff-target")).to_have_text(["Cy", "Cy"])
    expect(root.locator("ins.chm-diff-target")).to_have_text(["Ada", "Bo"])
    decorations = root.locator(".chm-diff-target").evaluate_all(
        "nodes => nodes.map(node => getComputedStyle(node).textDecorationLine)"
    )
    assert set(decorations) == {"line-through", "underline", "none"}
    page.keyboard.press("]")
    assert said(root) == "1 of 4: deleted “Cy”"
    assert page.locator(".jp-Cell").count() == 1
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(500)
    page.goto("about:blank")
    lab.look(page, "base.ipynb")
    expect(page.locator("del.chm-diff-target")).to_have_text(["Cy", "Cy"])
    expect(page.locator(".chm-base strong")).to_have_text("3")


def test_what_is_dimmed_inserted_or_deleted_can_be_read_in_every_theme(show, page):
    """At least 4.5 to 1, as the browser paints it."""
    root = show("themes.ipynb", names(), base=3, opens="diff")
    seen = root.locator(
        ".chm-common, .chm-same, .chm-diff-target, .chm-badge, .chm-choice-head span"
    )
    for theme in THEMES:
        use_theme(page, theme)
        ratios = [contrast(back, ink) for back, ink in painted(seen)]
        assert len(ratios) > 10
        assert min(ratios) >= 4.5, theme


def test_tokens_ring_where_the_answers_part_and_lead_there(show, page):
    root = show("tokens.ipynb", names())
    root.get_by_role("button", name="Tokens").click()
    expect(root.locator(".chm-token.chm-divergence")).to_have_text(["Ada", "Bo", "Cy"])
    page.keyboard.press("]")
    expect(root.locator(".chm-token-details")).to_contain_text("␣Ada")
    page.keyboard.press("]")
    expect(root.locator(".chm-token-details")).to_contain_text("␣Bo")
    root.get_by_role("button", name="least sure “Cy”").click()
    expect(root.locator(".chm-token-details")).to_contain_text("␣Cy")


def test_the_tree_opens_the_table_sorts_and_answers_open_below(show, page):
    root = show("overviews.ipynb", names())
    view(root, "Tree")
    rows = root.get_by_role("treeitem")
    assert rows.count() == 4
    rows.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_count(4)
    rows.nth(1).click()
    expect(root.locator(".chm-detail-pane .chm-markdown")).to_have_text("Name: Ada.")
    page.keyboard.press("Escape")
    expect(root.locator(".chm-detail-pane")).to_be_hidden()
    view(root, "Table")
    for _ in range(2):
        root.get_by_role("button", name="answer", exact=True).click()
    assert root.locator("tbody th").all_inner_texts() == ["3", "2", "0", "1"]
    root.locator("tbody tr").first.click()
    expect(root.locator(".chm-detail-pane .chm-markdown")).to_have_text("Name: Cy.")


def test_a_grid_asked_for_its_tokens_opens_at_columns_of_them(lab, page):
    """`.inspect()` says so in the output's metadata; what the reader changes then counts."""
    _, metadata = TokensView(grid())._repr_mimebundle_()
    data = bundle(grid(), axes=(TEMPERATURE, TONE))
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("r.inspect()", outputs=[output], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lab.folder / "inspect-grid.ipynb")
    lab.look(page, "inspect-grid.ipynb")
    root = page.locator(".chm-root").first
    expect(root.locator(".chm-token").first).to_be_visible()
    view(root, "Matrix")
    root.locator(".chm-cell").first.click()
    expect(root.locator(".chm-detail-pane .chm-token").first).to_be_visible()
    root.locator(".chm-detail-pane").get_by_role("button", name="Raw").click()
    expect(root.locator(".chm-cell").first).to_be_visible()


def test_a_cell_of_the_matrix_opens_its_whole_result(show, page):
    root = show("matrix.ipynb", *grid(), axes=(TEMPERATURE, TONE))
    cells = root.locator(".chm-cell")
    assert cells.count() == 6
    expect(cells.nth(4)).to_contain_text("429")
    cells.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    opened = root.locator(".chm-detail-pane")
    expect(opened.locator(".chm-choice")).to_have_count(2)
    expect(opened.locator(".chm-status")).to_contain_text("0.40 s to first token")
    opened.get_by_role("button", name="Tokens").click()
    opened.locator(".chm-token").first.click()
    expect(opened.locator(".chm-token-details")).to_contain_text("token 1")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    assert cells.nth(2).evaluate("node => node === document.activeElement")


def test_more_than_four_columns_scroll_and_few_pixels_make_a_list(show, page):
    page.set_viewport_size({"width": 1600, "height": 900})
    root = show("columns.ipynb", names("Di", "Ed", "Fay"))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    more = root.locator(".chm-more")
    expect(more).to_contain_text("1\u20134 of 6")
    assert len(set(lefts(root))) == 6
    more.get_by_title("Next columns").click()
    expect(more).to_contain_text("3\u20136 of 6")
    for width, columns in [(900, 6), (560, 1)]:
        page.set_viewport_size({"width": width, "height": 900})
        expect(more).to_be_visible(visible=columns > 1)
        assert len(set(lefts(root))) == columns
        assert root.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def test_going_on_writes_the_conversation_into_a_cell_below(show, page):
    root = show("on.ipynb", names())
    root.get_by_role("button", name="Continue from this answer").nth(1).click()
    cells = page.locator(".jp-CodeCell .cm-content")
    expect(cells).to_have_count(2)
    source = cells.nth(1).inner_text()
    messages = parse(source.rstrip() + " And then?").messages
    assert [each.role for each in messages] == ["user", "assistant", "user"]
    assert messages[1].content == "Name: Bo."
    expect(root.locator(".chm-continue[aria-pressed=true]")).to_have_count(1)


def test_a_tree_shows_what_models_write_as_text(show, page):
    """Where they part, on the way and at the end."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    choices = [
        choice([token(text, 0.2) for text in ("all ", *ATTACKS[place:])], index=place)
        for place in range(len(ATTACKS))
    ]
    root = show("attack-tree.ipynb", run(*choices))
    view(root, "Tree")
    rows = root.get_by_role("treeitem")
    assert rows.count() > len(ATTACKS)
    expect(rows.nth(1)).to_contain_text(ATTACKS[0].strip()[:12])
    rows.nth(1).click()
    expect(root.locator(".chm-detail-pane")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.pwned") is None
    assert not [url for url in requests if "leak" in url]
    assert root.locator("img, script, iframe, svg[onload], style").count() == 0


def test_nothing_is_ringed_where_answers_to_several_requests_share_nothing(show):
    """The first word of each would be, in each cell and column."""
    root = show("nothing-shared.ipynb", *grid(), axes=(TEMPERATURE, TONE))
    for name in ("Matrix", "Table", "Columns", "Tokens"):
        view(root, name)
        expect(root.locator(".chm-divergence")).to_have_count(0)


def test_whatever_models_write_runs_nothing_in_any_view(show, page):
    """Nor do the titles of a grid, its errors and warnings."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    title = ATTACKS[0].strip()
    runs = [
        run(
            choice([token(text, 0.2, (f"{text}?", 0.1)) for text in (*ATTACKS, str(place))]),
            model=ATTACKS[0],
            warnings=(ATTACKS[2],),
            error=ATTACKS[4] if place else None,
            coordinates={title: title + str(place)},
        )
        for place in range(2)
    ]
    axis = type("Axis", (), {"name": title, "titles": (f"{title}0", f"{title}1"), "kind": "sweep"})
    root = show("attack.ipynb", *runs, axes=(axis,))
    root.locator(".chm-cell").first.click()
    root.locator("details").last.evaluate("node => { node.open = true }")
    for name in ("Columns", "List", "Table", "Diff", "Tokens", "Raw"):
        view(root, name)
        page.wait_for_timeout(200)
    root.get_by_role("button", name="Diff", exact=True).click()
    root.locator(".chm-toolbar").get_by_label("by").select_option("sentence")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.pwned") is None
    assert not [url for url in requests if "leak" in url]
    assert root.locator("img, script, iframe, svg[onload], style").count() == 0
    assert root.locator("a").evaluate_all(
        "links => links.every(link => /^(https?|mailto):/.test(link.href))"
    )
    assert page.locator(".jp-Cell").count() == 1

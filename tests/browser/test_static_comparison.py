"""A comparison in an untrusted JupyterLab that knows nothing of us: only HTML, sanitised."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import bundle
from chat_magic.view.heatmap import heatmap
from chat_magic.view.vega import VEGA_LITE
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid

STYLES = """(root, html) => {
    const tidy = style => (style ?? '').replace(/[\\s;]+$/, '').replace(/\\s*([:;,])\\s*/g, '$1')
    const list = node => [...node.querySelectorAll('*')].map(
        each => [each.localName, tidy(each.getAttribute('style'))].join(' '))
    const sent = new DOMParser().parseFromString(html, 'text/html').body
    const [theirs, ours] = [list(root), list(sent)]
    return ours.filter((each, place) => each !== theirs[place]).slice(0, 5)
}"""
CASES = {
    "choices": lambda: bundle(four()),
    "grid": lambda: bundle(grid(), axes=(TEMPERATURE, TONE)),
    "diff": lambda: bundle(four(), opens="diff", base=1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_real_sanitizer_drops_nothing_of_it(lab, page, name) -> None:
    """Every element arrives with all of its style."""
    html = CASES[name]()["text/html"]
    lab.write_outputs(f"static-{name}.ipynb", {"text/html": html})
    lab.look(page, f"static-{name}.ipynb")
    root = page.locator(".jp-RenderedHTML").first
    assert root.evaluate(STYLES, html) == []


@pytest.mark.parametrize("width", [700, 1600])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_where_answers_part_is_seen_at_a_glance(lab, page, theme, width) -> None:
    """Each ring lies within the page, in a colour that stands out from the ground."""
    lab.write_outputs("rings.ipynb", {"text/html": bundle(four())["text/html"]})
    page.set_viewport_size({"width": width, "height": 900})
    lab.look(page, "rings.ipynb")
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    rings = page.locator(".jp-RenderedHTML p span", has_text="C").filter(visible=True)
    expect(rings).to_have_count(3)
    for ring in rings.all():
        assert ring.evaluate("each => getComputedStyle(each).borderTopStyle") == "solid"
        box = ring.bounding_box()
        assert box["x"] + box["width"] <= width


def test_differences_are_underlined_and_struck_through(lab, page) -> None:
    lab.write_outputs("marks.ipynb", {"text/html": bundle(four(), opens="diff")["text/html"]})
    lab.look(page, "marks.ipynb")
    decoration = "each => getComputedStyle(each).textDecorationLine"
    output = page.locator(".jp-RenderedHTML")
    assert output.locator("ins", has_text="Clara").evaluate(decoration) == "underline"
    assert output.locator("del", has_text="Charlotte").evaluate(decoration) == "line-through"


def test_a_heatmap_is_drawn_from_the_saved_output(lab, page) -> None:
    """JupyterLab's own Vega draws it, with the value in each cell."""
    metrics = {"perplexity": [[1.5], [2.5], [3.5], [], [5.5], [6.5]]}
    drawn, _ = heatmap((TEMPERATURE, TONE), metrics, "perplexity")._repr_mimebundle_()
    lab.write_outputs("heatmap.ipynb", {VEGA_LITE: drawn[VEGA_LITE]})
    lab.look(page, "heatmap.ipynb")
    output = page.locator(".jp-RenderedVegaCommon5")
    expect(output.locator("canvas, svg").first).to_be_visible(timeout=20_000)

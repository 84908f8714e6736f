"""A comparison in an untrusted JupyterLab that knows nothing of us: only HTML, sanitised."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from chat_magic.view.bundle import bundle
from chat_magic.view.checks_view import ConfusionView
from chat_magic.view.heatmap import heatmap
from chat_magic.view.html.check_html import checks_html
from chat_magic.view.html.html_table import table
from chat_magic.view.vega import VEGA_LITE
from tests.view.checks import CHECKS
from tests.view.conftest import answers
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
    "choices": bundle(four())["text/html"],
    "grid": bundle(grid(), axes=(TEMPERATURE, TONE))["text/html"],
    "diff": bundle(four(), opens="diff", base=1)["text/html"],
}
WORD = "Donaudampfschiff" * 12
TITLES = [f"label {number}" for number in range(20)]
CONFUSION = ConfusionView(
    title="check", truths=TITLES, answers=TITLES, counts=[[1] * len(TITLES)] * len(TITLES)
)
WIDE = {
    **CASES,
    "checks": checks_html(replace(CHECKS, confusions=(CONFUSION,))),
    "a long word": bundle([answers(WORD)])["text/html"],
    "a long name": bundle([answers("Hi", model=f"vendor/{WORD}")])["text/html"],
    "long fields": bundle([answers(f'{{"a": "{WORD}"}}', '{"a": 1}')], opens="diff")["text/html"],
    "many titles": table(TITLES, [TITLES]),
}
"""What does not fit into a narrow window."""


@pytest.fixture
def outputs(lab, page):
    """The outputs by name, in one notebook."""
    bundles = [{"text/html": html} for html in CASES.values()]
    lab.write_outputs("static.ipynb", *bundles)
    lab.look(page, "static.ipynb")
    found = page.locator(".jp-RenderedHTML")
    expect(found).to_have_count(len(CASES))
    return {name: found.nth(place) for place, name in enumerate(CASES)}


def test_the_real_sanitizer_drops_nothing_of_it(outputs) -> None:
    """Every element arrives with all of its style."""
    for name, html in CASES.items():
        assert outputs[name].evaluate(STYLES, html) == [], name


def test_where_answers_part_is_seen_at_a_glance(page, outputs) -> None:
    """Rings lie within a narrow and a wide page; changes are underlined and struck through."""
    rings = outputs["choices"].locator("p span", has_text="C").filter(visible=True)
    for width in (1600, 700):
        page.set_viewport_size({"width": width, "height": 900})
        expect(rings).to_have_count(3)
        for ring in rings.all():
            assert ring.evaluate("each => getComputedStyle(each).borderTopStyle") == "solid"
            box = ring.bounding_box()
            assert box["x"] + box["width"] <= width
    decoration = "each => getComputedStyle(each).textDecorationLine"
    changes = outputs["diff"]
    assert changes.locator("ins", has_text="Charlotte").first.evaluate(decoration) == "underline"
    assert changes.locator("del", has_text="Clara").first.evaluate(decoration) == "line-through"


def test_no_page_scrolls_sideways(page) -> None:
    """In a window of 700 pixels with all details open, what is wider scrolls in its own box."""
    page.set_viewport_size({"width": 700, "height": 900})
    for name, html in WIDE.items():
        page.set_content(f"<body>{html}</body>")
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 700, name


def test_a_heatmap_is_drawn_from_the_saved_output(lab, page) -> None:
    """JupyterLab's own Vega draws it, with the value in each cell."""
    metrics = {"perplexity": [[1.5], [2.5], [3.5], [], [5.5], [6.5]]}
    drawn, _ = heatmap((TEMPERATURE, TONE), metrics, "perplexity")._repr_mimebundle_()
    lab.write_outputs("heatmap.ipynb", {VEGA_LITE: drawn[VEGA_LITE]})
    lab.look(page, "heatmap.ipynb")
    output = page.locator(".jp-RenderedVegaCommon5")
    expect(output.locator("canvas, svg").first).to_be_visible()

"""Results in a real JupyterLab: text, tokens, keyboard, themes, and whatever a model may write."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from chat_magic.core.cell.cell import parse
from chat_magic.core.reply.reply import FunctionCall, ToolCall
from chat_magic.view.bundle import bundle
from tests.browser.contrast import THEMES, contrast, painted, use_theme
from tests.completions import completion
from tests.gateway import Gateway, streamed
from tests.view.conftest import called, choice, run, token
from tests.wire.make_inspector import HOSTILE

LOCAL = "local/smollm2-135m-instruct"
CAPITAL = (
    ("The capital is", 0.9, ()),
    (" Canberra", 0.621, ((" Sydney", 0.224), (" not", 0.073))),
    (",", 0.7, ()),
    (" although", 0.4, ((" not", 0.3),)),
    (" a", 0.9, ()),
    (" compromise", 0.02, ((" city", 0.6),)),
    (".\n", 0.99, ()),
    ("End", 0.2, ()),
)


def capital(**fields):
    """Return a run of one choice with three unsure words."""
    tokens = [token(text, prob, *others) for text, prob, others in CAPITAL]
    messages = [{"role": "user", "content": "Where?"}]
    request = {
        "model": LOCAL,
        "messages": messages,
        "temperature": 0.5,
        "logprobs": True,
        "top_logprobs": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return run(choice(tokens), **{"model": LOCAL, "request": request, **fields})


@pytest.fixture
def show(lab, page):
    """Return a function that stores runs as outputs and opens them without a kernel."""

    def show(name, *runs, tokens=False):
        lab.write_outputs(name, *(bundle([each]) for each in runs))
        lab.look(page, name)
        root = page.locator(".chm-root").first
        root.wait_for()
        if tokens:
            root.get_by_role("button", name="Tokens").click()
            root.locator(".chm-token").first.wait_for()
        return root

    return show


def said(root):
    """Return what the live region says."""
    return root.locator("[role=status]").text_content()


def test_an_answer_that_came_is_drawn_and_the_view_survives_saving(lab, page):
    """Tokens were looked at: they are what the reopened notebook shows, without a kernel."""
    with Gateway(streamed(completion("Some words came", n_top=2))) as gateway:
        setting = f"import os; os.environ['CHAT_MAGIC_BASE_URL'] = {gateway.base_url!r}"
        cells = [f"%load_ext chat_magic\n{setting}", "%%chat a/b --top-logprobs 2\nHi"]
        lab.write("drawn.ipynb", *cells)
        lab.open(page, "drawn.ipynb")
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        page.locator(".chm-root").wait_for()
    assert page.locator(".jp-OutputArea-output").count() == 1
    page.get_by_role("button", name="Tokens").click()
    expect(page.locator(".chm-token")).to_have_count(3)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.goto("about:blank")
    lab.open(page, "drawn.ipynb")
    expect(page.locator(".chm-token")).to_have_count(3)


def test_an_untrusted_result_says_all_about_a_token(show):
    root = show("untrusted.ipynb", capital(), tokens=True)
    root.locator(".chm-token", has_text="Canberra").click()
    panel = root.locator(".chm-token-details")
    for words in ("␣Canberra", "62.1%", "0.69 bits", "rank 1", "␣Sydney", "22.4%", "other"):
        expect(panel).to_contain_text(words)
    assert panel.locator(".chm-chosen .chm-alt-mark").inner_text() == "▸"
    legend = root.locator(".chm-legend").all_inner_texts()
    assert [" ".join(each.split()) for each in legend] == [
        "≥ 50% 5", "25\u201350 1", "10\u201325 1", "3\u201310 0", "< 3 1",
    ]  # fmt: skip


def test_the_text_underlines_what_was_unsure_and_leads_to_the_token(show):
    root = show("text.ipynb", capital())
    assert root.locator(".chm-unsure").all_inner_texts() == ["although", "compromise", "End"]
    expect(root.locator(".chm-unsure-line")).to_contain_text("unsure: although 40% (not 30)")
    root.locator(".chm-unsure", has_text="compromise").click()
    expect(root.locator(".chm-token-details")).to_contain_text("␣compromise")


def test_the_keyboard_alone_is_enough(show, page):
    """One tab stop; the notebook's own one-letter commands (a, m, …) do not hear the keys."""
    root = show("keys.ipynb", capital(), tokens=True)
    root.get_by_role("button", name="Raw").focus()
    page.keyboard.press("Tab")
    assert said(root).startswith("token 1, “The capital is”, 90.0 percent")
    assert root.locator("[tabindex='0'].chm-tokens").count() == 1
    active = root.locator(".chm-tokens").get_attribute("aria-activedescendant")
    assert root.locator(f"#{active}").inner_text() == "The capital is"
    for key, words in [
        ("ArrowRight", "␣Canberra"), ("n", "␣although"), ("n", "␣compromise"), ("p", "␣although"),
        ("End", "End"), ("n", "no unsure token after"), ("Home", "The capital"),
        ("Shift+ArrowRight", "2 tokens selected"), ("m", "painted by surprisal"),
        ("g", "3 tokens selected"), ("t", "table shown"), ("t", "table hidden"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert words in said(root), key
    page.keyboard.press("Escape")
    for key in ("g", "g", "g", "g", "g", "ArrowRight", "a", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    marked = root.locator(".chm-alt[aria-selected=true]")
    assert marked.count() == 1
    assert page.locator(".jp-Cell").count() == 1
    assert page.locator(".jp-CodeCell").count() == 1


def test_a_range_is_summed_up(show, page):
    """The tokens of 0.621 and 0.7 have the joint probability 0.4347."""
    root = show("range.ipynb", capital(), tokens=True)
    root.locator(".chm-token").nth(1).click()
    root.locator(".chm-token").nth(2).click(modifiers=["Shift"])
    expect(root.locator(".chm-token-details")).to_contain_text("43.5%")
    expect(root.locator(".chm-token-details")).to_contain_text("bits per byte")
    page.keyboard.press("Control+c")


def test_every_metric_and_granularity_paints(show):
    root = show("metrics.ipynb", capital(), tokens=True)
    metrics = root.get_by_label("metric")
    for metric in metrics.locator("option").all_inner_texts():
        metrics.select_option(metric)
        expect(root.locator(".chm-legend").first).to_be_visible()
    assert root.locator(".chm-legend").all_inner_texts()[0].split() == ["word", "6"]
    metrics.select_option("probability")
    root.get_by_label("granularity").select_option("line")
    assert root.locator(".chm-token.chm-bin4").count() == 7
    root.get_by_label("granularity").select_option("field")
    expect(root.locator(".chm-note")).to_contain_text("not JSON")


def test_a_typed_pattern_cuts_and_the_table_keeps_to_one_token(show, page):
    """Both have a key; what is typed into the field is no command, and Escape leaves the field."""
    root = show("pattern.ipynb", capital(), tokens=True)
    root.locator(".chm-token", has_text="Canberra").click()
    page.keyboard.press("r")
    expect(root.get_by_label("regular expression")).to_be_focused()
    page.keyboard.type("(?P<place>Can.*?),")
    page.keyboard.press("Enter")
    assert said(root).startswith("token 2")
    page.keyboard.press("Control+a")
    page.keyboard.type("a.*promise")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(root.locator(".chm-tokens")).to_be_focused()
    root.locator(".chm-token", has_text="compromise").click()
    assert said(root) == "6 tokens selected"
    page.keyboard.press("f")
    expect(root.locator(".chm-table tbody tr")).to_have_count(1)
    expect(root.locator(".chm-table tbody")).to_contain_text("␣compromise")
    page.keyboard.press("f")
    expect(root.locator(".chm-table tbody tr")).to_have_count(8)


def test_a_band_behind_the_strip_bounds_the_entropy(show):
    """Each of the three tokens with alternatives has a box in it, paler than the bars."""
    root = show("band.ipynb", capital(), tokens=True)
    band = root.locator(".chm-entropy")
    expect(band).to_have_attribute("d", re.compile("^(M[^M]*){3}$"))
    paint = band.evaluate("node => getComputedStyle(node).fill")
    assert re.search(r"/ 0\.22\)|, 0\.22\)", paint), paint


def test_what_is_copied_is_the_exact_text(show, page):
    """Marks for line breaks and chips for control characters are only drawn."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tokens = [token(text, 0.2, (f"{text}!", 0.1)) for text in HOSTILE]
    root = show("copy.ipynb", run(choice(tokens)), tokens=True)
    select = """node => {
        const range = document.createRange()
        range.selectNodeContents(node)
        getSelection().removeAllRanges()
        getSelection().addRange(range)
    }"""
    root.locator(".chm-tokens").evaluate(select)
    root.locator(".chm-tokens").focus()
    page.keyboard.press("Control+c")
    assert page.evaluate("() => navigator.clipboard.readText()") == "".join(HOSTILE)


MARKDOWN = """# Title

See [docs](https://x.org) and `code`, where $\\lambda < \\mu$.

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(x):
    return x < 1
```
"""


def test_markdown_is_rendered_with_highlighted_code_and_formulas(show, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    root = show("markdown.ipynb", run(choice(text=MARKDOWN)))
    assert root.locator("h1").inner_text() == "Title"
    assert root.locator("td").all_inner_texts() == ["1", "2"]
    expect(root.locator("mjx-container")).to_have_count(1)
    assert root.locator("pre span[class]", has_text="def").count() == 1
    root.locator(".chm-code").hover()
    root.get_by_role("button", name="Copy code").click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.rstrip() == "def f(x):\n    return x < 1"
    assert root.get_by_role("button", name="Tokens").is_disabled()
    root.get_by_role("button", name="Raw").click()
    assert root.locator(".chm-raw").inner_text() == MARKDOWN.rstrip("\n") + "\n"


ATTACKS = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'>\n\n",
    "[a](javascript:window.pwned=3) [b](  jAvAsCrIpT:window.pwned=4)\n\n",
    "<a href='javascript:1'>c</a> <b id=jp-main-dock-panel class=jp-Dialog name=body>d</b>\n\n",
    "![i](http://127.0.0.1:9/leak.png) <img src='http://127.0.0.1:9/leak2.png'>\n\n",
    "<button data-commandlinker-command='notebook:delete-cell' data-commandlinker-args='{}'>x",
    "</button> <div style='position:fixed;inset:0;background:red'>cover</div>\n\n",
    "<svg onload=alert(1)><math><mtext><table><mglyph><style><img src=x onerror=alert(2)>\n\n",
    "$\\href{javascript:window.pwned=5}{x}$ $\\require{html}\\style{position:fixed}{y}$\n\n",
    "```html\n<script>window.pwned=6</script>\n```\n\n```mermaid\ngraph TD; A-->B\n```\n\n",
    "&lt;b&gt; &#x3C;script> <style>*{display:none}</style> <iframe src=http://127.0.0.1:9/leak>\n\n",
    "rtl \u202e override \u2066 isolate \x1b[31mred\x1b]0;title\x07 nul \x00 end\u2028line\n",
)


LONG = "".join(f"Line {number} of many, each with a few words.\n" for number in range(400))


def test_a_long_answer_is_drawn_as_it_comes_into_sight(show, page):
    """The panel stays beside it; the last token can be reached, and what is copied is all."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    words = LONG.replace(" ", "\0 ").replace("\n", "\0\n").split("\0")
    root = show("long.ipynb", run(choice([token(word, 0.4) for word in words])), tokens=True)
    assert root.locator(".chm-token").count() < len(words) / 2
    root.locator(".chm-token").first.click()
    page.keyboard.press("End")
    assert said(root).startswith(f"token {len(words)},")
    assert root.locator(".chm-current").is_visible()
    assert root.locator(".chm-token-details").is_visible()
    page.keyboard.press("Shift+Home")
    page.keyboard.press("Control+c")
    assert page.evaluate("() => navigator.clipboard.readText()") == LONG


def test_whatever_a_model_writes_runs_nothing_and_loads_nothing(show, page):
    """In any mode."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    tokens = [token(text, 0.2, (f"{text}?", 0.1)) for text in ATTACKS]
    call = ToolCall(id="c", function=FunctionCall(name=ATTACKS[0], arguments=ATTACKS[2]))
    attacked = run(
        choice(tokens, reasoning=ATTACKS[0], refusal=ATTACKS[2], tool_calls=(call,)),
        model=ATTACKS[0],
        prefill=ATTACKS[4],
        warnings=(ATTACKS[2], ATTACKS[4]),
        rounds=[called({"result": ATTACKS[0]}, {"error": ATTACKS[4]}, text=ATTACKS[2])],
    )
    root = show("attack.ipynb", attacked)
    root.get_by_role("button", name="Raw", exact=True).click()
    root.get_by_role("button", name="Tokens", exact=True).click()
    for place in range(len(ATTACKS)):
        root.locator(".chm-token").nth(place).evaluate("node => node.click()")
    root.get_by_role("button", name="Token table").click()
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.pwned") is None
    assert not [url for url in requests if "leak" in url]
    found = root.locator(
        "img, script, iframe, svg[onload], style, button[data-commandlinker-command]"
    )
    assert found.count() == 0
    assert root.locator("a").evaluate_all(
        "links => links.every(link => /^(https?|mailto):/.test(link.href))"
    )
    fixed = "nodes => nodes.filter(node => getComputedStyle(node).position === 'fixed').length"
    assert root.locator("*").evaluate_all(fixed) == 0
    assert page.locator(".jp-Cell").count() == 1


def test_a_branch_is_a_cell_that_goes_on_from_the_alternative(show, page):
    """Whoever handles the event gets the text of the cell."""
    root = show("branch.ipynb", capital(), tokens=True)
    page.evaluate(
        """() => document.addEventListener('chat-magic:insert-cell', event => {
            window.cell = event.detail.text
            event.stopImmediatePropagation()
            event.preventDefault()
        }, true)"""
    )
    root.locator(".chm-token", has_text="Canberra").click()
    root.get_by_role("button", name="Branch from “␣Sydney”").click()
    page.wait_for_function("() => window.cell")
    request = parse(page.evaluate("() => window.cell"))
    assert (request.prefill, request.model) == ("The capital is Sydney", LOCAL)
    assert request.parameters == {"temperature": 0.5, "top_logprobs": 3, "logprobs": True}


def test_a_branch_becomes_the_cell_below(show, page):
    root = show("below.ipynb", capital(), tokens=True)
    root.locator(".chm-token", has_text="although").click()
    root.get_by_role("button", name="Branch from “␣not”").click()
    cells = page.locator(".jp-CodeCell .cm-content")
    expect(cells).to_have_count(2)
    assert parse(cells.nth(1).inner_text()).prefill == "The capital is Canberra, not"
    expect(cells.nth(1)).to_be_focused()
    page.keyboard.type(" so")
    assert parse(cells.nth(1).inner_text()).prefill == "The capital is Canberra, not so"
    expect(root.locator(".chm-note")).to_contain_text("inserted below")


def test_a_branch_that_the_server_cannot_take_says_why(show):
    root = show("openai.ipynb", capital(model="openai/gpt-4o"), tokens=True)
    root.locator(".chm-token", has_text="Canberra").click()
    assert root.get_by_role("button", name="Branch").is_disabled()
    expect(root.locator(".chm-actions")).to_contain_text("OpenAI")


def test_text_on_every_bin_can_be_read_in_every_theme(show, page):
    """At least 4.5 to 1, as the browser paints it; without colours the underlines differ."""
    root = show("theme.ipynb", capital(), tokens=True)
    for theme in THEMES:
        use_theme(page, theme)
        colours = painted(root.locator(".chm-legend"))
        assert len(colours) == 5
        assert len({json.dumps(back) for back, _ in colours}) == 5, theme
        assert all(contrast(back, ink) >= 4.5 for back, ink in colours), theme
    page.emulate_media(forced_colors="active")
    styles = root.locator(".chm-legend").evaluate_all(
        "nodes => nodes.map(node => getComputedStyle(node).borderBottom)"
    )
    assert len(set(styles)) == 5


def test_a_result_can_be_shown_once_more_at_its_tokens(lab, page):
    """`r.inspect()` draws what the cell has drawn, opened at *Tokens*."""
    lab.write(
        "inspect.ipynb",
        "%load_ext chat_magic",
        "%%chat local --top-logprobs 5 --max-completion-tokens 8 --out r ;\nSay hi.",
        "r.inspect()",
    )
    lab.open(page, "inspect.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".chm-tokens").wait_for()
    assert page.get_by_text("Tokens", exact=True).get_attribute("aria-pressed") == "true"


def test_the_menu_of_an_answer_copies_it_and_its_request(show, page):
    """Each is confirmed where it was chosen."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    root = show("menu.ipynb", capital())
    for entry, part in [
        ("Answer", "The capital is Canberra"),
        ("Cell", "%%chat local"),
        ("Request as curl", "chat-magic starts on this machine"),
        ("Request as Python (OpenAI SDK)", "from openai import OpenAI"),
    ]:
        root.get_by_role("button", name="Copy…").click()
        root.get_by_role("menuitem", name=entry).click()
        expect(root.locator(".chm-copied")).to_have_text("Copied")
        assert part in page.evaluate("() => navigator.clipboard.readText()")

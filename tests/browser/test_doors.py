"""The interactive view outside JupyterLab: one set of steps, and hostile texts, on every page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from chat_magic.shell.page_exporter import ChatMagicHtmlExporter
from chat_magic.view.bundle import MIME_TYPE, bundle
from chat_magic.view.html.interactive_html import interactive_html, standalone_script
from chat_magic.view.html.standalone import standalone_page
from tests.view.conftest import choice, run, token
from tests.view.html.hostile_texts import HOSTILE

VSCODE = Path(__file__).parents[2] / "labextension" / "vscode" / "renderer.js"
FOREIGN = (
    "script, iframe, img, form, math, style, [onload], [onerror], [onfocus], [onmouseover],"
    "[href^=javascript], [href^=data]"
)
PLACE = "http://door.test/"


@dataclass(frozen=True)
class Door:
    """A page that draws a result: its files by their names, that of the page itself empty."""

    files: dict[str, str]

    def open(self, page) -> None:
        """Serve it, and nothing else."""

        def answer(route) -> None:
            name = route.request.url.removeprefix(PLACE)
            kind = "text/javascript" if name.endswith(".js") else "text/html; charset=utf-8"
            body = self.files.get(name)
            if body is None:
                route.abort()
            else:
                route.fulfill(body=body, headers={"Content-Type": kind})

        page.route("**/*", answer)
        page.goto(PLACE)


def _json(value) -> str:
    return json.dumps(value).replace("<", "\\u003c")


def exported(drawn) -> Door:
    """The file that `r.export("html")` writes."""
    return Door({"": standalone_page("a/b", "Hi", drawn["text/html"], drawn[MIME_TYPE])})


def nbconvert(drawn) -> Door:
    """A notebook as `--to chat-magic-html` writes it."""
    output = nbformat.v4.new_output("display_data", data=drawn)
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    html, _ = ChatMagicHtmlExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return Door({"": html})


def sandbox(drawn) -> Door:
    """An output in a frame of its own origin, as Colab and Databricks show it."""
    html = interactive_html(drawn["text/html"], drawn[MIME_TYPE])
    script = f"document.querySelector('iframe').srcdoc = {_json(html)}"
    frame = '<iframe sandbox="allow-scripts" style="width:100%;height:900px"></iframe>'
    return Door({"": f"<!doctype html><body>{frame}<script>{script}</script>"})


def vscode(drawn) -> Door:
    """The renderer of VS Code, under a policy like that of its webview."""
    policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'"
    script = (
        "import { activate } from './renderer.js';"
        f"const item = {{ id: '1', json: () => ({_json(drawn[MIME_TYPE])}) }};"
        "activate().renderOutputItem(item, document.querySelector('#output'));"
    )
    head = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}">'
    body = f'<body><div id="output"></div><script type="module">{script}</script>'
    return Door({"": head + body, "renderer.js": VSCODE.read_text()})


def marimo(drawn) -> Door:
    """The widget of anywidget in a shadow root, as marimo shows it."""
    widget = standalone_script()
    script = (
        "import widget from './widget.js';"
        f"const payload = {_json(drawn[MIME_TYPE])};"
        "const root = document.querySelector('#output').attachShadow({ mode: 'open' });"
        f"const style = document.createElement('style'); style.textContent = {_json(widget.style)};"
        "const el = document.createElement('div'); root.append(style, el);"
        "widget.render({ model: { get: () => payload, on() {} }, el });"
    )
    body = f'<!doctype html><body><div id="output"></div><script type="module">{script}</script>'
    return Door({"": body, "widget.js": widget.for_widgets})


DOORS = [exported, nbconvert, sandbox, vscode, marimo]


@pytest.fixture
def enter(page):
    """Return a function that opens a door and returns where its view is drawn."""

    def enter(door, runs):
        door(bundle(runs)).open(page)
        place = page.frame_locator("iframe") if door is sandbox else page
        root = place.locator(".chm-root")
        root.wait_for()
        return root

    return enter


def play(root) -> None:
    """Look at the answers, their tokens and alternatives, the tree, what-if, and differences."""
    root.get_by_role("button", name="Tokens", exact=True).click()
    unsure = root.locator(".chm-token.chm-bin2").first
    expect(unsure).to_have_text("Charles")
    unsure.click()
    expect(root.locator(".chm-token-details")).to_contain_text("Catherine")
    root.get_by_role("button", name="What if", exact=True).first.click()
    slider = root.locator(".chm-slider").first
    slider.focus()
    slider.press("ArrowLeft")
    expect(root.locator(".chm-what-if-summary").first).to_contain_text("→")
    root.get_by_role("button", name="Tree", exact=True).click()
    expect(root.get_by_role("treeitem").first).to_be_visible()
    root.get_by_role("button", name="Diff", exact=True).click()
    expect(root.locator("ins", has_text="Catherine").first).to_be_visible()


def names():
    """Return a run of two answers that differ in a name."""
    logprobs = [
        [token("It is ", 0.9), token(name, prob, (other, 0.3))]
        for name, prob, other in [("Charles", 0.2, "Catherine"), ("Catherine", 0.3, "Charles")]
    ]
    return run(*(choice(tokens, index=index) for index, tokens in enumerate(logprobs)))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_page_plays_the_same_steps(door, enter):
    """Without a kernel, and without the network."""
    play(enter(door, [names()]))


@pytest.mark.parametrize(("color", "is_light"), [("#ccc", "false"), ("#222", "true")])
def test_a_frame_without_a_ground_is_as_dark_as_its_text_is_light(color, is_light, page):
    """As those of VS Code, whatever the system prefers."""
    opened = vscode(bundle([names()]))
    page.emulate_media(color_scheme="dark" if is_light == "true" else "light")
    Door({**opened.files, "": f"{opened.files['']}<style>body{{color:{color}}}</style>"}).open(page)
    frame = page.locator(".chm-alone")
    expect(frame).to_have_attribute("data-jp-theme-light", is_light)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_whatever_a_model_writes_runs_nothing_on_any_page(door, enter, page):
    """In texts, tokens and alternatives, in all modes; no dialog opens and nothing is loaded."""
    dialogs, requests = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    text = "\n\n".join(HOSTILE)
    tokens = [token(part, 0.2, (part[::-1], 0.1)) for part in HOSTILE]
    root = enter(door, [run(choice(text=text)), run(choice(tokens))])
    for mode in ("Tokens", "Raw", "Text"):
        root.get_by_role("button", name=mode, exact=True).first.click()
        expect(root.locator(FOREIGN)).to_have_count(0)
    assert dialogs == []
    allowed = {PLACE, f"{PLACE}renderer.js", f"{PLACE}widget.js"}
    assert {url for url in requests if url.startswith("http")} <= allowed

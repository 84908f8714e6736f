"""Make the pictures of the README, the gallery and front ends again: run their cells in Jupyter.

make pictures
python notebooks/pictures.py NAME…    only these, such as `compare` or `classify`
"""

from __future__ import annotations

import base64
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbconvert.exporters.html import HTMLExporter
from playwright.sync_api import Locator, Page, sync_playwright

from chat_magic.shell.page_exporter import ChatMagicHtmlExporter
from tests.browser.conftest import CHROMIUM_FLAGS, Lab, running_lab

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect

NOTEBOOKS = Path(__file__).parent
GALLERY = NOTEBOOKS.parent / "docs" / "gallery.md"
FIRST_CELL = "%load_ext chat_magic\n%config ChatMagics.history = False"
READY_MS = 240_000
QUALITY = 0.8
"""Of WebP: lower shows as dirt around letters."""
OUTPUTS_ONLY = """
  .jp-Cell-inputWrapper, .jp-OutputPrompt, .jp-Cell-outputCollapser, .jp-cell-toolbar
    { display: none !important }
  .jp-Notebook .jp-Cell { padding-block: 0 !important; border: none !important }
"""
_SECTION = re.compile(r"^## .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```(?:python)?\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"^!\[.*\]\((.*)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Picture:
    """Cells, and how they are photographed."""

    path: Path
    cells: tuple[str, ...]
    width: int = 1060
    token: int | None = None
    """The unsure token that is opened, from 1; None shows the text."""
    front_end: str = "lab/tree"
    """As `Lab.open` has it."""


COMPARE = """%%chat local --n 6 --temperature 0.8 --top-logprobs 5 --stop . --seed 2 --out proverb
user: Finish the proverb.
assistant: An apple a day keeps"""
TOKENS = """%%chat local --top-logprobs 5 --temperature 0.8 --seed 5 --max-completion-tokens 60
Invent a name for a cat, and say in one sentence why it suits her."""
README_PICTURES = (
    Picture(NOTEBOOKS / "compare.png", (COMPARE,)),
    Picture(NOTEBOOKS / "tokens.png", (TOKENS,), token=4),
)
PICTURES = GALLERY.parent / "pictures"
NOTEBOOK_7 = Picture(PICTURES / "notebook7.webp", (TOKENS,), 860, 2, "notebooks")
EXPORTED = Picture(PICTURES / "exported.webp", (TOKENS,), 860, 2)
STATIC = Picture(PICTURES / "static.webp", (TOKENS,), 860)
FRAMED = Picture(PICTURES / "colab.webp", ("%config ChatMagics.interactive = 'on'", TOKENS), 860, 2)
OPENED_TOKENS = {"unsure.webp": 1}
"""The pictures of the gallery that show the tokens."""


def gallery_pictures() -> list[Picture]:
    """Return a picture for each section of the gallery: of what its cells put out."""
    pictures = []
    for section in _SECTION.findall(GALLERY.read_text("utf-8")):
        path = GALLERY.parent / _PICTURE.findall(section)[0]
        cells = tuple(_CODE.findall(section))
        pictures.append(Picture(path, cells, width=900, token=OPENED_TOKENS.get(path.name)))
    return pictures


def run(lab: Lab, page: Page, picture: Picture) -> Locator:
    """Run the cells of a picture in a notebook of their own, and return the notebook."""
    name = f"{picture.path.stem}.ipynb"
    lab.write(name, FIRST_CELL, *picture.cells)
    page.set_viewport_size({"width": picture.width, "height": 2400})
    lab.open(page, name, picture.front_end)
    if picture.front_end == "lab/tree":
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook = page.locator(".jp-Notebook")
    last = notebook.locator(".jp-CodeCell").nth(len(picture.cells))
    last.locator(".jp-InputPrompt", has_text=f"[{len(picture.cells) + 1}]:").wait_for(
        timeout=READY_MS
    )
    notebook.locator(".chm-root").first.wait_for(timeout=READY_MS)
    if picture.token is not None:
        open_token(page, notebook, picture.token)
    page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 0 }")
    page.mouse.move(0, 0)
    return notebook


def open_token(page: Page, place: Locator, number: int) -> None:
    """Show the tokens of the first answer, and the alternatives to an unsure one."""
    place.get_by_role("button", name="Tokens").click()
    place.locator(".chm-tokens").focus()
    for _ in range(number):
        page.keyboard.press("n")


def take_cell(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph a cell with its output."""
    notebook = run(lab, page, picture)
    notebook.locator(".jp-CodeCell").nth(1).screenshot(path=picture.path)


def take_outputs(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph what all cells put out, in the light and in the dark theme."""
    notebook = run(lab, page, picture)
    page.add_style_tag(content=OUTPUTS_ONLY)
    picture.path.parent.mkdir(exist_ok=True)
    dark = picture.path.with_stem(f"{picture.path.stem}-dark")
    for theme, path in (("JupyterLab Light", picture.path), ("JupyterLab Dark", dark)):
        page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
        )
        page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        path.write_bytes(webp(page, photograph_outputs(page, notebook)))


def photograph_outputs(page: Page, notebook: Locator) -> bytes:
    """Return a photograph from the first output to the last, with a margin."""
    boxes = [
        box
        for output in notebook.locator(".jp-OutputArea-output").all()
        if (box := output.bounding_box())
    ]
    margin = 8
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return page.screenshot(
        clip={
            "x": left - margin,
            "y": top - margin,
            "width": right - left + 2 * margin,
            "height": bottom - top + 2 * margin,
        }
    )


def take_window(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph a front end from the top of its page to the alternatives of a token."""
    run(lab, page, picture)
    picture.path.write_bytes(photograph_down_to(page, page.locator(".chm-token-details")))


def take_interactive(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph the page that `nbconvert --to chat-magic-html` writes of a notebook."""
    open_as_page(lab, page, picture, ChatMagicHtmlExporter())
    open_token(page, page.locator(".chm-root"), picture.token or 1)
    picture.path.write_bytes(photograph_down_to(page, page.locator(".chm-token-details")))


def take_static(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph the HTML that a notebook keeps of an answer, which needs no script of ours."""
    open_as_page(lab, page, picture, HTMLExporter(mathjax_url="", require_js_url=""))
    picture.path.write_bytes(photograph_down_to(page, page.locator(".jp-OutputArea-output")))


def take_framed(lab: Lab, page: Page, picture: Picture) -> None:
    """Photograph an output in a frame of its own origin that may only run scripts."""
    notebook = nbformat.read(save(lab, page, picture), as_version=4)
    page.set_content('<iframe sandbox="allow-scripts" style="border:0;width:100%;height:900px">')
    html = notebook.cells[-1].outputs[-1].data["text/html"]
    page.locator("iframe").evaluate("(frame, html) => { frame.srcdoc = html }", html)
    frame = page.frame_locator("iframe")
    open_token(page, frame.locator(".chm-root"), picture.token or 1)
    picture.path.write_bytes(photograph_down_to(page, frame.locator(".chm-token-details")))


def save(lab: Lab, page: Page, picture: Picture) -> Path:
    """Run the cells of a picture and save their notebook; return its path."""
    run(lab, page, picture)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    return lab.folder / f"{picture.path.stem}.ipynb"


def open_as_page(lab: Lab, page: Page, picture: Picture, exporter: HTMLExporter) -> None:
    """Run the cells of a picture and open the page that an exporter writes of their notebook."""
    notebook = save(lab, page, picture)
    html, _ = exporter.from_filename(str(notebook))
    notebook.with_suffix(".html").write_text(html, "utf-8")
    page.goto(notebook.with_suffix(".html").as_uri())


def photograph_down_to(page: Page, last: Locator) -> bytes:
    """Return a picture from the top of a page to the end of an element, a dot for each pixel."""
    width = page.evaluate("() => innerWidth")
    box = last.last.bounding_box()
    if box is None:
        raise LookupError("the element where the picture ends is not shown")
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": box["y"] + box["height"] + 8}
    return webp(page, page.screenshot(clip=clip, scale="css"))


def webp(page: Page, png: bytes) -> bytes:
    """Return a picture as Chromium encodes it in WebP."""
    url: str = page.evaluate(
        """async ([png, quality]) => {
            const picture = new Image()
            picture.src = `data:image/png;base64,${png}`
            await picture.decode()
            const canvas = new OffscreenCanvas(picture.width, picture.height)
            canvas.getContext('2d').drawImage(picture, 0, 0)
            const blob = await canvas.convertToBlob({ type: 'image/webp', quality })
            return new Promise(resolve => {
                const reader = new FileReader()
                reader.onload = () => resolve(reader.result)
                reader.readAsDataURL(blob)
            })
        }""",
        [base64.b64encode(png).decode(), QUALITY],
    )
    return base64.b64decode(url.split(",", 1)[1])


def main() -> None:
    """Make the pictures, at twice the resolution of the page."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        context = browser.new_context(device_scale_factor=2)
        for take, pictures in (
            (take_cell, README_PICTURES),
            (take_outputs, gallery_pictures()),
            (take_window, [NOTEBOOK_7]),
            (take_interactive, [EXPORTED]),
            (take_static, [STATIC]),
            (take_framed, [FRAMED]),
        ):
            for picture in pictures:
                if sys.argv[1:] and picture.path.stem not in sys.argv:
                    continue
                print(picture.path.name, flush=True)
                page = context.new_page()
                take(lab, page, picture)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()

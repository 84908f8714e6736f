"""Make the pictures of the README again: run their cells in JupyterLab and photograph the outputs.

make pictures
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, Lab, running_lab

READY_MS = 120_000


@dataclass(frozen=True)
class Picture:
    """A cell, and how wide the page is on which it is photographed."""

    name: str
    cell: str
    width: int = 1060
    token: int | None = None
    """The unsure token that is opened, from 1; None shows the text."""


PICTURES = (
    Picture(
        "compare",
        "%%chat local --n 6 --temperature 0.8 --top-logprobs 5 --stop . --seed 2 --out proverb\n"
        "user: Finish the proverb.\n"
        "assistant: An apple a day keeps",
    ),
    Picture(
        "tokens",
        "%%chat local --top-logprobs 5 --temperature 0.8 --seed 5 --max-completion-tokens 60\n"
        "Invent a name for a cat, and say in one sentence why it suits her.",
        token=3,
    ),
)


def take(lab: Lab, page: Page, picture: Picture) -> None:
    """Run the cell of a picture and photograph it with its output."""
    name = f"{picture.name}.ipynb"
    lab.write(name, "%load_ext chat_magic\n%config ChatMagics.history = False", picture.cell)
    page.set_viewport_size({"width": picture.width, "height": 900})
    lab.open(page, name)
    page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    cell = page.locator(".jp-Notebook-cell").nth(1)
    cell.locator(".chm-root").first.wait_for(timeout=READY_MS)
    cell.locator(".jp-InputPrompt", has_text="[2]:").wait_for(timeout=READY_MS)
    if picture.token is not None:
        cell.get_by_role("button", name="Tokens").click()
        cell.locator(".chm-tokens").focus()
        for _ in range(picture.token):
            page.keyboard.press("n")
    page.mouse.move(0, 0)
    cell.screenshot(path=Path(__file__).with_name(f"{picture.name}.png"))


def main() -> None:
    """Make all pictures, at twice the resolution of the page."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        context = browser.new_context(device_scale_factor=2)
        for picture in PICTURES:
            take(lab, context.new_page(), picture)
        browser.close()


if __name__ == "__main__":
    main()

"""How well text can be read, from the colours in which the browser paints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
Colour = list[float]

_PAINTED = """nodes => nodes.map(node => {
    const canvas = document.createElement('canvas').getContext('2d')
    const paint = colour => {
        canvas.fillStyle = colour
        canvas.fillRect(0, 0, 1, 1)
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
    }
    const around = []
    for (let each = node; each; each = each.parentElement) {
        around.unshift(getComputedStyle(each).backgroundColor)
    }
    return [around.map(paint).at(-1), paint(getComputedStyle(node).color)]
})"""


def use_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme, and wait until it is painted."""
    command = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    page.evaluate(command, theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


def painted(nodes: Locator) -> list[tuple[Colour, Colour]]:
    """Return the ground and the ink of each element's text: red, green, blue from 0 to 1."""
    return nodes.evaluate_all(_PAINTED)


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours (WCAG 2.2), from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

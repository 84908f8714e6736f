"""What a notebook of 60 answers costs JupyterLab's page to open, beside one with plain text.

python -m tests.benchmarks.opening    prints the figures of three openings each beside their goals
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import sync_playwright

from chat_magic.view.bundle import bundle
from tests.browser.conftest import CHROMIUM_FLAGS, Lab, fresh_page, running_lab
from tests.view.sized_runs import made_up_words, sized_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

ANSWERS, CHOICES, TOKENS, TOP = 60, 3, 300, 10
OPENINGS = 3
QUIET_MS = 2_000
"""A page without a task over 50 ms for so long has opened."""

_WATCH = """
window.lastEnd = 0
new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries()) lastEnd = startTime + duration
}).observe({ entryTypes: ['longtask'] })
window.untilQuiet = async quiet => {
    const begun = performance.now()
    while (performance.now() - Math.max(begun, lastEnd) < quiet) {
        await new Promise(next => setTimeout(next, 100))
    }
}
"""
_START = """async quiet => {
    while (!window.jupyterapp) await new Promise(requestAnimationFrame)
    await window.jupyterapp.restored
    await untilQuiet(quiet)
}"""
_OPEN = """async ([path, quiet]) => {
    await window.jupyterapp.commands.execute('docmanager:open', { path })
    while (!document.querySelector('.jp-OutputArea-output')) {
        await new Promise(requestAnimationFrame)
    }
    await untilQuiet(quiet)
}"""


@dataclass(frozen=True)
class Opening:
    """What the page's main thread did, in milliseconds of its CPU: others' work does not count."""

    start_ms: float
    """Starting JupyterLab."""
    open_ms: float
    """Opening the notebook in it."""
    longest_ms: float
    """The longest task while it opened."""


def write_notebooks(folder: Path) -> dict[str, float]:
    """Write both notebooks; return the megabytes of each by its name."""
    cells: dict[str, list[Any]] = {"answers.ipynb": [], "plain.ipynb": []}
    words = made_up_words()
    for number in range(ANSWERS):
        data = bundle([sized_run(CHOICES, TOKENS, TOP, words[number:])])
        plain = {"text/plain": data["text/plain"]}
        for name, shown in zip(cells, (data, plain), strict=True):
            output = nbformat.v4.new_output("display_data", data=shown)
            source = f"%%chat a/b --n {CHOICES}\nQuestion {number}"
            cells[name].append(nbformat.v4.new_code_cell(source, outputs=[output]))
    for name, each in cells.items():
        nbformat.write(nbformat.v4.new_notebook(cells=each), folder / name)
    return {name: (folder / name).stat().st_size / 1e6 for name in cells}


def opening(lab: Lab, browser: Browser, name: str) -> Opening:
    """Start JupyterLab in a page without a cache, and open a notebook without a kernel in it."""
    with fresh_page(browser) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        session.send("Performance.enable")
        page.add_init_script(_WATCH)
        page.goto(f"{lab.url}/lab?reset&token={lab.token}", wait_until="commit")
        page.evaluate(_START, QUIET_MS)
        start_ms = _cpu_ms(session)
        browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
        page.evaluate(_OPEN, [name, QUIET_MS])
        tasks_ms = _tasks_ms(browser.stop_tracing())
        return Opening(start_ms, sum(tasks_ms), max(tasks_ms))


def _cpu_ms(session: CDPSession) -> float:
    """Return the CPU time of the page's main thread."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def _tasks_ms(trace: bytes) -> list[float]:
    """Return the CPU time of each task of the thread that lays out the page."""
    events = json.loads(trace)["traceEvents"]
    thread = next((e["pid"], e["tid"]) for e in events if e["name"] == "Layout")
    own = (e for e in events if (e["pid"], e["tid"]) == thread and e["name"] == "RunTask")
    return [event.get("tdur", 0) / 1000 for event in own]


def measure(openings: int) -> None:
    """Print the figures beside their goals."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        sizes = write_notebooks(lab.folder)
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        print("| notebook | start, ms | open, ms | longest task, ms |\n|---|---|---|---|")
        answers, plain = (median(lab, browser, name, openings) for name in sizes)
        browser.close()
    took, least = (each.start_ms + each.open_ms for each in (answers, plain))
    compare("start and open, times that of plain text", took / least, 1.25)
    compare("longest task, ms", answers.longest_ms, 200)
    compare("notebook, MB", sizes["answers.ipynb"], 6)


def median(lab: Lab, browser: Browser, name: str, openings: int) -> Opening:
    """Open a notebook some times; print and return the medians."""
    found = [astuple(opening(lab, browser, name)) for _ in range(openings)]
    middle = Opening(*map(statistics.median, zip(*found, strict=True)))
    print("|", " | ".join([name, *(f"{value:.0f}" for value in astuple(middle))]), "|", flush=True)
    return middle


def compare(title: str, value: float, goal: float) -> None:
    """Print a figure beside its goal."""
    print(f"{title}: {value:.2f}, goal {goal:g}{'' if value <= goal else ' (missed)'}")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if sys.argv[1:] else OPENINGS)

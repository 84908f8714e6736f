"""What a large result costs a notebook and a page: 10,000 tokens x 20, and 4,000 streamed.

python tests/benchmarks/inspector.py    prints the figures of one run beside their budgets
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from chat_magic.view.bundle import MIME_TYPE, bundle  # noqa: E402
from chat_magic.view.live.progress import AnswerProgress  # noqa: E402
from chat_magic.view.live.update_budget import interval_s, message_bytes  # noqa: E402
from tests.browser.conftest import CHROMIUM_FLAGS, running_lab  # noqa: E402
from tests.view.sized_runs import sized_run  # noqa: E402

TOKENS, TOP, STREAMED, TOKENS_PER_S = 10_000, 20, 4_000, 100
WORDS = re.findall(r"\s?\w+|[^\w\s]|\n", (ROOT / "README.md").read_text())


def live_updates() -> list[str]:
    """Return the HTML of every update that the budget allows while 4,000 tokens arrive."""
    updates, at_s = [], 0.0
    while at_s < STREAMED / TOKENS_PER_S:
        count = round(at_s * TOKENS_PER_S)
        text = "".join(WORDS[place % len(WORDS)] for place in range(count))
        shown = AnswerProgress(
            model="a/b", texts=(text,), elapsed_s=at_s, ttft_s=0.1, tokens=count
        ).bundle()
        updates.append(shown["text/html"])
        at_s += interval_s(message_bytes(shown))
    return updates


_LIBRARY = """
window.frame = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)))
window.sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
window.host = document.createElement('div')
host.style.cssText = 'position:fixed;inset:60px 20px;overflow:auto;z-index:99;background:white'
document.body.append(host)
window.begin = type => {
    const { rendermime } = window.jupyterapp.shell.currentWidget.content
    const renderer = rendermime.createRenderer(type)
    host.replaceChildren(renderer.node)
    renderer.setFlag(2)  // Widget.Flag.IsAttached: a result is drawn where it is seen
    return renderer
}
window.model = (data, metadata) => ({ trusted: false, data, metadata, setData() {} })
"""

_INSPECTOR = """async ([type, data]) => {
    const found = {}
    const timed = async (name, act) => {
        const start = performance.now()
        await act()
        await frame()
        found[name] = performance.now() - start
    }
    const renderer = begin(type)
    const tokens = model({ [type]: data }, { chat_magic_view: 'tokens' })
    await timed('first paint, tokens', () => renderer.renderModel(tokens))
    await sleep(3000)
    const metrics = host.querySelector('select')
    for (const name of ['surprisal', 'rank', 'entropy', 'probability']) {
        await timed(`metric ${name}`, () => {
            metrics.value = name
            metrics.dispatchEvent(new Event('change'))
        })
    }
    for (const place of [50, 150, 250]) {
        const token = host.querySelectorAll('.chm-token')[place]
        await timed(`panel of token ${place}`, () => token.click())
    }
    const long = []
    const observer = new PerformanceObserver(list => long.push(...list.getEntries()))
    observer.observe({ type: 'longtask' })
    const scroller = host.querySelector('.chm-tokens')
    for (let top = 0; top < scroller.scrollHeight; top += 500) {
        scroller.scrollTop = top
        await frame()
    }
    await sleep(200)
    observer.disconnect()
    found['long tasks while scrolling'] = long.length
    found['longest of them'] = Math.max(0, ...long.map(entry => entry.duration))
    const text = begin(type)
    await timed('first paint, text', () => text.renderModel(model({ [type]: data }, {})))
    return found
}"""

_STREAM = """async updates => {
    const renderer = begin('text/html')
    let total = 0
    for (const html of updates) {
        const start = performance.now()
        await renderer.renderModel(model({ 'text/html': html }, {}))
        host.offsetHeight
        total += performance.now() - start
        await frame()
    }
    return total
}"""

BUDGETS_MS = {"first": 300, "metric": 100, "panel": 30}


def measure(page: Page, result: dict[str, Any]) -> dict[str, float]:
    """Return milliseconds and counts, by name."""
    page.evaluate(_LIBRARY)
    found: dict[str, float] = page.evaluate(_INSPECTOR, [MIME_TYPE, result[MIME_TYPE]])
    updates = live_updates()
    found[f"streaming, {len(updates)} updates"] = page.evaluate(_STREAM, updates)
    return found


def main() -> None:
    """Print the figures."""
    run = sized_run(1, TOKENS, TOP, WORDS)
    start = time.perf_counter()
    result = bundle([run])
    made_s = time.perf_counter() - start
    print(f"bundle made in {made_s:.2f} s")
    for kind, value in result.items():
        print(f"stored {kind}: {len(json.dumps(value, indent=1, ensure_ascii=False)):,} bytes")
    whole = len(json.dumps(result, indent=1, ensure_ascii=False).encode())
    print(f"stored in all: {whole:,} bytes (budget 1,500,000)")
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab:
        lab.write("empty.ipynb", "1")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            lab.open(page, "empty.ipynb")
            for name, value in measure(page, result).items():
                budget = BUDGETS_MS.get(name.split()[0].rstrip(","))
                print(f"{name}: {value:.0f}" + (f" ms (budget {budget})" if budget else ""))
            browser.close()


if __name__ == "__main__":
    main()

"""Read the built documentation from its folder, as a reader without a network does.

python -m tests.site
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS

SITE = Path(__file__).parent.parent / "build" / "docs"
TASKS = {
    "classify": "gallery",
    "unsure token": "gallery",
    "two prompts": "checks",
    "cassette": "history",
    "curl": "history",
    "ollama": "gateways",
    "two gateways": "gateways",
    "budget": "rows",
    "candidates": "insight",
    "ablate": "insight",
    "forget": "history",
    "vs code": "vscode",
}
"""What a reader searches for, and a page that the first results must contain."""
FIRST = 6


def pages():
    """Return what is to be read: not the listings of source code."""
    return sorted(
        path for path in SITE.rglob("*.html") if not {"_modules", "_static"} & set(path.parts)
    )


def visit(page, path):
    """Return what is wrong with a page: pictures that do not load, and errors of scripts."""
    faults = []
    page.on("pageerror", lambda error: faults.append(f"{path.name}: {error}"))
    page.goto(path.as_uri())
    broken = page.evaluate(
        "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    return [*faults, *(f"{path.name}: {source}" for source in broken)]


def search(page, words):
    """Return the pages that the search of the site finds first."""
    page.goto((SITE / "index.html").as_uri())
    page.get_by_placeholder("Search").first.fill(words)
    page.keyboard.press("Enter")
    page.locator("#search-results .search-summary, #search-results p").first.wait_for()
    page.locator("#search-results li a").first.wait_for()
    links = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    return list(dict.fromkeys(Path(link.split("?")[0].split("#")[0]).stem for link in links))


def main():
    """Visit each page, search for each task, and expect that no request left the folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        context = browser.new_context()
        requests = []
        context.on("request", lambda request: requests.append(request.url))
        faults = []
        for path in pages():
            page = context.new_page()
            faults += visit(page, path)
            page.close()
        page = context.new_page()
        for words, expected in TASKS.items():
            found = search(page, words)
            if expected not in found[:FIRST]:
                faults.append(f"{words!r} finds {found[:FIRST]}, not {expected}")
        browser.close()
    faults += sorted({url for url in requests if not url.startswith(("file:", "data:", "blob:"))})
    if faults:
        raise SystemExit("\n".join(faults))
    print(f"{len(pages())} pages, {len(TASKS)} searches, {len(requests)} requests, none outside")


if __name__ == "__main__":
    main()

"""A real JupyterLab with a real kernel, and Chromium to look at it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_S = 60
"""How long a server may take to start, and a page to show what is waited for, on a busy machine."""

expect.set_options(timeout=WAIT_S * 1000)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and the folder that it shows."""

    url: str
    token: str
    folder: Path

    def write(self, name: str, *cells: str) -> None:
        """Write a notebook with these code cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={
                "kernelspec": {
                    "name": "python3",
                    "display_name": "Python 3",
                    "language": "python",
                },
                "language_info": {"name": "python"},
            },
        )
        nbformat.write(notebook, self.folder / name)

    def write_outputs(self, name: str, *bundles: dict[str, Any]) -> None:
        """Write a notebook of one cell that has run and left these outputs; it is not trusted."""
        outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
        cell = nbformat.v4.new_code_cell("1 + 1", outputs=outputs, execution_count=1)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), self.folder / name)

    def look(self, page: Page, name: str) -> None:
        """Open a notebook in a fresh workspace, without a kernel, and wait for its outputs."""
        page.goto(f"{self.url}/lab/tree/{name}?reset&token={self.token}")
        page.locator(".jp-Dialog .jp-mod-reject").click(timeout=WAIT_S * 1000)
        page.wait_for_selector(".jp-OutputArea-output", timeout=WAIT_S * 1000)

    def open(self, page: Page, name: str, front_end: str = "lab/tree") -> None:
        """Open a notebook in a fresh workspace and wait for its kernel.

        Args:
            page: The page.
            name: The notebook.
            front_end: `lab/tree`, or `notebooks` for Notebook 7.
        """
        page.goto(f"{self.url}/{front_end}/{name}?reset&token={self.token}")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT_S * 1000)
        page.evaluate(
            """async () => {
                const { sessionContext } = window.jupyterapp.shell.currentWidget
                await sessionContext.ready
                await sessionContext.session.kernel.info
            }"""
        )


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab on a free port, with folders of its own and no announcements."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def at_gateway(lab):
    """Return a function that writes a notebook whose kernel talks to a gateway."""

    def write(name, gateway, *cells):
        setting = f"import os; os.environ['CHAT_MAGIC_BASE_URL'] = {gateway.base_url!r}"
        lab.write(name, f"%load_ext chat_magic\n{setting}", *cells)

    return write


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Run JupyterLab in an empty folder."""
    folder = home / "notebooks"
    folder.mkdir()
    names = ["CONFIG", "DATA", "RUNTIME"]
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in names},
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
    }
    announcements = home / "settings" / "@jupyterlab" / "apputils-extension"
    announcements.mkdir(parents=True)
    (announcements / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    token, port = secrets.token_hex(16), _free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        f"--ServerApp.port={port}", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1",
        "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        lab = Lab(f"http://127.0.0.1:{port}", token, folder)
        try:
            _wait_for(f"{lab.url}/api?token={token}", home / "lab.log")
            yield lab
        finally:
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End JupyterLab, which may wait for a kernel that is only starting."""
    server.terminate()
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(60)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url: str, log: Path) -> None:
    try:
        wait_until(lambda: _answers(url), WAIT_S)
    except TimeoutError:
        raise TimeoutError(log.read_text()) from None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; Playwright's loop must not outlive the module in other tests' thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


@contextmanager
def new_context(browser: Browser, width: int = 1400) -> Iterator[BrowserContext]:
    """Begin cookies, storage and a cache of their own for pages that are so many pixels wide."""
    context = browser.new_context(viewport={"width": width, "height": 1000})
    context.set_default_timeout(WAIT_S * 1000)
    yield context
    context.close()


@contextmanager
def fresh_page(browser: Browser, width: int = 1400) -> Iterator[Page]:
    """Open a page in a context of its own."""
    with new_context(browser, width) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def context(browser):
    """What the pages of a module share: above all the compiled scripts of JupyterLab."""
    with new_context(browser) as context:
        yield context


@pytest.fixture
def page(context):
    """A page of its own, 1,400 pixels wide."""
    page = context.new_page()
    yield page
    page.close()
    context.clear_permissions()

"""How Sphinx builds the site; `make docs` runs it, and its warnings are errors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import chat_magic  # noqa: E402 - from this checkout

project = "chat-magic"
author = "The chat-magic developers"
project_copyright = author
release = chat_magic.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
suppress_warnings = [
    "misc.highlighting_failure",  # the body of a %%chat cell is not Python
    "mystnb.unknown_mime_type",  # the interactive view, which HTML stands in for
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nitpick_ignore_regex = [("py:.*", ".*")]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # they would come from the network
nb_mime_priority_overrides = [("html", "text/html", 1)]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True

linkcheck_ignore = [r"http://localhost.*"]
linkcheck_timeout = 20  # seconds

html_theme = "furo"
html_title = f"chat-magic {release}"
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"


def copy_pages(_app: Sphinx, _config: Config) -> None:
    """Copy the changelog and the executed notebooks; what did not change keeps its time."""
    shutil.copy2(HERE.parent / "CHANGELOG.md", HERE / "changelog.md")
    folder = HERE / "notebooks"
    folder.mkdir(exist_ok=True)
    for notebook in sorted((HERE.parent / "build" / "notebooks").glob("*.ipynb")):
        shutil.copy2(notebook, folder)


def add_dark_pictures(_app: Sphinx, page: nodes.document) -> None:
    """Put the dark twin beside each picture that has one; the theme shows one of them."""
    for light in list(page.findall(nodes.image)):
        uri = light["uri"].replace(".webp", "-dark.webp")
        if uri == light["uri"] or not (Path(page["source"]).parent / uri).exists():
            continue
        dark = light.deepcopy()
        dark["uri"] = uri
        light["classes"].append("only-light")
        dark["classes"].append("only-dark")
        light.parent.insert(light.parent.index(light) + 1, dark)


def setup(app: Sphinx) -> None:
    """Copy what comes from elsewhere before the pages are read."""
    app.connect("config-inited", copy_pages)
    app.connect("doctree-read", add_dark_pictures, priority=400)  # before pictures are collected

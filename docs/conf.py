"""How Sphinx builds the site; `make docs` runs it, and its warnings are errors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import chat_magic  # noqa: E402 - from this checkout
from docs.reference_pages import PAGES  # noqa: E402

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
exclude_patterns = ["guide.md"]
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

html_theme = "furo"
html_title = f"chat-magic {release}"
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"


def write_derived_pages(_app: Sphinx, _config: Config) -> None:
    """Write the pages of the reference, and copy the executed notebooks and the changelog."""
    for name, page in PAGES.items():
        _write(HERE / "reference" / name, page())
    changelog = (HERE.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    _write(HERE / "changelog.md", changelog)
    folder = HERE / "notebooks"
    folder.mkdir(exist_ok=True)
    for notebook in sorted((HERE.parent / "build" / "notebooks").glob("*.ipynb")):
        shutil.copy2(notebook, folder)


def _write(path: Path, text: str) -> None:
    """Write a file if it changed, so that Sphinx builds only what is new."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect what is written before the pages are read."""
    app.connect("config-inited", write_derived_pages)

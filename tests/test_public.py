"""What users import, and what importing costs them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import chat_magic
from chat_magic import errors
from tests.completions import completion
from tests.gateway import Gateway, streamed

SLOW = [
    "pandas",
    "numpy",
    "ipywidgets",
    "aiohttp",
    "httpx",
    "httpx2",
    "jinja2",
    "ruamel.yaml",
    "markdown_it",
    "jsonschema",
    "referencing",
]


@pytest.mark.parametrize("name", chat_magic.__all__)
def test_every_public_name_is_there(name):
    """And `dir` shows it."""
    assert getattr(chat_magic, name) is not None
    assert name in dir(chat_magic)


REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def test_the_reference_documents_every_public_name():
    """Errors as a whole; what IPython calls is documented by `%load_ext`."""
    pages = "".join(page.read_text("utf-8") for page in REFERENCE.glob("*.md"))
    documented = {*re.findall(r"chat_magic\.(\w+)", pages), *errors.__all__}
    called_by_ipython = {"load_ipython_extension", "unload_ipython_extension"}
    assert set(chat_magic.__all__) - documented == called_by_ipython


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="nothing"):
        _ = chat_magic.nothing


def test_importing_opens_no_history(run_python):
    """Its library is imported by the first call that is kept."""
    code = "import sys, chat_magic; chat_magic.chat, chat_magic.history; print(*sys.modules)"
    modules = run_python(code).stdout.split()
    assert "chat_magic" in modules
    assert "sqlite3" not in modules


def test_importing_and_loading_import_nothing_slow(run_python):
    """First use does: of pandas, httpx, jinja2 and the like."""
    code = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
import chat_magic
shell.run_line_magic("load_ext", "chat_magic")
print([name for name in {SLOW} if name in set(sys.modules) - before])
"""
    ran = run_python(code)
    assert ran.stdout.strip() == "[]", ran.stderr


@pytest.mark.parametrize("history", ["off", "on"])
def test_an_answer_imports_neither_tables_nor_pictures(run_python, tmp_path, history):
    """Nor does keeping it in the history; a table or a picture of it does."""
    code = f"""
import sys, chat_magic
assert chat_magic.chat("Hi", max_tokens=5).text == "Hello"
print([name for name in {sorted(set(SLOW) - {"aiohttp"})} if name in sys.modules])
"""
    environment = {
        "CHAT_MAGIC_API_KEY": "sk-canary-1234567890",
        "CHAT_MAGIC_MODEL": "a/b",
        "CHAT_MAGIC_HISTORY": history,
        "XDG_DATA_HOME": str(tmp_path),
    }
    with Gateway(streamed(completion("Hello"))) as gateway:
        environment["CHAT_MAGIC_BASE_URL"] = gateway.base_url
        ran = run_python(code, env={**os.environ, **environment})
    assert ran.stdout.strip() == "[]", ran.stderr
    assert bool(list(tmp_path.rglob("history.db"))) == (history == "on")

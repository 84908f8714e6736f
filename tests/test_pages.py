"""The code of the README and the documentation runs as it stands, a page at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.completions import completion
from tests.gateway import streamed

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "start",
            "cells",
            "compare",
            "probabilities",
            "panel",
            "gallery",
            "frontends",
            "insight",
            "rows",
            "checks",
        )
    ),
]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def cells_of(page):
    """Return what a reader would run of a page: blocks of Python, and of magics."""
    for language, code in _BLOCK.findall(page.read_text("utf-8")):
        if language == "python" or (not language and code.startswith("%")):
            yield code


@pytest.fixture
def notebook(shell, weights, gateway, monkeypatch, tmp_path):
    """Return a shell whose models are the embedded one and a server that answers everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_MAGIC_MAX_COMPLETION_TOKENS", "16")  # where a cell says none
    (tmp_path / "chart.png").write_bytes(PIXEL)
    gateway(lambda _request: streamed(completion("It depends.", n_top=5)))
    shell.run_line_magic("load_ext", "chat_magic")
    yield shell
    shell.reset(new_session=False)


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002"
    "00000500010d0a2db40000000049454e44ae426082"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_code_of_a_page_runs(page, notebook):
    """Each block may use what the blocks before it made."""
    for code in cells_of(page):
        ran = notebook.run_cell(code)
        assert ran.success, (code, ran.error_in_exec or ran.error_before_exec)

"""The notebooks run as they stand, as nbconvert and papermill run them.

One that has a cassette beside it runs from that, without a model; the others on the embedded model.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from chat_magic.view.bundle import MIME_TYPE

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RECORDED = [path for path in NOTEBOOKS if path.with_suffix(".chat.jsonl").exists()]
LIVE = [path for path in NOTEBOOKS if path not in RECORDED]


def outputs_of(path):
    """Return the outputs of each code cell, by its source."""
    cells = nbformat.read(path, as_version=4).cells
    return {
        cell.source: [output for output in cell.outputs if not is_announcement(output)]
        for cell in cells
        if cell.cell_type == "code"
    }


def is_announcement(output):
    """Whether it says once where the history is kept, or first how many requests it takes."""
    return re.match(
        r"chat-magic keeps a history in |[\w ]+: at most \d+ requests", output.get("text", "")
    )


def run_notebook(notebook, target, **environment):
    """Execute a notebook; return what was printed.

    Each cell leaves at most one output, each `%%chat` cell a result; the page holds answers.
    """
    runner = ROOT / "notebooks" / "run.py"
    ran = subprocess.run(
        [sys.executable, runner, notebook, target],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    for source, outputs in outputs_of(target.with_suffix(".ipynb")).items():
        assert len(outputs) <= 1, source
        if source.startswith("%%chat") and "--dry-run" not in source:
            assert MIME_TYPE in outputs[0]["data"], source
    has_rows_alone = notebook.stem == "batch"
    words = "passed " if has_rows_alone else "to first token"
    assert words in target.with_suffix(".html").read_text()
    assert words in ran.stdout
    return ran.stdout


@pytest.mark.parametrize("notebook", LIVE, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_model_and_is_rendered(notebook):
    """What was executed becomes a page of the documentation."""
    run_notebook(notebook, ROOT / "build" / "notebooks" / notebook.stem)


@pytest.mark.parametrize("notebook", RECORDED, ids=lambda path: path.stem)
def test_a_notebook_with_a_cassette_runs_without_a_model(notebook, tmp_path):
    """As in CI, on a machine without weights: every answer is a recorded one."""
    printed = run_notebook(
        notebook, tmp_path / notebook.stem,
        CI="true", CHAT_MAGIC_CASSETTE=str(notebook.with_suffix(".chat.jsonl")),
        CHAT_MAGIC_WEIGHTS=str(tmp_path / "none"), CHAT_MAGIC_HISTORY="off",
    )  # fmt: skip
    answers = [line for line in printed.splitlines() if "to first token" in line]
    assert answers
    assert all("recorded" in line for line in answers)


def test_committed_notebooks_hold_no_outputs():
    """Whoever runs them makes them."""
    for notebook in NOTEBOOKS:
        assert not any(outputs_of(notebook).values()), notebook


@pytest.mark.parametrize(
    "command",
    [
        ["jupyter", "nbconvert", "--to", "notebook", "--execute", "in.ipynb", "--output", "out"],
        ["papermill", "in.ipynb", "out.ipynb", "--log-output"],
    ],
    ids=lambda command: command[-2] if command[0] == "jupyter" else command[0],
)
def test_batch_tools_execute_a_cell_and_keep_its_result(command, tmp_path):
    """`nbconvert --execute` and papermill, without a browser."""
    cells = ["%load_ext chat_magic", "%%chat local --max-completion-tokens 8 --out r\nSay hi.",
             "r.text"]  # fmt: skip
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, tmp_path / "in.ipynb")
    tool = Path(sys.executable).parent / command[0]
    ran = subprocess.run(
        [tool, *command[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    outputs = list(outputs_of(tmp_path / "out.ipynb").values())
    assert [len(found) for found in outputs] == [0, 1, 1]
    assert MIME_TYPE in outputs[1][0]["data"]

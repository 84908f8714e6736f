"""Install what was built as a user does, and run the first cells of the README there.

python -m tests.installed PYTHON…
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pexpect

from tests.processes import end_terminal

ROOT = Path(__file__).parent.parent
DIST, HOME = ROOT / "dist", ROOT / "build" / "installed"
TIMEOUT_S = 600
NOTEBOOK = ["ipykernel", "nbconvert"]
_BLOCK = re.compile(r"^```\n(%.*?)^```$", re.MULTILINE | re.DOTALL)


def first_cells():
    """Return the two cells with which the README begins."""
    cells = _BLOCK.findall((ROOT / "README.md").read_text("utf-8"))[:2]
    assert cells == ["%load_ext chat_magic\n", "%%chat local\nHello\n"], cells
    return [cell.rstrip() for cell in cells]


def environment(folder):
    """Return the variables of a user who has set none for chat-magic, and who has no Node."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHAT_MAGIC_", "OPENAI_", "PYTHON", "VIRTUAL_ENV"))
    }
    data = {"XDG_DATA_HOME": str(folder / "data"), "JUPYTER_DATA_DIR": str(folder / "jupyter")}
    return {**kept, **data, "PATH": f"{folder / 'bin'}", "TERM": "dumb", "NO_COLOR": "1"}


def run(folder, *command, **options):
    """Run a program of an environment; its output is shown where it fails."""
    done = subprocess.run(
        [folder / "bin" / command[0], *command[1:]],
        cwd=HOME,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(python, name, *packages):
    """Return a fresh environment with these packages."""
    folder = HOME / name
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    run(folder, "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    return folder


def installed_files(folder):
    """Return what is installed of chat-magic, each file with its hash."""
    (record,) = folder.glob("lib/*/site-packages/chat_magic-*.dist-info/RECORD")
    with record.open(newline="") as lines:
        rows = [row[:2] for row in csv.reader(lines)]
    return {(name, digest) for name, digest in rows if digest and ".dist-info/" not in name}


def check_notebook(folder):
    """Run the cells in a notebook without a person, and expect an answer and no error."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in first_cells()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "first.ipynb")
    convert = ["jupyter", "nbconvert", "--to", "notebook", "--execute", "--stdout"]
    (output,) = [
        output
        for output in json.loads(run(folder, *convert, str(folder / "first.ipynb")))["cells"][1][
            "outputs"
        ]
        if output["output_type"] == "display_data"
    ]
    assert set(output["data"]) >= {"text/html", "text/plain"}, output
    print("   notebook:", "".join(output["data"]["text/plain"])[:100].replace("\n", " "))


def check_terminal(folder):
    """Type the cells in IPython, and expect the status line of an answer."""
    child = pexpect.spawn(
        str(folder / "bin" / "ipython"),
        ["--simple-prompt", "--no-banner"],
        cwd=str(HOME),
        env=environment(folder),
        encoding="utf-8",
        timeout=TIMEOUT_S,
        dimensions=(50, 120),
    )
    for number, cell in enumerate(first_cells(), start=1):
        child.expect_exact(f"In [{number}]: ")
        child.send(f"{cell}\n" + "\n" * (cell.count("\n") * 2))
    child.expect_exact("In [3]: ")
    said = child.before
    end_terminal(child)
    assert "Traceback" not in said, said
    assert "tokens" in said, said
    print("   terminal:", " ".join(said.split())[-100:])


def main():
    """Try the wheel and the sdist with each Python that is named."""
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    HOME.mkdir(parents=True, exist_ok=True)
    for python in sys.argv[1:] or [sys.executable]:
        version = subprocess.run(
            [python, "-V"], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(f"{version}: {wheel.name}[local], {sdist.name}", flush=True)
        folder = install(python, f"wheel-{version.split()[1]}", f"{wheel}[local]", *NOTEBOOK)
        check_terminal(folder)
        check_notebook(folder)
        from_source = install(python, f"sdist-{version.split()[1]}", str(sdist))
        assert installed_files(from_source) == installed_files(folder)
        run(from_source, "python", "-c", "import chat_magic; chat_magic.chat")
        print("   the sdist installs the same files, without Node", flush=True)


if __name__ == "__main__":
    main()

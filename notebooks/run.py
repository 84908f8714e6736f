"""Execute a notebook, print its cells and answers as they come, and render it to HTML.

python notebooks/run.py NOTEBOOK.ipynb OUTPUT    writes OUTPUT.ipynb and OUTPUT.html
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

TIMEOUT_S = 600


class PrintingClient(NotebookClient):
    """A notebook client that prints each cell before it runs and its outputs after."""

    async def async_execute_cell(self, cell: Any, *args: Any, **options: Any) -> Any:
        """Execute one cell between printing it and its outputs."""
        print_cell(cell)
        executed = await super().async_execute_cell(cell, *args, **options)
        for output in cell.get("outputs", []):
            print(textwrap.indent(plain_text(output).rstrip(), "    "), flush=True)
        return executed


def print_cell(cell: Any) -> None:
    """Print the source of a cell: prose as it is, code behind a bar."""
    bar = "" if cell.cell_type == "markdown" else "│ "
    print("\n" + textwrap.indent(cell.source, bar, lambda _line: True), flush=True)


def plain_text(output: Any) -> str:
    """Return an output as a terminal shows it."""
    if output.output_type == "error":
        return "\n".join(output.traceback)
    text: str = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text


def main() -> None:
    """Run the notebook named first, and write to the path named second."""
    source, target = map(Path, sys.argv[1:])
    notebook = nbformat.read(source, as_version=4)
    target.parent.mkdir(parents=True, exist_ok=True)
    client = PrintingClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],
        coalesce_streams=True,  # a line may arrive in pieces
    )
    try:
        client.execute(cwd=str(source.parent))
    finally:
        nbformat.write(notebook, target.with_suffix(".ipynb"))
    html, _resources = HTMLExporter().from_notebook_node(notebook)
    target.with_suffix(".html").write_text(html)


if __name__ == "__main__":
    main()

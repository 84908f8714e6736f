"""What is derived from tables, patterns and schemas agrees with them; a failure prints the text."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from IPython.core.completer import CompletionContext

from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS
from chat_magic.shell.completion import ChatMatcher
from chat_magic.shell.option_values import help_text
from tests.generated.files import FILES

ON_LINE = [row for row in PARAMETERS.values() if row.on_line]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_generated_file_is_what_the_package_generates(path):
    """`make generated` rewrites it; the failure shows what has changed."""
    stored, corrected = path.read_text().splitlines(), FILES[path]().splitlines()
    drift = "\n".join(unified_diff(stored, corrected, "stored", "corrected", lineterm=""))
    if drift:
        pytest.fail(f"{path.name} has drifted; run `make generated`:\n{drift}", pytrace=False)


@pytest.mark.parametrize("row", ON_LINE, ids=lambda row: row.name)
def test_the_help_says_what_the_table_says(row):
    """Names, range and help of each option; so `%%chat?` is the whole reference."""
    words = " ".join(help_text().split())
    names = ", ".join(filter(None, [row.short, row.option]))
    if row.kind == "boolean":
        head = f"{names}, --no-{row.option.removeprefix('--')}"
    else:
        option = next(o for o in REQUEST_OPTIONS if f"--{o.name}" == row.option)
        head = f"{names} [{option.value}]"
    corrected = f"{head} {row.help.removesuffix('.')}"
    assert corrected in words, f"the help has drifted; it must say: {corrected}"


@pytest.fixture(scope="module")
def complete(shell):
    """Return a function that completes the end of a cell, without a kernel."""
    matcher = ChatMatcher(shell)

    def complete(cell):
        lines = cell.split("\n")
        context = CompletionContext(
            token="",
            full_text=cell,
            cursor_position=len(lines[-1]),
            cursor_line=len(lines) - 1,
            limit=None,
        )
        return [completion.text for completion in matcher.match(context)["completions"]]

    return complete


def test_the_completions_are_the_options_the_fields_and_their_values(complete):
    """Each once, in the order of the table."""
    options = [option for option in (*REQUEST_OPTIONS, *MAGIC_OPTIONS) if option.name != "model"]
    assert complete("%%chat local --") == [f"--{option.name}" for option in options]
    assert complete("%%chat\n---\n") == [
        f"{name}: " for name in (*PARAMETERS, "model", "extra", "per_model", "check")
    ]
    assert complete("%%chat --unset ") == list(PARAMETERS)
    assert complete("%%chat --sweep ") == [f"{name}=" for name in (*SCALARS, "model")]
    for row in PARAMETERS.values():
        if row.on_line and row.kind != "boolean":
            end = "=" if row.kind == "fields" else ""
            assert complete(f"%%chat {row.option} ") == [choice + end for choice in row.choices]
        if row.kind != "fields":
            choices = ["true", "false"] if row.kind == "boolean" else list(row.choices)
            assert complete(f"%%chat\n---\n{row.name}: ") == choices

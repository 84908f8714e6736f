"""What is derived from the parameter table says what the table says; a failure prints the text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from IPython.core.completer import CompletionContext

from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS
from chat_magic.shell.completion import ChatMatcher
from chat_magic.shell.options import help_text

README = Path(__file__).parents[1] / "README.md"
VOCABULARY = Path(__file__).parents[1] / "labextension/src/cell/vocabulary.json"
REGION = re.compile(r"<!-- parameters: .*? -->\n(?P<table>.*?)\n<!-- end -->", re.DOTALL)
ON_LINE = [row for row in PARAMETERS.values() if row.on_line]


def readme_table() -> str:
    """Write the table of the request's options, without the deprecated."""
    options = {option.name: option for option in REQUEST_OPTIONS}
    lines = ["| option | value | |", "|---|---|---|"]
    for row in ON_LINE:
        if row.replaced_by:
            continue
        option = options[row.option.removeprefix("--")]
        names = [option.short, row.option, row.option.replace("--", "--no-", 1)]
        names = names if row.kind == "boolean" else names[:2]
        words = ", ".join(f"`{name}`" for name in names if name)
        lines.append(f"| {words} | {option.value or ''} | {option.help} |")
    return "\n".join(lines)


def test_the_readme_lists_the_options_of_the_table():
    """Between two comments."""
    region = REGION.search(README.read_text())
    assert region is not None, "README.md has lost the comments around its table of parameters"
    corrected = readme_table()
    if region["table"] != corrected:
        pytest.fail(f"README.md has drifted; between its comments belongs:\n{corrected}", False)


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
        f"{name}: " for name in (*PARAMETERS, "model", "extra", "per_model")
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


def front_end_vocabulary() -> str:
    """Write what the labextension colours and completes, one entry a line."""
    options = [
        {
            "name": f"--{option.name}",
            "short": option.short,
            "field": option.negates or option.name.replace("-", "_"),
            "value": option.value,
            "choices": _choices(option.name.replace("-", "_")),
            "repeats": option.repeats,
        }
        for option in (*REQUEST_OPTIONS, *MAGIC_OPTIONS)
    ]
    fields = [
        {
            "name": row.name,
            "value": row.allowed,
            "choices": ["true", "false"] if row.kind == "boolean" else _choices(row.name),
        }
        for row in PARAMETERS.values()
    ]
    fields += [
        {"name": "model", "value": "vendor/model", "choices": ["local"]},
        {"name": "extra", "value": "further fields", "choices": []},
        {"name": "per_model", "value": "parameters by model", "choices": []},
    ]
    return f'{{\n"options": [\n{_lines(options)}\n],\n"fields": [\n{_lines(fields)}\n]\n}}\n'


def _choices(name: str) -> list[str]:
    if name in ("model", "models"):
        return ["local"]
    if name == "sweep":
        return [f"{parameter}=" for parameter in (*SCALARS, "model")]
    if name == "unset":
        return list(PARAMETERS)
    row = PARAMETERS.get(name)
    return list(row.choices) if row and row.kind != "fields" else []


def _lines(entries: list[dict[str, object]]) -> str:
    return ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)


def test_the_labextension_knows_the_options_and_fields_of_the_table():
    """It colours and completes them without a kernel."""
    corrected = front_end_vocabulary()
    if not VOCABULARY.exists() or VOCABULARY.read_text() != corrected:
        pytest.fail(f"{VOCABULARY.name} has drifted; it must be:\n{corrected}", False)

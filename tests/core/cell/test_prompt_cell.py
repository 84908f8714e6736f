"""The cell of a prompt: its line has what was sent, its body stays as it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat_magic import UNSET, InvalidRequest
from chat_magic.core.cell.cell import read_cell, read_first_line, read_prompt
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.cell.prompt_cell import (
    check_prompt,
    prompt_fields,
    prompt_variables,
    replace_option,
    with_line,
    write_prompt,
)
from chat_magic.core.request.request import PromptSource

VARIABLES = {"x": "inserted", "t": 0.5, "names": ["a", "b"], "f": len}


def prompt_of(cell, **more):
    """Return the prompt of a cell that was sent with these parameters too."""
    read = read_cell if cell.startswith("%%") else read_prompt
    request = read(cell, VARIABLES, MAGIC_OPTIONS).request
    given = {**more, **request.parameters}
    request = replace(request, model=request.model or "a/default", parameters=given)
    return write_prompt(replace(request, source=PromptSource(cell=cell)))


@pytest.mark.parametrize(
    ("cell", "prompt"),
    [
        ("%%chat a/b\nuser: Hi {{ x }}", "%%chat a/b\nuser: Hi {{ x }}"),
        ("%%chat\nHi", "%%chat a/default\nHi"),
        ("%%chat -t {{ t }} a/b --out y\nHi", "%%chat -t {{ t }} a/b\nHi"),
        ("%%chat a/b -c --background --timeout 5 --n 2;\nHi", "%%chat a/b --n 2\nHi"),
        ("%%chat -m a/b --stop 'a b' --raw\n{{ x }}", "%%chat -m a/b --stop 'a b' --raw\n{{ x }}"),
        ("%%chat --models a/b,c/d --sweep seed=1,2\nHi", "%%chat a/default\nHi"),
        (
            "%%chat a/b --schema 'name: str' --tools f --max-tool-rounds 2\nHi",
            "%%chat a/b --schema 'name: str' --tools f --max-tool-rounds 2\nHi",
        ),
        (
            "%%chat\n---\nmodel: a/b\ntemperature: 0.5\n---\nuser: Hi",
            "%%chat\n---\nmodel: a/b\ntemperature: 0.5\n---\nuser: Hi",
        ),
        (
            "%%chat a/b\n{% for n in names %}\nuser: {{ n }}\nassistant: ok\n{% endfor %}\nuser: x",
            "%%chat a/b\n{% for n in names %}\nuser: {{ n }}\nassistant: ok\n{% endfor %}\nuser: x",
        ),
        ('%%chat a/b\n{"messages": [{"role": "user", "content": "{{ x }}"}]}',) * 2,
        ("%chat -m a/b user: {{ x }}", "%%chat a/b\nuser: user: {{ x }}"),
        ("%chat -m a/b --raw {{ x }}", "%%chat a/b --raw\nuser: {{ x }}"),
        ("%chat -m a/b --schema 'a: str' Hi", "%%chat a/b --schema 'a: str'\nuser: Hi"),
    ],
)  # fmt: skip
def test_the_body_and_the_request_s_options_stay(cell, prompt):
    """What concerns the notebook alone is left out."""
    assert prompt_of(cell) == prompt
    check_prompt(prompt)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%chat a/b\nHi", "%%chat a/b --temperature 0.5"),
        ("%%chat a/b -t 1\nHi", "%%chat a/b -t 1"),
        ("%%chat a/b --unset temperature\nHi", "%%chat a/b --unset temperature"),
        ("%%chat a/b\n---\ntemperature: 1\n---\nuser: Hi", "%%chat a/b"),
    ],
)
def test_defaults_are_written_on_the_line(cell, line):
    """Unless the cell gives the same parameter."""
    assert prompt_of(cell, temperature=0.5).partition("\n")[0] == line


def test_a_default_that_was_unset_stays_so():
    """By `UNSET` in Python."""
    assert prompt_of("%%chat a/b\nHi", seed=UNSET).startswith("%%chat a/b --unset seed\n")


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        ("%%chat --prompt f", "%%chat a/b --n 2 --no-logprobs"),
        ("%%chat --prompt f --n 3", "%%chat a/b --no-logprobs --n 3"),
        ("%%chat c/d --prompt f", "%%chat --n 2 --no-logprobs c/d"),
        ("%%chat -m c/d --prompt f", "%%chat --n 2 --no-logprobs -m c/d"),
        ("%%chat --prompt f --logprobs --out x;", "%%chat a/b --n 2 --logprobs --out x;"),
        ("%%chat --prompt 'my file' -t {{ t }}", "%%chat a/b --n 2 --no-logprobs -t {{ t }}"),
    ],
)
def test_the_notebook_s_line_takes_precedence(own, merged):
    """Option by option; the model too."""
    text = "%%chat a/b --n 2 --no-logprobs\nuser: Hi"
    assert with_line(text, own, read_first_line(own, MAGIC_OPTIONS)) == f"{merged}\nuser: Hi"


def test_an_option_is_replaced():
    """Where it stands."""
    text = replace_option("%%chat a/b --schema a.json --n 2\nHi", "schema", "/x y/a.json")
    assert text == "%%chat a/b --schema '/x y/a.json' --n 2\nHi"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("%%chat\nHi", ()),
        ("%%chat -t {{ t }}\n{{ b.c }} {{ a[d] }} {{ b }}", ("t", "b", "a", "d")),
        ("%%chat\n{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}{{ len(y) }}", ("xs", "y")),
        ("%%chat\n{{ x | upper }} {% set z = 1 %}{{ z }} {\"a\": {{ q }}}", ("x", "q")),
        ("%%chat --raw\n{{ x }}", ()),
        ("%%chat\nx {%x%} {# y #} { z }", ()),
    ],
)  # fmt: skip
def test_variables_are_the_names_that_templates_need(text, variables):
    """In the order of their first use."""
    assert prompt_variables(text) == variables


def test_variables_of_a_broken_template_are_an_error():
    """That says what is wrong with it."""
    with pytest.raises(InvalidRequest, match="in the template"):
        prompt_variables("%%chat\n{{ x")


def test_what_a_prompt_asks_for_is_read_with_its_templates():
    """Options by their names, `--unset` as a word, attachments as their lines."""
    cell = "%%chat a/b -t 0.5 --unset seed --tools f\nuser: Hi {{ x }}\n@image {{ x }}.png"
    assert prompt_fields(cell) == {
        "model": "a/b",
        "temperature": 0.5,
        "seed": "unset",
        "tools": "f",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Hi {{ x }}"},
                    {"type": "text", "text": "@image {{ x }}.png"},
                ],
            }
        ],
    }

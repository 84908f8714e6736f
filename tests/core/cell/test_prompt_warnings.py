"""Prompts that look as if they contained a model or options."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.cell import read_first_line
from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.cell.prompt_warnings import body_warnings, prompt_warnings

OPTIONS = (*REQUEST_OPTIONS, *MAGIC_OPTIONS)
MODELS = {"local", "fast", "openai/gpt-4o"}


def warnings(text):
    """Return the warnings of a `%chat` line."""
    line = read_first_line(text, MAGIC_OPTIONS)
    return list(prompt_warnings(line, OPTIONS, MODELS.__contains__))


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("%chat local hi", "local"),
        ("%chat --temperature 0 local hi", "local"),
        ("%chat fast: summarize this", "fast"),
        ("%chat openai/gpt-4o hi", "openai/gpt-4o"),
        ("%chat local", "local"),
    ],
)
def test_a_prompt_that_begins_with_a_model_says_how_to_ask_that_model(text, model):
    """The prompt is sent as it is written: many prompts begin with a word such as local."""
    assert warnings(text) == [
        f"the prompt begins with {model}, a model: to ask it, write %chat -m {model} …"
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("%chat hi --temperature 0", "--temperature is"),
        ("%chat hi --top_logprobs=5 there", "--top-logprobs is"),
        ("%chat hi --seed 1 --dry-run", "--seed, --dry-run are"),
        ("%chat hi there -n 3", "-n is"),
        ("%chat hi there -m a/b", "-m is"),
    ],
)
def test_options_after_the_first_word_are_named(text, names):
    """They are text."""
    assert warnings(text) == [f"{names} part of the prompt: options stand before it"]


@pytest.mark.parametrize(
    "text",
    [
        "%chat What is the local time?",
        "%chat -m local fast cars",
        "%chat -- local hi --temperature 0",
        "%chat and/or",
        "%chat explain head -n 5 file",
        "%chat what does --no-such-option do?",
        "%chat a -- b",
        "%chat /models --seed",
        "%chat -c",
        "%chat",
    ],
)
def test_other_prompts_have_no_warning(text):
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("--temperature 0\nHi", ["--temperature"]),
        ("\n--seed 1 --top-p 0.5\nHi", ["--seed, --top-p"]),
        ("Hi\n--temperature 0", []),
        ("---\nseed: 1\n---\nHi", []),
        ("--no-such-option\nHi", []),
        ("", []),
    ],
)
def test_options_below_the_first_line_of_a_cell_are_named(body, names):
    """The options of a `%%chat` cell stand on its first line."""
    end = ": options stand on the %%chat line; below it they are text"
    assert list(body_warnings(body, OPTIONS)) == [name + end for name in names]

"""The `%%chat` line: words, options and their values."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.cell import parse, read_cell
from chat_magic.core.cell.line import next_word, read_line
from chat_magic.core.cell.options import REQUEST_OPTIONS
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("a  b", ["a", "b"]),
        ("'a b' c", ["a b", "c"]),
        ("k='a b'", ["k=a b"]),
        ("it's", ["it's"]),
        ('{"a": [1, "}"]} b', ['{"a": [1, "}"]}', "b"]),
        ("{{ x + 1 }}b", ["{{ x + 1 }}b"]),
        ("{ open", ["{", "open"]),
        ("''", [""]),
        ("  ", []),
    ],
)
def test_words_end_at_spaces_outside_quotes_and_brackets(line, texts):
    """Quotes group at the start of a word or after `=`."""
    words, position = [], 0
    while word := next_word(line, position):
        words.append(word.text)
        position = word.end
    assert words == texts


def test_a_quote_that_is_not_closed_is_an_error_at_its_column():
    """Columns count from 1."""
    with pytest.raises(InvalidRequest, match="line 1, column 3: the quote ' is not closed"):
        next_word("a 'b", 1)


@pytest.mark.parametrize(
    ("line", "rest", "is_command"),
    [
        ("-n 2 hi there", "hi there", False),
        ("/models gpt", "/models gpt", True),
        ("-- /models", "/models", False),
        ("-- -1", "-1", False),
        ("", "", False),
    ],
)
def test_the_first_word_that_is_not_an_option_begins_the_prompt(line, rest, is_command):
    """Of a `%chat` line; a slash begins a command unless it follows `--`."""
    read = read_line(line, REQUEST_OPTIONS, prompt=True)
    assert (read.rest, read.is_command) == (rest, is_command)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-t 0.5 -n 2", {"temperature": 0.5, "n": 2}),
        ("--top_p .5", {"top_p": 0.5}),
        ("--temperature=1", {"temperature": 1}),
        ("--presence-penalty -1.5", {"presence_penalty": -1.5}),
        (r"--stop '\n' --stop \n", {"stop": ["\n", "\n"]}),
        ("--stop 'a b' --stop -x", {"stop": ["a b", "-x"]}),
        ("--stop it's", {"stop": ["it's"]}),
        ("--stop ';'", {"stop": [";"]}),
        (r"--stop \d", {"stop": ["\\d"]}),
        ("--top-logprobs 5", {"top_logprobs": 5, "logprobs": True}),
        ("--no-logprobs", {"logprobs": False}),
        ("--logit-bias 50256=-100 --logit-bias 1=2.5", {"logit_bias": {"50256": -100, "1": 2.5}}),
        ("--metadata k='a b' --metadata x=1", {"metadata": {"k": "a b", "x": "1"}}),
        ("--tool-choice auto", {"tool_choice": "auto"}),
        ("--tool-choice f", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ("--modalities text,audio", {"modalities": ["text", "audio"]}),
        (
            "--prediction @a.py",
            {"prediction": {"type": "content", "content": Attachment("text", "a.py")}},
        ),
        ("--unset temperature,top_p", {"temperature": UNSET, "top_p": UNSET}),
        ("--stop {{ mark + '!' }}", {"stop": ["a\nb!"]}),
    ],
)
def test_options_become_parameters(line, expected):
    """Words after an option are its value, quotes group, backslashes stay, templates work."""
    assert parse(f"%%chat m {line}\nhi", {"mark": "a\nb"}).parameters == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('k={"a":1}', {"k": {"a": 1}}),
        ('k={"a": [1, "}"]} --extra j=null', {"k": {"a": [1, "}"]}, "j": None}),
        ('k="abc"', {"k": "abc"}),
        ("""'k="a b"'""", {"k": "a b"}),
        ("""'k={"a": 1}'""", {"k": {"a": 1}}),
    ],
)
def test_bare_json_on_the_line_stays_as_typed(line, expected):
    """Brackets that close group a word, strings and all."""
    assert parse(f"%%chat m --extra {line}\nhi").extra == expected


def test_a_semicolon_at_the_end_of_the_line_silences_and_one_in_the_body_is_content():
    """Only the `%%chat` line's own semicolon counts."""
    cell = read_cell("%%chat local;\nhi;", {})
    assert (cell.is_silent, cell.request.model) == (True, "local")
    assert cell.request.messages[0].content == "hi;"
    assert not read_cell("%%chat local\nhi;", {}).is_silent

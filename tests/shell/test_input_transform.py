"""Prompts reach the magic as they were typed, through IPython's own input machinery."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from chat_magic import InvalidRequest
from chat_magic.shell.input_transform import ChatTransformer, transform_lines


@pytest.fixture
def manager():
    manager = TransformerManager()
    manager.cleanup_transforms[:0] = [ChatTransformer(), transform_lines]
    return manager


def calls(source: str) -> list[tuple[str, ...]]:
    """Return the arguments of the magic calls in transformed source."""
    return [
        tuple(argument.value for argument in node.args)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"run_cell_magic", "run_line_magic"}
    ]


@pytest.mark.parametrize(
    ("cell", "line", "body"),
    [
        ("%%chat a/b -t 1\nWhat is it?", "a/b -t 1", "What is it?"),
        ("%%chat\n>>> x\n... y\nIn [1]: z", "", ">>> x\n... y\nIn [1]: z"),
        ("%%chat\nit's $x {y} `z` \\\n;", "", "it's $x {y} `z` \\\n;"),
        ("%%chat --stop {x} $y 'a?'\n!ls\n%time", "--stop {x} $y 'a?'", "!ls\n%time"),
        ("%%chat --help", "--help", "\n"),
        ("%%chat", "", "\n"),
        ("\n\n%%chat local;\nhi", "local;", "hi"),
        ("%%chat\r\nhi\r\n", "", "hi\r\n"),
        ('%%chat\n"""\n%chat x', "", '"""\n%chat x'),
        ("#| label: a\n#| echo: false\n%%chat local\nhi", "local", "hi"),
        ("# it's a comment\n\n  \n%%chat\nhi", "", "hi"),
        ("# a\r\n%%chat\r\nhi", "", "hi"),
        ("\ufeff%%chat local\nhi", "local", "hi"),
        ("%%chat\N{NO-BREAK SPACE}local -t 1\nhi", "local -t 1", "hi"),
        ("%%chat \N{NO-BREAK SPACE}\nhi", "", "hi"),
    ],
)
def test_a_cell_reaches_the_magic_verbatim(manager, cell, line, body):
    """Question marks, quotes, prompts, dollars, semicolons: nothing is rewritten."""
    (name, got_line, got_body) = calls(manager.transform_cell(cell))[0]
    assert (name, got_line, got_body.rstrip("\n")) == ("chat", line, body.rstrip("\n"))
    assert got_body


@pytest.mark.parametrize(
    ("cell", "prompts"),
    [
        ("%chat What is it?", ["What is it?"]),
        ("%chat it's {x} $y;", ["it's {x} $y;"]),
        ("x = 1\n%chat one\ny = 2\n%chat two", ["one", "two"]),
        ("r = %chat what's up?", ["what's up?"]),
        ("if x:\n    %chat it's\n    r.a = %chat b", ["it's", "b"]),
        ("# it's\n%chat a", ["a"]),
        ("%chat\N{NO-BREAK SPACE}a", ["a"]),
        ("!echo it's\n%chat a", ["a"]),
        ("s = '''\n%chat no\n'''\n%chat yes", ["yes"]),
        ("%chat", [""]),
    ],
)
def test_a_line_reaches_the_magic_verbatim(manager, cell, prompts):
    """Anywhere a statement may stand, and nowhere else."""
    ours = [call[1] for call in calls(manager.transform_cell(cell)) if call[0] == "chat"]
    assert ours == prompts


@pytest.mark.parametrize(
    ("cell", "timed"),
    [
        ("%time %chat it's on?", "time"),
        ("%timeit -n 1 -r 1 %chat it's on?", "timeit"),
    ],
)
def test_a_timed_line_reaches_the_magic_verbatim(manager, cell, timed):
    """Within the magics that time what follows them."""
    (name, inner) = calls(manager.transform_cell(cell))[0]
    assert name == timed
    assert calls(inner.rpartition("1 ")[2]) == [("chat", "it's on?")]


@pytest.mark.parametrize(
    "cell",
    [
        "x = (5\n%chat)",
        'f"""\n%chat no\n"""',
        "x = 7 \\\n%chat",
        "x = 1",
        "%%time\n%chat hi",
        "%%chatter\nhi",
        "%chatter hi",
        "%%chat?",
        "%chat?",
        "x = '%chat'",
    ],
)
def test_what_only_looks_like_the_magic_is_left_to_ipython(cell):
    """Strings, brackets, continued lines, other magics and requests for help."""
    lines = cell.splitlines(keepends=True)
    assert ChatTransformer()(lines) == lines


def test_in_a_terminal_the_call_ends_in_a_semicolon_but_an_assignment_does_not():
    """The semicolon keeps the terminal from printing an empty `Out[n]:`."""
    quiet = ChatTransformer(end=";")
    assert quiet(["%%chat\n", "hi"])[0].rstrip().endswith(");")
    assert quiet(["%chat hi"])[0].endswith(");")
    assert quiet(["r = %chat hi"])[0].endswith(")")


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("%%chat\nit's", "incomplete"),
        ("%%chat\nit's\n\n", "complete"),
        ("%chat it's {", "complete"),
        ("r = %chat what's up?", "complete"),
    ],
)
def test_a_terminal_knows_when_a_cell_is_complete(manager, cell, status):
    """A cell ends with a blank line, a line magic at once, whatever its prompt holds."""
    assert manager.check_complete(cell)[0] == status


@pytest.mark.parametrize(
    ("cell", "inner"),
    [
        ("%%time\n%%chat local\nhi?", "%%chat local\nhi?\n"),
        ("#| label: a\n%%time\n%%chat\nhi", "%%chat\nhi\n"),
        ("# a\n%%time\n#| b\n%%capture x\n%%chat\nhi", "#| b\n%%capture x\n%%chat\nhi\n"),
    ],
)
def test_another_cell_magic_may_be_above(manager, cell, inner):
    """It gets the cell below it as typed; comments above it are left out, as IPython needs."""
    ((name, _, body),) = calls(manager.transform_cell(cell))
    assert (name, body) == ("time", inner)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("x = 1\n%%chat local\nIt's me", 2),
        ("import os\n\n# a\n  %%chat\nhi", 4),
        ("%load_ext chat_magic\n%%chat\nhi", 2),
    ],
)
def test_python_above_a_cell_magic_is_one_clear_error(manager, cell, line):
    """Nothing of the cell runs."""
    with pytest.raises(InvalidRequest, match=f"line {line}: %%chat must begin its cell"):
        exec(manager.transform_cell(cell))


@pytest.mark.parametrize("cell", ['s = """\n%%chat\n"""', "# %%chat", "%%bash\n%%chat", "%%chats"])
def test_a_cell_magic_that_is_only_text_is_left(manager, cell):
    """In a string, a comment, or the body of another magic."""
    assert "InvalidRequest" not in manager.transform_cell(cell)

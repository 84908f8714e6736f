"""Cells of grids: which axes a line has, what it refuses, and the requests that come of them."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.grid import prompt_axis, row_axis, vary_axis
from chat_magic.core.cell.grid_cell import AxisSources, read_grid
from chat_magic.core.cell.options import GRID_OPTIONS, Option
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

OPTIONS = (*GRID_OPTIONS, Option(name="out", short="-o", value="NAME", help=""))
TONES = {"formal": "Dear Sir,", "short": "Yo"}


def read(cell, **variables):
    return read_grid(cell, variables, OPTIONS)


def test_a_cell_without_axes_is_one_request():
    """Read as it is without grids."""
    grid = read("%%chat a/b -t 0.5 -o r\nuser: Hi {{ x }}", x=1)
    (variant,) = grid.variants
    assert (grid.axes, variant.coordinates) == ((), {})
    assert variant.request == grid.cell.request
    assert variant.request.messages[0].content == "Hi 1"
    assert grid.cell.options == {"out": "r"}


def test_the_last_axis_changes_fastest():
    """Models first, as on the line; every request has what its coordinates say."""
    grid = read(
        "%%chat --models a/b,c/d --sweep temperature=0,0.5,unset --vary tone=tones\nHi {{ tone }}",
        tones=TONES,
    )
    assert [axis.name for axis in grid.axes] == ["model", "temperature", "tone"]
    assert [axis.titles for axis in grid.axes] == [
        ("a/b", "c/d"),
        ("0", "0.5", "unset"),
        ("formal", "short"),
    ]
    requests = [variant.request for variant in grid.variants]
    assert [request.model for request in requests] == ["a/b"] * 6 + ["c/d"] * 6
    assert [request.parameters["temperature"] for request in requests[:6]] == [
        0, 0, 0.5, 0.5, UNSET, UNSET,
    ]  # fmt: skip
    assert [request.messages[0].content for request in requests[:2]] == ["Hi Dear Sir,", "Hi Yo"]
    assert grid.variants[11].coordinates == {
        "model": "c/d",
        "temperature": UNSET,
        "tone": "short",
    }


@pytest.mark.parametrize(
    ("word", "values", "titles"),
    [
        ("temperature=0,.5,1e0", (0, 0.5, 1.0), ("0", "0.5", "1.0")),
        ("top-p= 0.1 , unset", (0.1, UNSET), ("0.1", "unset")),
        ("seed=-1,9", (-1, 9), ("-1", "9")),
        ("n=1,2", (1, 2), ("1", "2")),
        ("logprobs=true,false", (True, False), ("true", "false")),
        ("reasoning_effort=low,extreme", ("low", "extreme"), ("low", "extreme")),
        (r"stop=\n,END", (["\n"], ["END"]), (r"\n", "END")),
        ("model=a/b,local", ("a/b", "local"), ("a/b", "local")),
        ("temperature={{ low }},1", (0.25, 1), ("0.25", "1")),
    ],
)
def test_a_sweep_reads_values_as_the_option_of_the_parameter_does(word, values, titles):
    """And `unset`, and templates."""
    line = f"--sweep '{word}'" if " " in word and "{{" not in word else f"--sweep {word}"
    (axis,) = read(f"%%chat {line}\nHi", low=0.25).axes
    assert (axis.values, axis.titles) == (values, titles)


def test_what_a_swept_parameter_turns_on_is_on():
    """Where it is set, that is."""
    on, off = read("%%chat --sweep top_logprobs=2,unset\nHi").variants
    assert on.request.parameters == {"logprobs": True, "top_logprobs": 2}
    assert off.request.parameters == {"top_logprobs": UNSET}


def test_an_axis_wins_over_the_body():
    """As the line does."""
    grid = read("%%chat --models a,b --sweep n=1,2\n---\nmodel: c\nn: 9\n---\nHi")
    assert [(v.request.model, v.request.parameters["n"]) for v in grid.variants] == [
        ("a", 1), ("a", 2), ("b", 1), ("b", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "system: Be {{ tone }}\nuser: Hi",
        "---\nextra: {style: '{{ tone }}'}\n---\nHi",
        '{"messages": [{"role": "user", "content": "{{ tone }}"}]}',
        "{% for i in [] %}{{ tone }}{% endfor %}Hi",
        "{% if false %}{{ tone }}{% endif %}Hi",
        "{{ tone.upper() | trim }}",
    ],
    ids=["block", "YAML", "JSON", "empty loop", "condition", "expression"],
)
def test_a_variable_varies_wherever_templates_are(body):
    """In the block, YAML and JSON alike; also where this time it is not reached."""
    grid = read(f"%%chat a/b --vary tone=tones\n{body}", tones=TONES)
    assert len(grid.variants) == 2
    if "{%" not in body:
        assert grid.variants[0].request != grid.variants[1].request


def test_a_variable_varies_on_the_line():
    """And a prompt of `%chat` likewise."""
    grid = read("%%chat a/b --vary mark=marks --stop {{ mark }}\nHi", marks=["x", "y"])
    assert [v.request.parameters["stop"] for v in grid.variants] == [["x"], ["y"]]
    prompt = read("%chat -o r --vary tone=tones Be {{ tone }}!", tones=TONES)
    assert [v.request.messages[0].content for v in prompt.variants] == ["Be Dear Sir,!", "Be Yo!"]


def test_what_a_variable_inserts_is_only_text():
    """It opens no message."""
    grid = read("%%chat a/b --vary x=xs\nHi {{ x }}", xs=["a\nuser: b"])
    assert len(grid.variants[0].request.messages) == 1


def test_a_long_list_of_like_values_takes_no_longer_than_others():
    """Titles are told apart in one pass, before it is said that there are too many."""
    values = [f"{'x' * 50}{number}" for number in range(20_000)]
    titles = vary_axis("x", values, "vary x").titles
    assert len(set(titles)) == 20_000
    assert titles[-1] == f"{'x' * 39}… (20000)"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--models a/b,a/b", "line 1, column 8: --models: a/b is given twice"),
        ("--models a/b,", "--models: a value is empty"),
        ("--models a --models b", "--models is given twice"),
        ("--models a --sweep model=b", "line 1, column 19: models are given twice as an axis"),
        (
            "a/b --models c/d",
            "line 1, column 12: model: given both as a value and as an axis",
        ),
        (
            "-m a/b --sweep model=c/d",
            "model: given both as a value and as an axis of the grid",
        ),
        ("--sweep temperature=3", "line 1, column 8: --sweep temperature 3: must be 0 to 2"),
        ("--sweep temperature=hot", "--sweep temperature hot: must be 0 to 2"),
        ("--sweep n=1.5", "--sweep n 1.5: must be a whole number, 1 to 128"),
        ("--sweep temprature=1", "no such parameter; did you mean temperature?"),
        ("--sweep tools=f", "--sweep tools: is not one value"),
        ("--sweep temperature", "--sweep temperature: write PARAM=VALUE,VALUE"),
        ("--sweep temperature=", "--sweep temperature: a value is empty"),
        ("--sweep temperature=0,,1", "--sweep temperature: a value is empty"),
        ("--sweep temperature=.5,0.50", "--sweep temperature: 0.5 is given twice"),
        ("--sweep model=a,unset,a", "--sweep model: a is given twice"),
        ("--sweep n=1 --sweep n=2", "line 1, column 20: n is given twice as an axis"),
        ("-n 2 --sweep n=1", "line 1, column 13: n: given both as a value and as an axis"),
        ("--no-stream --sweep stream=true", "stream: given both as a value and as an axis"),
        ("--unset n --sweep n=1,2", "n: given both as a value and as an axis"),
        ("--vary tone", "--vary tone: write VARIABLE=NAME"),
        ("--vary tone=tnes", "tnes is not assigned in the notebook; did you mean tones?"),
        (
            "--vary tone=zebra",
            (
                "--vary tone=zebra: zebra is not assigned in the notebook; "
                "assign one first, such as zebra = ['a', 'b']"
            ),
        ),
        (
            "--vary tone=kind,rude",
            (
                "--vary tone=kind,rude: expected the name of a list or a dict, got kind,rude; "
                "assign one first, such as values = ['kind', 'rude'], then write --vary tone=values"
            ),
        ),
        ("""--vary 'tone=["kind", "rude"]'""", "such as values = ['kind', 'rude'], then write"),
        ("--vary tone=1,2", "such as values = ['1', '2'], then write --vary tone=values"),
        ("--vary tone=text", "expected a list or a dict, got str"),
        ("--vary tone=empty", "--vary tone=empty: the collection is empty"),
        ("--vary tone=twice", "--vary tone=twice: x is given twice"),
        ("--vary 2x=tones", "2x is not a variable name"),
        ("--vary model=tones", "model is not a variable"),
        ("--vary other=tones", "line 1: --vary other: the cell does not use {{ other }}"),
        ("--vary tone=tones --sweep n=1,2 --vary tone=tones", "tone is given twice"),
        ("--raw --vary tone=tones", "--vary tone: the cell does not use {{ tone }}"),
        ("--vary tone=many", "the grid has 2,001 requests: at most 2,000"),
        ("--sweep n=1,2 --vary tone=many", "the grid has 4,002 requests (2 x 2001): at most"),
        ("--sweep model=a,unset", "--sweep model unset: a request requires a model"),
        ("--vary tone=", "--vary tone=: write VARIABLE=NAME"),
        ("--vary =tones", "--vary =tones: write VARIABLE=NAME"),
    ],
)
def test_a_wrong_axis_is_one_line_that_says_where(line, words):
    """With the option, the value, and what is allowed."""
    variables = {
        "tones": TONES,
        "tone": "of the notebook",
        "text": "x",
        "empty": [],
        "twice": ["x", "x"],
        "many": list(range(2001)),
    }
    with pytest.raises(InvalidRequest) as caught:
        read(f"%%chat {line}\nHi {{{{ tone }}}}", **variables)
    assert words in str(caught.value)
    assert str(caught.value).startswith("line 1")


@pytest.mark.parametrize("option", ["--models local,local", "--sweep model=a/b,c/d,a/b"])
def test_a_model_that_is_given_twice_is_refused_with_what_compares_it_with_itself(option):
    """Several choices, or a sweep of the seed."""
    with pytest.raises(InvalidRequest, match=r"given twice; .*-n 2.*--sweep seed=1,2,3"):
        read_grid(f"%%chat {option}\nhi", {}, GRID_OPTIONS)


ROWS = [{"text": "a"}, {"text": "b"}, {"text": "c"}]


def with_rows(cell, **variables):
    """Read a cell whose rows are ROWS, and whose prompts say their name."""

    def rows(name, sample):
        taken = range(3) if sample is None else sample.positions(3)
        return row_axis(name, list(taken), [ROWS[at] for at in taken])

    def prompts(value):
        names = value.split(",")
        return prompt_axis(names, [None if n == "cell" else n for n in names], "--prompts")

    def fill(prompt, bound, given):
        message = Message(role="user", content=f"{prompt}: {bound['text']}")
        return ChatRequest(messages=(message,), parameters=given.parameters)

    return read_grid(cell, variables, OPTIONS, AxisSources(rows=rows, prompts=prompts, fill=fill))


def texts(grid):
    return [variant.request.messages[0].content for variant in grid.variants]


def test_rows_are_the_first_axis_wherever_they_stand_on_the_line():
    """Each row meets every variant before the next one."""
    grid = with_rows("%%chat --sweep temperature=0,1 --over data --models a,b\nSay {{ text }}")
    assert [axis.name for axis in grid.axes] == ["data", "temperature", "model"]
    assert texts(grid)[:5] == ["Say a"] * 4 + ["Say b"]
    assert grid.variants[4].coordinates == {"data": 1, "temperature": 0, "model": "a"}


def test_some_of_the_rows_are_taken():
    """With the labels that they have among all rows."""
    assert texts(with_rows("%%chat --over data --rows head:2\n{{ text }}")) == ["a", "b"]
    drawn = with_rows("%%chat --over data --rows 1:3\n{{ text }}")
    assert texts(drawn) == [ROWS[drawn.axes[0].labels[0]]["text"]]


def test_prompts_meet_the_rows_of_the_cell():
    """The cell's own messages among them, with the parameters of the line."""
    grid = with_rows("%%chat -t 0.5 --over data --prompts cell,B\nSay {{ text }}")
    assert texts(grid)[:4] == ["Say a", "B: a", "Say b", "B: b"]
    assert all(variant.request.parameters == {"temperature": 0.5} for variant in grid.variants)


def test_a_value_of_the_line_can_be_of_the_row():
    """As everywhere in templates."""
    grid = with_rows("%%chat --over data --stop {{ text }}\nHi")
    stops = [variant.request.parameters["stop"] for variant in grid.variants]
    assert stops == [["a"], ["b"], ["c"]]


def test_a_line_magic_takes_rows_too():
    """Its prompt is the rest of the line."""
    assert texts(with_rows("%chat --over data Say {{ text }}")) == ["Say a", "Say b", "Say c"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%chat --rows 3\nHi", "line 1, column 8: --rows requires --over"),
        ("%%chat --over data --rows x\nHi", "--rows x: expected N or N:SEED"),
        (
            "%%chat --over data --prompts A\nHi",
            "messages of the cell are not among the prompts",
        ),
        ("%%chat --over data --prompts cell,A\n", "--prompts cell: the cell has no messages"),
        ("%%chat --over data --prompts A,A\n", "--prompts: A is given twice"),
    ],
)
def test_rows_and_prompts_that_do_not_fit_are_refused(cell, words):
    """With what to change."""
    with pytest.raises(InvalidRequest) as caught:
        with_rows(cell)
    assert words in str(caught.value)


@pytest.mark.parametrize("option", ["--over data", "--prompts A"])
def test_without_a_notebook_there_are_no_rows(option):
    """Such as where an exported cell is checked."""
    with pytest.raises(InvalidRequest, match="only the notebook has it"):
        read_grid(f"%%chat {option}\nHi", {}, OPTIONS)

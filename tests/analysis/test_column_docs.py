"""The columns of real tables are those that are documented, and so is the page of documentation."""

from __future__ import annotations

import json
import math
import re
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chat_magic.analysis import column_docs
from chat_magic.analysis.ablation_table import LabelBounds, ablation_table, labels_ablation_table
from chat_magic.analysis.answer_search import FoundAnswer
from chat_magic.analysis.calibration_figures import reliability_bins, risk_by_coverage
from chat_magic.analysis.capability_table import capability_table
from chat_magic.analysis.column_docs import CHECK_TABLES, COORDINATES, RESULT_TABLES, RUN, TABLES
from chat_magic.analysis.distribution_table import distribution_table
from chat_magic.analysis.history_table import history_table, usage_table
from chat_magic.analysis.listing_tables import (
    jobs_table,
    models_table,
    settings_table,
    threads_table,
)
from chat_magic.analysis.model_input_table import model_input_table
from chat_magic.analysis.prompt_segments import PromptSegment
from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.capability import Capability, KnownCapabilities
from chat_magic.core.reply.chunk import MalformedChunk
from chat_magic.core.reply.history_row import HistoryRow
from chat_magic.core.reply.listing import ListedModel
from chat_magic.core.reply.prompt_parts import PromptToken
from chat_magic.core.reply.reply import Reply, Timing, Usage
from chat_magic.core.reply.server_error import ServerError
from chat_magic.core.reply.thread_use import ThreadRow
from chat_magic.core.request.label_set import LabelSet
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.schema.structured import schema_of
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.check_tables import CheckTables
from chat_magic.results.result_tables import ResultTables
from tests.analysis.conftest import build_choice, build_token
from tests.results.checked import grid_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tables.md"
WIRE = ROOT / "tests" / "wire" / "dialects.json"


FOUND = [
    FoundAnswer(content=b"a", prob_low=0.5, prob_high=0.6, n_tokens=1, is_complete=True, node=1)
]
READ = [
    PromptToken(id=1, content=b"<s>", is_special=True),
    PromptToken(id=2, content=b"Hi", message=0),
    PromptToken(id=3, content=None, message=0),
]
KNOWN = KnownCapabilities(findings={"n": Capability("n", "ignored", "1 came")}, checked_s=0.0)


def synthetic():
    """Return a reply with all kinds of tokens, and with several choices."""
    half = math.log(0.5)
    tokens = [
        build_token('{"city": "', half, [('{"city": "', half), ("No", -2.0)]),
        build_token("Rom", -9999.0, [("Ber", -0.1), ("Par", -3.0)]),
        build_token("👍"[:1], half, []),
        build_token('"}', half),
    ]
    return Reply(
        choices=(
            build_choice(tokens, index=0),
            build_choice(tokens[:1], index=2),
            build_choice([], "", index=3),
            build_choice(tokens[:1], index=4, extra={"score": {"method": "grammar"}}),
        ),
        usage=Usage(prompt_tokens=3, completion_tokens=4),
    )


def recorded():
    """Return what is read of every dialect, broken ones included."""
    for row in json.loads(WIRE.read_text("utf-8")):
        assembler = Assembler()
        for event in row["body"]:
            if isinstance(event, dict) and "$hex" not in event:
                try:
                    assembler.feed(json.dumps(event).encode(), 1.0)
                except (MalformedChunk, ServerError):
                    break
        yield assembler.reply(unfinished="error")


def result_of(reply, **fields):
    """Return a result with the reply."""
    request = ChatRequest(model="a/b", labels=LabelSet(("yes", "no")))
    return ChatResult(request, reply, Timing(ttft_s=0.1, total_s=1.0), **fields)


SCHEMA = schema_of({"type": "object", "properties": {"city": {"type": "string"}}})


@cache
def single():
    return result_of(synthetic(), schema=SCHEMA, cost=0.1)


@cache
def several():
    replies = [synthetic(), *recorded()]
    coordinates = tuple({"temperature": n / 2, "tone": "dry"} for n in range(len(replies)))
    return ChatResults(tuple(map(result_of, replies)), (), coordinates)


@cache
def empty():
    return result_of(Reply())


CALLS = {
    ".frame": lambda result: result.frame,
    ".tokens": lambda result: result.tokens,
    ".alternatives": lambda result: result.alternatives,
    ".scores": lambda result: result.scores,
    ".branches": lambda result: result.branches,
    ".agreement": lambda result: result.agreement,
    ".spans(by)": lambda result: result.spans("word"),
    ".labels(labels)": lambda result: result.labels(["yes", "no"]),
    ".expected()": lambda result: result.expected(),
    ".what_if()": lambda result: result.what_if(),
    ".to_frame(wide=True)": lambda result: result.to_frame(wide=True),
}
CHECKED = {
    ".checks": lambda checked: checked.checks,
    ".pass_rates": lambda checked: checked.pass_rates,
    ".pass_rates_by(column)": lambda checked: checked.pass_rates_by("label"),
    ".versus()": lambda checked: checked.versus(),
    ".calibration(truth).bins": lambda _: reliability_bins(STATED, RIGHT),
    ".calibration(truth).coverage": lambda _: risk_by_coverage(STATED, RIGHT),
    ".pareto().frame": lambda checked: checked.pareto().frame,
}
STATED, RIGHT = np.array([0.9, 0.5]), np.array([True, False])
COMPARISONS = {
    ".compare(by).table": lambda result: result.compare().table,
    '.compare(by="json").table': lambda result: result.compare(by="json").table,
}
ROWS = [
    HistoryRow(id=number, started_s=1.5, kind="answer", status="complete", model="a/b")
    for number in (2, 1)
]
SEGMENTS = [PromptSegment(0, "Hi.", 0, 3), PromptSegment(0, " Bye.", 3, 8)]
LISTINGS = {
    "chat_magic.ablate(messages).frame": lambda: ablation_table(SEGMENTS, -1.0, [-2.0, math.nan]),
    "chat_magic.ablate(messages, labels=[…]).frame": lambda: labels_ablation_table(
        SEGMENTS, {"a": LabelBounds(0.1, 0.2)}, [{"a": LabelBounds(0.3, 0.4)}, {}]
    ),
    "%chat /models": lambda: models_table(
        [ListedModel(id="a"), ListedModel(id="b", created=1)], {"a": KNOWN}
    ),
    "chat_magic.model_input(messages).tokens": lambda: model_input_table(READ, {}),
    "chat_magic.distribution(messages).frame": lambda: distribution_table(FOUND, {}),
    "chat_magic.capabilities(model)": lambda: capability_table(KNOWN),
    "%chat /config": lambda: settings_table([("model", "a/b", "environment")]),
    "%chat /jobs": lambda: jobs_table([(1, "r", "a/b", "streaming", 1.5, 0.2)]),
    "%chat /thread": lambda: threads_table(
        [ThreadRow(thread="a", turns=1, prompt="Hi", started_s=1.5), ThreadRow(thread="b", turns=0)]
    ),
    "chat_magic.usage(query)": lambda: usage_table(
        [("a/b", "2026-11-28", 2, 0, 1, 9, None, 3, None, 0.5)], ("model", "day")
    ),
    "chat_magic.history(query)": lambda: history_table(ROWS).reset_index(),
}


@cache
def checked():
    """Return results of which some answers are checked, some raise and some failed."""
    answers = {"A": ["x", "yes", ["no", "x"]], "B": ["yes", "yes", "no"]}
    rows = [{"label": "yes"}, {"label": "no"}, {"label": "yes"}]
    grid = grid_of(answers, rows, errors={(0, "A"): "late"})
    return grid.check("answer == label", bad="{'yes': 1}[answer]")


def pattern_of(column):
    """Return what the names of a column may be, with a line end after each."""
    return re.sub(r"[A-Z]+", "[^\n]+", re.escape(column.name)) + "\n"


def is_open(column):
    return re.search("[A-Z]", column.name) is not None


def documented(columns, names):
    """Return the documented column of each real one, in order; None if they do not fit."""
    by_name = {column.name: column for column in columns if not is_open(column)}
    parts = []
    open_ones = []
    for column in columns:
        if is_open(column):
            open_ones.append(pattern_of(column))
            continue
        parts.append(f"(?:{'|'.join(open_ones)})*" * bool(open_ones) + pattern_of(column))
        open_ones = []
    parts.append(f"(?:{'|'.join(open_ones)})*" * bool(open_ones))
    if not re.fullmatch("".join(parts), "".join(f"{name}\n" for name in names)):
        return None
    patterns = [column for column in columns if is_open(column)]
    return [
        by_name.get(name)
        or next(column for column in patterns if re.fullmatch(pattern_of(column), f"{name}\n"))
        for name in names
    ]


def check(frame, columns):
    """Check names, order, dtypes and missing values of a real table."""
    found = documented(columns, list(frame))
    assert found is not None, f"{list(frame)} is not {[column.name for column in columns]}"
    for name, column in zip(frame, found, strict=True):
        dtype = str(frame[name].dtype)
        dtype = re.sub(r"datetime64\[.*, UTC\]", "datetime64[UTC]", dtype)
        allowed = re.split(", | or ", column.dtype.replace("string", TEXT))
        assert dtype in allowed, f"{name}: {dtype} is not {column.dtype}"
        if not column.missing:
            assert not frame[name].isna().any(), f"{name} is missing somewhere"


@pytest.mark.parametrize("table", RESULT_TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize("make", [single, empty])
def test_tables_of_a_result_have_the_documented_columns(table, make):
    """In that order, with that dtype, and missing only if the documentation says when."""
    check(CALLS[table.name](make()), table.columns)


@pytest.mark.parametrize("table", RESULT_TABLES, ids=lambda table: table.name)
def test_tables_of_several_results_have_coordinates_after_the_run(table):
    """The model among them; the rest is as for a single result."""
    frame = CALLS[table.name](several())
    check(frame.iloc[:, :4], (RUN, *COORDINATES))
    assert list(frame)[1:4] == ["model", "temperature", "tone"]
    columns = [column for column in table.columns if column.name != "model"]
    check(frame.drop(columns=["model", "temperature", "tone"]), columns)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (".frame", ["run", "choice", "text", "parsed.city", "finish_reason", "n_tokens"]),
        (".tokens", ["run", "choice", "part", "position", "token", "bytes", "prob"]),
    ],
)
def test_the_columns_that_are_read_most_come_first(table, columns):
    """Pandas shows the first ten and the last ten of many."""
    names = [name for name in CALLS[table](single()) if not name.startswith("p[")]
    assert names[: len(columns)] == columns


@pytest.mark.parametrize("table", COMPARISONS)
@pytest.mark.parametrize("make", [single, several])
def test_tables_of_differences_have_the_documented_columns(table, make):
    """Of one result and of several, which have no further columns."""
    columns = next(entry.columns for entry in TABLES if entry.name == table)
    check(COMPARISONS[table](make()), columns)


@pytest.mark.parametrize("table", CHECK_TABLES, ids=lambda table: table.name)
def test_tables_of_checks_have_the_documented_columns(table):
    """Those of `.checks` have coordinates after the run."""
    frame = CHECKED[table.name](checked())
    if table.name == ".checks":
        frame = frame.drop(columns=["model", "row", "prompt"])
    check(frame, table.columns)


@pytest.mark.parametrize("table", LISTINGS)
def test_tables_of_commands_have_the_documented_columns(table):
    """Of models, settings and jobs."""
    columns = next(entry.columns for entry in TABLES if entry.name == table)
    check(LISTINGS[table](), columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_key_identifies_a_row(table):
    """Its columns are columns of the table, and no two rows have the same ones."""
    assert set(table.key) <= {column.name for column in table.columns}
    if table.name in CHECKED:
        assert not CHECKED[table.name](checked()).duplicated(list(table.key)).any()
        return
    calls = CALLS | COMPARISONS
    frame = calls[table.name](several()) if table.name in calls else LISTINGS[table.name]()
    assert not frame.duplicated(list(table.key)).any()


def test_every_table_is_checked():
    """And every table in the documentation has its own name."""
    names = [table.name for table in TABLES]
    assert sorted(names) == sorted([*CALLS, *CHECKED, *COMPARISONS, *LISTINGS])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_column_is_documented_once_in_full(table):
    """A name occurs once; meanings are sentences; what may be missing has a dtype for that."""
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    for column in table.columns:
        assert column.meaning[0].isupper() or column.meaning.startswith(("ok;", "json,", "same,"))
        assert column.meaning.endswith(".")
        if re.fullmatch(r"bool|int\d+( or int\d+)?", column.dtype):
            assert not column.missing, column.name


DOCSTRINGS = {
    ".checks": CheckTables.checks,
    ".pass_rates": CheckTables.pass_rates,
    ".versus()": CheckTables.versus,
    ".frame": ResultTables.frame,
    ".tokens": ResultTables.tokens,
    ".alternatives": ResultTables.alternatives,
    ".scores": ResultTables.scores,
    ".branches": ResultTables.branches,
    ".agreement": ResultTables.agreement,
    ".spans(by)": ResultTables.spans,
    ".labels(labels)": ResultTables.labels,
    ".expected()": ResultTables.expected,
    ".what_if()": ResultTables.what_if,
    ".to_frame(wide=True)": ResultTables.to_frame,
}


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.name in DOCSTRINGS], ids=lambda table: table.name
)
def test_docstrings_name_the_columns(table):
    """After `Columns:`, in order; a failure prints what they must be."""
    member = DOCSTRINGS[table.name]
    text = (
        member.__doc__ if not isinstance(member, cached_property) else member.func.__doc__
    ) or ""
    listed = text.partition("Columns:")[2].partition("\n\n")[0]
    names = [column.name for column in table.columns]
    assert re.findall("`([^`]+)`", listed) == names, (
        f"the docstring must say: Columns: {', '.join(f'`{name}`' for name in names)}."
    )


def cell(text):
    """Return a text as a cell of a Markdown table."""
    return text.replace("|", "\\|")


def rows(columns):
    """Return columns as the rows of a Markdown table."""
    yield "| column | dtype | unit | meaning | source | missing if |"
    yield "|---|---|---|---|---|---|"
    for column in columns:
        name, dtype, meaning, unit, source, missing = map(cell, column)
        yield f"| `{name}` | {dtype} | {unit} | {meaning} | {source} | {missing} |"


def page():
    """Return the page of documentation."""
    lines = [
        "# Tables",
        "",
        "Every column of every table, in order: after the key, the columns that are read most.",
        "Log probabilities are natural logarithms; positions and offsets count from 0. `string` is",
        'pandas\' `str` dtype on pandas 3 and `string` on pandas 2. `table.attrs["chat_magic"]`',
        "holds the model, the parameters and the warnings.",
        "",
        "The tables of several results (`ChatResults`) have these columns after `run`:",
        "",
        *rows(COORDINATES),
    ]
    for table in TABLES:
        key = ", ".join(f"`{name}`" for name in table.key)
        lines += ["", f"## `{table.name}`", "", f"A row for each {_row(table.rows)}. Key: {key}."]
        lines += ["", *rows(table.columns)]
    return "\n".join(lines) + "\n"


def _row(text):
    return re.sub(r"^an? ", "", text)


def test_the_page_of_tables_says_what_the_columns_say():
    """A failure prints the page."""
    if not PAGE.exists() or PAGE.read_text("utf-8") != page():
        pytest.fail(f"docs/tables.md has drifted; it must be:\n{page()}", pytrace=False)


def test_the_documentation_of_columns_needs_no_pandas():
    """It is data, which other tools may read."""
    source = Path(column_docs.__file__).read_text("utf-8")
    assert set(re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE)) == {
        "__future__", "typing",
    }  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"run": pd.Series([1], dtype="int64")}),
        pd.DataFrame({"run": pd.Series([1], dtype="int32"), "more": [1]}),
        pd.DataFrame(),
    ],
)
def test_a_table_with_other_columns_is_refused(frame):
    """Else the tests above could not fail."""
    with pytest.raises(AssertionError):
        check(frame, (RUN,))

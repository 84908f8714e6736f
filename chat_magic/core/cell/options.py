"""The options of the `%%chat` line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.core.request.parameters import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option of the line."""

    name: str
    help: str
    value: str | None = None
    """What the help calls its value; None for a flag."""
    short: str | None = None
    repeats: bool = False
    negates: str | None = None
    """The field that a `--no-…` flag turns off."""
    verbatim: bool = False
    """Whether quotes inside its value stay, as in JSON."""
    is_code: bool = False
    """Whether its value is Python, in which braces are not templates."""


def _parameter_options() -> Iterator[Option]:
    for row in PARAMETERS.values():
        if not row.on_line:
            continue
        name = row.name.replace("_", "-")
        text = f"{row.help.rstrip('.')}; deprecated." if row.replaced_by else row.help
        if row.kind == "boolean":
            yield Option(name=name, help=text, short=row.short)
            yield Option(name=f"no-{name}", help=f"Turn {name} off.", negates=row.name)
        else:
            yield Option(
                name=name,
                help=f"{text} Repeatable." if row.repeats else text,
                value="VALUE"
                if row.kind in {"string", "strings"} and not row.choices
                else row.allowed,
                short=row.short,
                repeats=row.repeats,
            )


RAW = Option(name="raw", help="Send {{ and {% as they are, without templates.")

REQUEST_OPTIONS: tuple[Option, ...] = (
    Option(name="model", short="-m", value="MODEL", help="The model, as vendor/model."),
    *_parameter_options(),
    Option(
        name="extra",
        value="KEY=JSON",
        repeats=True,
        verbatim=True,
        help="Send a field as given, JSON or text; also a parameter, whose value is not checked. "
        "Repeatable.",
    ),
    Option(
        name="unset",
        value="PARAM,…",
        help="Do not send these parameters, even where they have a default.",
    ),
    RAW,
)
"""The options of a request."""

DEFAULT_CONCURRENCY, MAX_CONCURRENCY = 8, 64
"""How many requests of a grid run at the same time: by default, and at most."""
DEFAULT_MAP_CONCURRENCY, MAX_MAP_CONCURRENCY = 32, 1024
"""The same for a map."""

GRID_OPTIONS: tuple[Option, ...] = (
    Option(name="models", value="MODEL,…", help="Ask several models, side by side."),
    Option(
        name="sweep",
        value="PARAM=VALUE,…",
        repeats=True,
        help="Ask with each of these values of a numeric, text or boolean parameter, or of model; "
        "unset is a value. Several sweeps make a grid. Repeatable.",
    ),
    Option(
        name="vary",
        value="VARIABLE=NAME",
        repeats=True,
        help="Ask with each item of this list or dict of the notebook as {{ VARIABLE }}; the keys "
        "of a dict are the titles of the answers. Repeatable.",
    ),
    Option(
        name="over",
        value="NAME",
        help="Ask once for each row of this DataFrame, Series, list of dicts or texts, or dict of "
        "lists of the notebook; its columns are variables of the templates, and row is the whole "
        "row.",
    ),
    Option(
        name="rows",
        value="N, N:SEED or head:N",
        help="Take N rows at random, always the same ones; those of another SEED; or the first N.",
    ),
    Option(
        name="prompts",
        value="NAME,…",
        help="Ask with each of these prompts: a Prompt or a list of messages of the notebook, a "
        ".chat file, or cell, the messages of the cell itself.",
    ),
    Option(
        name="concurrency",
        value=f"1 to {MAX_CONCURRENCY}",
        help=f"How many requests of a grid run at the same time; {DEFAULT_CONCURRENCY} by default.",
    ),
)
"""The options that make a grid."""


MAGIC_OPTIONS: tuple[Option, ...] = (
    Option(name="out", short="-o", value="NAME", help="Bind the result to this name."),
    Option(
        name="after",
        value="NAME[:CHOICE]",
        help="Continue from this result: from choice 0, or the given one.",
    ),
    Option(name="continue", short="-c", help="Continue from the last result."),
    Option(
        name="thread",
        value="NAME",
        help="Continue the conversation of this name, which is kept over cells and restarts; "
        "a cell that runs again replaces its turn and drops the later ones.",
    ),
    *GRID_OPTIONS,
    Option(
        name="as-frame",
        help="With --over, return the data with a column of answers, as a DataFrame, instead of "
        "drawing them; for any number of rows. See chat_map.",
    ),
    Option(
        name="resume",
        value="FILE",
        help="With --as-frame, keep each finished row in this file, from which the same cell "
        "continues.",
    ),
    Option(
        name="prompt",
        value="FILE",
        help="Send the prompt in this file; further options replace those in it.",
    ),
    Option(
        name="schema",
        value="SCHEMA",
        help="The form of the answer, for .parsed: a type, a JSON Schema or a path by its name in "
        "the notebook, the path of a .json file, a short form such as 'name: str, age: int', "
        "or list[...] of these.",
    ),
    Option(
        name="labels",
        value="LABEL,…",
        help="The possible answers: their probabilities are columns p[LABEL] of .frame; turns "
        "top_logprobs on.",
    ),
    Option(
        name="labels-at",
        value="first, /POINTER or PATTERN",
        help="Where the label is: the start of the answer, a field of its JSON, or what a regular "
        "expression matches.",
    ),
    Option(
        name="check",
        value="EXPRESSION",
        repeats=True,
        verbatim=True,
        is_code=True,
        help="Check each answer: a Python expression over answer, parsed, choice, result, p, row, "
        "the columns of --over and the names of the notebook; NAME=EXPRESSION names it. "
        "Repeatable.",
    ),
    Option(
        name="truth",
        value="COLUMN",
        help="The column of --over with the right answers: adds the check correct, and .confusion.",
    ),
    Option(
        name="tools",
        value="NAME,…",
        help="Functions of the notebook, sync or async, which run when the model calls them.",
    ),
    Option(
        name="max-tool-rounds",
        value="0 to 100",
        help="How many rounds of function calls the model may request; 5 by default.",
    ),
    Option(
        name="score",
        value="NAME or A|B",
        help="Find how likely each of these texts is as the answer, in .scores, without sampling "
        "one: a list of the notebook, or texts with | between them.",
    ),
    Option(
        name="ablate",
        value="sentence, line, word, message or example",
        help="Find which parts of the prompt move the answer, by leaving out one at a time: a "
        "request for each. With --labels, how they move the probability of each label.",
    ),
    Option(name="timeout", value="SECONDS", help="Stop waiting when the answer takes longer."),
    Option(
        name="max-cost",
        value="DOLLARS",
        help="Send no further request once the answers could cost more than this.",
    ),
    Option(
        name="retries",
        value="0 to 10",
        help="How often a request that failed before it was answered is retried; 2 by default.",
    ),
    Option(
        name="no-top-up",
        help="Do not request again the choices that the server did not return.",
    ),
    Option(
        name="background",
        help="Return at once, and let the answer arrive while other cells run. The result waits "
        "when it is used; see .wait(), .cancel() and %chat /jobs.",
    ),
    Option(name="cache", help="Use the recorded answer to an equal request, or record the answer."),
    Option(name="no-cache", help="Send the request, whatever is recorded, and record nothing."),
    Option(name="refresh-cache", help="Send the request, and record the answer."),
    Option(name="offline", help="Use recorded answers only, and send nothing."),
    Option(
        name="cassette",
        value="FILE",
        help="Record answers in this file, and look them up there first.",
    ),
    Option(name="no-history", help="Do not keep this in the history."),
    Option(name="dry-run", help="Show the request that would be sent, and send nothing."),
    Option(name="help", help="Show this help."),
)

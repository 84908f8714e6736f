"""The tables of the options that the `%%chat` line takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.core.request.parameters import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option that the line takes."""

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


RAW = Option(name="raw", help="No templates: send {{ and {% as they are.")

REQUEST_OPTIONS: tuple[Option, ...] = (
    Option(name="model", short="-m", value="MODEL", help="The model, as vendor/model."),
    *_parameter_options(),
    Option(
        name="extra",
        value="KEY=JSON",
        repeats=True,
        verbatim=True,
        help="Send a further field as it is given. Repeatable.",
    ),
    Option(name="unset", value="PARAM,…", help="Send nothing for it, whatever the defaults say."),
    RAW,
)
"""The options that make up a request; the magic adds its own."""

DEFAULT_CONCURRENCY, MAX_CONCURRENCY = 8, 64
"""Requests of a grid that are under way at a time: where nothing else is said, and at most."""

GRID_OPTIONS: tuple[Option, ...] = (
    Option(name="models", value="MODEL,…", help="Ask several models, side by side."),
    Option(
        name="sweep",
        value="PARAM=VALUE,…",
        repeats=True,
        help="Ask with each of these values: of a parameter that is a number, a word or a switch, "
        "or of model; unset is a value. Several sweeps make a grid. Repeatable.",
    ),
    Option(
        name="vary",
        value="VARIABLE=NAME",
        repeats=True,
        help="Ask with {{ VARIABLE }} being each item of this list or dict of the notebook; the "
        "keys of a dict title the answers. Repeatable.",
    ),
    Option(
        name="concurrency",
        value=f"1 to {MAX_CONCURRENCY}",
        help="How many requests of a grid run at the same time; "
        f"{DEFAULT_CONCURRENCY} unless given.",
    ),
)
"""The options of the line that make a grid."""


MAGIC_OPTIONS: tuple[Option, ...] = (
    Option(name="out", short="-o", value="NAME", help="Bind the result to this name."),
    Option(
        name="after",
        value="NAME[:CHOICE]",
        help="Go on from this result, from choice 0 or the one given.",
    ),
    Option(name="continue", short="-c", help="Go on from the last result."),
    *GRID_OPTIONS,
    Option(
        name="schema",
        value="SCHEMA",
        help="The form of the answer, for .parsed: a type, a JSON Schema or a path by its name in "
        "the notebook, the path of a .json file, a short form such as 'name: str, age: int', "
        "or list[...] of these.",
    ),
    Option(
        name="tools",
        value="NAME,…",
        help="Functions of the notebook, sync or async, that run when the model calls them.",
    ),
    Option(
        name="max-tool-rounds",
        value="0 to 100",
        help="How often the model may have functions called; 5 unless given.",
    ),
    Option(name="timeout", value="SECONDS", help="Give up when the answer takes longer."),
    Option(
        name="retries",
        value="0 to 10",
        help="How often a request is sent again that failed before it was answered; 2 unless set.",
    ),
    Option(
        name="no-top-up",
        help="Keep what came where the server returned fewer choices than n, and ask no more.",
    ),
    Option(
        name="background",
        help="Return at once: the answer comes while the notebook goes on. The result waits when "
        "it is used; .wait(), .cancel(), and %chat /jobs.",
    ),
    Option(name="dry-run", help="Show the request that would be sent, and send nothing."),
    Option(name="help", help="Show this help."),
)

"""The one table of request parameters, and the rules that its rows state.

Rows follow the Chat Completions reference
(https://platform.openai.com/docs/api-reference/chat/create). The magic's options, its help, the
validation messages and whatever else speaks of parameters are derived from `PARAMETERS`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from chat_magic.core.request.attachment import Attachment
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal[
    "number",
    "integer",
    "boolean",
    "string",
    "strings",
    "words",
    "pairs",
    "fields",
    "tool",
    "object",
    "array",
    "content",
]

Group = Literal["sampling", "output", "choices and probabilities", "advanced"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One row: a request field, its allowed values, and how it depends on other fields."""

    name: str
    kind: Kind
    help: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    choices_are_closed: bool = True
    max_items: int | None = None
    max_length: int | None = None
    """The most characters of a text."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The fields of an object that have a type: the words that each may be; none for any text."""
    short: str | None = None
    on_line: bool = True
    implies: str | None = None
    needs: str | None = None
    conflicts: str | None = None
    replaced_by: str | None = None
    is_known_better: bool = False
    """Whether some servers know it and not what replaced it."""
    group: Group = "advanced"
    """What it is shown with."""

    @property
    def option(self) -> str:
        """The option on the `%%chat` line, such as `--top-p`."""
        return "--" + self.name.replace("_", "-")

    @property
    def repeats(self) -> bool:
        """Whether the option may be repeated, its values adding up."""
        return self.kind in {"strings", "pairs"}

    @property
    def allowed(self) -> str:
        """What the value may be, in words: `0 to 2`, `at least 1`, `low, medium or high`."""
        if self.kind == "tool":
            return ", ".join(self.choices) + " or the name of a tool"
        if self.kind == "fields":
            return ",".join(f"{name}=…" for name in self.choices)
        if self.max_length is not None:
            return f"text of at most {self.max_length} characters"
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum} to {self.maximum}"
        if self.minimum is not None:
            return f"at least {self.minimum}"
        if self.choices:
            return _one_of(self.choices)
        return _NOUNS[self.kind]


_NOUNS: Mapping[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
    "strings": "text, or a list of texts",
    "words": "a list of words",
    "pairs": "KEY=VALUE",
    "object": "an object",
    "array": "a list",
    "content": "text, or @ and the path of a file",
}


def _table(*rows: Parameter) -> Mapping[str, Parameter]:
    return MappingProxyType({row.name: row for row in rows})


PARAMETERS: Final = _table(
    Parameter(
        name="temperature",
        kind="number",
        group="sampling",
        minimum=0,
        maximum=2,
        step=0.05,
        short="-t",
        help="Sampling temperature: higher is more random.",
    ),
    Parameter(
        name="top_p",
        kind="number",
        group="sampling",
        minimum=0,
        maximum=1,
        step=0.01,
        help="Sample only from the likeliest tokens that together have this probability; "
        "an alternative to temperature.",
    ),
    Parameter(
        name="top_k",
        kind="integer",
        group="sampling",
        minimum=1,
        help="Sample only from the K likeliest tokens.",
    ),
    Parameter(
        name="frequency_penalty",
        kind="number",
        group="sampling",
        minimum=-2,
        maximum=2,
        step=0.1,
        help="Penalize tokens in proportion to how often they have occurred so far.",
    ),
    Parameter(
        name="presence_penalty",
        kind="number",
        group="sampling",
        minimum=-2,
        maximum=2,
        step=0.1,
        help="Penalize tokens that have occurred at all so far.",
    ),
    Parameter(
        name="max_completion_tokens",
        kind="integer",
        group="output",
        minimum=1,
        help="Maximum number of tokens in a choice, including reasoning tokens.",
    ),
    Parameter(
        name="max_tokens",
        kind="integer",
        minimum=1,
        conflicts="max_completion_tokens",
        replaced_by="max_completion_tokens",
        is_known_better=True,
        help="Maximum number of tokens in a choice.",
    ),
    Parameter(
        name="n",
        kind="integer",
        group="choices and probabilities",
        minimum=1,
        maximum=128,
        short="-n",
        help="Number of choices to generate.",
    ),
    Parameter(
        name="seed",
        kind="integer",
        group="sampling",
        minimum=-(2**63),
        maximum=2**63 - 1,
        help="Sample reproducibly, as far as the server can.",
    ),
    Parameter(
        name="stop",
        kind="strings",
        group="output",
        max_items=4,
        help=r"Stop before this text; escapes such as \n are recognized.",
    ),
    Parameter(
        name="logprobs",
        kind="boolean",
        group="choices and probabilities",
        help="Return the log probabilities of the output tokens.",
    ),
    Parameter(
        name="top_logprobs",
        kind="integer",
        group="choices and probabilities",
        minimum=0,
        maximum=20,
        implies="logprobs",
        needs="logprobs",
        help="Return this many of the likeliest tokens at each position.",
    ),
    Parameter(
        name="logit_bias",
        kind="pairs",
        minimum=-100,
        maximum=100,
        help="Make a token more or less likely, as ID=BIAS.",
    ),
    Parameter(
        name="response_format",
        kind="object",
        group="output",
        on_line=False,
        help="The form of the answer: text, json_object or json_schema.",
    ),
    Parameter(
        name="tools",
        kind="array",
        max_items=128,
        on_line=False,
        help="The functions that the model may call.",
    ),
    Parameter(
        name="tool_choice",
        kind="tool",
        choices=("none", "auto", "required"),
        needs="tools",
        help="Which tool the model calls.",
    ),
    Parameter(
        name="parallel_tool_calls",
        kind="boolean",
        needs="tools",
        help="Let the model call several tools at once.",
    ),
    Parameter(
        name="functions",
        kind="array",
        on_line=False,
        replaced_by="tools",
        help="The functions that the model may call.",
    ),
    Parameter(
        name="function_call",
        kind="tool",
        choices=("none", "auto"),
        on_line=False,
        replaced_by="tool_choice",
        help="Which function the model calls.",
    ),
    Parameter(
        name="modalities",
        kind="words",
        choices=("text", "audio", "image"),
        help="The kinds of output to generate, separated by commas.",
    ),
    Parameter(
        name="audio",
        kind="fields",
        choices=("voice", "format"),
        help="Voice and format of spoken output.",
    ),
    Parameter(
        name="prediction",
        kind="content",
        help="Text that the answer will largely repeat, to speed it up; @PATH reads a file.",
    ),
    Parameter(
        name="reasoning_effort",
        kind="string",
        group="output",
        choices=("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        choices_are_closed=False,
        help="How much a reasoning model reasons before it answers.",
    ),
    Parameter(
        name="verbosity",
        kind="string",
        group="output",
        choices=("low", "medium", "high"),
        choices_are_closed=False,
        help="How long and detailed the answer is.",
    ),
    Parameter(
        name="metadata",
        kind="pairs",
        max_items=16,
        help="Tags for the provider's dashboard, as KEY=VALUE.",
    ),
    Parameter(
        name="store",
        kind="boolean",
        help="Let the provider keep the output for distillation or evals.",
    ),
    Parameter(
        name="stream",
        kind="boolean",
        help="Receive the answer while it is being generated; on by default.",
    ),
    Parameter(
        name="stream_options",
        kind="object",
        on_line=False,
        help="What a stream contains besides the answer.",
    ),
    Parameter(
        name="service_tier",
        kind="string",
        choices=("auto", "default", "flex", "scale", "priority", "fast"),
        choices_are_closed=False,
        help="The tier that serves the request, which decides its price and speed.",
    ),
    Parameter(
        name="web_search_options",
        kind="object",
        on_line=False,
        fields={"search_context_size": ("low", "medium", "high")},
        help="Search the web before the answer: search_context_size and user_location.",
    ),
    Parameter(
        name="prompt_cache_key",
        kind="string",
        help="Requests with the same key share the provider's cache of prompts.",
    ),
    Parameter(
        name="prompt_cache_options",
        kind="object",
        on_line=False,
        fields={"mode": ("implicit", "explicit"), "ttl": ()},
        help="How the provider caches the prompt: mode, and ttl such as 30m.",
    ),
    Parameter(
        name="prompt_cache_retention",
        kind="string",
        choices=("in_memory", "24h"),
        choices_are_closed=False,
        on_line=False,
        replaced_by="prompt_cache_options",
        help="How long the provider caches the prompt.",
    ),
    Parameter(
        name="safety_identifier",
        kind="string",
        max_length=64,
        help="A stable name of the end user, such as a hash, for the provider's abuse checks.",
    ),
    Parameter(
        name="user",
        kind="string",
        on_line=False,
        replaced_by="safety_identifier",
        help="A stable name of the end user.",
    ),
    Parameter(
        name="moderation",
        kind="object",
        on_line=False,
        fields={"model": (), "policy": ()},
        help="Moderate the request: model and policy; the answer has the scores.",
    ),
)

Past = Literal["--extra", "extra="] | None
"""Where a value is given to be sent unchecked: on the line, in Python, or nowhere."""

_LONGEST_SHOWN = 60
"""Characters of a value in an error."""
_BARE_WORD = re.compile(r"[^\W\d][\w.-]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_ESCAPE = re.compile(r"\\(?:([nrt0\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", "'": "'", '"': '"'}


def unescape(text: str) -> str:
    r"""Turn escapes such as `\n`, `\x1b` and `\u00e9` into characters; others stay as typed."""

    def character(match: re.Match[str]) -> str:
        simple, short, long = match.groups()
        return _ESCAPED[simple] if simple else chr(int(short or long, 16))

    return _ESCAPE.sub(character, text)


def read_word(parameter: Parameter, word: str, before: Any = None) -> Any:
    """Turn an option's word into its value; `check` judges it.

    Args:
        parameter: The row of the option.
        word: What was typed.
        before: The value so far, of an option that may be given several times.
    """
    match parameter.kind:
        case "number" | "integer":
            return _read_number(word)
        case "strings":
            return [*(before or ()), unescape(word)]
        case "words":
            return word.split(",")
        case "pairs":
            key, equals, value = word.partition("=")
            if not equals:
                raise InvalidRequest(f"{parameter.option} {word}: write KEY=VALUE")
            is_number = parameter.minimum is not None
            return {**(before or {}), key: _read_number(value) if is_number else value}
        case "content":
            text = Attachment("text", word[1:], line=1) if word.startswith("@") else word
            return {"type": "content", "content": text}
        case "fields":
            return _read_fields(parameter, word)
        case "tool" if word not in parameter.choices:
            return {"type": "function", "function": {"name": word}}
        case _:
            return word


def _read_fields(parameter: Parameter, word: str) -> dict[str, str]:
    fields = [field.partition("=") for field in word.split(",")]
    if not all(equals for _, equals, _ in fields):
        raise InvalidRequest(f"{parameter.option} {word}: write {parameter.allowed}")
    return {name.strip(): value for name, _, value in fields}


def _read_number(word: str) -> int | float | str:
    if _INTEGER.fullmatch(word):
        return int(word)
    return float(word) if _NUMBER.fullmatch(word) else word


def check(
    parameter: Parameter, value: Any, label: str | None = None, *, past: Past = "--extra"
) -> Any:
    """Return the value as it is sent, or raise InvalidRequest naming what is allowed.

    Args:
        parameter: The row that the value is for.
        value: Any JSON value.
        label: What the user wrote it as; the field's name if not given.
        past: Where the user can give the value to send it all the same; None for nowhere.
    """
    fault = fault_of(parameter, value)
    if fault:
        shown = f"{label or parameter.name} {show(value)}"
        raise InvalidRequest(f"{shown}: {fault}{_way_past(parameter.name, value, past)}")
    return value


def fault_of(parameter: Parameter, value: Any) -> str | None:
    """Return what a value must be, in words, if it is not that."""
    if _fits(parameter, value):
        return None
    if parameter.max_items is not None and _is_too_long(parameter, value):
        return f"at most {parameter.max_items} are allowed"
    return f"must be {_must_be(parameter, value)}"


def _way_past(name: str, value: Any, past: Past) -> str:
    """Say how a value is sent that its field does not allow."""
    if past is None or name not in PARAMETERS:
        return ""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return ""
    if past == "extra=":
        word = repr(value)
        way = f"extra={{{name!r}: {word if len(word) <= _LONGEST_SHOWN else '…'}}}"
    else:
        word = _extra_word(value, text)
        way = f"--extra {name}={word if len(word) <= _LONGEST_SHOWN else '…'}"
    return f"; to send it all the same: {way}"


def _extra_word(value: Any, text: str) -> str:
    """Return the value of `--extra` that is read as this one, whose JSON is the text."""
    if not isinstance(value, str):
        return text
    if _BARE_WORD.fullmatch(value) and value not in {"true", "false", "null"}:
        return value
    return f"'{text}'" if "'" not in text else "…"


def show(value: Any) -> str:
    """Return a value as an error shows it, cut where it is long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "…"


def _must_be(parameter: Parameter, value: Any) -> str:
    match parameter.kind:
        case "integer":
            return f"a whole number, {parameter.allowed}"
        case "pairs" if parameter.minimum is None:
            return "keys and values that are text"
        case "pairs":
            return f"token ids with a bias of {parameter.allowed}"
        case "tool":
            return ", ".join(parameter.choices) + " or an object that names a tool"
        case "fields":
            return "an object with " + " and ".join(parameter.choices)
        case "content":
            return "an object with type and content"
        case "object" if isinstance(value, dict) and (name := _bad_field(parameter, value)):
            choices = parameter.fields[name]
            return f"an object whose {name} is {_one_of(choices) if choices else 'text'}"
        case _:
            return parameter.allowed


def _bad_field(parameter: Parameter, value: Mapping[str, Any]) -> str | None:
    """Return the first field of an object that has a wrong value."""
    for name, choices in parameter.fields.items():
        given = value.get(name, next(iter(choices), ""))
        if not isinstance(given, str) or (choices and given not in choices):
            return name
    return None


def _one_of(choices: tuple[str, ...]) -> str:
    return ", ".join(choices[:-1]) + " or " + choices[-1]


def _fits(parameter: Parameter, value: Any) -> bool:
    match parameter.kind:
        case "number":
            return is_number(value) and _in_range(parameter, value)
        case "integer":
            return is_number(value) and isinstance(value, int) and _in_range(parameter, value)
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str) and _text_fits(parameter, value)
        case "strings":
            return isinstance(value, str) or _is_list_of_text(parameter, value)
        case "words":
            return _is_list_of_text(parameter, value) and set(value) <= set(parameter.choices)
        case "pairs":
            return isinstance(value, dict) and _pairs_fit(parameter, value)
        case "tool":
            return isinstance(value, dict) or value in parameter.choices
        case "fields":
            return isinstance(value, dict) and set(parameter.choices) <= set(value)
        case "object":
            return isinstance(value, dict) and _bad_field(parameter, value) is None
        case "content":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list) and not _is_too_long(parameter, value)


def _text_fits(parameter: Parameter, value: str) -> bool:
    is_closed = parameter.choices_are_closed and bool(parameter.choices)
    is_short = parameter.max_length is None or len(value) <= parameter.max_length
    return is_short and (not is_closed or value in parameter.choices)


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_range(parameter: Parameter, value: float) -> bool:
    low = parameter.minimum is None or value >= parameter.minimum
    return low and (parameter.maximum is None or value <= parameter.maximum)


def _is_too_long(parameter: Parameter, value: Any) -> bool:
    limit = parameter.max_items
    return limit is not None and isinstance(value, list | dict) and len(value) > limit


def _is_list_of_text(parameter: Parameter, value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) for item in value)
        and not _is_too_long(parameter, value)
    )


def _pairs_fit(parameter: Parameter, value: Mapping[str, Any]) -> bool:
    if parameter.minimum is None:
        return not _is_too_long(parameter, value) and all(
            isinstance(item, str) for item in value.values()
        )
    return all(key.isascii() and key.isdigit() for key in value) and all(
        is_number(item) and _in_range(parameter, item) for item in value.values()
    )


def apply_implied(given: Mapping[str, Any]) -> dict[str, Any]:
    """Add what the parameters imply: `top_logprobs` turns `logprobs` on."""
    added = {
        row.implies: True
        for name in given
        if (row := PARAMETERS[name]).implies and given[name] is not UNSET
    }
    return {**added, **given}


def imply_with(given: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Add what the parameters, and those among the extra fields, imply to the parameters."""
    implied = apply_implied({name: value for name, value in extra.items() if name in PARAMETERS})
    added = {name: value for name, value in implied.items() if name not in extra}
    return {**added, **apply_implied(given)}


def check_together(
    parameters: Mapping[str, Any], as_given: Mapping[str, Any] = {}
) -> tuple[str, ...]:
    """Check the parameters of a request against each other.

    Args:
        parameters: Values by field name, each already checked by itself.
        as_given: Further fields, which are sent unchecked.

    Returns:
        Warnings in plain words.

    Raises:
        InvalidRequest: One needs, or excludes, another.
    """
    for name in parameters:
        row = PARAMETERS[name]
        if name in as_given:
            raise InvalidRequest(f"{name}: is given both by itself and as an extra field")
        if row.needs and not (parameters.get(row.needs) or as_given.get(row.needs)):
            raise InvalidRequest(
                f"{name} requires {row.needs}, which is {_lacking(row, parameters)}"
            )
        if row.conflicts in parameters:
            raise InvalidRequest(f"{name} and {row.conflicts} exclude each other: set only one")
    speaks = "audio" in parameters.get("modalities", ())
    if speaks and not {"audio"} & {*parameters, *as_given}:
        raise InvalidRequest("modalities has audio, which requires the field audio (voice, format)")
    return (*_warnings(parameters), *_as_given_warnings(as_given))


def _lacking(row: Parameter, parameters: Mapping[str, Any]) -> str:
    return "off" if row.needs in parameters else "not set"


def _warnings(parameters: Mapping[str, Any]) -> Iterable[str]:
    for name, value in parameters.items():
        row = PARAMETERS[name]
        if row.replaced_by and not row.is_known_better:
            yield f"{name} is deprecated: use {row.replaced_by}"
        if row.choices and isinstance(value, str) and value not in row.choices:
            yield f"{name} {value} is not {row.allowed}: sent as it is"
    if "temperature" in parameters and "top_p" in parameters:
        yield "temperature and top_p are both set: it is better to set only one"


def _as_given_warnings(fields: Mapping[str, Any]) -> Iterable[str]:
    """Yield a warning for each field of the table that is sent unchecked."""
    for name, value in fields.items():
        row = PARAMETERS.get(name)
        if row is not None:
            fault = fault_of(row, value)
            reference = f", although the reference says: {fault}" if fault else ""
            yield f"{name} {show(value)}: sent as given{reference}"


def replaced_warnings(parameters: Iterable[str], *, is_newest: bool) -> tuple[str, ...]:
    """Return warnings about parameters whose replacement not every server knows.

    Args:
        parameters: The names of those that are sent.
        is_newest: Whether the server is known to take what replaced them.
    """
    rows = [row for name in parameters if (row := PARAMETERS[name]).is_known_better]
    if is_newest:
        return tuple(f"{row.name} is deprecated: use {row.replaced_by}" for row in rows)
    return tuple(
        f"{row.name} is the older name of {row.replaced_by}: sent as it is, since not every server "
        "knows the newer one"
        for row in rows
    )

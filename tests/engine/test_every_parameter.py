r"""Every row of the parameter table, from the user's input to what a server receives.

A row is given on the line, in YAML, in a JSON body and in Python; the sent JSON is compared as
text, so that 1, 1.0 and true differ.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

import chat_magic
from chat_magic import UNSET, InvalidRequest
from chat_magic.core.request.parameters import PARAMETERS
from tests.completions import completion
from tests.gateway import Gateway, streamed, whole

MESSAGES = [{"role": "user", "content": "Hi"}]
PLAIN = {"model": "a/b", "messages": MESSAGES}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
FORMS = ("line", "yaml", "json", "python")

NAMED_TOOL = {"type": "function", "function": {"name": "f"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
TOOLS = [{"type": "function", "function": {"name": f"f{i}"}} for i in range(129)]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
VOICE = {"voice": "alloy", "format": "wav"}
PREDICTION = {"type": "content", "content": "a b"}


@dataclass(frozen=True)
class Row:
    """The values that a field accepts and refuses.

    `taken` has the words of the line (None: not on the line) and the value that is sent;
    `refused` the words, the value (None: only on the line) and what the error says.
    """

    taken: list[tuple[str | None, Any]]
    refused: list[tuple[str | None, Any, str]]
    beside: dict[str, Any] = field(default_factory=dict)
    """Further fields that it requires, sent with it."""
    implied: dict[str, Any] = field(default_factory=dict)
    """Fields that it implies; only a JSON body must set them itself."""


ROWS = {
    "temperature": Row(
        [("-t 0", 0), ("--temperature 0.7", 0.7), ("--temperature=2", 2)],
        [
            ("-t 2.1", 2.1, "must be 0 to 2"),
            ("-t -1", -1, "must be 0 to 2"),
            ("-t hot", "hot", "must be 0 to 2"),
            (None, True, "must be 0 to 2"),
        ],
    ),
    "top_p": Row(
        [("--top-p 0", 0), ("--top_p .5", 0.5), ("--top-p 1", 1)],
        [("--top-p 1.01", 1.01, "must be 0 to 1"), ("--top-p -0.1", -0.1, "must be 0 to 1")],
    ),
    "top_k": Row(
        [("--top-k 1", 1), ("--top-k 1000000", 1000000)],
        [
            ("--top-k 0", 0, "must be a whole number, at least 1"),
            ("--top-k 1.5", 1.5, "must be a whole number, at least 1"),
        ],
    ),
    "frequency_penalty": Row(
        [("--frequency-penalty -2", -2), ("--frequency-penalty 2", 2)],
        [("--frequency-penalty 2.1", 2.1, "must be -2 to 2")],
    ),
    "presence_penalty": Row(
        [("--presence-penalty -2", -2), ("--presence-penalty 1e-1", 0.1)],
        [("--presence-penalty -2.1", -2.1, "must be -2 to 2")],
    ),
    "max_completion_tokens": Row(
        [("--max-completion-tokens 1", 1)],
        [("--max-completion-tokens 0", 0, "at least 1"), (None, "1", "must be a whole number")],
    ),
    "max_tokens": Row(
        [("--max-tokens 5", 5)],
        [("--max-tokens 0", 0, "at least 1")],
    ),
    "n": Row(
        [("-n 1", 1), ("--n 128", 128)],
        [
            ("-n 0", 0, "must be a whole number, 1 to 128"),
            ("-n 129", 129, "1 to 128"),
            ("-n 2.0", 2.0, "must be a whole number"),
            ("-n true", True, "must be a whole number"),
        ],
    ),
    "seed": Row(
        [
            ("--seed 0", 0),
            ("--seed -9223372036854775808", -(2**63)),
            ("--seed 9223372036854775807", 2**63 - 1),
        ],
        [
            ("--seed 9223372036854775808", 2**63, "to 9223372036854775807"),
            ("--seed -9223372036854775809", -(2**63) - 1, "-9223372036854775808 to"),
        ],
    ),
    "stop": Row(
        [
            (None, "a"),
            ("--stop a", ["a"]),
            (r"--stop \n", ["\n"]),
            (r"--stop '\t\x41\u00e9\\n\d b'", ["\tAé\\n\\d b"]),
            ("--stop --n", ["--n"]),
            ("--stop a --stop b --stop=c --stop 'd d'", ["a", "b", "c", "d d"]),
        ],
        [
            (" ".join(["--stop a"] * 5), ["a"] * 5, "at most 4 are allowed"),
            (None, [], "must be text, or a list of texts"),
            (None, [1], "must be text, or a list of texts"),
        ],
    ),
    "logprobs": Row(
        [("--logprobs", True), ("--no-logprobs", False)],
        [
            ("--logprobs=1", None, "--logprobs takes no value"),
            (None, 1, "must be true or false"),
            ("--logprobs --no-logprobs", None, "is given both with and without no-"),
        ],
    ),
    "top_logprobs": Row(
        [("--top-logprobs 0", 0), ("--top-logprobs 20", 20)],
        [
            ("--top-logprobs 21", 21, "must be a whole number, 0 to 20"),
            ("--top-logprobs -1", -1, "0 to 20"),
            ("--top-logprobs 2 --no-logprobs", None, "requires logprobs, which is off"),
        ],
        implied={"logprobs": True},
    ),
    "logit_bias": Row(
        [
            (None, {}),
            ("--logit-bias 50256=-100", {"50256": -100}),
            ("--logit-bias 1=100 --logit-bias 2=.5", {"1": 100, "2": 0.5}),
        ],
        [
            ("--logit-bias the=1", {"the": 1}, "must be token ids with a bias of -100 to 100"),
            ("--logit-bias 1.5=1", {"1.5": 1}, "must be token ids"),
            ("--logit-bias -1=1", {"-1": 1}, "must be token ids"),
            ("--logit-bias 1=101", {"1": 101}, "-100 to 100"),
            ("--logit-bias 1=x", {"1": "x"}, "-100 to 100"),
            ("--logit-bias 1", None, "write KEY=VALUE"),
        ],
    ),
    "response_format": Row(
        [(None, {"type": "text"}), (None, {"type": "json_object"}), (None, SCHEMA)],
        [(None, "json_object", "must be an object")],
    ),
    "tools": Row(
        [(None, [TOOL]), (None, TOOLS[:128])],
        [(None, TOOLS, "at most 128 are allowed"), (None, TOOL, "must be a list")],
    ),
    "tool_choice": Row(
        [
            ("--tool-choice none", "none"),
            ("--tool-choice auto", "auto"),
            ("--tool-choice required", "required"),
            ("--tool-choice f", NAMED_TOOL),
        ],
        [(None, "f", "must be none, auto, required or an object that names a tool")],
        beside={"tools": [TOOL]},
    ),
    "parallel_tool_calls": Row(
        [("--parallel-tool-calls", True), ("--no-parallel-tool-calls", False)],
        [(None, "no", "must be true or false")],
        beside={"tools": [TOOL]},
    ),
    "functions": Row([(None, [{"name": "f"}])], [(None, {"name": "f"}, "must be a list")]),
    "function_call": Row(
        [(None, "none"), (None, "auto"), (None, {"name": "f"})],
        [(None, "required", "must be none, auto or an object")],
    ),
    "modalities": Row(
        [
            ("--modalities text", ["text"]),
            ("--modalities text,audio", ["text", "audio"]),
            ("--modalities text,image", ["text", "image"]),
        ],
        [
            ("--modalities video", ["video"], "must be text, audio or image"),
            ("--modalities text,", ["text", ""], "must be text, audio or image"),
            (None, "text", "must be text, audio or image"),
            (None, [], "must be text, audio or image"),
        ],
        beside={"audio": VOICE},
    ),
    "audio": Row(
        [("--audio voice=alloy,format=wav", VOICE), ("--audio 'voice=alloy, format=wav'", VOICE)],
        [
            ("--audio alloy", None, "--audio alloy: write voice=…,format=…"),
            (None, "alloy", "must be an object with voice and format"),
            ("--audio voice=alloy", {"voice": "alloy"}, "must be an object with voice and format"),
            (None, {}, "must be an object with voice and format"),
        ],
    ),
    "prediction": Row(
        [("--prediction 'a b'", PREDICTION), (None, PREDICTION)],
        [(None, "a b", "must be an object")],
    ),
    "reasoning_effort": Row(
        [
            ("--reasoning-effort low", "low"),
            ("--reasoning-effort high", "high"),
            ("--reasoning-effort minimal", "minimal"),
            ("--reasoning-effort none", "none"),
            ("--reasoning-effort max", "max"),
            ("--reasoning-effort ultra", "ultra"),
        ],
        [(None, 1, "must be none, minimal, low"), (None, ["low"], "high, xhigh or max")],
    ),
    "verbosity": Row(
        [("--verbosity low", "low"), ("--verbosity high", "high"), ("--verbosity loud", "loud")],
        [(None, 1, "must be low, medium or high")],
    ),
    "metadata": Row(
        [
            (None, {}),
            ("--metadata k=v --metadata 'a b=c=d'", {"k": "v", "a b": "c=d"}),
            (
                " ".join(f"--metadata k{i}={i}" for i in range(16)),
                {f"k{i}": str(i) for i in range(16)},
            ),
        ],
        [
            (
                " ".join(f"--metadata k{i}={i}" for i in range(17)),
                {f"k{i}": str(i) for i in range(17)},
                "at most 16 are allowed",
            ),
            (None, {"k": 1}, "must be keys and values that are text"),
            ("--metadata k", None, "write KEY=VALUE"),
        ],
    ),
    "store": Row(
        [("--store", True), ("--no-store", False)],
        [(None, 1, "must be true or false"), ("--store=1", None, "takes no value")],
    ),
    "stream": Row(
        [("--stream", True), ("--no-stream", False)],
        [(None, "no", "must be true or false")],
    ),
    "stream_options": Row(
        [(None, {"include_usage": False}), (None, {})],
        [(None, True, "must be an object")],
    ),
    "service_tier": Row(
        [("--service-tier flex", "flex"), ("--service-tier auto", "auto"), (None, "slow")],
        [(None, 1, "must be auto, default, flex, scale, priority or fast")],
    ),
    "web_search_options": Row(
        [(None, {}), (None, {"search_context_size": "low", "user_location": {"type": "x"}})],
        [
            (None, {"search_context_size": "big"}, "search_context_size is low, medium or high"),
            (None, True, "must be an object"),
        ],
    ),
    "prompt_cache_key": Row(
        [("--prompt-cache-key k", "k"), ("--prompt-cache-key 'a b'", "a b")],
        [(None, 1, "must be text")],
    ),
    "prompt_cache_options": Row(
        [(None, {"mode": "explicit", "ttl": "30m"}), (None, {})],
        [
            (None, {"mode": "off"}, "mode is implicit or explicit"),
            (None, {"ttl": 30}, "an object whose ttl is text"),
        ],
    ),
    "prompt_cache_retention": Row(
        [(None, "in_memory"), (None, "24h")], [(None, 24, "must be in_memory or 24h")]
    ),
    "safety_identifier": Row(
        [("--safety-identifier ada", "ada"), (None, "x" * 64)],
        [(f"--safety-identifier {'x' * 65}", "x" * 65, "must be text of at most 64 characters")],
    ),
    "user": Row([(None, "ada")], [(None, 1, "must be text")]),
    "moderation": Row(
        [(None, {"model": "m", "policy": "p"})],
        [(None, {"model": 1}, "an object whose model is text")],
    ),
}


def answer(request):
    """Answer with the requested number of choices, streamed or not."""
    asked = request.json
    n_top = asked.get("top_logprobs", 0) if asked.get("logprobs") else None
    reply = completion(*["Hi"] * asked.get("n", 1), n_top=n_top)
    return streamed(reply) if asked.get("stream") else whole(reply)


@pytest.fixture(scope="module")
def server():
    """One gateway for all, the configured one."""
    with Gateway(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAT_MAGIC_BASE_URL", server.base_url)
        yield server


@pytest.fixture(scope="module", autouse=True)
def _magics(shell):
    """Load the extension."""
    chat_magic.load_ipython_extension(shell)
    yield
    chat_magic.unload_ipython_extension(shell)


@pytest.fixture
def run_cell(server, shell):
    """Return a function that runs a cell and returns what was sent, and the warnings."""

    def run(cell):
        server.requests.clear()
        shell.user_ns["result"] = None
        ran = shell.run_cell(cell)
        ran.raise_error()
        return server.requests[0].json, shell.user_ns["result"].warnings

    return run


@pytest.fixture
def send(server, run_cell):
    """Return a function that gives fields in one of the forms."""

    def send(form, line, fields, beside):
        if form == "line":
            return run_cell(f"%%chat a/b --out result {line} ;\n{front(beside)}user: Hi")
        if form == "yaml":
            return run_cell(f"%%chat a/b --out result ;\n{front(fields | beside)}user: Hi")
        if form == "json":
            return run_cell(f"%%chat --out result ;\n{json.dumps({**PLAIN, **fields, **beside})}")
        server.requests.clear()
        result = chat_magic.chat("Hi", model="a/b", **fields, **beside)
        return server.requests[0].json, result.warnings

    return send


def front(fields):
    """Write a YAML block."""
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in fields.items()]
    return "".join(["---\n", *lines, "---\n"]) if lines else ""


def as_text(value):
    return json.dumps(value, sort_keys=True)


def expected(fields):
    streamed = {} if fields.get("stream") is False else STREAMED
    return as_text({**PLAIN, **streamed, **fields})


def forms_of(line, value):
    return [form for form in FORMS if (line if form == "line" else value) is not None]


TAKEN = [
    (name, form, line, value)
    for name, row in ROWS.items()
    for line, value in row.taken
    for form in forms_of(line, value)
]
REFUSED = [
    (name, form, line, value, words)
    for name, row in ROWS.items()
    for line, value, words in row.refused
    for form in forms_of(line, value)
]


def test_every_row_of_the_table_has_its_cases():
    """In each form that it has, taken and refused; a new row needs a case."""
    assert list(ROWS) == list(PARAMETERS)
    for name, row in ROWS.items():
        forms = {form for case in row.taken for form in forms_of(*case)}
        assert forms == set(FORMS) - (set() if PARAMETERS[name].on_line else {"line"}), name
        assert any(value is not None for _, value, _ in row.refused), name


@pytest.mark.parametrize(("name", "form", "line", "value"), TAKEN)
def test_a_value_is_sent_unchanged(send, name, form, line, value):
    """With the fields that it requires and implies only; a deprecated field is a warning."""
    row = ROWS[name]
    beside = row.beside | (row.implied if form == "json" else {})
    sent, warnings = send(form, line, {name: value}, beside)
    assert as_text(sent) == expected({name: value, **row.beside, **row.implied})
    successor = PARAMETERS[name].replaced_by
    is_told = successor is not None and not PARAMETERS[name].is_known_better
    assert (f"{name} is deprecated: use {successor}" in warnings) == is_told


@pytest.mark.parametrize(("name", "form", "line", "value", "words"), REFUSED)
def test_a_refused_value_sends_nothing(server, send, name, form, line, value, words):
    """The error names the option or field, and what is allowed."""
    row = ROWS[name]
    beside = row.beside | (row.implied if form == "json" else {})
    with pytest.raises(InvalidRequest, match=words) as caught:
        send(form, line, {name: value}, beside)
    assert {name, PARAMETERS[name].option} & set(re.findall(r"[\w-]+", caught.value.message))
    assert server.requests == []


@pytest.mark.parametrize("name", ROWS)
def test_what_is_unset_is_not_sent(send, name):
    """By `--unset` and in Python; a parameter that is not set is not sent either."""
    usual = {**PLAIN, **STREAMED}
    kept = {key: value for key, value in usual.items() if key != name}
    if name == "stream":
        del kept["stream_options"]
    for sent, warnings in (
        send("line", f"--unset {name}", {}, {}),
        send("python", None, {name: UNSET}, {}),
    ):
        assert as_text(sent) == as_text(kept)
        assert warnings == ()
    assert as_text(send("line", "", {}, {})[0]) == as_text(usual)


def test_the_line_unsets_what_the_body_sets(send):
    """The line wins."""
    assert "seed" not in send("line", "--unset seed", {}, {"seed": 1})[0]


@pytest.mark.parametrize("form", ["line", "yaml", "python"])
def test_top_logprobs_contradicts_an_explicit_no(server, send, form):
    """`top_logprobs` with `logprobs` off is an error."""
    fields = {"top_logprobs": 2, "logprobs": False}
    with pytest.raises(InvalidRequest, match="top_logprobs requires logprobs, which is off"):
        send(form, "--top-logprobs 2 --no-logprobs", fields, {})
    assert server.requests == []


def test_top_logprobs_in_a_json_body_needs_logprobs_there_or_the_line(server, send, run_cell):
    """A JSON body is sent unchanged; an option of the line sets `logprobs` too."""
    with pytest.raises(InvalidRequest, match="top_logprobs requires logprobs, which is not set"):
        send("json", None, {"top_logprobs": 2}, {})
    assert server.requests == []
    sent, _ = run_cell(f"%%chat --out result --top-logprobs 2 ;\n{json.dumps(PLAIN)}")
    assert as_text(sent) == expected({"top_logprobs": 2, "logprobs": True})


EXTRA = {"min_p": 0.1, "provider": {"order": ["a", "b"]}, "flag": None}


@pytest.mark.parametrize("form", FORMS)
def test_unknown_fields_are_sent_under_their_own_names(send, form):
    """`--extra KEY=JSON`, `extra:`, the JSON body itself, `extra=`."""
    line = '--extra min_p=0.1 --extra provider={"order": ["a", "b"]} --extra flag=null'
    fields = EXTRA if form == "json" else {"extra": EXTRA}
    sent, _ = send(form, line, fields if form != "line" else {}, {})
    assert as_text(sent) == expected(EXTRA)


@pytest.mark.parametrize(
    ("form", "line", "fields", "words"),
    [
        ("line", "--extra model=a", {}, "extra model"),
        ("line", "--extra k={x", {}, "--extra k={x: the value is not JSON"),
        ("yaml", "", {"extra": {"messages": []}}, "extra messages"),
        ("python", "", {"extra": {"model": "a"}}, "extra model"),
        ("line", "-t 1 --extra temperature=1", {}, "temperature: is given both"),
        ("yaml", "", {"seed": 1, "extra": {"seed": 2}}, "seed: is given both"),
        ("python", "", {"seed": 1, "extra": {"seed": 2}}, "seed: is given both"),
        ("line", "--tempreature 1", {}, "did you mean --temperature"),
        ("yaml", "", {"tempreature": 1}, "did you mean temperature"),
        ("python", "", {"tempreature": 1}, "did you mean temperature"),
    ],
)
def test_a_field_is_given_once_and_by_its_name(server, send, form, line, fields, words):
    """The error names the option to use."""
    with pytest.raises(InvalidRequest, match=words):
        send(form, line, fields, {})
    assert server.requests == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("fields", "line", "words"),
    [
        ({"tool_choice": "auto"}, "--tool-choice auto", "tool_choice requires tools"),
        ({"parallel_tool_calls": True}, "--parallel-tool-calls", "parallel_tool_calls requires"),
        (
            {"max_tokens": 1, "max_completion_tokens": 1},
            "--max-tokens 1 --max-completion-tokens 1",
            "max_tokens and max_completion_tokens exclude each other",
        ),
        ({"modalities": ["text", "audio"]}, "--modalities text,audio", "requires the field audio"),
    ],
)
def test_contradictory_parameters_send_nothing(server, send, form, fields, line, words):
    """In whatever form it is given."""
    with pytest.raises(InvalidRequest, match=words):
        send(form, line, fields, {})
    assert server.requests == []


@pytest.mark.parametrize("form", ["line", "yaml", "python"])
@pytest.mark.parametrize(
    ("field", "value", "word", "warning"),
    [
        (
            "temperature",
            3,
            "3",
            "temperature 3: sent as given, although",
        ),
        (
            "reasoning_effort",
            0.5,
            "0.5",
            "reasoning_effort 0.5: sent as given, although",
        ),
        (
            "stop",
            [*"abcde"],
            '["a","b","c","d","e"]',
            "reference says: at most 4 are allowed",
        ),
        ("max_tokens", 5, "5", "max_tokens 5: sent as given"),
        ("tools", [{"type": "x"}], '[{"type": "x"}]', "sent as given"),
    ],
)
def test_a_value_beyond_its_range_is_sent_as_given(send, form, field, value, word, warning):
    """By `--extra` and `extra:`, with a warning that says so."""
    fields = {} if form == "line" else {"extra": {field: value}}
    sent, warnings = send(form, f"--extra {field}='{word}'", fields, {})
    assert as_text(sent) == expected({field: value})
    assert any(warning in words for words in warnings)


def test_a_refusal_in_python_names_the_argument(server):
    """On the line it names the option."""
    with pytest.raises(InvalidRequest, match=r"all the same: extra=\{'temperature': 3\}$"):
        chat_magic.chat("Hi", model="a/b", temperature=3)

"""The cell grammar: what a cell's text means, what it refuses, and that writing reads back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.core.cell.cell import parse, read_cell, read_prompt, write
from chat_magic.core.cell.options import Option
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

DEEP = "[" * 3_000 + "]" * 3_000
DEEP_YAML = "[" * 600 + "]" * 600
"""Its reader takes the square of the depth, and ends at a depth below that."""


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("%%chat\n\nhello\nuser: hi", 3, "before the first role line"),
        ("%%chat\nSYSTEM: be\nuser: hi", 2, "SYSTEM: is text: roles are written in lowercase"),
        ("%%chat\nsystem\uff1abe\nuser: hi", 2, "a role ends in a colon, system:"),
        ("%%chat\nuser: hi\ntool: x", 3, "tool(CALL_ID):"),
        ("%%chat\nsystem: hi\n@image x.png", 3, "only user messages"),
        ("%%chat\n---\ntemperature: 0", 2, "not closed"),
        ("%%chat\n---\ntemperature: 3\n---\nhi", 3, "0 to 2"),
        ("%%chat\n---\nn: 1\ntempreature: 1\n---\nhi", 4, "did you mean temperature?"),
        ("%%chat\n---\nn: [1\n---\nhi", 3, "YAML"),
        ("%%chat\n---\n- 1\n---\nhi", 2, "fields and values"),
        ("%%chat\n---\nextra: {model: a}\n---\nhi", 3, "known field"),
        ("%%chat\n---\nn: 1\nextra: {n: 2}\n---\nhi", 3, "both by itself and under extra"),
        ("%%chat\n---\nn: 1\ntemperature: .nan\n---\nhi", 4, "temperature nan: is not a number"),
        ("%%chat\n---\nextra:\n  a:\n    b: -.inf\n---\nhi", 5, "extra.a.b -inf: is not a number"),
        ("%%chat\n---\nextra:\n  a: !!set {b}\n---\nhi", 4, "extra.a: set is not a type"),
        ("%%chat --temperature 3\nhi", 1, "0 to 2"),
        ("%%chat --tempreature 1\nhi", 1, "did you mean --temperature?"),
        ("%%chat --temp 1\nhi", 1, "did you mean --temperature?"),
        ("%%chat --n\nhi", 1, "requires a value"),
        ("%%chat --n 1 --n 2\nhi", 1, "given twice"),
        ("%%chat --logprobs=1\nhi", 1, "takes no value"),
        ("%%chat --logprobs --no-logprobs\nhi", 1, "with and without no-"),
        ("%%chat --n 2 --unset n\nhi", 1, "both set and unset"),
        ("%%chat --unset m\nhi", 1, "no such parameter"),
        ("%%chat a/b c\nhi", 1, "is not an option: the prompt belongs below"),
        ("%%chat a/b -m c/d\nhi", 1, "given twice: a/b, c/d"),
        ("%%chat 'a/b\nhi", 1, "not closed"),
        ("%%chat --extra k\nhi", 1, "KEY=JSON"),
        ("%%chat --extra k={x\nhi", 1, "not JSON"),
        ("%%chat --extra 'k=[1'\nhi", 1, "not JSON"),
        ("%%chat --extra 'k=\"a'\nhi", 1, "not JSON"),
        (f"%%chat --extra k={DEEP}\nhi", 1, "more than 200 lists"),
        (f"%%chat\n---\nextra:\n  k: {DEEP_YAML}\n---\nhi", 3, "more than 200 lists"),
        (f'%%chat\n{{"messages": [], "k": {DEEP}}}', 2, "more than 200 lists"),
        (f'%%chat\n{{"messages": [], "k": {"[" * 3000}', 2, "more than 200 lists"),
        (f'%%chat\n{{"messages": [], k: {DEEP},}}', 2, "more than 200 lists"),
        ("%%chat --api-key sk-1\nhi", 1, "saved with the notebook"),
        ('%%chat\n{"messages": [\n{"role": "user" "content": 1}]}', 3, "looks like a JSON request"),
        ('%%chat\n{"n": 1, "messages": [}', 2, "looks like a JSON request"),
        ('%%chat\n{"messages": [{"role": "usr", "content": "x"}]}', 2, "messages[0]"),
        ('%%chat\n{"messages": [],\n"temperature": "hot"}', 3, "temperature hot"),
        ("%%chat\nhello {{ nobody }}", 2, "'nobody' is undefined"),
        ("%%chat --stop {{ nobody }}\nhi", 1, "'nobody' is undefined"),
        ("%%chat\n---\nn: 1\nmetadata: {a: '{{ nobody }}'}\n---\nhi", 4, "'nobody' is undefined"),
    ],
)
def test_an_error_names_its_line_and_what_to_change(cell, line, words):
    """Nothing is sent, and the message says where in the cell and what is allowed."""
    with pytest.raises(InvalidRequest) as caught:
        parse(cell)
    assert caught.value.line == line
    assert words in str(caught.value)


def test_the_line_wins_over_the_block_and_the_block_over_json():
    """Line over YAML over JSON body."""
    cell = '%%chat --n 3\n---\nn: 2\nseed: 2\n---\n{"messages": [], "n": 1, "seed": 1, "top_p": 1}'
    assert parse(cell).parameters == {"n": 3, "seed": 2, "top_p": 1}


def test_the_magics_own_options_are_told_apart_from_the_requests():
    """They come back by name, and the request is not touched by them."""
    own = (Option(name="out", short="-o", value="NAME", help=""), Option(name="dry-run", help=""))
    cell = read_cell("%%chat m -o names --dry-run -n 2\nhi", {}, own)
    assert cell.options == {"out": "names", "dry-run": None}
    assert cell.request.parameters == {"n": 2}


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("What's this?", "What's this?"),
        ("-t 0.2 What  is 'x;", "What  is 'x;"),
        ("-m a/b help me", "help me"),
        ("user: hi", "user: hi"),
        ("-- -1 + 1?", "-1 + 1?"),
        ("Hi {{ name }}", "Hi Ada"),
        ("--raw Hi {{ name }}", "Hi {{ name }}"),
    ],
)
def test_a_line_prompt_is_verbatim_to_its_end(text, prompt):
    """Options come first; then nothing is special but a template."""
    assert read_prompt("%chat " + text, {"name": "Ada"}).request.messages[0].content == prompt


scalars = {
    "number": lambda row: st.floats(row.minimum, row.maximum),
    "integer": lambda row: st.integers(int(row.minimum), int(row.maximum or 10**6)),
    "boolean": lambda row: st.booleans(),
    "string": lambda row: st.text(),
    "strings": lambda row: st.text() | st.lists(st.text(), min_size=1, max_size=4),
    "words": lambda row: st.just(["text", "audio"]),
    "pairs": lambda row: (
        st.dictionaries(st.from_regex(r"[0-9]{1,6}", fullmatch=True), st.integers(-100, 100))
        if row.minimum is not None
        else st.dictionaries(st.text(), st.text(), max_size=16)
    ),
    "tool": lambda row: st.sampled_from(row.choices),
    "fields": lambda row: st.fixed_dictionaries(dict.fromkeys(row.choices, texts | json_values)),
    "object": lambda row: st.dictionaries(st.text(), json_values, max_size=3),
    "content": lambda row: st.fixed_dictionaries(
        {
            "type": st.just("content"),
            "content": texts,
        }
    ),
    "array": lambda row: st.lists(st.dictionaries(st.text(), json_values, max_size=2), max_size=2),
}
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
tricky = st.sampled_from(
    ["user: x", "\\user: x", "---", "\\---", "@image x", "{{ x }}", "{% if x %}", "a\n\nb", "\n",
     " ", "tool: x", "User: x", '{"messages": []}', "\r", "a\rb", "\u2028", "-x", "'", '"', ";", ""]
)  # fmt: skip
texts = tricky | st.text() | st.lists(tricky, min_size=1, max_size=4).map("\n".join)
contents = (
    texts
    | st.none()
    | st.lists(
        st.fixed_dictionaries({"type": st.just("text"), "text": texts}), min_size=1, max_size=2
    ).map(tuple)
)
sources = st.sampled_from(["a.png", "a b.wav", "high", "low high", "https://x.org/a", "~/x"])
attached = st.builds(
    Attachment, st.just("image"), sources, st.none() | st.just("high")
) | st.builds(Attachment, st.sampled_from(["audio", "file"]), sources)
text_parts = st.builds(
    lambda text: {"type": "text", "text": text}, st.sampled_from(["Look", "a\n@image b"])
)


def has_form(parts):
    """Whether a list of parts has a form in a block: something attached, no text beside text."""
    kinds = [isinstance(part, Attachment) for part in parts]
    return any(kinds) and all(one or other for one, other in pairwise(kinds))


messages = st.one_of(
    st.builds(
        Message,
        role=st.sampled_from(["system", "developer", "user"]),
        content=contents.filter(lambda content: content is not None),
        name=st.none() | texts,
    ),
    st.builds(Message, role=st.just("assistant"), content=contents, name=st.none() | texts),
    st.builds(Message, role=st.just("tool"), content=texts, tool_call_id=texts.filter(bool)),
)
values = {name: scalars[row.kind](row) for name, row in PARAMETERS.items()}
values["response_format"] = st.builds(
    lambda name, default: {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": {"default": default}},
    },
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    json_values,
)
parameters = st.fixed_dictionaries(
    {}, optional={name: st.just(UNSET) | value for name, value in values.items()}
)
extras = st.dictionaries(
    st.text().filter(lambda key: key not in PARAMETERS and key not in {"model", "messages"}),
    json_values,
    max_size=2,
)
models = st.sampled_from(["local", "a/b", "a b: c"]) | st.text(min_size=1).filter(str.strip)
of_one_model = st.fixed_dictionaries(
    {}, optional={name: st.just(UNSET) | value for name, value in values.items()}
).map(apply_implied)
requests = st.builds(
    ChatRequest,
    model=st.none()
    | st.sampled_from(["local", "a/b", "a b", "-m", "x;"])
    | st.text(min_size=1).filter(str.strip),
    messages=st.lists(messages, max_size=4).map(tuple),
    parameters=parameters,
    extra=extras,
    per_model=st.just({}) | st.dictionaries(models, of_one_model, max_size=2),
)


@settings(max_examples=3 * settings().max_examples)
@given(requests)
def test_every_request_that_is_written_reads_back(request_):
    """`parse(write(request)) == request`, whatever is in it."""
    assert parse(write(request_)) == request_


@given(st.lists(attached | text_parts, min_size=1, max_size=3).filter(has_form))
def test_attachments_that_are_written_read_back(parts):
    """They have a form in a block, whatever stands around them."""
    request = ChatRequest(messages=(Message(role="user", content=tuple(parts)),))
    assert parse(write(request)) == request


def test_an_attachment_beside_what_needs_json_cannot_be_written():
    """JSON holds content, not the names of files; a request that was sent has it inlined."""
    attachment = Message(role="user", content=(Attachment("image", "a.png"),))
    silent = Message(role="assistant", extra={"tool_calls": []})
    with pytest.raises(InvalidRequest, match="attachment"):
        write(ChatRequest(messages=(attachment, silent)))


def is_plain(text: str) -> bool:
    """Whether a text has a form in a block: no template, no CR, no blank line at its ends."""
    lines = text.split("\n")
    return not ("{{" in text or "{%" in text or "\r" in text) and bool(
        lines[0].strip() and lines[-1].strip()
    )


@settings(max_examples=2 * settings().max_examples)
@given(st.lists(texts.filter(is_plain), min_size=1, max_size=4))
def test_an_ordinary_conversation_is_written_as_a_block(lines):
    """No JSON where the grammar has a form."""
    request = ChatRequest(
        model="a/b",
        messages=tuple(Message(role="user", content=line) for line in lines),
        parameters={"temperature": 0.5, "top_logprobs": 3, "logprobs": True},
    )
    assert write(request).startswith("%%chat a/b --temperature 0.5 --top-logprobs 3\nuser: ")


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("--extra k=1", {"k": 1}),
        ("--extra k=text", {"k": "text"}),
        ("--extra k='two words'", {"k": "two words"}),
        ("--extra k=NaN", {"k": "NaN"}),
        ("--extra k=", {"k": ""}),
        ('--extra k="text"', {"k": "text"}),
        ('--extra k={"a": [1, 2]}', {"k": {"a": [1, 2]}}),
        ('--extra k=\'{"a": "b c"}\'', {"k": {"a": "b c"}}),
        ("--extra 'k={\"a\": 1}'", {"k": {"a": 1}}),
        ("--extra=k='{\"a\": 1}'", {"k": {"a": 1}}),
        ('--extra=k="5"', {"k": "5"}),
        ("--extra k='[1, 2]' --extra j='\"x\"'", {"k": [1, 2], "j": "x"}),
        ("--extra temperature=3", {"temperature": 3}),
        ("--extra reasoning_effort=0.5 --extra n=200", {"reasoning_effort": 0.5, "n": 200}),
    ],
)
def test_an_extra_field_is_json_or_text(words, extra):
    """Quotes group as in a shell; a text that begins like JSON must be JSON."""
    assert parse(f"%%chat {words}\nhi").extra == extra


@pytest.mark.parametrize(
    ("cell", "parameters", "extra"),
    [
        ("%%chat --extra n=200\n---\nn: 2\n---\nhi", {}, {"n": 200}),
        ("%%chat -n 2\n---\nextra: {n: 200}\n---\nhi", {"n": 2}, {}),
        ("%%chat --extra top_logprobs=50\nhi", {"logprobs": True}, {"top_logprobs": 50}),
        (
            "%%chat\n---\nlogprobs: false\nextra: {top_logprobs: 50}\n---\nhi",
            {"logprobs": False},
            {"top_logprobs": 50},
        ),
        ('%%chat --extra n=200\n{"n": 2, "messages": []}', {}, {"n": 200}),
    ],
)
def test_a_field_is_taken_from_the_line_before_the_body(cell, parameters, extra):
    """Whether it is given by itself or as an extra field."""
    request = parse(cell)
    assert (request.parameters, request.extra) == (parameters, extra)


def test_a_field_that_is_sent_as_given_reads_back_from_each_form():
    """A JSON body has it in the YAML block above."""
    request = ChatRequest(
        messages=(Message(role="user", content="hi", extra={"a": 1}),), extra={"n": 200, "k": 1}
    )
    assert parse(write(request)) == request
    assert parse(write(replace(request, messages=(Message(role="user", content="hi"),)))).extra == {
        "n": 200,
        "k": 1,
    }

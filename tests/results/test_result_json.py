"""Results as JSON: what is read back is equal, and hostile text is an error of one line."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

import chat_magic
from chat_magic import UNSET, ChatResult, ChatResults, InvalidRequest, errors
from chat_magic.core.cell.grid import Axis
from chat_magic.core.reply.reply import (
    Choice,
    FunctionCall,
    Logprobs,
    Message,
    Reply,
    Timing,
    TokenLogprob,
    TokenTimes,
    ToolCall,
    TopLogprob,
    Usage,
)
from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
from chat_magic.core.request.request import ChatRequest, read_fields
from chat_magic.core.schema.structured import schema_of
from chat_magic.results.result_json import result_from_json, result_to_json
from tests.completions import body_of, completion
from tests.gateway import Answer, streamed

ROWS = json.loads((Path(__file__).parents[1] / "wire" / "dialects.json").read_text("utf-8"))
TABLES = ("frame", "tokens", "alternatives", "branches", "agreement")


def assert_equal(one, other):
    """Assert that two results have the same values, tables and pictures."""
    assert repr(other) == repr(one)
    for name in TABLES:
        assert_same_table(getattr(one, name), getattr(other, name))
    assert other._repr_mimebundle_() == one._repr_mimebundle_()


def assert_same_table(one, other):
    """Assert that two tables are the same; pandas compares columns one by one, which takes long."""
    if not one.equals(other) or categories(one) != categories(other):
        pd.testing.assert_frame_equal(one, other)
    assert one.attrs == other.attrs


def categories(table):
    """Return the categories of each column in their order, on which equality does not look."""
    return [list(getattr(dtype, "categories", ())) for dtype in table.dtypes]


def strict_json(text):
    """Decode JSON, refusing the numbers that only Python has."""

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def ask(row):
    """Return the result of a row of the dialects, the partial one where it fails."""
    try:
        return chat_magic.chat("Hi", retries=0, **({"n": row["n"]} if "n" in row else {}))
    except errors.ChatError as error:
        return error.result


PLAIN_ROWS = [row for row in ROWS if "Content-Encoding" not in row.get("headers", {})]
"""Compressed answers are those of other rows."""


@pytest.mark.parametrize("row", PLAIN_ROWS, ids=lambda row: row["name"])
def test_the_answer_in_every_dialect_is_read_back(gateway, row):
    """Broken answers, unknown fields and sentinels of log probabilities included."""
    head = {"Content-Type": "text/event-stream", **row.get("headers", {})}
    gateway(Answer([body_of(row)], status=row.get("status", 200), headers=head, framing="close"))
    result = ask(row)
    if result is None:
        return
    text = result_to_json(result)
    strict_json(text)
    again = result_from_json(text)
    assert again == result or "nan" in text  # which is unequal to itself
    assert result_to_json(again) == text
    assert_equal(result, again)


TEXT = st.text(st.characters() | st.sampled_from("\ud83d\ude00\ufdd0a\x00\n\"'\\{"), max_size=8)
FLOATS = st.floats(allow_nan=False)  # NaN is unequal to itself; it has its own test
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
BYTES = st.sampled_from([b"null", b"[1,2]", b"[1, 2]", b'"a"', b"{}"]).map(Raw)
TOP = st.builds(
    TopLogprob, token=TEXT, logprob=st.none() | FLOATS, raw_bytes=BYTES, prob=st.none() | FLOATS
)
TOKENS = st.none() | st.lists(
    st.builds(
        TokenLogprob,
        token=TEXT,
        logprob=st.none() | FLOATS,
        raw_bytes=BYTES,
        top_logprobs=st.none() | st.lists(TOP, max_size=2),
    ),
    max_size=3,
)
CALLS = st.lists(
    st.builds(
        ToolCall, id=TEXT, function=st.builds(FunctionCall, name=TEXT, arguments=TEXT), extra=OBJECT
    ),
    max_size=2,
).map(tuple)
CHOICE = st.builds(
    Choice,
    index=st.integers(0, 3),
    message=st.builds(
        Message,
        content=st.none() | TEXT,
        refusal=st.none() | TEXT,
        reasoning=st.none() | TEXT,
        tool_calls=CALLS,
        audio=st.none() | OBJECT,
        annotations=st.none() | st.lists(JSON, max_size=2),
        extra=OBJECT,
    ),
    finish_reason=st.none() | TEXT,
    logprobs=st.none() | st.builds(Logprobs, content=TOKENS, refusal=TOKENS, reasoning=TOKENS),
    arrivals=st.just({"content": TokenTimes(chunk=[0, 1], t_ms=[0.1, 1e-300])}),
    extra=OBJECT,
)
USAGE = st.none() | st.builds(
    Usage, prompt_tokens=st.none() | st.integers(), prompt_tokens_details=st.none() | OBJECT
)
REPLY = st.builds(
    Reply,
    id=st.none() | TEXT,
    created=st.none() | st.integers(),
    choices=st.lists(CHOICE, max_size=3).map(tuple),
    usage=USAGE,
    extra=OBJECT,
    warnings=st.lists(TEXT, max_size=2).map(tuple),
)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
TIMING = st.builds(Timing, ttft_s=st.none() | SECONDS, total_s=SECONDS)
ROUNDS = st.lists(
    st.builds(
        ToolRound,
        reply=REPLY,
        timing=TIMING,
        tool_runs=st.lists(
            st.builds(ToolRun, id=TEXT, name=TEXT, arguments=TEXT, result=st.none() | TEXT),
            max_size=2,
        ).map(tuple),
    ),
    max_size=2,
).map(tuple)
MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": st.just("user"), "content": TEXT, "mood": JSON}),
        st.fixed_dictionaries(
            {"role": st.just("tool"), "content": TEXT, "tool_call_id": TEXT.filter(bool)}
        ),
        st.just({"role": "user", "content": [{"type": "text", "text": "a\udc00"}]}),
        st.just({"role": "assistant", "content": None}),
    ),
    max_size=3,
)
REQUEST = st.builds(
    lambda messages, parameters, extra, warnings: ChatRequest(
        **{
            **vars(
                read_fields({"model": "a/b", "messages": messages, **parameters}, allow_extra=False)
            ),
            "extra": extra,
            "warnings": warnings,
        }
    ),
    MESSAGES,
    st.dictionaries(
        st.sampled_from(["seed", "temperature", "stop", "n"]), st.just(UNSET), max_size=2
    )
    | st.just({"seed": 9007199254740993, "temperature": 0.1 + 0.2, "stop": ["\n"], "n": 2}),
    st.dictionaries(st.sampled_from(["x", "y\ufdd0"]), JSON, max_size=2),
    st.lists(TEXT, max_size=2).map(tuple),
)
RESULT = st.builds(
    ChatResult,
    request=REQUEST,
    reply=REPLY,
    timing=TIMING,
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    schema=st.none() | st.sampled_from(["a: str", "list[int]", {"type": "object"}]).map(schema_of),
    cost=st.none() | SECONDS,
    rounds=ROUNDS,
)


@given(RESULT)
def test_any_result_is_read_back_equal(result):
    """Floats to the bit, integers of any size, lone surrogates, infinities, bytes as sent."""
    text = result_to_json(result)
    strict_json(text)
    text.encode()
    again = result_from_json(text)
    assert again == result
    assert result_to_json(again) == text


def test_other_programs_may_write_the_json_again():
    """With spaces, sorted keys and escapes, as a cassette or an editor does."""
    request = read_fields({"messages": "a\ufdd0\ud83d"}, allow_extra=False)
    token = TokenLogprob(token="a", logprob=-math.inf, raw_bytes=Raw(b"[97]"))
    choice = Choice(index=0, logprobs=Logprobs(content=[token]))
    result = ChatResult(request, Reply(choices=(choice,)), Timing())
    document = json.loads(result_to_json(result))
    for ensure_ascii in (True, False):
        text = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=ensure_ascii
        )
        assert result_from_json(text) == result


@pytest.mark.parametrize(
    ("number", "raw"), [(-math.inf, "-inf"), (math.inf, "inf"), (math.nan, "nan")]
)
@pytest.mark.parametrize("field", ["logprob", "prob"])
def test_a_number_that_json_does_not_have_is_null_with_its_raw_value(field, number, raw):
    """So that every reader of JSON can read it, and the number is kept."""
    token = TokenLogprob(token="a", **{field: number})
    choice = Choice(index=0, logprobs=Logprobs(content=[TokenLogprob(token="b"), token]))
    result = ChatResult(ChatRequest(), Reply(choices=(choice,), extra={"x": [number]}), Timing())
    value = strict_json(result_to_json(result))
    tokens = value["result"]["reply"]["choices"][0]["logprobs"]["content"]
    assert tokens[1] == {"token": "a", field: None}
    raw_of_reply = value["raw_numbers"]["result"]["reply"]
    assert raw_of_reply["choices"]["0"]["logprobs"]["content"] == {"1": {field: raw}}
    assert raw_of_reply["extra"] == {"x": {"0": raw}}
    again = result_from_json(result_to_json(result))
    assert str(getattr(again[0].logprobs.content[1], field)) == raw
    assert getattr(again[0].logprobs.content[0], field) is None
    assert str(again.extra["x"][0]) == raw


def test_a_grid_is_read_back(results):
    """With its axes and coordinates, one of them unset, and with tables that are equal."""
    again = result_from_json(result_to_json(results))
    assert isinstance(again, ChatResults)
    assert again == results
    assert UNSET in again.axes[1].values
    assert_equal(results, again)


def test_a_slice_and_failed_runs_are_read_back(gateway, results):
    """Errors stay with their runs; a slice has coordinates, and no axes."""
    gateway(lambda request: streamed(completion("Hi")) if request.json["model"] == "a/b" else
            Answer([b'{"error": {"message": "no"}}'], status=400))  # fmt: skip
    failed = chat_magic.chat_grid("Hi", models=["a/b", "c/d"])
    assert list(failed.errors) == [1]
    for value in (failed, failed[1:], results[1:3], results[:0], ChatResults(())):
        again = result_from_json(result_to_json(value))
        assert again == value


def test_a_varied_object_becomes_its_title(gateway):
    """As in a pickle: a variable may be any object of the notebook."""
    gateway(streamed(completion("Hi")))
    axis = Axis(name="x", kind="variable", titles=("one",), values=(object(),))
    result = chat_magic.chat("Hi")
    again = result_from_json(result_to_json(ChatResults((result,), (axis,), ({"x": "one"},))))
    assert again.axes[0].values == ("one",)


def test_a_typed_answer_is_plain_data_where_the_type_is_not_at_hand():
    """The JSON Schema still checks it."""

    class Cat(msgspec.Struct):
        name: str

    choices = (
        Choice(index=0, message=Message(content='{"name": "Tom"}')),
        Choice(index=1, message=Message(content='{"name": 5}')),
    )
    result = ChatResult(ChatRequest(), Reply(choices=choices), Timing(), schema=schema_of(Cat))
    assert result.parsed == Cat("Tom")
    again = result_from_json(result_to_json(result))
    assert again.parsed == {"name": "Tom"}
    pd.testing.assert_frame_equal(result.frame, again.frame)
    with pytest.raises(errors.ChatError, match=r"choice 1 does not fit the schema: \$\.name"):
        again.parse(1)


VALID = json.loads(
    result_to_json(
        ChatResult(
            read_fields({"model": "a/b", "messages": "Hi", "n": 2}, allow_extra=False),
            Reply(
                choices=(
                    Choice(
                        index=0,
                        message=Message(content="Hi"),
                        logprobs=Logprobs(content=[TokenLogprob(token="Hi", logprob=-math.inf)]),
                    ),
                ),
            ),
            Timing(),
            schema=schema_of("a: str"),
        )
    )
)


def changed(path, value):
    """Return the valid document as text, with a value at a path."""
    document = json.loads(json.dumps(VALID))
    *parents, last = path.split("/")
    place = document
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = value
    return json.dumps(document)


DEEP: list = []
for _ in range(100):
    DEEP = [DEEP]
HOSTILE = {
    "an unknown version": (changed("chat_magic", 2), "its version is 2"),
    "a version that is text": (changed("chat_magic", "1"), "chat_magic"),
    "no version": ('{"result": {}}', "chat_magic"),
    "empty": ("", "truncated"),
    "no JSON": ("import os", "malformed"),
    "a pickle": ("\x80\x04N.", "malformed"),
    "a list": ("[]", "object"),
    "a number": ("1", "object"),
    "truncated": (json.dumps(VALID)[:-20], "truncated"),
    "more after it": (json.dumps(VALID) + "{}", "malformed"),
    "nested deeply": ('{"chat_magic": 1, "result": ' + "[" * 100_000, "nested"),
    "nested deeply in a free field": (
        changed("result/reply/extra", {}).replace('"extra": {}', '"extra": {"a": ' + "[" * 100_000),
        "nested",
    ),
    "a huge float": (changed("result/timing/total_s", 0).replace("0", "1e999", 1), ""),
    "a huge integer": (json.dumps(VALID).replace('"index": 0', '"index": ' + "9" * 10_000), ""),
    "a lone surrogate": (changed("result/reply/id", "\ud800"), "malformed"),
    "NaN": (changed("result/reply/extra", {"a": math.nan}), "malformed"),
    "an unknown field": (changed("result/code", "1"), "code"),
    "neither result nor results": ('{"chat_magic": 1}', "either result or results"),
    "both": (changed("results", {"runs": []}), "either result or results"),
    "a text of a wrong type": (changed("result/reply/choices/0/message/content", 5), "content"),
    "a choice of a wrong type": (changed("result/reply/choices/0", None), "choices"),
    "a parameter of a wrong type": (changed("result/request/parameters", {"n": "x"}), "n x"),
    "a parameter out of range": (changed("result/request/parameters", {"n": 10**6}), "n 1000000"),
    "an unknown parameter": (changed("result/request/parameters", {"nn": 1}), "unknown field nn"),
    "an unknown parameter that is unset": (changed("result/request/unset", ["nn"]), "nn"),
    "a message of an unknown role": (changed("result/request/messages/0/role", "root"), "role"),
    "a known field among the others": (changed("result/request/extra", {"model": 1}), "extra"),
    "parameters of a model": (changed("result/request/per_model", {"a/b": 1}), "per_model"),
    "a schema that is none": (changed("result/schema/json_schema", {"type": "cat"}), "schema.type"),
    "raw numbers of no place": (changed("raw_numbers", {"result": {"x": "inf"}}), "raw_numbers"),
    "a raw number that is none": (
        changed("raw_numbers", {"result": {"reply": {"choices": {"0": {"logprobs": {"content": {
            "0": {"logprob": "__import__"}}}}}}}}), "raw_numbers"),
    "a raw number in place of a text": (
        changed("raw_numbers", {"result": {"reply": {"id": "nan"}}}), "raw_numbers"),
    "a raw number in place of a value": (
        changed("raw_numbers", {"result": {"request": {"parameters": {"n": "inf"}}}}), "raw_numb"),
    "raw numbers of a position that is none": (
        changed("raw_numbers", {"result": {"reply": {"choices": {"x": {}}}}}), ""),
    "coordinates of too few runs": (
        json.dumps({"chat_magic": 1, "results": {"runs": [VALID["result"]]}}), "coordinates"),
    "an error of no run": (
        json.dumps({"chat_magic": 1, "results": {"runs": [], "errors": {"3": "no"}}}), "errors"),
    "an axis with fewer titles": (
        json.dumps({"chat_magic": 1, "results": {"runs": [], "axes": [
            {"name": "n", "kind": "parameter", "titles": [], "values": [1]}]}}), "titles"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_an_error_of_one_line(text, words):
    """It says what is wrong; nothing in the text is run."""
    with pytest.raises(InvalidRequest) as caught:
        result_from_json(text)
    line = str(caught.value)
    assert line.startswith(("not the JSON of a result: ", "the JSON of a result is "))
    assert "\n" not in line
    assert len(line) < 400
    assert words in line


@pytest.mark.parametrize("value", [None, 5, b"{}", {"chat_magic": 1}])
def test_what_is_not_text_is_an_error(value):
    """Such as a decoded document."""
    with pytest.raises(InvalidRequest, match="expected text, got"):
        result_from_json(value)


PATHS: list[str] = []


def _collect(value, path=""):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        PATHS.append(f"{path}{key}")
        if isinstance(item, dict | list):
            _collect(item, f"{path}{key}/")


_collect(VALID)


@given(st.sampled_from(PATHS), JSON)
def test_any_other_value_at_any_place_is_an_error_or_a_result_with_tables(path, value):
    """No type is taken on trust."""
    with suppress(InvalidRequest):
        result = result_from_json(changed(path, value))
        assert len(result.frame) == len(result.choices)
        assert result.request.body()


def test_a_value_too_deep_for_json_is_an_error():
    """An answer may nest as deeply as its server likes."""
    deep: list = []
    for _ in range(200_000):
        deep = [deep]
    result = ChatResult(ChatRequest(), Reply(extra={"a": deep}), Timing())
    with pytest.raises(InvalidRequest, match="too deeply nested"):
        result_to_json(result)

"""The display payload holds all that a front end draws, as plain JSON that fits its schema."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from chat_magic.core.reply.reply import (
    Choice,
    FunctionCall,
    Logprobs,
    Message,
    Reply,
    Timing,
    TokenLogprob,
    ToolCall,
    TopLogprob,
    Usage,
)
from chat_magic.core.reply.tokens import well_formed
from chat_magic.view.bundle import MIME_TYPE, RunView, bundle
from chat_magic.view.payload import payload
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid

SCHEMA = json.loads((Path(__file__).parents[1] / "wire" / "result.v1.schema.json").read_text())
MEASURED = ("perplexity", "mean_logprob", "joint_logprob", "bits_per_byte", "min_prob")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def only(run: RunView):
    """Return the payload of a run after checking it against the schema, as JSON would carry it."""
    value = payload([run])
    VALIDATOR.validate(value)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    (result,) = json.loads(text.encode())["results"]
    return result


def column(text: str) -> list[float | None]:
    """Read a column with at least one entry as a front end does."""
    return [float(entry) if entry else None for entry in text.split(",")]


def test_the_schema_is_a_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)


SENT_ANYWAY = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("body", "block"),
    [
        ({"seed": 9007199254740993, **SENT_ANYWAY}, "%%chat vendor/m --seed 9007199254740993\n"),
        ({"stream": True, "stream_options": {"a": 1}},
         '%%chat vendor/m --stream\n---\nstream_options: {"a": 1}\n---\n'),
        ({"stream": False, "top_logprobs": 2, "logprobs": True},
         "%%chat vendor/m --no-stream --top-logprobs 2\n"),
        ({"messages": [{"role": "user", "content": "Hi"}], **SENT_ANYWAY},
         "%%chat vendor/m\nuser: Hi\n"),
        ({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Oh"}],
          **SENT_ANYWAY}, "%%chat vendor/m\nuser: Hi\n"),
        ({"messages": [{"role": "user", "content": "Hi\n"}], **SENT_ANYWAY}, None),
    ],
)  # fmt: skip
def test_a_result_has_the_head_of_the_cell_that_continues_from_it(
    body, block, make_run, make_choice
) -> None:
    """It names the model as asked for, leaves out the prefill and what is sent anyway."""
    run = make_run(
        make_choice(text="a"),
        model="vendor/m",
        request={"model": "m", "messages": [], **body},
    )
    cell = only(run)["cell"]
    assert cell["block"] == block
    assert cell["json"].startswith('%%chat\n{\n  "model": "vendor/m",\n')


@pytest.mark.parametrize(
    "content",
    [[{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 3000}}], 7],
)
def test_a_request_that_cannot_be_written_has_no_head(content, make_run, make_choice) -> None:
    """Attachments are not stored a second time, and what the API does not allow is not repeated."""
    message = {"role": "user", "content": content}
    run = make_run(make_choice(text="a"), request={"model": "m", "messages": [message]})
    assert only(run)["cell"] is None


def test_the_schema_takes_payloads_from_before_there_were_heads(make_run, make_choice) -> None:
    value = payload([make_run(make_choice(text="a"))])
    del value["results"][0]["cell"]
    VALIDATOR.validate(value)


@pytest.mark.parametrize("extra", [{"version": 2}, {"surprise": 1}])
def test_the_schema_allows_nothing_that_it_does_not_name(extra, make_run, make_choice) -> None:
    value = payload([make_run(make_choice(text="a"))])
    assert not VALIDATOR.is_valid(value | extra)
    assert not VALIDATOR.is_valid({**value, "results": [value["results"][0] | {"more": 1}]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**53, "9007199254740992"),
        (-(2**60) - 1, "-1152921504606846977"),
        ([{"a": 2**70}], '[\n  {\n    "a": 1180591620717411303424\n  }\n]'),
        (2**53 - 1, None),
        (1e300, None),
        (True, None),
        ("9007199254740993", None),
    ],
)
def test_integers_that_javascript_rounds_are_also_text(make_run, make_choice, value, text) -> None:
    """So that *Copy Request* writes what was sent."""
    run = make_run(make_choice(text="a"))
    request = only(replace(run, request={**run.request, "seed": 5, "x": value}))["request"]
    assert request.get("exact") == (None if text is None else {"x": text})


def test_what_was_asked_and_what_it_took_is_there(make_run, make_choice) -> None:
    run = make_run(
        make_choice(text="a"), prefill="b", cost=0.5, warnings=("c",), reply_warnings=("d",)
    )
    result = only(run)
    assert result["model"] == "openai/gpt-4o"
    assert result["request"] == {
        "messages": [],
        "parameters": {"temperature": 0.8, **SENT_ANYWAY},
        "extra": {},
        "is_whole": True,
    }
    assert result["timing"] == {"ttft_s": 0.412, "total_s": 1.2, "tokens_per_s": 92.3}
    assert result["usage"]["completion_tokens"] == 52
    assert (result["prefill"], result["cost"], result["warnings"]) == ("b", 0.5, ["c", "d"])


def test_a_choice_has_its_text_its_end_and_its_calls(make_run, make_choice) -> None:
    call = ToolCall(id="c1", function=FunctionCall(name="f", arguments="{"))
    older = FunctionCall(name="g", arguments="{}")
    choice = make_choice(text="a", index=3, reasoning="r", tool_calls=(call,), function_call=older)
    assert only(make_run(choice))["choices"] == [
        {
            "index": 3,
            "text": "a",
            "finish_reason": "stop",
            "refusal": None,
            "reasoning": "r",
            "audio": None,
            "tool_calls": [
                {"id": "c1", "name": "f", "arguments": "{"},
                {"id": "", "name": "g", "arguments": "{}"},
            ],
            "facts": ["finished", "52 tokens"],
            "metrics": {"n_tokens": 52, **dict.fromkeys(MEASURED)},
            "perplexity": None,
            "sparkline": "",
            "parts": {},
        }
    ]


def test_tokens_are_columns_over_a_table_of_the_distinct_ones(
    make_run, make_choice, make_token
) -> None:
    """The logarithm of 1/2 is -0.6931, that of 1/4 is -1.3863."""
    tokens = [make_token("a", 0.5, ("b", 0.25)), make_token("b", 0.25), make_token("a", 1)]
    result = only(make_run(make_choice(tokens)))
    part = result["choices"][0]["parts"]["content"]
    assert result["vocabulary"] == {"tokens": ["a", "b"], "bytes": {}}
    assert part["tokens"] == "0,1,0"
    assert part["logprobs"] == "-0.6931,-1.3863,0.0"
    assert part["waits_ms"] == "0,10,10"


def test_a_choice_has_its_figures_as_numbers(make_run, make_choice, make_token) -> None:
    """ln(1/2) + ln(1/8) = -ln 16; over two tokens -ln 4; 4 bits over 2 bytes."""
    tokens = [make_token("a", 0.5), make_token("b", 0.125)]
    metrics = only(make_run(make_choice(tokens)))["choices"][0]["metrics"]
    assert metrics == pytest.approx(
        {
            "n_tokens": 2,
            "perplexity": 4,
            "mean_logprob": -math.log(4),
            "joint_logprob": -math.log(16),
            "bits_per_byte": 2,
            "min_prob": 0.125,
        }
    )


def test_a_run_says_where_it_stands_and_why_it_failed(make_run) -> None:
    result = only(make_run(coordinates={"temperature": "0.5", "tone": "x"}, error="429: \ud83d"))
    assert result["coordinates"] == [
        {"name": "temperature", "title": "0.5"},
        {"name": "tone", "title": "x"},
    ]
    assert result["error"] == "429: \ufffd"


def test_a_sentinel_is_an_empty_entry_with_a_status(make_run, make_choice, make_token) -> None:
    values = (-9999.0, -0.5, math.nan, -math.inf, 0.3, -100.0)
    tokens = [make_token("a", 1, logprob=value) for value in values]
    part = only(make_run(make_choice(tokens)))["choices"][0]["parts"]["content"]
    assert part["logprobs"] == ",-0.5,,,,"
    assert column(part["logprobs"]) == [None, -0.5, None, None, None, None]
    assert part["statuses"] == {
        "0": "censored",
        "2": "nan",
        "3": "censored",
        "4": "positive",
        "5": "masked",
    }


def test_pieces_of_characters_carry_their_bytes(make_run, make_choice, make_token) -> None:
    tokens = [
        make_token("\ufffd", 0.5, data=b"\xf0\x9f"),
        make_token("\ufffd", 0.5, data=b"\x91\x8b"),
        make_token("\ufffd", 0.5),
    ]
    result = only(make_run(make_choice(tokens, text="👋\ufffd")))
    assert result["vocabulary"]["tokens"] == ["\ufffd"] * 3
    assert result["vocabulary"]["bytes"] == {"0": [0xF0, 0x9F], "1": [0x91, 0x8B]}


def test_a_refusal_is_a_part_of_its_own(make_run, make_token) -> None:
    choice = Choice(
        index=0,
        message=Message(refusal="No"),
        logprobs=Logprobs(refusal=[make_token("No", 0.5)]),
    )
    assert list(only(make_run(choice))["choices"][0]["parts"]) == ["refusal"]


def test_the_data_of_attachments_is_not_stored_again(make_run, make_choice) -> None:
    image = "data:image/png;base64," + "A" * 5_000
    parts = [
        {"type": "image_url", "image_url": {"url": image}},
        {"type": "image_url", "image_url": {"url": "https://x.org/p.png"}},
        {"type": "text", "text": "B" * 5_000},
    ]
    request = {"model": "m", "messages": [{"role": "user", "content": parts}]}
    (message,) = only(make_run(make_choice(text="a"), request=request))["request"]["messages"]
    first, second, third = message["content"]
    assert first["image_url"]["url"].endswith("… (4982 characters left out)")
    assert (second, third) == tuple(parts[1:])


TEXT = st.text(st.characters(codec=None), max_size=8)
NUMBER = st.none() | st.floats() | st.sampled_from([-9999.0, -100.0, 0.0, -0.0, -1e-9])
TOPS = st.builds(TopLogprob, token=TEXT, logprob=NUMBER)
TOKENS = st.builds(
    TokenLogprob,
    token=TEXT,
    logprob=NUMBER,
    raw_bytes=st.sampled_from([Raw(b"null"), Raw(b"[240,159]"), Raw(b"[300]"), Raw(b'"x"')]),
    top_logprobs=st.none() | st.lists(TOPS, max_size=3),
)


@settings(deadline=None)
@given(st.lists(TOKENS, min_size=1, max_size=4), TEXT, st.floats())
def test_whatever_came_the_payload_is_plain_json_that_fits_the_schema(tokens, text, value) -> None:
    """NaN, infinities and lone surrogates are no JSON, and break the notebook's file."""
    choice = Choice(
        index=0,
        message=Message(content=text, tool_calls=(ToolCall(id=text),)),
        finish_reason=text,
        logprobs=Logprobs(content=tokens),
    )
    run = RunView(
        model=text,
        request={"messages": [{"role": text}], "seed": value, text: [text]},
        reply=Reply(choices=(choice,), usage=Usage(prompt_tokens=1), warnings=(text,)),
        timing=Timing(),
    )
    result = only(run)
    assert not set(bundle([run])["text/plain"]) & set("\x1b\x9b\x00\u202e")
    part = result["choices"][0]["parts"]["content"]
    assert len(column(part["tokens"])) == len(column(part["logprobs"])) == len(tokens)


def test_what_was_left_out_is_told(make_run, make_choice) -> None:
    tops = [TopLogprob(token=str(n), logprob=-1.0 - n) for n in range(20)]
    token = TokenLogprob(token="a", logprob=-0.1, top_logprobs=tops)
    result = only(make_run(make_choice([token] * 25_000)))
    assert result["alternatives_left_out"] == 24_500 * 15


def test_rounds_have_what_was_said_and_each_call_that_was_run(
    make_run, make_choice, make_round
) -> None:
    """A long result is cut there, since the request's tool message has it whole."""
    rounds = [
        make_round(
            {"result": "x" * 2_500}, {"error": "ValueError: no such city"}, text="Let me see"
        )
    ]
    result = only(make_run(make_choice(text="a"), rounds=rounds))
    common = {"id": "c0", "name": "get_weather", "arguments": '{"city": "Paris"}', "seconds": 0.21}
    cut = "x" * 2_000 + "… (500 characters left out)"
    assert result["rounds"] == [
        {
            "text": "Let me see",
            "tool_runs": [
                {**common, "result": cut, "error": None},
                {**common, "result": None, "error": "ValueError: no such city"},
            ],
        }
    ]
    assert result["usage"]["prompt_tokens"] == 31 + 10


def comparison_of(*runs: RunView, **options):
    """Return the comparison of runs as JSON would carry it, checked against the schema."""
    value = bundle(runs, **options)[MIME_TYPE]
    VALIDATOR.validate(value)
    return json.loads(json.dumps(value, allow_nan=False))["comparison"]


def test_a_single_answer_has_no_comparison(make_run, make_choice) -> None:
    """Nor has one beside a run without answers."""
    assert comparison_of(make_run(make_choice(text="a"))) is None
    assert comparison_of(make_run(make_choice(text="a")), make_run()) is None


def test_positions_in_answers_are_utf_16_code_units() -> None:
    """👋🏽 is two characters of two units each, so `👋🏽 1. ` has 4 + 4, and `👋🏽 1. Clara` 13."""
    comparison = comparison_of(*four())
    assert [(a["start"], a["end"]) for a in comparison["answers"]] == [
        (8, 17),
        (8, 13),
        (8, 17),
        (8, 17),
    ]
    assert [a["title"] for a in comparison["answers"]] == ["0", "1", "2", "3"]
    assert comparison["groups"] == [[0, 2], [1], [3]]
    (tree,) = comparison["trees"]
    nodes = [(n["text"], n["token_units"], n["count"], n["among"]) for n in tree["nodes"]]
    assert nodes == [
        ("👋🏽 1. ", 0, 4, 4),
        ("Charlotte", 9, 3, 4),
        ("Clara", 5, 1, 4),
        ("", 0, 2, 3),
        (" Ann", 4, 1, 3),
    ]


def test_the_answers_of_a_tree_are_counted_over_all_results() -> None:
    comparison = comparison_of(*grid(), axes=(TEMPERATURE, TONE))
    assert [(tree["result"], tree["nodes"][0]["answers"]) for tree in comparison["trees"]] == [
        (2, [2, 3]),
        (3, [4, 5]),
    ]


def test_a_comparison_has_its_base_unit_and_view() -> None:
    """By default words against the most frequent answer, with the answers first."""
    comparison = comparison_of(*four())
    assert (comparison["base"], comparison["by"], comparison["opens"]) == (0, "word", "answers")
    comparison = comparison_of(*four(), base=3, by="sentence", opens="diff")
    assert (comparison["base"], comparison["by"], comparison["opens"]) == (3, "sentence", "diff")


def test_a_grid_has_its_axes() -> None:
    value = bundle(grid(), axes=(TEMPERATURE, TONE))[MIME_TYPE]
    assert value["axes"] == [
        {"name": "temperature", "titles": ["0", "0.5", "1"]},
        {"name": "tone", "titles": ["formal", "playful"]},
    ]
    assert value["results"][4]["error"] == "the server said 429: too many requests"
    assert [c["title"] for c in value["results"][5]["coordinates"]] == ["1", "playful"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(TOKENS, max_size=3), TEXT), min_size=1, max_size=4))
def test_whatever_came_its_comparison_fits_the_schema(answers) -> None:
    """The leaves of the tree are the choices, and offsets lie in their texts."""
    choices = [
        Choice(index=n, message=Message(content=text), logprobs=Logprobs(content=tokens or None))
        for n, (tokens, text) in enumerate(answers)
    ]
    comparison = comparison_of(
        RunView(model="m", request={}, reply=Reply(choices=choices), timing=Timing())
    )
    if comparison:
        sizes = [len(well_formed(text).encode("utf-16-le")) // 2 for _, text in answers]
        pairs = zip(comparison["answers"], sizes, strict=True)
        assert all(0 <= a["start"] <= a["end"] <= size for a, size in pairs)
        assert sorted(p for group in comparison["groups"] for p in group) == list(
            range(len(answers))
        )

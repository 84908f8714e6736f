"""Chunks become a reply: the API's own, and the dialects that servers speak."""

from __future__ import annotations

import gc
import json
import math
import weakref
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.chunk import MAX_UNKNOWN_NAMES, UNREADABLE_LOGPROBS, MalformedChunk
from chat_magic.core.reply.reply import FunctionCall, Reply, TokenTimes, ToolCall, Usage
from chat_magic.core.reply.server_error import ServerError
from tests.completions import chunk, chunks_of, completion, delta, token


def assemble(*chunks: dict[str, Any] | bytes, prefill: str = "") -> Assembler:
    """Feed events that come a millisecond apart."""
    assembler = Assembler(prefill)
    for number, value in enumerate(chunks):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        assembler.feed(data, float(number))
    return assembler


def assemble_whole(value: Any, prefill: str = "") -> Reply:
    assembler = Assembler(prefill)
    assembler.feed_whole(json.dumps(value).encode(), 1.0)
    return assembler.reply()


FINISH = delta(finish_reason="stop")


class TestTheApi:
    """Chunks as the API documents them."""

    def test_a_stream_becomes_a_reply(self) -> None:
        """Deltas are joined; the head, the finish reason and the usage are taken up."""
        reply = assemble(
            delta("", role="assistant"),
            delta("Hello"),
            delta(" there"),
            FINISH,
            chunk(usage={"completion_tokens": 2, "prompt_tokens": 1, "total_tokens": 3}),
        ).reply()
        assert (reply.id, reply.created, reply.model) == ("chatcmpl-1", 1700000000, "test/model")
        assert [choice.text for choice in reply.choices] == ["Hello there"]
        assert reply.choices[0].finish_reason == "stop"
        assert reply.usage == Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
        assert reply.warnings == ()

    def test_choices_come_interleaved(self) -> None:
        """Each choice has its own text, in the order of the indices; one may end early."""
        reply = assemble(
            delta("b", index=1),
            delta("a", index=0),
            delta(index=1, finish_reason="length"),
            delta("A", index=0),
            delta(index=0, finish_reason="stop"),
        ).reply()
        assert [(c.index, c.text, c.finish_reason) for c in reply.choices] == [
            (0, "aA", "stop"),
            (1, "b", "length"),
        ]

    def test_one_event_may_hold_several_choices(self) -> None:
        """Each goes to its own."""
        both = chunk(
            {"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}
        )
        assert assemble(both, both).texts() == ["aa", "bb"]

    def test_tokens_come_with_event_and_time(self) -> None:
        """Several tokens of one event share its number and its time."""
        reply = assemble(
            delta("a", logprobs={"content": [token("a", ["a", "b"])]}),
            delta("bc", logprobs={"content": [token("b"), token("c")], "refusal": None}),
            delta("", logprobs={"content": []}),
            FINISH,
        ).reply()
        choice = reply.choices[0]
        assert choice.logprobs is not None
        assert choice.logprobs.content is not None
        assert [t.token for t in choice.logprobs.content] == ["a", "b", "c"]
        assert choice.logprobs.content[0].bytes == [97]
        assert [t.logprob for t in choice.logprobs.content[0].top_logprobs or ()] == [
            -0.6931,
            -1.6931,
        ]
        assert choice.arrivals == {"content": TokenTimes(chunk=[0, 1, 1], t_ms=[0.0, 1.0, 1.0])}

    def test_a_refusal_has_text_and_tokens_of_its_own(self) -> None:
        """They are apart from the content."""
        reply = assemble(
            delta(refusal="No", logprobs={"refusal": [token("No")]}), delta(refusal="."), FINISH
        ).reply()
        choice = reply.choices[0]
        assert (choice.refusal, choice.message.content) == ("No.", None)
        assert choice.arrivals == {"refusal": TokenTimes(chunk=[0], t_ms=[0.0])}

    def test_unknown_finish_reasons_are_kept(self) -> None:
        """What the server says is what the user sees."""
        assert assemble(delta("a", finish_reason="eos")).finish_reasons() == ["eos"]

    def test_audio_comes_in_pieces(self) -> None:
        """Base64 that was padded piece by piece is joined into valid base64."""
        reply = assemble(
            delta(audio={"id": "audio_1", "data": "YQ==", "transcript": "He"}),
            delta(audio={"data": "Yg==", "transcript": "y"}),
            delta(audio={"expires_at": 7}),
            FINISH,
        ).reply()
        assert reply.choices[0].message.audio == {
            "id": "audio_1",
            "data": "YWI=",
            "transcript": "Hey",
            "expires_at": 7,
        }

    def test_annotations_and_the_old_function_call_are_taken_up(self) -> None:
        """Lists go on, arguments are joined."""
        reply = assemble(
            delta(annotations=[{"n": 1}], function_call={"name": "f", "arguments": "{"}),
            delta(annotations=[{"n": 2}], function_call={"arguments": "}"}),
            FINISH,
        ).reply()
        message = reply.choices[0].message
        assert message.annotations == [{"n": 1}, {"n": 2}]
        assert message.function_call == FunctionCall(name="f", arguments="{}")


class TestUnfinished:
    """Choices without a finish reason."""

    def test_a_choice_that_broke_off_is_marked(self) -> None:
        """Finished choices keep their own reason."""
        assembler = assemble(delta("a", finish_reason="stop"), delta("b", index=1))
        reply = assembler.reply(unfinished="error")
        assert [choice.finish_reason for choice in reply.choices] == ["stop", "error"]
        assert reply.warnings == ()

    def test_a_missing_finish_reason_is_a_warning(self) -> None:
        """It stays None when nothing went wrong otherwise."""
        reply = assemble(delta("a")).reply()
        assert reply.choices[0].finish_reason is None
        assert reply.warnings == ("choice 0 ended without a finish_reason",)


class TestLive:
    """What the display reads while the answer comes."""

    def test_before_anything(self) -> None:
        """There is nothing yet."""
        assembler = Assembler()
        assert (assembler.texts(), assembler.n_tokens, assembler.first_text_ms) == ([], 0, None)
        assert not assembler.has_output
        assert not assembler.is_complete

    def test_while_it_comes(self) -> None:
        """The first text counts, not the role before it; then each piece is a token."""
        assembler = assemble(delta("", role="assistant"), delta("a"), delta("b"))
        assert (assembler.texts(), assembler.n_tokens, assembler.first_text_ms) == (["ab"], 2, 1.0)
        assert assembler.has_output
        assert assembler.finish_reasons() == [None]

    def test_tokens_are_counted_where_they_are_told(self) -> None:
        """Log probabilities tell better than pieces, and the server's count better than both."""
        scored = delta("abc", logprobs={"content": [token("a"), token("b"), token("c")]})
        assert assemble(scored).n_tokens == 3
        assert assemble(scored, chunk(usage={"completion_tokens": 9})).n_tokens == 9

    def test_complete_is_when_every_choice_has_ended(self) -> None:
        """One that goes on keeps it open."""
        assembler = assemble(delta("a", finish_reason="stop"), delta("b", index=1))
        assert not assembler.is_complete
        assembler.feed(json.dumps(delta(index=1, finish_reason="stop")).encode(), 9.0)
        assert assembler.is_complete


class TestToolCalls:
    """Tool calls arrive in pieces, numbered in many ways."""

    @pytest.mark.parametrize(
        "deltas",
        [
            [
                [{"index": 0, "id": "a", "type": "function", "function": {"name": "f"}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}],
                [{"index": 0, "function": {"arguments": '{"x":'}}],
                [{"index": 1, "function": {"arguments": "{}"}}],
                [{"index": 0, "function": {"arguments": "1}"}}],
            ],
            [
                [
                    {"id": "a", "function": {"name": "f", "arguments": '{"x":1}'}},
                    {"id": "b", "function": {"name": "g", "arguments": "{}"}},
                ]
            ],
            [
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}],
                [{"index": "0", "id": "a", "function": {"name": "f", "arguments": '{"x":1}'}}],
            ],
            [
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x":1}'}}],
                [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{}"}}],
            ],
            [
                [{"id": "a", "function": {"name": "f"}}],
                [{"function": {"arguments": '{"x":1}'}}],
                [{"id": "b", "function": {"name": "g"}}],
                [{"function": {"arguments": "{}"}}],
            ],
            [
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x":'}}],
                [{"index": 0, "id": "other", "function": {"name": None, "arguments": "1}"}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}],
            ],
        ],
        ids=[
            "interleaved by index",
            "whole, without an index",
            "out of order, an index as text",
            "all at index 0",
            "without an index, in pieces",
            "an id for each piece, the name again and again",
        ],
    )
    def test_pieces_find_their_call(self, deltas: list[list[dict[str, Any]]]) -> None:
        """However a server numbers them, the same two calls come out."""
        reply = assemble(*(delta(tool_calls=calls) for calls in deltas), FINISH).reply()
        assert reply.choices[0].tool_calls == (
            ToolCall(id="a", function=FunctionCall(name="f", arguments='{"x":1}')),
            ToolCall(id="b", function=FunctionCall(name="g", arguments="{}")),
        )
        assert reply.warnings == ()

    def test_a_missing_id_is_generated_and_a_warning(self) -> None:
        """The next request needs one."""
        calls = [{"function": {"name": "f", "arguments": "{}"}}, {"function": {"name": "f"}}]
        reply = assemble(delta(tool_calls=calls, index=2, finish_reason="tool_calls")).reply()
        assert [call.id for call in reply.choices[0].tool_calls] == ["call_2_0", "call_2_1"]
        assert any(
            "a tool call has no id: 'call_2_0' is used" in warning for warning in reply.warnings
        )

    def test_arguments_as_an_object_become_text(self) -> None:
        """As the API has them, with a warning."""
        call = {"id": "a", "function": {"name": "f", "arguments": {"é": [1]}}}
        reply = assemble(delta(tool_calls=[call]), FINISH).reply()
        assert reply.choices[0].tool_calls[0].function.arguments == '{"é": [1]}'
        assert len(reply.warnings) == 1

    def test_fields_nobody_knows_are_kept(self) -> None:
        """Some servers want them back."""
        call = {"id": "a", "function": {"name": "f"}, "extra_content": {"signature": "x"}}
        reply = assemble(delta(tool_calls=[call]), FINISH).reply()
        assert reply.choices[0].tool_calls[0].extra == {"extra_content": {"signature": "x"}}


class TestDialects:
    """What servers send beside the API."""

    @pytest.mark.parametrize(
        "odd",
        [
            chunk(prompt_filter_results=[]),
            {"choices": None, "id": "", "model": ""},
            {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": None}]},
            {"choices": [{"index": 0}]},
            delta(),
            delta(""),
            {"choices": [], "usage": {}},
            {"choices": [], "timings": {"n": 1}},
        ],
    )
    def test_events_without_text_do_no_harm(self, odd: dict[str, Any]) -> None:
        """Wherever they come, the answer is the same."""
        reply = assemble(odd, delta("a"), odd, delta("b"), FINISH, odd).reply()
        assert [choice.text for choice in reply.choices] == ["ab"]
        assert (reply.id, reply.model, reply.usage) == ("chatcmpl-1", "test/model", None)
        assert reply.warnings == ()

    def test_content_as_a_list_of_parts(self) -> None:
        """Text is text, thinking is reasoning, the rest is kept."""
        parts = [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "a"},
            {"type": "reference", "reference_ids": [1]},
        ]
        message = assemble(delta(content=parts), delta("b"), FINISH).reply().choices[0].message
        assert (message.content, message.reasoning) == ("ab", "hm")
        assert message.extra == {"content": [{"type": "reference", "reference_ids": [1]}]}

    @pytest.mark.parametrize(
        "fields",
        [
            {"reasoning_content": "hm"},
            {"reasoning": "hm"},
            {"reasoning_content": "hm", "reasoning": "hm"},
        ],
    )
    def test_reasoning_has_two_names(self, fields: dict[str, str]) -> None:
        """A server that sends both does not say it twice."""
        reply = assemble(delta(**fields), delta("a"), FINISH).reply()
        assert (reply.choices[0].reasoning, reply.choices[0].text) == ("hm", "a")

    def test_think_tags_stay_in_the_text(self) -> None:
        """They are what the model wrote."""
        assert assemble(delta("<think>a</think>b")).texts() == ["<think>a</think>b"]

    def test_an_index_as_text_or_missing(self) -> None:
        """Text is read as a number; without one the place in the event counts, and is told."""
        odd = {"choices": [{"delta": {"content": "a"}}, {"index": "1", "delta": {"content": "b"}}]}
        assembler = assemble(odd, odd)
        assert assembler.texts() == ["aa", "bb"]
        assert assembler.reply("error").warnings == (
            "a choice has no index: numbered by its position",
        )

    def test_all_choices_of_an_event_say_index_0(self) -> None:
        """Their place tells them apart, and that is told."""
        odd = chunk(
            {"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"},
            {"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"},
        )
        reply = assemble(odd).reply()
        assert [(choice.index, choice.text) for choice in reply.choices] == [(0, "a"), (1, "b")]
        assert len(reply.warnings) == 1

    def test_choices_that_all_say_index_0_one_after_the_other(self) -> None:
        """The first is kept, never joined to the next, and that is told."""
        reply = assemble(
            delta("first"),
            delta(finish_reason="length"),
            delta("second"),
            delta(" one"),
            delta(finish_reason="stop"),
        ).reply()
        assert [(c.text, c.finish_reason) for c in reply.choices] == [("first", "length")]
        assert reply.warnings == (
            "choice 0 continues after its finish_reason: the rest is left out",
        )

    def test_a_finish_reason_on_every_chunk(self) -> None:
        """As gateways to Gemini send it: the text goes on, and that is told."""
        reply = assemble(
            delta(reasoning_content="hm", finish_reason="stop"),
            delta("a", finish_reason="stop"),
            delta("b", finish_reason="stop"),
            delta("", finish_reason="length"),
        ).reply()
        assert [(c.text, c.finish_reason) for c in reply.choices] == [("ab", "length")]
        assert len(reply.warnings) == 1

    def test_text_after_a_reasoning_that_was_finished(self) -> None:
        """It is the answer."""
        reply = assemble(
            delta(reasoning_content="hm", finish_reason="stop"), delta("a"), FINISH
        ).reply()
        assert (reply.choices[0].text, reply.warnings) == ("a", ())

    def test_numbers_in_the_head_may_come_as_text(self) -> None:
        """They are read, or left out."""
        reply = assemble({**delta("a", finish_reason="stop"), "created": "17", "id": 5}).reply()
        assert (reply.created, reply.id) == (17, "5")

    def test_usage_that_llama_cpp_counts_choice_by_choice_is_added_up(self) -> None:
        """Its usage chunks have no choices but `timings`; each counts the whole prompt."""
        of_one = {"completion_tokens": 3, "prompt_tokens": 32, "total_tokens": 35}
        of_two = {"completion_tokens": 4, "prompt_tokens": 32, "total_tokens": 36}
        reply = assemble(
            delta("a", finish_reason="stop"),
            chunk(usage=of_one, timings={"predicted_n": 3}),
            delta("b", index=1, finish_reason="stop"),
            chunk(usage=of_two, timings={"predicted_n": 4}),
        ).reply()
        assert reply.usage == Usage(prompt_tokens=32, completion_tokens=7, total_tokens=39)
        repeated = assemble(FINISH, chunk(usage=of_one), chunk(usage=of_one)).reply()
        assert repeated.usage == Usage(prompt_tokens=32, completion_tokens=3, total_tokens=35)

    def test_usage_keeps_what_nobody_knows(self) -> None:
        """The last one that came counts."""
        last = {"completion_tokens": 1, "cost": 0.5, "prompt_tokens": "?"}
        reply = assemble(chunk(usage={"completion_tokens": 7}), FINISH, chunk(usage=last)).reply()
        assert reply.usage == Usage(completion_tokens=1, extra={"cost": 0.5, "prompt_tokens": "?"})


class TestUnknownFields:
    """Fields that are not the API's are kept."""

    def test_they_are_kept_where_they_stood(self) -> None:
        """In the reply, the choice, the message; the last one counts, null replaces nothing."""
        reply = assemble(
            {**delta("a"), "provider": "X", "note": None},
            chunk({"index": 0, "delta": {"mood": "good"}, "stop_reason": None, "note": 1}),
            {**chunk({"index": 0, "delta": {"mood": None}, "stop_reason": 2}), "provider": "Y"},
            FINISH,
        ).reply()
        assert reply.extra == {"provider": "Y", "note": None}
        assert reply.choices[0].extra == {"stop_reason": 2, "note": 1}
        assert reply.choices[0].message.extra == {"mood": "good"}
        assert reply.warnings == ()

    def test_lists_of_a_choice_go_on(self) -> None:
        """Token ids come piece by piece."""
        pieces = [chunk({"index": 0, "delta": {}, "token_ids": [k]}) for k in range(3)]
        assert assemble(*pieces, FINISH).reply().choices[0].extra == {"token_ids": [0, 1, 2]}

    def test_names_with_any_characters(self) -> None:
        """They are data, not code."""
        odd = {"a b": 1, "unknown_0": 2, "class": 3, "é": 4, "": 5}
        reply = assemble({**delta("a"), **odd}, {**FINISH, **odd}).reply()
        assert reply.extra == odd
        assert reply.warnings == ()

    @pytest.mark.parametrize("name", ["a\nb", '"', "\\", "\ud83d", "\u202e"])
    def test_names_with_odd_characters_are_dropped_and_told(self, name: str) -> None:
        """Nothing else is lost."""
        reply = assemble({**delta("a"), name: 1}, {**FINISH, name: 1}).reply()
        assert (reply.choices[0].text, reply.extra) == ("a", {})
        assert len(reply.warnings) == 1

    def test_too_many_are_dropped_and_told(self) -> None:
        """A server cannot make us learn without end; the text still comes."""
        chunks = [{**delta("a"), f"name_{k}": k} for k in range(MAX_UNKNOWN_NAMES + 10)]
        reply = assemble(*chunks, FINISH).reply()
        assert reply.choices[0].text == "a" * len(chunks)
        assert len(reply.extra) == MAX_UNKNOWN_NAMES
        assert len(reply.warnings) == 1

    def test_unknown_fields_of_tokens_do_no_harm(self) -> None:
        """llama.cpp sends an id with each."""
        entry = {**token("a", ["a"]), "id": 5}
        reply = assemble(delta("a", logprobs={"content": [entry]}), FINISH).reply()
        assert reply.choices[0].logprobs is not None
        assert reply.warnings == ()


class TestSkipped:
    """Events that are left out."""

    def test_they_are_shown_shortened(self) -> None:
        """Without what cannot be printed; the first few only."""
        assembler = assemble(delta("a", finish_reason="stop"))
        assembler.skip(b"x\x1b\n" + b"y" * 100, "JSON")
        for _ in range(5):
            assembler.skip(b"z", "JSON")
        first, *_, last = assembler.reply().warnings
        assert first == f"an event that is not JSON was skipped: x {'y' * 78}…"
        assert last == "3 more events skipped"

    def test_the_beginning_of_a_json_text_is_a_cut_until_another_event_comes(self) -> None:
        """Anything else is none."""
        assembler = assemble(delta("a"))
        assembler.skip(b"oops", "JSON")
        assert not assembler.is_cut
        assembler.skip(b'{"choices"', "JSON")
        assert assembler.is_cut
        assembler.feed(json.dumps(FINISH).encode(), 1.0)
        assert not assembler.is_cut


class TestRestart:
    """A request that is sent again."""

    def test_nothing_is_left_of_the_first_try(self) -> None:
        """No choice, head, usage or warning."""
        first = {**delta("a", finish_reason="stop"), "id": "first", "provider": "X"}
        assembler = assemble(first, chunk(usage={"completion_tokens": 1}))
        assembler.skip(b"oops", "JSON")
        assembler.restart()
        assert (assembler.n_tokens, assembler.n_events, assembler.has_content) == (0, 0, False)
        assert assembler.reply() == Reply()


class TestLogprobsOfOtherShapes:
    """Log probabilities as no JSON or API has them."""

    def test_infinity_and_nan_are_taken(self) -> None:
        """They are no JSON, but servers send them."""
        data = b'{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[%s]}}]}'
        tokens = (
            b'{"token":"a","logprob":-Infinity,"bytes":[97],"top_logprobs":'
            b'[{"token":"b","logprob":NaN,"bytes":[98]},{"token":"c","logprob":null}]}'
        )
        reply = assemble(data % tokens, FINISH).reply()
        assert reply.choices[0].logprobs is not None
        (first,) = reply.choices[0].logprobs.content or ()
        assert (first.logprob, first.bytes) == (-math.inf, [97])
        assert first.top_logprobs is not None
        assert math.isnan(first.top_logprobs[0].logprob or 0)
        assert [t.bytes for t in first.top_logprobs] == [[98], None]

    def test_lists_of_their_own_are_kept(self) -> None:
        """Together sends parallel lists: they are in the choice's extra, whole."""
        pieces = [
            delta("a", logprobs={"tokens": ["a"], "token_logprobs": [-1.0]}),
            delta("b", logprobs={"tokens": ["b"], "token_logprobs": [-2.0]}),
        ]
        choice = assemble(*pieces, FINISH).reply().choices[0]
        assert choice.extra == {"tokens": ["a", "b"], "token_logprobs": [-1.0, -2.0]}

    def test_what_cannot_be_read_is_kept_and_told(self) -> None:
        """The text is not lost for it."""
        odd = {"content": [{"token": "a", "logprob": "low", "bytes": [97]}]}
        reply = assemble(delta("a", logprobs=odd), FINISH).reply()
        assert reply.choices[0].text == "a"
        assert reply.choices[0].extra == {UNREADABLE_LOGPROBS: odd}
        assert len(reply.warnings) == 1


class TestSurrogates:
    """Characters outside the basic plane, in two halves."""

    def test_a_pair_that_was_cut_in_two_is_whole_again(self) -> None:
        """Some servers cut between the halves of a character."""
        halves = [b'{"choices":[{"index":0,"delta":{"content":"%s"}}]}' % h for h in
                  (b"\\ud83d", b"\\ude00")]  # fmt: skip
        assert assemble(*halves, FINISH).reply().choices[0].text == "\U0001f600"

    def test_half_a_pair_is_kept(self) -> None:
        """It is not ours to repair."""
        half = b'{"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}'
        assert assemble(half, FINISH).reply().choices[0].text == "a\ud83d"


class TestErrors:
    """Errors that a server reports, and what is no answer at all."""

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ({"message": "no luck", "code": 500}, "no luck"),
            ("no luck", "no luck"),
            ({"message": {"detail": "no luck"}}, "no luck"),
        ],
    )
    def test_an_error_in_the_stream_is_raised(self, error: Any, words: str) -> None:
        """What came beside it is taken."""
        assembler = assemble(delta("a"))
        event = {**delta("b", finish_reason="error"), "error": error}
        with pytest.raises(ServerError, match=words):
            assembler.feed(json.dumps(event).encode(), 1.0)
        assert assembler.texts() == ["ab"]
        assert assembler.finish_reasons() == ["error"]

    def test_an_error_may_be_the_event_itself(self) -> None:
        """As old vLLM sends it."""
        with pytest.raises(ServerError, match="too long"):
            assemble({"object": "error", "message": "too long", "type": "Bad", "code": 400})

    @pytest.mark.parametrize(
        "data",
        [b"", b"ok", b'{"a"', b"[]", b"1", b'{"choices": 5}', b'{"choices": [1]}',
         b'{"choices": [{"delta": "a"}]}', b"[" * 100_000],
    )  # fmt: skip
    def test_what_is_no_chunk_is_raised(self, data: bytes) -> None:
        """Nothing that came before is lost."""
        assembler = assemble(delta("a"))
        with pytest.raises(MalformedChunk):
            assembler.feed(data, 1.0)
        assert assembler.texts() == ["a"]


class TestPrefill:
    """The text is what the model wrote, never the prefill."""

    def test_a_repeated_prefill_is_taken_off(self) -> None:
        """The text is what the model wrote."""
        reply = assemble_whole(completion("Once upon a time"), prefill="Once upon")
        assert reply.choices[0].text == " a time"

    def test_a_prefill_that_the_tokens_hold_is_kept(self) -> None:
        """Then the model really wrote it again."""
        reply = assemble_whole(completion("Once upon a time", n_top=0), prefill="Once")
        assert reply.choices[0].text == "Once upon a time"

    def test_tokens_of_the_rest_alone_take_it_off(self) -> None:
        """As llama.cpp sends it."""
        value = completion("Once upon a time")
        value["choices"][0]["logprobs"] = {"content": [token(" a"), token(" time")]}
        assert assemble_whole(value, prefill="Once upon").choices[0].text == " a time"

    def test_a_stream_is_left_as_it_is(self) -> None:
        """Servers do not stream the prefill."""
        assert assemble(delta("Once more"), prefill="Once").texts() == ["Once more"]


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
TOKEN = st.builds(
    token,
    TEXT.filter(bool),
    st.lists(TEXT, max_size=2),
    st.floats(-20, 0),
)
CALL = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "type": st.just("function"),
        "function": st.fixed_dictionaries({"name": st.sampled_from("fg"), "arguments": TEXT}),
    }
)


@st.composite
def choices(draw: st.DrawFn, index: int) -> dict[str, Any]:
    """Any choice of a whole completion."""
    tokens = draw(st.none() | st.lists(TOKEN, min_size=1, max_size=4))
    content = "".join(t["token"] for t in tokens) if tokens else draw(st.none() | TEXT)
    message = {
        "role": "assistant",
        "content": content,
        "reasoning_content": draw(st.none() | TEXT),
        "refusal": draw(st.none() | TEXT),
        "tool_calls": draw(st.none() | st.lists(CALL, max_size=2)),
        "mood": draw(JSON),
    }
    return {
        "index": index,
        "message": message,
        "finish_reason": draw(st.sampled_from(["stop", "length", "tool_calls"])),
        "logprobs": {"content": tokens, "refusal": None} if tokens else None,
        "stop_reason": draw(JSON),
    }


@st.composite
def completions(draw: st.DrawFn) -> dict[str, Any]:
    """Any whole completion."""
    answers = [draw(choices(index)) for index in range(draw(st.integers(1, 3)))]
    usage = draw(st.none() | st.just({"completion_tokens": 3, "cost": 1.5}))
    return {**chunk(*answers, provider=draw(JSON)), "object": "chat.completion", "usage": usage}


def without_arrivals(reply: Reply) -> Any:
    """Everything but the times, as JSON values (undecoded bytes have no equality)."""
    value = msgspec.json.decode(msgspec.json.encode(reply))
    for choice in value["choices"]:
        del choice["arrivals"]
    return value


@given(completions())
def test_a_stream_and_its_whole_twin_are_equal(value: dict[str, Any]) -> None:
    """How a completion is sent makes no difference to the reply, arrival times apart."""
    streamed = assemble(*chunks_of(value)).reply()
    assert without_arrivals(streamed) == without_arrivals(assemble_whole(value))


def test_an_answer_is_freed_with_its_last_reference() -> None:
    """A map has many: none may be left to the garbage collector, which holds the event loop."""
    gc.disable()
    try:
        assembler = assemble(delta("Hi", role="assistant"), FINISH)
        assembler.warn("w")
        left = weakref.ref(assembler)
        del assembler
        assert left() is None
    finally:
        gc.enable()

"""What a request cannot get is said before it is sent."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.capability import Capability, KnownCapabilities
from chat_magic.core.reply.capability_warnings import capability_warnings
from chat_magic.core.request.request import read_fields

KNOWN = KnownCapabilities(
    findings={
        feature: Capability(feature, support, detail)
        for feature, support, detail in [
            ("n", "ignored", ""),
            ("seed", "ignored", ""),
            ("stop", "refused", ""),
            ("top_logprobs", "partly", "5 at most"),
            ("json_schema", "ignored", ""),
            ("tools", "refused", ""),
            ("reasoning", "ignored", ""),
            ("prefill", "ignored", "starts anew"),
        ]
    },
    checked_s=0.0,
)
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
PREFILLED = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({}, []),
        ({"n": 5}, ["this server ignores n: 5 requests will be sent"]),
        ({"n": 1}, []),
        ({"seed": 1}, ["this server ignores seed"]),
        ({"stop": ["x"]}, ["this server refuses stop"]),
        (
            {"top_logprobs": 20, "logprobs": True},
            ["top_logprobs 20: this server returns at most 5"],
        ),
        ({"top_logprobs": 5, "logprobs": True}, []),
        ({"response_format": SCHEMA}, ["this server ignores json_schema"]),
        ({"reasoning_effort": "low"}, ["this server ignores reasoning_effort"]),
        (
            {"messages": PREFILLED},
            ["prefill: this server starts a new turn after an assistant message"],
        ),
    ],
)
def test_each_field_that_has_no_effect_is_named(fields, warnings):
    """A field that is not sent is not."""
    request = read_fields({"messages": "Hi", **fields}, allow_extra=False)
    assert list(capability_warnings(request, KNOWN, top_up=True)) == warnings
    assert capability_warnings(request, None, top_up=True) == ()


def test_without_topping_up_one_choice_comes():
    """No further requests are sent then."""
    request = read_fields({"messages": "Hi", "n": 3}, allow_extra=False)
    assert capability_warnings(request, KNOWN, top_up=False) == (
        "this server ignores n: 1 will come",
    )

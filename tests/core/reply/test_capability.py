"""What is known about a server, in values and in words."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.capability import Capability, KnownCapabilities, summary_of


def known(*findings):
    """Return these findings, made on the first day of 1970."""
    read = [Capability(*found) for found in findings]
    return KnownCapabilities(findings={found.feature: found for found in read}, checked_s=0.0)


@pytest.mark.parametrize(
    ("detail", "most"),
    [("20 at most", 20), ("1000 or more", None), ("0 alternatives came", 0), ("", None)],
)
def test_the_most_alternatives_are_read_from_the_detail(detail, most):
    """More than the test asked for is no limit."""
    assert known(("top_logprobs", "honoured", detail)).most_alternatives == most
    assert known().most_alternatives is None


def test_what_is_ignored_or_refused_is_lacking():
    """What is not known is not."""
    found = known(("n", "ignored"), ("stop", "refused"), ("seed", "unknown"), ("tools", "partly"))
    assert [name for name in ("n", "stop", "seed", "tools", "logprobs") if found.lacks(name)] == [
        "n",
        "stop",
    ]


def test_the_summary_names_what_is_not_honoured_and_the_date():
    """The number of alternatives and the prefill are always there."""
    found = known(
        ("n", "ignored"), ("seed", "honoured"), ("top_logprobs", "honoured", "20 at most"),
        ("prefill", "ignored", "starts anew"), ("unknown_fields", "ignored"),
    )  # fmt: skip
    assert summary_of(found) == (
        "n ignored, top_logprobs 20 at most, prefill starts anew (1970-01-01)"
    )
    assert summary_of(known(("n", "honoured"))) == "all honoured (1970-01-01)"

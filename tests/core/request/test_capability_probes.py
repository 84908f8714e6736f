"""The requests that show what a server does are small."""

from __future__ import annotations

import json

from chat_magic.core.request import capability_probes as probes


def test_all_requests_together_are_as_small_as_is_said():
    """Four characters are about a token; the requests are those to a server without faults."""
    sent = [
        probes.counting(**probes.BASE),
        *[probes.story(n=2, temperature=1)] * 3,
        *[probes.first_word(top_logprobs=5)] * 3,
        probes.counting(stop=["x"]),
        probes.prefilled(),
        probes.json_object(),
        probes.tool_call(),
        probes.reasoned(),
    ]
    assert len(sent) == probes.MOST_REQUESTS
    messages = sum(len(json.dumps(request["messages"])) for request in sent)
    assert messages / 4 < probes.MOST_TOKENS[0]


def test_the_last_message_of_a_prefill_is_the_assistants():
    """It ends in the middle of a count."""
    *_, last = probes.prefilled()["messages"]
    assert last == {"role": "assistant", "content": probes.PREFILL}
    assert probes.PREFILL.endswith(f" {probes.COUNTED_TO},")

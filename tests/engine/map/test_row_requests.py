"""The requests of a map."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat_magic.core.request.label_set import LabelSet
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.map.row_requests import (
    RowRequests,
    is_alike,
    read_map_prompt,
)
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from tests.completions import completion
from tests.gateway import whole


def prompt_of(messages, **options):
    """Return what is asked of each row."""
    return read_map_prompt(
        messages, model=options.pop("model", "a/b"), variables=None, schema=None, labels=None,
        labels_at=None, parameters=options,
    )  # fmt: skip


def test_the_short_way_gives_what_the_long_way_gives(gateway):
    """The request of each row is that of `prepare_call`."""
    gateway()
    session = default_session()
    prompt = prompt_of("system: Be {{ tone }}.\nuser: {{ text }}", temperature=0.5)
    requests = RowRequests(session, prompt)
    for number in range(3):
        written = requests.read({"tone": "brief", "text": f"row {number}"})
        call = requests.prepare(written)
        assert call.request.body() == prepare_call(session, written).request.body()
        assert call.endpoint == requests.first.endpoint


def test_a_row_whose_parameters_differ_is_prepared_by_itself(gateway):
    """Such as by a template in a YAML block."""
    gateway()
    requests = RowRequests(
        default_session(), prompt_of("---\nmetadata: {row: '{{ n }}'}\n---\nuser: {{ n }}")
    )
    bodies = [requests.prepare(requests.read({"n": n})).request.body() for n in range(2)]
    assert [body["metadata"] for body in bodies] == [{"row": "0"}, {"row": "1"}]


def test_the_fingerprint_tells_prompts_apart():
    """By templates, model and parameters; not by rows."""
    one = prompt_of("{{ text }}").fingerprint
    assert one == prompt_of("{{ text }}").fingerprint
    others = [
        prompt_of("{{ text }}!"),
        prompt_of("{{ text }}", model="c/d"),
        prompt_of("{{ text }}", temperature=0),
        prompt_of([{"role": "user", "content": "{{ text }}"}]),
    ]
    assert len({one, *(other.fingerprint for other in others)}) == 5


def labelled(**parameters):
    """Return the requests of a prompt with labels."""
    prompt = replace(prompt_of("{{ text }}", **parameters), labels=LabelSet(("yes", "no")))
    return RowRequests(default_session(), prompt)


@pytest.mark.parametrize(
    ("parameters", "asked"),
    [({}, 20), ({"top_logprobs": 3}, 3), ({"logprobs": True}, 20)],
)
def test_labels_ask_for_alternatives_where_none_are_set(gateway, parameters, asked):
    """As they do in a cell."""
    gateway(whole(completion("yes")))
    requests = labelled(**parameters)
    call = requests.prepare(requests.read({"text": "x"}))
    assert call.request.parameters == {"logprobs": True, "top_logprobs": asked}


@pytest.mark.parametrize("parameters", [{"logprobs": False}, {"top_logprobs": 0}])
def test_labels_without_log_probabilities_are_an_error(gateway, parameters):
    """Nothing would tell their probabilities."""
    gateway(whole(completion("yes")))
    requests = labelled(**parameters)
    with pytest.raises(InvalidRequest, match="labels require"):
        requests.prepare(requests.read({"text": "x"}))


def test_requests_are_alike_if_only_their_texts_differ():
    """Parameters and models are compared."""
    one = ChatRequest(model="a/b")
    assert is_alike(one, ChatRequest(model="a/b"))
    assert not is_alike(one, ChatRequest(model="c/d"))
    assert not is_alike(one, ChatRequest(model="a/b", parameters={"seed": 1}))


@pytest.mark.parametrize("messages", [7, [{"role": "user", "content": "x", "name": 1}], None])
def test_messages_that_are_none_are_refused(messages):
    """Before any row is read."""
    with pytest.raises(InvalidRequest):
        prompt_of(messages)


def test_the_first_request_is_checked_before_it_is_sent(gateway):
    """What it must have is known then."""
    gateway()

    def check(_request):
        raise InvalidRequest("not this one")

    requests = RowRequests(default_session(), prompt_of("{{ text }}"), check=check)
    with pytest.raises(InvalidRequest, match="not this one"):
        requests.prepare(requests.read({"text": "x"}))

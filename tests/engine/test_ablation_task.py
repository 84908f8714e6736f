"""An ablation while it runs: its progress, an interrupt, the cache and the history."""

from __future__ import annotations

import threading

import pytest

import chat_magic
from chat_magic import ChatInterrupted
from chat_magic.engine.ablation_task import plan_ablation, start_ablation
from chat_magic.engine.prepare import build_request
from chat_magic.engine.session import default_session
from tests.engine.test_ablate import PROMPT, _nothing_is_known, vllm_where  # noqa: F401
from tests.gateway import HOLD, Answer
from tests.waiting import wait_until


def plan(**options):
    """Plan the ablation of a prompt."""
    request, _ = build_request(PROMPT, "a/b", None, None, {}, None)
    return plan_ablation(default_session(), request, "sentence", answer="Rome", **options)


def test_the_size_counts_the_whole_prompt_and_the_answer():
    """Labels need no answer."""
    assert plan().size == "3 segments by sentence: 4 requests"
    assert not plan().is_repeated


@pytest.mark.usefixtures("weights")
def test_on_the_local_server_the_whole_prompt_is_scored_twice():
    """So that it is seen what is noise there; its picture says so."""
    found = chat_magic.ablate("Say a name. Be kind.", "Tom", model="local", history=False)
    assert found.again.scores["candidate"].tolist() == ["Tom"]
    assert "by the whole prompt scored twice" in str(found)


def test_an_interrupt_keeps_what_was_measured(gateway):
    """The segments that were not reached are not known."""
    answer, held = vllm_where({"brief": 0.5}), threading.Event()

    def reply(request):
        if request.path != "/v1/models" and "city" not in request.json["messages"][0]["content"]:
            held.set()
            return Answer([HOLD])
        return answer(request)

    gateway(reply)
    handle = start_ablation(default_session(), plan())
    wait_until(lambda: held.is_set() and (handle.task.note or "").startswith("3 of 4"))
    handle.cancel()
    with pytest.raises(ChatInterrupted) as caught:
        handle.wait()
    bits = caught.value.result.frame["bits"]
    assert bits.tolist()[:2] == pytest.approx([2.0, 0.0])
    assert bits.isna().tolist() == [False, False, True]


def test_an_equal_ablation_is_served_from_the_cache(gateway, history_file):
    """Every score of it."""
    server = gateway(vllm_where({"brief": 0.5}))
    first = chat_magic.ablate(PROMPT, "Rome", model="a/b", cache=True)
    n_sent = len(server.requests)
    again = chat_magic.ablate(PROMPT, "Rome", model="a/b", cache=True)
    assert len(server.requests) == n_sent
    assert again.frame.equals(first.frame)


def test_the_scores_of_an_ablation_are_in_the_history(gateway, history_file):
    """That of the whole prompt, and a grid of the others."""
    gateway(vllm_where({}))
    ablation = chat_magic.ablate(PROMPT, "Rome", model="a/b", history=True)
    assert chat_magic.load(ablation.history_id).scores["candidate"].tolist() == ["Rome"]
    assert chat_magic.history()["kind"].tolist() == ["grid", "answer"]

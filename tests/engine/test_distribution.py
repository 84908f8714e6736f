"""The answers to a prompt are found by asking a server what follows each beginning."""

from __future__ import annotations

import _thread
import asyncio
import itertools
import math
from collections import Counter

import pytest

import chat_magic
from chat_magic.engine.llama_prompt import answer_prompt
from chat_magic.engine.session import default_session
from chat_magic.errors import (
    ApiError,
    BudgetExceeded,
    CacheMiss,
    ChatInterrupted,
    InvalidRequest,
    RequestTimeout,
)
from chat_magic.transport.llama_server import LlamaServer
from tests.completions import completion
from tests.engine.llama_script import llama, prompt_of, tokenize
from tests.gateway import HOLD, Answer, server_with, streamed, whole

PRICES = '[prices]\n"a/*" = { input = 0, output = 1000 }'
"""A thousandth of a dollar for each token that is written."""
USER = {"role": "user", "content": "Hi"}
MODEL = {
    "": {"a": 0.5, "b": 0.3, "c": 0.15},
    "a": {"": 0.9, "x": 0.1},
    "a|x": {"": 1.0},
    "b": {"": 0.5, "b": 0.5},
    "b|b": {"": 1.0},
    "c": {"": 0.8},
}


def small(answer):
    """Return what may follow an answer of the small model."""
    return MODEL[answer]


def distribution(messages="Hi", **options):
    """Find the distribution of a prompt at the gateway."""
    return chat_magic.distribution(messages, model="a/b", **options)


def asked(server):
    """Return the bodies of the requests for what follows, not of those that look for ends."""
    bodies = [request.json for request in server.requests if request.path == "/completion"]
    return [body for body in bodies if body["n_probs"] == 300]


def test_the_answers_are_found_with_their_probabilities(gateway, capsys):
    """What is not listed is unseen."""
    server = gateway(llama(small))
    found = distribution(mass=1.0)
    assert found.frame["answer"].tolist() == ["a", "b", "bb", "c", "ax"]
    assert found.frame["prob_low"].tolist() == pytest.approx([0.45, 0.15, 0.15, 0.12, 0.05])
    assert found.frame["prob_high"].tolist() == pytest.approx([0.5, 0.2, 0.2, 0.2, 0.1])
    assert found.frame["complete"].all()
    assert found.unseen == pytest.approx(0.08)
    assert found.frame["prob_low"].sum() + found.unseen == pytest.approx(1.0)
    assert found.summary == "5 answers hold 92\N{EN DASH}100 %; 8 % unseen"
    assert found.method == "token ids"
    assert found.n_requests == len(asked(server)) == 6
    assert capsys.readouterr().out == "distribution: at most 50 requests to a/b\n"


def test_every_prefix_is_sent_as_token_ids(gateway):
    """With at least 300 alternatives, and an end token as what is written."""
    server = gateway(llama(small))
    distribution()
    start = tokenize(prompt_of([USER]))
    bodies = asked(server)
    assert bodies[0]["prompt"] == start
    assert [*start, ord("a")] in [body["prompt"] for body in bodies]
    assert all(body["n_probs"] >= 300 and body["n_predict"] == 1 for body in bodies)


@pytest.mark.parametrize(
    ("options", "n_requests"),
    [({"max_requests": 1}, 1), ({"mass": 0.4}, 4), ({"max_requests": 3}, 3)],
)
def test_the_search_ends_with_enough_mass_or_with_its_requests(gateway, options, n_requests):
    """No more are sent."""
    server = gateway(llama(small))
    assert distribution(**options).n_requests == n_requests
    assert len(asked(server)) == n_requests


def test_no_request_is_sent_that_could_pass_the_limit_of_the_cost(gateway, config_file):
    """Each writes a token; the error has what was found by then."""
    config_file(PRICES)
    server = gateway(llama(small))
    with pytest.raises(BudgetExceeded, match=r"max_cost \$0\.0035: \$0\.003 is spent") as caught:
        distribution(mass=1.0, max_cost=0.0035)
    assert len(asked(server)) == caught.value.result.n_requests == 3
    assert not caught.value.result.frame.empty


def test_a_limit_of_the_cost_requires_a_price(gateway):
    """Nothing is sent."""
    server = gateway(llama(small))
    with pytest.raises(InvalidRequest, match="max_cost: the price of a/b is not known"):
        distribution(max_cost=1)
    assert server.requests == []


def test_a_longer_answer_is_cut(gateway):
    """It is not complete."""
    gateway(llama(small))
    found = distribution(max_tokens=1, mass=1.0).frame
    assert found["complete"].tolist() == [False, False, False]
    assert found["answer"].tolist() == ["a", "b", "c"]


def test_one_text_by_different_tokens_is_one_answer(gateway):
    """`ab` is a token, and two."""
    model = {"": {"ab": 0.6, "a": 0.4}, "ab": {"": 1.0}, "a": {"b": 1.0}, "a|b": {"": 1.0}}
    gateway(llama(model.__getitem__))
    found = distribution(mass=1.0).frame
    assert found["answer"].tolist() == ["ab"]
    assert found["prob_low"].tolist() == pytest.approx([1.0])
    assert found["n_tokens"].tolist() == [1]


def test_a_node_is_extended_further(gateway):
    """Its number is in the picture; the earlier value stays as it was."""
    server = gateway(llama(small))
    first = distribution(max_requests=1)
    node = next(i for i, one in enumerate(first.search.nodes) if one.content == b"c")
    more = chat_magic.distribution(first, at=node, max_requests=1)
    assert more.frame["answer"].tolist() == ["c"]
    assert more.n_requests == 2
    assert first.frame.empty
    assert asked(server)[-1]["prompt"][-1] == ord("c")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "c/d"),
        ("variables", {"x": 1}),
        ("extra", {"seed": 1}),
        ("temperature", 0),
    ],
)
def test_nothing_changes_the_request_of_a_distribution_that_is_continued(gateway, name, value):
    """Its probabilities are those of that request."""
    server = gateway(llama(small))
    first = distribution(max_requests=1)
    count = len(server.requests)
    with pytest.raises(InvalidRequest, match=f"{name}: a distribution is continued with its own"):
        chat_magic.distribution(first, **{name: value})
    assert len(server.requests) == count


def test_branches_are_a_table_as_of_results(gateway):
    """Of the answers that were found."""
    gateway(llama(small))
    branches = distribution(mass=1.0).branches
    assert branches.columns.tolist()[:3] == ["run", "node_id", "parent_id"]
    assert branches.loc[branches["depth"] == 0, "token"].tolist() == ["a", "b", "c"]


def test_an_open_question_is_told_early(gateway, capsys):
    """With what was reached."""
    gateway(llama(lambda _: {chr(97 + k): 1 / 26 for k in range(26)}))
    found = distribution(max_requests=300)
    out = capsys.readouterr().out
    assert "0 % found; an open question has too many answers to find" in out
    assert found.unseen == 1.0


def test_an_interrupt_keeps_what_was_found(gateway):
    """It is in the error."""
    numbers = itertools.count()

    def interrupting(_answer):
        if next(numbers) == 12:
            _thread.interrupt_main()
        return {chr(97 + k): 1 / 26 for k in range(26)}

    gateway(llama(interrupting))
    with pytest.raises(ChatInterrupted) as stopped:
        distribution(max_requests=100_000, mass=1.0)
    assert 1 <= stopped.value.result.n_requests < 100_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mass": 0}, "mass 0: must be a probability above 0 and at most 1"),
        ({"mass": 1.5}, "mass 1.5"),
        ({"max_requests": 0}, "max_requests 0: must be a whole number, at least 1"),
        ({"max_tokens": True}, "max_tokens True"),
        ({"at": 5}, "at 5: must be 0 before a search has begun"),
        ({"at": -1}, "at -1: must be 0"),
        ({"at": "0"}, "at '0': must be 0"),
        ({"temprature": 1}, "did you mean temperature"),
    ],
)
def test_bad_arguments_are_errors_that_name_them(options, words):
    """Nothing is sent."""
    with pytest.raises(InvalidRequest, match=words):
        distribution(**options)


def test_a_node_that_cannot_be_extended_is_an_error(gateway):
    """So is one that is not there."""
    gateway(llama(small))
    found = distribution(mass=1.0)
    with pytest.raises(InvalidRequest, match="at 999: must be the number of a node, 0 to"):
        chat_magic.distribution(found, at=999)
    with pytest.raises(InvalidRequest, match="nothing follows it"):
        chat_magic.distribution(found, at=found.answers[0].node)


def test_a_server_that_continues_text_gives_an_approximation(gateway):
    """It is labelled so."""
    model = {"": {"a": 0.5, "b": 0.5}, "a": {"</s>": 1.0}, "b": {"</s>": 0.75}}

    def answer(request):
        if request.method == "GET":
            return whole({"data": [{"id": "b", "owned_by": "vllm"}]})
        body = request.json
        last = body["messages"][-1]
        text = last["content"] if last["role"] == "assistant" else ""
        assert bool(text) == bool(body.get("continue_final_message"))
        top = [{"token": name, "logprob": math.log(prob)} for name, prob in model[text].items()]
        value = completion(top[0]["token"])
        value["choices"][0]["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
        return streamed(value)

    gateway(answer)
    found = distribution(mass=1.0)
    assert found.frame["answer"].tolist() == ["a", "b"]
    assert found.frame["prob_low"].tolist() == pytest.approx([0.5, 0.375])
    assert found.method == "text"
    assert "approximate" in found._repr_mimebundle_()["text/plain"]


def test_a_server_that_starts_anew_is_an_error_that_says_what_can(gateway):
    """It is asked once, by a small request."""
    gateway(server_with(prefill="starts anew"))
    with pytest.raises(
        InvalidRequest, match=r"\(starts anew\), .*local and llama\.cpp servers can"
    ):
        distribution()


def test_a_failure_is_the_error_of_the_server(gateway):
    """Not that of the group of tasks that failed."""
    script = llama(small)

    def answer(request):
        is_asked = request.path == "/completion" and request.json["n_probs"] == 300
        return whole({"error": {"message": "broken"}}, status=400) if is_asked else script(request)

    gateway(answer)
    with pytest.raises(ApiError, match="broken"):
        distribution()


def test_an_equal_search_is_served_from_the_cache(gateway, history_file, capsys):
    """With its whole tree, without a request; other limits are another search."""
    server = gateway(llama(small))
    first = distribution(cache=True)
    n_sent = len(server.requests)
    capsys.readouterr()
    again = distribution(cache=True)
    assert len(server.requests) == n_sent
    assert (first.replayed, again.replayed) == (False, True)
    assert again.frame.equals(first.frame)
    assert again.unseen == first.unseen
    assert "at most" not in capsys.readouterr().out
    first = distribution(cache=True, max_requests=2)
    further = distribution(first, cache=True, max_requests=1, mass=1.0)
    assert further.n_requests == 3
    assert distribution(first, cache=True, max_requests=1, mass=1.0).replayed
    assert not first.replayed


def test_offline_a_search_that_is_not_recorded_is_a_miss(gateway, history_file):
    """Nothing is sent."""
    server = gateway(llama(small))
    with pytest.raises(CacheMiss, match="only recorded answers are used"):
        distribution(cache="offline")
    assert server.requests == []


def test_a_distribution_is_in_the_history_as_its_answers(gateway, history_file):
    """Each a scored choice; the distribution itself is read back from the result's JSON."""
    gateway(llama(small))
    found = distribution(history=True)
    loaded = chat_magic.load(found.history_id)
    assert [choice.text for choice in loaded] == found.frame["answer"].tolist()
    assert set(loaded.scores["method"]) == {"search"}
    assert chat_magic.Distribution.from_json(loaded.to_json()).frame.equals(found.frame)
    assert chat_magic.history()["prompt"].tolist() == ["Hi"]
    assert distribution(history=False).history_id is None


def test_a_failed_search_is_in_the_history_with_what_was_found(gateway, history_file):
    """And the error has it."""
    script = llama(small)

    def answer(request):
        tokens = request.json["prompt"] if request.path == "/completion" else []
        is_later = tokens[-1:] == [ord("b")]
        return whole({"error": {"message": "broken"}}, status=400) if is_later else script(request)

    gateway(answer)
    with pytest.raises(ApiError, match="broken") as caught:
        distribution(history=True, mass=1.0)
    assert caught.value.result.n_requests >= 1
    (row,) = chat_magic.history().to_dict("records")
    assert row["status"] == "failed"
    assert chat_magic.load(-1).extra["search"]["n_requests"] == caught.value.result.n_requests


def test_a_search_that_takes_too_long_keeps_what_was_found(gateway):
    """The error names the limit."""
    script = llama(small)

    def answer(request):
        tokens = request.json["prompt"] if request.path == "/completion" else []
        return Answer([HOLD]) if tokens[-1:] == [ord("b")] else script(request)

    gateway(answer)
    with pytest.raises(RequestTimeout, match=r"not found within 0\.5 s") as caught:
        distribution(timeout=0.5)
    assert caught.value.result is None or caught.value.result.n_requests


def test_a_model_that_thinks_first_is_refused(gateway):
    """By what its template opens, or by its first token."""
    thinking = llama(lambda _answer: {"<think>": 0.9, "": 0.1})
    opened = llama(small)

    def opens(request):
        if request.path == "/apply-template":
            return whole({"prompt": "<s>assistant\n<think>\n"})
        return opened(request)

    for script in (thinking, opens):
        gateway(script)
        with pytest.raises(InvalidRequest, match="the model thinks before it answers"):
            distribution()


N_SAMPLES = 1_000


def sampled(prompt, n_tokens):
    """Return the beginnings of answers that the embedded model samples, without cuts."""
    session, gate = default_session(), asyncio.Semaphore(8)

    async def ask():
        endpoint = await session.endpoints.resolve("local")
        server = LlamaServer(session.http, endpoint)
        ids = await answer_prompt(server, {"messages": [{"role": "user", "content": prompt}]})

        async def sample(seed):
            async with gate:
                return await server.complete(ids, n_predict=n_tokens, temperature=1.0, seed=seed)

        answers = await asyncio.gather(*map(sample, range(N_SAMPLES)))
        return Counter(answer.content for answer in answers)

    return session.loop.run(ask())


@pytest.mark.usefixtures("weights")
def test_samples_of_the_embedded_model_lie_in_the_intervals():
    """A thousand, at temperature 1 without cuts; four standard errors of a share are allowed."""
    prompt = "Is the sky blue? Answer only yes or no."
    found = chat_magic.distribution(prompt, model="local", max_requests=8, max_tokens=2)
    assert found.frame["prob_low"].sum() + found.unseen == pytest.approx(1.0, abs=1e-3)
    counts = sampled(prompt, 2)
    known = found.answers[:20]
    ends = {answer.text: (answer.prob_low, answer.prob_high) for answer in known}
    together = found.search.bounds(known)
    shares = {text: counts[text] / N_SAMPLES for text in ends}
    for low, high, share in [
        *((*ends[text], shares[text]) for text in ends),
        (*together, sum(shares.values())),
    ]:
        error = 4 * max(math.sqrt(prob * (1 - prob) / N_SAMPLES) for prob in (low, high)) + 0.005
        assert low - error <= share <= high + error

"""What to change after a refusal, by what was asked and what the server says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.transport.advice import advice_on, advice_on_parameters
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.retry import Failure

ENDPOINT = {"name": "a", "base_url": "https://a.example/v1", "model": "b/c", "source": "SOURCE"}
KEY = Secret("canary-of-advice")
NOTHING: dict[str, Any] = {}


def advice(
    status: int, words: str = "", *, sent: Any = NOTHING, body: Any = None, **endpoint: Any
) -> str:
    """Return the advice on a response."""
    failure = Failure(status=status, words=words, body=body)
    return advice_on(Endpoint(**{**ENDPOINT, **endpoint}), failure, sent, now_s=0.0)


@pytest.mark.parametrize(
    ("endpoint", "status", "words"),
    [
        ({"secret": KEY, "key_variable": "A_KEY"}, 401, "check the key in A_KEY"),
        ({"key_variable": "A_KEY"}, 401, "no key was sent: A_KEY is not set"),
        ({"key_variable": "A_KEY"}, 403, "no key was sent: A_KEY is not set"),
        ({"secret": KEY, "key_variable": "A_KEY"}, 403, ""),
        ({}, 401, "no key was sent: SOURCE names no variable that holds one (key = …)"),
        ({"headers": {"api-key": KEY}}, 401, "check the headers of SOURCE"),
        (
            {"headers": {"Authorization": KEY}, "has_password": True},
            401,
            "check the user and the password in SOURCE",
        ),
    ],
)
def test_a_refused_key_is_named_by_where_it_was_set(endpoint, status, words):
    """Or by the variable that is not set; an endpoint without a key is no wrong key."""
    assert advice(status, **endpoint) == words


@pytest.mark.parametrize(
    ("said", "endpoint", "words"),
    [
        (
            "The model `b/c` does not exist",
            {},
            "does this server have a model 'b/c'? %chat /models",
        ),
        ("DeploymentNotFound", {}, "does this server have a model 'b/c'?"),
        (
            "no such model",
            {"known_models": lambda: ("b/c", "b/cc")},
            "lists them; did you mean b/cc?",
        ),
        (
            "Not Found",
            {},
            "https://a.example/v1/chat/completions: is the base URL in SOURCE right,",
        ),
        ("Not Found", {"base_url": "https://a.example"}, "right, which lacks /v1, and"),
        ("Not Found", {"base_url": "https://a.example/v1?key=canary-of-a-url"}, "completions: is"),
    ],
)
def test_what_was_not_found_is_the_model_or_the_address(said, endpoint, words):
    """As the server's message says."""
    found = advice(404, said, **endpoint)
    assert words in found
    assert "canary" not in found


def test_a_list_of_models_that_is_not_there_is_not_a_missing_model():
    """The model's name was not part of that request."""
    for status in (404, 405):
        assert "no list of models" in advice(status, "Not Found", sent=None)


@pytest.mark.parametrize(
    "said",
    [
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        "o9 is only supported in /v1/responses",
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
    ],
)
@pytest.mark.parametrize("status", [400, 404])
def test_a_model_of_another_api_has_no_chat_completions(status, said):
    """Neither the address nor the key is wrong."""
    assert advice(status, said) == "this model has no Chat Completions: choose another model"


@pytest.mark.parametrize(
    ("status", "said", "body", "words"),
    [
        (429, "slow down, try again in 2.5s", None, "too many requests: wait 3 s and try again"),
        (429, "slow down", None, "too many requests: wait and try again"),
        (429, "no", {"code": "insufficient_quota"}, "the account has no credit or quota left"),
        (402, "pay", None, "the account has no credit or quota left"),
        (500, "oops", None, "this is a fault of the server: try again later"),
        (503, "oops", {"retry_after": 4}, "this is a fault of the server: wait 4 s"),
        (503, "oops", {"retry_after": 0}, "this is a fault of the server: try again later"),
        (413, "no", None, "the request is too large for this server"),
        (405, "Method Not Allowed", None, "it was sent to "),
        (500, "image input is not supported", None, ""),
        (418, "tea", None, ""),
    ],
)
def test_the_advice_fits_the_cause(status, said, body, words):
    """A request that is wrong is not the server's fault, and no wait brings credit."""
    found = advice(status, said, body=body)
    assert found.startswith(words) if words else found == ""


@pytest.mark.parametrize(
    ("words", "sent", "advice"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model.",
            ["model", "max_tokens"],
            "remove --max-tokens and use --max-completion-tokens",
        ),
        ("stream_options: Extra inputs are not permitted", ["stream_options"],
         "use --unset stream_options"),
        ("'stream' does not support true", ["stream"], "use --no-stream"),
        ("tools and functions: `functions` is unknown", ["functions"], "use --unset functions"),
        ("top_logprobs is too high", ["logprobs", "top_logprobs"], "remove --top-logprobs"),
        ("temperature must be 1", ["temperature"], "remove --temperature"),
        ("bad value (param 'n')", ["n", "stop"], "remove --n"),
        ("stop that, n times", ["n", "stop"], ""),
        ("'seed' is unknown", ["n"], ""),
    ],
)  # fmt: skip
def test_a_refusal_that_names_a_sent_parameter_says_what_to_remove(words, sent, advice):
    """And what to use instead; words that merely look like a short name do not count."""
    assert advice_on_parameters(words, dict.fromkeys(sent, True)) == advice


HELP = "GPT-5.1 and later give log probabilities only with --reasoning-effort none"


@pytest.mark.parametrize(
    ("words", "sent", "advice"),
    [
        ("logprobs are not allowed", {"logprobs": True}, f"remove --logprobs, {HELP}"),
        ("logprobs are not supported", {"logprobs": True, "top_logprobs": 5},
         f"remove --top-logprobs, {HELP}"),
        ("Unsupported parameter: 'top_logprobs'", {"logprobs": True, "top_logprobs": 5},
         f"remove --top-logprobs, {HELP}"),
        ("logprobs are not allowed", {"logprobs": True, "reasoning_effort": "high"},
         f"remove --logprobs, {HELP}"),
        ("logprobs are not allowed", {"logprobs": True, "reasoning_effort": "none"},
         "remove --logprobs"),
        ("logprobs is too high", {"logprobs": True}, "remove --logprobs"),
    ],
)  # fmt: skip
def test_a_model_that_refuses_log_probabilities_may_need_no_reasoning(words, sent, advice):
    """The advice says so, unless it was asked for without reasoning."""
    assert advice_on_parameters(words, sent) == advice


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_option_in_an_advice_exists(name):
    """For each parameter that a server may refuse."""
    found = advice_on_parameters(f"'{name}' is not supported", {name: True})
    options = {f"--{option.name}" for option in (*REQUEST_OPTIONS, *MAGIC_OPTIONS)}
    options |= {row.option for row in PARAMETERS.values() if row.on_line} | {"--no-stream"}
    named = set(re.findall(r"--[a-z-]+", found))
    assert named
    assert named <= options

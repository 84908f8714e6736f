"""From the arguments of `chat` and the settings to a request that is complete and checked."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import UNSET, ApiError, InvalidRequest
from chat_magic.core.request.request import read_fields
from chat_magic.engine.prepare import RequestLimits, prepare_call, request_limits
from chat_magic.engine.session import default_session
from tests.completions import completion
from tests.engine.calls import prepare
from tests.gateway import streamed, whole


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tempreature": 1}, "did you mean temperature"),
        ({"temperature": 3}, "0 to 2"),
        ({"top_logprobs": 2, "logprobs": False}, "requires logprobs"),
        ({"extra": {"n": 2}}, "known field"),
        ({"after": "x"}, "is not a chat result"),
        ({"variables": {}}, "'x' is undefined"),
        ({"timeout": 0}, "timeout 0: must be a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout nan"),
        ({"timeout": "x"}, "timeout x"),
    ],
)
def test_an_invalid_call_is_refused_before_anything_is_sent(gateway, arguments, words):
    """The error names the argument, its value and what is allowed."""
    server = gateway(streamed(completion("Hi")))
    with pytest.raises(InvalidRequest, match=words):
        chat_magic.chat("Hi {{ x }}", **arguments)
    assert server.requests == []


def test_without_any_configuration_the_local_model_answers(monkeypatch):
    """A warning names the variables that change this."""
    request = prepare(messages="Hi").request
    assert request.model == "local/smollm2-135m-instruct"
    assert "CHAT_MAGIC_BASE_URL" in request.warnings[0]


def test_defaults_fill_in_what_the_call_does_not_set(gateway, config_file, monkeypatch):
    """Arguments win over `%config`, that over the environment and the file; UNSET sends nothing."""
    server = gateway(streamed(completion("Hi")))
    config_file("[defaults]\ntemperature = 0.1\ntop_p = 0.1\nseed = 1\nmax_tokens = 1\nn = 1")
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    monkeypatch.setenv("CHAT_MAGIC_TOP_P", "0.2")
    default_session().configuration.set("temperature", 0.3)
    chat_magic.chat("Hi", seed=UNSET, max_completion_tokens=5)
    sent = server.requests[0].json
    for name in ("model", "messages", "stream", "stream_options"):
        del sent[name]
    assert sent == {"max_completion_tokens": 5, "temperature": 0.3, "top_p": 0.2, "n": 1}


def test_an_alias_and_a_route_decide_the_model_and_the_server(gateway, config_file):
    """The result has the full name of the model."""
    server = gateway(streamed(completion("Hi")))
    config_file(
        f"""
        [aliases]
        fast = "vendor/fast"
        [endpoints.vendor]
        base_url = "{server.origin}/vendor"
        takes = "model"
        headers = {{ "X-Team" = "team one" }}
        [routes]
        "vendor/*" = "vendor"
        """
    )
    result = chat_magic.chat("Hi", model="fast")
    (request,) = server.requests
    assert (request.path, request.json["model"]) == ("/vendor/chat/completions", "fast")
    assert request.headers["x-team"] == "team one"
    assert "authorization" not in request.headers
    assert result.model == result.request.model == "vendor/fast"


def test_a_broken_config_file_sends_nothing(gateway, config_file):
    """The error names the file, the table and the key."""
    server = gateway(streamed(completion("Hi")))
    config_file("[defaults]\ntemperature = 3")
    with pytest.raises(InvalidRequest, match=r"chat_magic\.toml \[defaults\] temperature 3"):
        chat_magic.chat("Hi")
    assert server.requests == []


class TestRetries:
    """How often a request is retried is a setting."""

    @pytest.mark.parametrize(("given", "configured", "n_sent"), [(1, 0, 2), (None, 0, 1)])
    def test_the_call_wins_over_the_setting(self, gateway, given, configured, n_sent):
        """The setting, in turn, wins over the default of two."""
        server = gateway(whole({}, status=503))
        default_session().configuration.set("retries", configured)
        with pytest.raises(ApiError):
            chat_magic.chat("Hi", retries=given)
        assert len(server.requests) == n_sent

    @pytest.mark.parametrize("retries", [-1, 11, 1.5, "2"])
    def test_a_number_out_of_range_sends_nothing(self, gateway, retries):
        """The error names the range."""
        server = gateway(streamed(completion("Hi")))
        with pytest.raises(InvalidRequest, match=r"retries .*: must be a whole number, 0 to 10"):
            chat_magic.chat("Hi", retries=retries)
        assert server.requests == []


def test_a_prepared_call_keeps_the_settings_it_was_prepared_with(gateway):
    """A later change of the settings does not affect it."""
    gateway(streamed(completion("Hi")))
    session = default_session()
    session.configuration.set("temperature", 0.5)
    call = prepare(messages="Hi")
    session.configuration.set("temperature", 1.5)
    assert call.request.parameters["temperature"] == 0.5
    assert prepare(messages="Hi").request.parameters["temperature"] == 1.5


def test_a_call_continues_from_the_choice_with_the_given_index(gateway):
    """By default it continues from the first choice; an index that is missing is an error."""
    gateway(streamed(completion("zero", "one")))
    after = chat_magic.chat("Hi", n=2)
    request = read_fields({"messages": "On"}, allow_extra=False)

    def contents(choice):
        call = prepare_call(default_session(), request, after=after, choice=choice)
        return [message.content for message in call.request.messages]

    assert contents(None) == ["Hi", "zero", "On"]
    assert contents(1) == ["Hi", "one", "On"]
    with pytest.raises(InvalidRequest, match="2"):
        contents(2)


def test_the_limits_of_a_call_are_checked_and_completed_from_the_settings():
    """Without a value or a setting, a request is retried twice and has no time limit."""
    session = default_session()
    assert request_limits(session) == RequestLimits(timeout_s=None, retries=2, top_up=True)
    session.configuration.set("retries", 5)
    assert request_limits(session, timeout_s=1.5, top_up=False) == RequestLimits(
        timeout_s=1.5, retries=5, top_up=False
    )
    session.configuration.set("retries", UNSET)
    assert request_limits(session).retries == 2

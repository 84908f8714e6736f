"""From the arguments of `chat` and the settings to a request that is complete and checked."""

from __future__ import annotations

from dataclasses import replace

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
        ({"extra": {"model": "a"}}, "known field"),
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


def reasoned(text="Hi", **fields):
    """Return an answer with reasoning and the server's own fields."""
    value = completion(text)
    value["choices"][0]["message"] |= {"reasoning_content": "hm", "reasoning_details": [{}]}
    value["choices"][0]["message"] |= fields
    return whole(value)


def test_reasoning_goes_back_to_the_server_that_sent_it(gateway):
    """In each later request of the conversation, to any model of the same vendor."""
    server = gateway(reasoned("One"), reasoned("Two", reasoning_content="so"))
    first = chat_magic.chat("1", model="a/b", stream=False)
    second = chat_magic.chat("2", after=first, stream=False)
    chat_magic.chat("3", model="a/c", after=second, stream=False)
    sent = server.requests[2].json["messages"]
    assert [message.get("reasoning_content") for message in sent] == [None, "hm", None, "so", None]
    assert sent[1]["reasoning_details"] == [{}]


@pytest.mark.parametrize("later", ["c/d", "other/b"])
def test_reasoning_goes_to_no_other_vendor(gateway, later):
    """Nor to one behind the same gateway, which may refuse it; not in later requests either."""
    server = gateway(reasoned(), reasoned("Ho", reasoning_content="own"))
    first = chat_magic.chat("1", model="a/b", stream=False)
    second = chat_magic.chat("2", model=later, after=first, stream=False)
    chat_magic.chat("3", after=second, stream=False)
    assert server.requests[1].json["messages"][1] == {"role": "assistant", "content": "Hi"}
    sent = server.requests[2].json["messages"]
    assert [message.get("reasoning_content") for message in sent] == [None, None, None, "own", None]


def test_reasoning_goes_to_no_other_address(gateway, monkeypatch):
    """Although the model has the same name there."""
    gateway(reasoned())
    first = chat_magic.chat("1", model="a/b", stream=False)
    other = gateway(reasoned())
    chat_magic.chat("2", after=first, stream=False)
    assert other.requests[0].json["messages"][1] == {"role": "assistant", "content": "Hi"}


def test_a_route_to_the_same_server_keeps_the_reasoning(gateway, config_file):
    """What counts is where the request goes."""
    server = gateway(reasoned())
    first = chat_magic.chat("1", model="a/b", stream=False)
    config_file(f'[endpoints.x]\nbase_url = "{server.base_url}/"\n[routes]\n"a/*" = "x"')
    chat_magic.chat("2", after=first, stream=False)
    assert server.requests[1].json["messages"][1]["reasoning_content"] == "hm"


def test_a_grid_sends_reasoning_back_to_its_own_vendor_only(gateway):
    """Each run of `models` is judged by itself."""
    server = gateway(reasoned())
    first = chat_magic.chat("1", model="a/b", stream=False)
    chat_magic.chat_grid("2", models=["a/b", "c/d"], after=first, stream=False)
    sent = {r.json["model"]: r.json["messages"][1] for r in server.requests[1:]}
    assert {m: "reasoning_content" in answer for m, answer in sent.items()} == {
        "a/b": True,
        "c/d": False,
    }


def test_a_result_that_does_not_say_its_server_is_judged_by_its_model(gateway):
    """As one that was read from a file."""
    server = gateway(reasoned())
    first = chat_magic.chat("1", model="a/b", stream=False)
    first = replace(first, request=replace(first.request, server=""))
    chat_magic.chat("2", after=first, stream=False)
    chat_magic.chat("2", after=first, model="c/d", stream=False)
    answers = [request.json["messages"][1] for request in server.requests[1:]]
    assert ["reasoning_content" in answer for answer in answers] == [True, False]


PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"type": "image_url", "image_url": {"url": PIXEL}}], "sees no images"),
        ([{"type": "text", "text": "?"}, {"type": "input_image"}], "sees no images"),
        ([{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}], "hears no sound"),
    ],
)
@pytest.mark.parametrize("model", ["local", "local/smollm2-135m-instruct", "local/other.gguf"])
def test_the_local_model_is_given_nothing_but_text(model, parts, words):
    """The error comes before it is downloaded or started, and names the message."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    with pytest.raises(InvalidRequest, match=rf"messages\[1\]: local.*{words}"):
        prepare(model=model, messages=messages)


def test_other_models_are_given_images(gateway):
    """Whether they see any is theirs to say."""
    parts = [{"type": "image_url", "image_url": {"url": PIXEL}}]
    gateway(streamed(completion("Hi")))
    prepare(model="a/b", messages=[{"role": "user", "content": parts}])


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("https://api.openai.com/v1", "max_tokens is deprecated: use max_completion_tokens"),
        ("https://x.openai.azure.com/openai/v1", "max_tokens is deprecated"),
        ("https://gateway.example/v1", "max_tokens is the older name of max_completion_tokens"),
        ("https://notapi.openai.com.example/v1", "max_tokens is the older name"),
    ],
)
def test_max_tokens_is_deprecated_where_its_successor_is_known(monkeypatch, base_url, words):
    """Many gateways know only the older name."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", base_url)
    (warning,) = prepare(model="openai/gpt-4o", messages="Hi", max_tokens=5).request.warnings
    assert warning.startswith(words)


def test_a_default_gives_way_to_a_field_that_is_sent_as_given(gateway, monkeypatch):
    """The field is in the body once."""
    server = gateway(streamed(completion("Hi")))
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    result = chat_magic.chat("Hi", extra={"temperature": 3})
    assert server.requests[0].json["temperature"] == 3
    assert "temperature" not in result.request.parameters


ASKS = {
    "chat": lambda variables: chat_magic.chat("Hi {{ x }}", variables=variables),
    "chat_grid": lambda variables: chat_magic.chat_grid(
        "Hi {{ x }}", vary={"x": [1]}, variables=variables
    ),
    "chat_map": lambda variables: chat_magic.chat_map(
        ["a"], "Hi {{ text }}", variables=variables, progress=False
    ),
    "a prompt": lambda variables: chat_magic.chat("Hi").prompt(variables),
}


@pytest.mark.parametrize("variables", [5, 0, "ab", "", [1], True, b"x"])
@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_variables_that_are_no_dict_are_an_error(gateway, ask, variables):
    """Before anything is sent, in one line."""
    gateway(streamed(completion("Hi")))
    kind = type(variables).__name__
    with pytest.raises(InvalidRequest, match=f"^variables: expected a dict .*, got {kind}$"):
        ask(variables)

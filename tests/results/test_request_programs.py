"""Exported programs: each one is run, and the server gets the JSON that was sent before."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_magic import InvalidRequest
from chat_magic.core.request.request import ChatRequest, Destination, read_sent
from chat_magic.results.request_programs import PROGRAMS, write_program
from tests.completions import completion
from tests.gateway import Gateway, streamed, whole

KEY = "sk-canary-in-the-environment"
RUN = {
    "curl": "sh",
    "python": sys.executable,
    "openai": sys.executable,
    "javascript": "node",
}


def answer(request):
    """Stream if that is asked for."""
    value = completion("Hello, world")
    return streamed(value) if request.json.get("stream") else whole(value)


@pytest.fixture(scope="module")
def server():
    with Gateway(answer) as gateway:
        yield gateway


def request_of(body, url):
    """Return a request with this JSON, sent to a URL."""
    request = read_sent(body)
    fields = vars(request) | {"destination": Destination(url=url, model=body["model"])}
    return ChatRequest(**fields)


@pytest.fixture
def run_program(tmp_path):
    """Return a function that runs a program in a process of its own, and returns what it prints."""

    def run(program, language, **variables):
        file = tmp_path / "program"
        file.write_text(program, "utf-8", newline="\n")
        return subprocess.run(
            [RUN[language], file],
            env={**os.environ, "CHAT_MAGIC_API_KEY": KEY, **variables},
            capture_output=True,
            check=True,
            timeout=120,
            encoding="utf-8",
        ).stdout

    return run


@pytest.fixture
def run_here(tmp_path, monkeypatch, capsys, run_program):
    """Return a function that runs a program; one in Python here, as its imports take long."""

    def run(program, language, **variables):
        if RUN[language] != sys.executable:
            return run_program(program, language, **variables)
        file = tmp_path / "program.py"
        file.write_text(program, "utf-8", newline="\n")
        for name, value in {"CHAT_MAGIC_API_KEY": KEY, **variables}.items():
            monkeypatch.setenv(name, value)
        runpy.run_path(str(file), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.fixture
def assert_sends(server, run_here):
    """Return a function that asserts that a program sends this JSON with the key, and prints."""

    def assert_sends(body, language):
        program = write_program(request_of(body, f"{server.base_url}/chat/completions"), language)
        assert KEY not in program
        output = run_here(program, language)
        received = server.requests[-1]
        assert received.json == body
        assert received.path == "/v1/chat/completions"
        headers = {name.lower(): value for name, value in received.headers.items()}
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "Hel" in output

    return assert_sends


BODY = {"model": "a/b", "messages": [{"role": "user", "content": "Hi"}]}
HARD_TEXTS = [
    "it's \"quoted\" and 'again'", "$(id) ${HOME} $HOME `id` !! %d %PATH% \\$x", "a\nb\r\nc\td",
    "\\n \\u0041 \\ \\\\", "JSON\nEOF\n'\nJSON", "</script><!-- ${", "日本語 🎉 e\u0301",
    "\u2028\u2029\x85", "\x00\x01\x1b[31m\x7f\x9b", "\u202eabc\u2066", "{{ x }} {% if %}",
    "<URL> <BODY>",
    "'''\"\"\"", "", " ", "#!/bin/sh", "-X POST @/etc/passwd", "\ufeff\ufffe\uffff",
]  # fmt: skip
TYPES = {
    "seed": 9007199254740993, "temperature": 0.1, "top_p": 1e-7, "top_k": 3, "stop": ["\n", "'"],
    "logit_bias": {"50256": -100}, "metadata": {"a'b": "$x"}, "store": False,
    "response_format": {"type": "json_object"},
}  # fmt: skip
EXTRA = {"x": [True, False, None, 2**70, 1e22, -0.0, {"true": "null"}], "weird key'\"`$": 1}
BODIES = {
    "hard texts": {**BODY, "messages": [{"role": "user", "content": t} for t in HARD_TEXTS]},
    "parameters of every type": {**BODY, **TYPES},
    "fields that are not the API's": {**BODY, **EXTRA},
    "a stream": {**BODY, "stream": True, "stream_options": {"include_usage": True}},
    "all of them": {**BODY, **TYPES, **EXTRA, "stream": True},
    "an image of a megabyte": {
        **BODY,
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64," + "A" * 10**6},
                    }
                ],
            }
        ],
    },
}


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_program_sends_the_same_json(assert_sends, language, body):
    """Whatever the texts and numbers; with the key from the environment."""
    assert_sends(body, language)


TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("'\"`$\\{}\n\r\t%!()"), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("language", PROGRAMS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, min_size=10, max_size=40), numbers=st.lists(NUMBERS, max_size=10))
def test_any_text_and_number_arrives_as_it_was_sent(assert_sends, language, texts, numbers):
    """A program is run for each list of texts."""
    messages = [{"role": "user", "content": text} for text in texts]
    assert_sends({**BODY, "messages": messages, "x": {"numbers": numbers}}, language)


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_address_comes_from_the_environment_where_it_is_not_known(
    server, run_program, language
):
    """As after reading a request that was never sent."""
    program = write_program(read_sent(BODY), language)
    assert "Hel" in run_program(program, language, CHAT_MAGIC_BASE_URL=server.base_url)
    assert server.requests[-1].json == BODY
    assert not program.startswith(("#", "//"))


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("model", ["local", "local/smollm2-135m-instruct", "local/a\nb.gguf"])
def test_a_request_for_the_local_server_says_where_it_went(server, run_here, language, model):
    """No other program can reach that server: the program takes another address."""
    body = {**BODY, "model": model}
    request = ChatRequest(
        **vars(read_sent(body)) | {"destination": Destination(url=None, model=model)}
    )
    program = write_program(request, language)
    assert "on the server that chat-magic starts on this machine" in program
    assert "Hel" in run_here(program, language, CHAT_MAGIC_BASE_URL=server.base_url)
    assert server.requests[-1].json == body


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("query", ["?api-version=2024-10-21", "?a='b'&c=%20d"])
def test_a_query_of_the_address_is_kept(server, run_program, language, query):
    """As Azure needs it."""
    url = f"{server.base_url}/chat/completions{query}"
    run_program(write_program(request_of(BODY, url), language), language)
    path = server.requests[-1].path
    assert path.startswith("/v1/chat/completions?")
    assert path.count("=") == query.count("=")


def test_a_value_that_json_lacks_is_an_error():
    """Such as bytes in a request that was made by hand."""
    with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
        write_program(ChatRequest(extra={"x": b"a"}), "curl")

"""Which server answers for a model, by the variables that are set."""

from __future__ import annotations

import pytest

from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint

KEY = "sk-canary-endpoints"
GATEWAY = {"CHAT_MAGIC_BASE_URL": "https://gateway.example/v1", "CHAT_MAGIC_API_KEY": KEY}
OPENAI = {"OPENAI_API_KEY": KEY}
OPENAI_GATEWAY = {"OPENAI_BASE_URL": "http://10.0.0.1:8000/v1/", "OPENAI_API_KEY": KEY}


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch):
    """Set variables, and no others of ours."""
    for prefix in ("CHAT_MAGIC", "OPENAI"):
        for name in ("BASE_URL", "API_KEY", "MODEL"):
            monkeypatch.delenv(f"{prefix}_{name}", raising=False)

    def configure(variables: dict[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return configure


@pytest.mark.parametrize(
    ("variables", "model", "url", "sent", "has_key"),
    [
        (GATEWAY, "openai/gpt-4o", "https://gateway.example/v1", "openai/gpt-4o", True),
        (GATEWAY | OPENAI, "openai/gpt-4o", "https://gateway.example/v1", "openai/gpt-4o", True),
        (OPENAI_GATEWAY, "qwen/qwen3", "http://10.0.0.1:8000/v1", "qwen/qwen3", True),
        (OPENAI, "openai/gpt-4o", "https://api.openai.com/v1", "gpt-4o", True),
        (OPENAI, "gpt-4o", "https://api.openai.com/v1", "gpt-4o", True),
        (
            {"CHAT_MAGIC_BASE_URL": "https://api.openai.com/v1", "CHAT_MAGIC_API_KEY": KEY},
            "openai/gpt-4o",
            "https://api.openai.com/v1",
            "gpt-4o",
            True,
        ),
        (
            {"CHAT_MAGIC_BASE_URL": "http://localhost:1/v1"},
            "a/b",
            "http://localhost:1/v1",
            "a/b",
            False,
        ),
        ({"CHAT_MAGIC_BASE_URL": "http://127.0.0.2:1"}, "a/b", "http://127.0.0.2:1", "a/b", False),
        ({"CHAT_MAGIC_BASE_URL": "http://box:8000"}, "a/b", "http://box:8000", "a/b", False),
        ({"CHAT_MAGIC_BASE_URL": " http://[::1]:1/v1\n"}, "a/b", "http://[::1]:1/v1", "a/b", False),
        (
            {"CHAT_MAGIC_BASE_URL": "http://localhost/v1/chat/completions"},
            "a/b",
            "http://localhost/v1",
            "a/b",
            False,
        ),
    ],
)
async def test_variables_choose_the_server(configure, variables, model, url, sent, has_key) -> None:
    """Ours come before OpenAI's; a gateway takes the name whole, OpenAI the model alone."""
    configure(variables)
    endpoint = await default_session().endpoints.resolve(model)
    assert (endpoint.url, endpoint.model) == (f"{url}/chat/completions", sent)
    assert endpoint.secret == (Secret(KEY) if has_key else None)


def test_a_query_stays_behind_the_path() -> None:
    """As Azure wants its version."""
    endpoint = Endpoint(name="x", base_url="https://a.example/v1?api-version=2", model="m")
    assert endpoint.url == "https://a.example/v1/chat/completions?api-version=2"


@pytest.mark.parametrize(
    ("variables", "model", "words"),
    [
        (
            {},
            "openai/gpt-4o",
            ["CHAT_MAGIC_BASE_URL", "CHAT_MAGIC_API_KEY", "OPENAI_API_KEY", "`local`"],
        ),
        ({"CHAT_MAGIC_API_KEY": KEY}, "openai/gpt-4o", ["CHAT_MAGIC_BASE_URL"]),
        (OPENAI, "anthropic/claude", ["anthropic/claude", "CHAT_MAGIC_BASE_URL"]),
        (OPENAI, "openai/ft/x", ["openai/ft/x"]),
        (GATEWAY, " ", ["no model"]),
        (
            {"CHAT_MAGIC_API_KEY": "a\nb"} | {"CHAT_MAGIC_BASE_URL": "https://a.example"},
            "a/b",
            ["CHAT_MAGIC_API_KEY"],
        ),
        *(
            ({"CHAT_MAGIC_BASE_URL": url}, "a/b", ["CHAT_MAGIC_BASE_URL", "https://host/v1"])
            for url in [
                "gateway.example/v1",
                "ftp://a.example",
                "https://",
                "https://a b.example",
                "https://a.example/v 1",
                "https://a.example:port",
                "http://[::1",
                KEY,
            ]
        ),
    ],
)
async def test_what_is_missing_is_named(configure, variables, model, words) -> None:
    """Nothing is guessed, and no key is shown."""
    configure(variables)
    with pytest.raises(InvalidRequest) as caught:
        await default_session().endpoints.resolve(model)
    assert [word for word in words if word not in str(caught.value)] == []
    assert KEY not in str(caught.value)


async def test_a_local_model_needs_no_variables(configure, monkeypatch) -> None:
    """Its own server is started, and its progress told."""
    configure(GATEWAY)
    told = []

    def connect(model, on_progress):
        on_progress("loading", 0.5)
        return local.LocalServer("http://127.0.0.1:7/v1", "local-key", f"{model}/full")

    monkeypatch.setattr(local, "connect", connect)
    endpoint = await default_session().endpoints.resolve(
        "local", lambda *progress: told.append(progress)
    )
    assert (endpoint.url, endpoint.model) == (
        "http://127.0.0.1:7/v1/chat/completions",
        "local/full",
    )
    assert endpoint.secret == Secret("local-key")
    assert told == [("loading", 0.5)]


class TestDefaultModel:
    """What answers when no model is named."""

    @pytest.mark.parametrize("variables", [{}, GATEWAY, OPENAI])
    def test_the_variable_wins(self, configure, variables) -> None:
        """Whatever else is set."""
        configure(variables | {"CHAT_MAGIC_MODEL": " a/b "})
        assert default_session().endpoints.default_model() == ("a/b", None)

    def test_with_nothing_configured_it_is_the_local_one(self, configure) -> None:
        """A line says so, and what to set."""
        configure({})
        model, notice = default_session().endpoints.default_model()
        assert model == "local/smollm2-135m-instruct"
        assert notice is not None
        assert "CHAT_MAGIC_BASE_URL" in notice
        assert "\n" not in notice

    @pytest.mark.parametrize("variables", [GATEWAY, OPENAI, OPENAI_GATEWAY])
    def test_a_server_without_a_model_is_an_error(self, configure, variables) -> None:
        """A paid model is not chosen for the user."""
        configure(variables)
        with pytest.raises(InvalidRequest, match="CHAT_MAGIC_MODEL"):
            default_session().endpoints.default_model()


class TestDescribe:
    """A line for a dry run."""

    def test_a_gateway(self, configure) -> None:
        """The address and where the key comes from, not the key, be it in the URL."""
        configure(GATEWAY | {"CHAT_MAGIC_BASE_URL": "https://a.example/v1?key=in-the-url"})
        assert default_session().endpoints.describe("a/b") == (
            "POST https://a.example/v1/chat/completions?key=*** with the key in CHAT_MAGIC_API_KEY"
        )

    def test_a_password_in_the_url(self, configure) -> None:
        """It is a key too."""
        configure({"CHAT_MAGIC_BASE_URL": "http://me:hunter22@localhost/v1"})
        assert (
            default_session().endpoints.describe("a/b")
            == "POST http://me:***@localhost/v1/chat/completions with no key"
        )

    def test_the_local_model(self, configure) -> None:
        """Nothing is started."""
        configure({})
        assert "on this machine" in default_session().endpoints.describe("local")


def test_an_endpoint_shows_no_key() -> None:
    """Nor does anything that holds it."""
    endpoint = Endpoint(name="x", base_url="https://a.example", model="m", secret=Secret(KEY))
    assert KEY not in repr(endpoint)

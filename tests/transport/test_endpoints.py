"""Which server answers for a model, by the environment, the settings and the config file."""

from __future__ import annotations

import base64
import re

import pytest

from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.credentials import Secret, redact, redact_answer
from chat_magic.transport.endpoints import Endpoint, masked

KEY = "sk-canary-endpoints"
GATEWAY = {"CHAT_MAGIC_BASE_URL": "https://gateway.example/v1", "CHAT_MAGIC_API_KEY": KEY}
OPENAI = {"OPENAI_API_KEY": KEY}
OPENAI_GATEWAY = {"OPENAI_BASE_URL": "http://10.0.0.1:8000/v1/", "OPENAI_API_KEY": KEY}


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch):
    """Return a function that sets these variables and unsets the others."""
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
    """CHAT_MAGIC_* wins over OPENAI_*; a gateway takes vendor/model, OpenAI the model alone."""
    configure(variables)
    endpoint = await default_session().endpoints.resolve(model)
    assert (endpoint.url, endpoint.model) == (f"{url}/chat/completions", sent)
    assert endpoint.secret == (Secret(KEY) if has_key else None)


def test_a_query_stays_after_the_path() -> None:
    """Azure requires its version there."""
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
async def test_an_incomplete_configuration_is_an_error(configure, variables, model, words) -> None:
    """It names what to set, and shows no key."""
    configure(variables)
    with pytest.raises(InvalidRequest) as caught:
        await default_session().endpoints.resolve(model)
    assert [word for word in words if word not in str(caught.value)] == []
    assert KEY not in str(caught.value)


async def test_a_local_model_needs_no_variables(configure, monkeypatch) -> None:
    """Its server is started, and its progress reported."""
    configure(GATEWAY)
    reported = []

    def connect(model, on_progress):
        on_progress("loading", 0.5)
        return local.LocalServer("http://127.0.0.1:7/v1", "local-key", f"{model}/full")

    monkeypatch.setattr(local, "connect", connect)
    endpoint = await default_session().endpoints.resolve(
        "local", lambda *progress: reported.append(progress)
    )
    assert (endpoint.url, endpoint.model) == (
        "http://127.0.0.1:7/v1/chat/completions",
        "local/full",
    )
    assert endpoint.secret == Secret("local-key")
    assert reported == [("loading", 0.5)]


class TestDefaultModel:
    """The model of requests that do not name one."""

    @pytest.mark.parametrize("variables", [{}, GATEWAY, OPENAI])
    def test_the_variable_wins(self, configure, variables) -> None:
        """Over all other variables."""
        configure(variables | {"CHAT_MAGIC_MODEL": " a/b "})
        assert default_session().endpoints.default_model() == ("a/b", None)

    def test_with_nothing_configured_it_is_the_local_one(self, configure) -> None:
        """A notice of one line says so, and what to set."""
        configure({})
        model, notice = default_session().endpoints.default_model()
        assert model == "local/smollm2-135m-instruct"
        assert notice is not None
        assert "CHAT_MAGIC_BASE_URL" in notice
        assert "\n" not in notice

    @pytest.mark.parametrize("variables", [GATEWAY, OPENAI, OPENAI_GATEWAY])
    def test_a_server_without_a_model_is_an_error(self, configure, variables) -> None:
        """The user must choose a model that costs money."""
        configure(variables)
        with pytest.raises(InvalidRequest, match="CHAT_MAGIC_MODEL"):
            default_session().endpoints.default_model()


class TestDescribe:
    """The description for a dry run."""

    def test_a_gateway(self, configure) -> None:
        """It has the address and the source of the key, but no key, not even that in the URL."""
        configure(GATEWAY | {"CHAT_MAGIC_BASE_URL": "https://a.example/v1?key=in-the-url"})
        assert default_session().endpoints.describe("a/b") == (
            "POST https://a.example/v1/chat/completions?key=*** with the key in CHAT_MAGIC_API_KEY"
        )

    def test_a_password_in_the_url(self, configure) -> None:
        """It is not shown either."""
        configure({"CHAT_MAGIC_BASE_URL": "http://me:hunter22@localhost/v1"})
        assert (
            default_session().endpoints.describe("a/b")
            == "POST http://me:***@localhost/v1/chat/completions with no key"
        )

    def test_the_local_model(self, configure) -> None:
        """Its server is not started."""
        configure({})
        assert "on this machine" in default_session().endpoints.describe("local")


def test_an_endpoint_shows_no_key() -> None:
    """Its repr leaves out the secret."""
    endpoint = Endpoint(name="x", base_url="https://a.example", model="m", secret=Secret(KEY))
    assert KEY not in repr(endpoint)


CONFIG = """
[endpoints.router]
base_url = "https://router.example/api/v1"
key = "ROUTER_KEY"

[endpoints.vendor]
base_url = "https://vendor.example/v1"
key = "VENDOR_KEY"
takes = "model"
headers = { "X-Team" = "${TEAM}", "X-App" = "an app" }

[routes]
"vendor/*" = "vendor"
"vendor/big" = "router"
"""


@pytest.fixture
def routed(config_file, monkeypatch):
    """Write the config file, and set its variables."""
    config_file(CONFIG)
    for name in ("ROUTER_KEY", "VENDOR_KEY", "TEAM", "CHAT_MAGIC_API_KEY"):
        monkeypatch.setenv(name, f"canary-of-{name.lower()}")


@pytest.mark.parametrize(
    ("model", "url", "sent", "key"),
    [
        ("vendor/x", "https://vendor.example/v1", "x", "VENDOR_KEY"),
        ("vendor/x/y", "https://vendor.example/v1", "x/y", "VENDOR_KEY"),
        ("vendor/big", "https://router.example/api/v1", "vendor/big", "ROUTER_KEY"),
        ("other/x", "https://gateway.example/v1", "other/x", "CHAT_MAGIC_API_KEY"),
    ],
)
async def test_the_longest_matching_route_decides_the_server(
    routed, monkeypatch, model, url, sent, key
):
    """Without a route it is the server of the environment."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://gateway.example/v1")
    endpoint = await default_session().endpoints.resolve(model)
    assert (endpoint.url, endpoint.model) == (f"{url}/chat/completions", sent)
    assert (endpoint.key_variable, endpoint.secret) == (key, Secret(f"canary-of-{key.lower()}"))


async def test_the_values_of_headers_are_not_shown(routed):
    """What a variable inserted is removed from messages too; harmless text is not."""
    endpoint = await default_session().endpoints.resolve("vendor/x")
    assert endpoint.headers == {
        "X-Team": Secret("canary-of-team"),
        "X-App": Secret("an app", may_hold_spaces=True, is_key=False),
    }
    assert "canary" not in repr(endpoint)
    assert redact("team canary-of-team of an app") == "team *** of an app"


HARMLESS = "Customer Support Bot"


@pytest.mark.parametrize(
    ("name", "value", "is_key"),
    [
        ("X-Title", HARMLESS, False),
        ("HTTP-Referer", "https://support.bot.example", False),
        ("X-App", "sk-or-not-in-{n}-words", False),
        ("OpenAI-Organization", "org-of-the-{n}-support-bot", False),
        ("Authorization", "Bearer canary-of-{n}-auth", True),
        ("api-key", "canary-of-{n}-api-key", True),
        ("X-Api-Key", "canary-of-{n}-x-api-key", True),
        ("Ocp-Apim-Subscription-Key", "canary-of-{n}-apim", True),
        ("Cookie", "a=canary-of-{n}-cookie; b=c", True),
        ("X-Auth-Token", "canary-of-{n}-token", True),
        ("CF-Access-Client-Secret", "canary-of-{n}-secret", True),
        ("Proxy-Authorization", "Basic canary-of-{n}-proxy", True),
    ],
)
def test_only_headers_that_carry_credentials_by_name_are_keys(config_file, name, value, is_key):
    """Their whole value, and the key in it; an answer may repeat any other."""
    value = value.replace("{n}", name.lower())
    config_file(f'{ENDPOINT}headers = {{ "{name}" = "{value}" }}\n[routes]\n"h/*" = "h"')
    endpoint = default_session().endpoints.find("h/x")
    assert endpoint.headers[name].reveal() == value
    assert value not in repr(endpoint)
    key = next((word for word in re.split("[ =;]", value) if "canary" in word), value)
    for text in (value, key):
        assert (text not in redact(f"seen {text}")) == is_key
        assert (text.encode() not in redact_answer(f"seen {text}".encode())) == is_key


ENDPOINT = '[endpoints.h]\nbase_url = "https://h.example/v1"\n'


class TestPassword:
    """A user and a password in the base URL."""

    async def test_they_become_basic_authorization(self, configure) -> None:
        """The URL does not contain them; both they and their encoded form are keys."""
        configure({"CHAT_MAGIC_BASE_URL": "http://me:canary%40password-of-url@a.example/v1"})
        endpoint = await default_session().endpoints.resolve("a/b")
        pair = base64.b64encode(b"me:canary@password-of-url").decode()
        assert endpoint.url == "http://a.example/v1/chat/completions"
        assert (endpoint.secret, endpoint.has_password) == (None, True)
        assert endpoint.headers["Authorization"].reveal() == f"Basic {pair}"
        for key in ("canary@password-of-url", "canary%40password-of-url", pair):
            assert redact(f"seen {key}.") == "seen ***."
            assert redact_answer(f"seen {key}.".encode()) == b"seen ***."

    async def test_they_are_used_in_place_of_the_key(self, configure) -> None:
        """One header cannot hold both."""
        configure(
            {
                "CHAT_MAGIC_BASE_URL": "http://me:canary-pw-1@a.example/v1",
                "CHAT_MAGIC_API_KEY": "canary-unused-key",
            }
        )
        endpoint = await default_session().endpoints.resolve("a/b")
        assert (endpoint.secret, endpoint.key_variable) == (None, None)

    def test_no_repr_of_a_configuration_has_them(self, configure, config_file) -> None:
        """As tracebacks in the mode Verbose print the variables of every frame."""
        configure({"CHAT_MAGIC_BASE_URL": "http://me:canary-pw-2@a.example/v1"})
        config_file('[endpoints.p]\nbase_url = "https://me:canary-pw-3@p.example/v1"\n')
        session = default_session()
        session.configuration.set("base_url", "http://me:canary-pw-4@b.example/v1")
        for _ in range(2):
            server = session.configuration.config().endpoints["p"]
            endpoint = session.endpoints.find("a/b")
            shown = [server, server.base_url, endpoint, endpoint.url, session.configuration]
            shown += [session.configuration.settings(), session.configuration.config()]
            assert "canary" not in repr(shown)
            assert "canary" not in repr(list(map(str, shown)))
            session.configuration.set("base_url", None)


@pytest.mark.parametrize("quote", ["'", '"', "`", "\u201c"])
@pytest.mark.parametrize("template", ["{q}sk-canary-in-quotes{q}", "{q}sk-canary-in-quotes"])
def test_a_key_in_quotes_is_refused(configure, quote, template):
    """A container's environment file keeps them; the error names the variable, not the key."""
    key = template.replace("{q}", quote)
    configure({"CHAT_MAGIC_BASE_URL": "http://a.example/v1", "CHAT_MAGIC_API_KEY": key})
    with pytest.raises(InvalidRequest, match="CHAT_MAGIC_API_KEY is in quotes") as caught:
        default_session().endpoints.find("a/b")
    assert "canary" not in str(caught.value)


def test_what_an_endpoint_is_configured_with_goes_with_it(config_file):
    """Fields, prefill, authorities and time limit; and where it was set, for errors."""
    config_file(
        f'{ENDPOINT}extra = {{ top_k = 5 }}\nprefill = "none"\nca_bundle = "/ca.pem"\n'
        'timeout = 7\n[routes]\n"h/*" = "h"'
    )
    endpoint = default_session().endpoints.find("h/x")
    assert (endpoint.extra, endpoint.prefill) == ({"top_k": 5}, "none")
    assert (endpoint.ca_bundle, endpoint.timeout_s) == ("/ca.pem", 7.0)
    assert endpoint.source == "chat_magic.toml [endpoints.h]"


def test_azures_address_keeps_its_api_version(config_file, monkeypatch):
    """After the path; its key is in a header of its own."""
    monkeypatch.setenv("AZURE_KEY", "canary-of-azure-key")
    config_file(
        '[endpoints.azure]\nbase_url = "https://me.openai.azure.com/openai/deployments/gpt'
        '?api-version=2024-10-21"\ntakes = "model"\n'
        'headers = { "api-key" = "${AZURE_KEY}" }\n[routes]\n"azure/*" = "azure"'
    )
    endpoint = default_session().endpoints.find("azure/gpt")
    assert endpoint.url == (
        "https://me.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    )
    assert endpoint.headers["api-key"].reveal() == "canary-of-azure-key"
    assert endpoint.secret is None


async def test_an_ipv6_address_is_named_in_brackets(configure):
    """As in a URL."""
    configure({"CHAT_MAGIC_BASE_URL": "http://[::1]:8000/v1"})
    assert (await default_session().endpoints.resolve("a/b")).name == "[::1]"


async def test_a_header_whose_variable_is_not_set_is_an_error(routed, monkeypatch):
    """It names the header and the variable."""
    monkeypatch.delenv("TEAM")
    with pytest.raises(InvalidRequest, match=r"chat_magic\.toml: the header X-Team names .* TEAM"):
        await default_session().endpoints.resolve("vendor/x")


async def test_a_key_in_the_keyring_is_used_after_it_was_looked_up(
    routed, own_keyring, monkeypatch
):
    """The loop itself does not ask the keyring, which may block."""
    monkeypatch.delenv("VENDOR_KEY")
    default_session().keys.store("VENDOR_KEY", Secret("canary-stored"))
    assert (await default_session().endpoints.resolve("vendor/x")).secret is None
    default_session().endpoints.find("vendor/x")
    assert (await default_session().endpoints.resolve("vendor/x")).secret == Secret("canary-stored")


async def test_openais_key_in_the_keyring_configures_openai(own_keyring):
    """Like its variable."""
    default_session().keys.store("OPENAI_API_KEY", Secret("canary-openai"))
    default_session().endpoints.find("openai/gpt-4o")
    endpoint = await default_session().endpoints.resolve("openai/gpt-4o")
    assert (endpoint.base_url, endpoint.model) == ("https://api.openai.com/v1", "gpt-4o")
    with pytest.raises(InvalidRequest, match="no model"):
        default_session().endpoints.default_model()


def test_a_dry_run_shows_the_name_of_the_model_at_the_server(routed):
    """If it differs from the full name."""
    assert default_session().endpoints.describe("vendor/x") == (
        "POST https://vendor.example/v1/chat/completions with the key in VENDOR_KEY, as x"
    )


@pytest.mark.parametrize("choose", ["default_model", "any_model"])
def test_routes_without_a_model_are_an_error(routed, choose):
    """Neither a model that costs money nor one of several servers is chosen for the user."""
    with pytest.raises(InvalidRequest, match="no model"):
        getattr(default_session().endpoints, choose)()


def test_the_default_model_can_be_any_setting(routed):
    """Here it is that of `%config`."""
    default_session().configuration.set("model", "vendor/x")
    assert default_session().endpoints.default_model() == ("vendor/x", None)
    assert default_session().endpoints.any_model() == "vendor/x"


async def test_config_sets_the_gateway_for_this_session(monkeypatch):
    """It replaces that of the environment; the key is the same."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://a.example/v1")
    default_session().configuration.set("base_url", "https://b.example/v1")
    endpoint = await default_session().endpoints.resolve("a/b")
    assert (endpoint.name, endpoint.key_variable) == ("b.example", "CHAT_MAGIC_API_KEY")


def test_an_address_is_shown_without_its_keys():
    """The table of settings uses this too."""
    assert masked("https://me:canary-pw@a.example/v1") == "https://me:***@a.example/v1"


def test_a_server_that_must_be_started_first_is_not_found(routed):
    """`find` returns a configured server with its key, and None for the local model."""
    endpoints = default_session().endpoints
    assert endpoints.find("local") is None
    endpoint = endpoints.find("vendor/x")
    assert (endpoint.name, endpoint.model) == ("vendor.example", "x")
    assert endpoint.secret == Secret("canary-of-vendor_key")


@pytest.mark.parametrize(
    ("typed", "near"),
    [("locl", "local"), ("lcal", "local"), ("fsat", "fast"), ("v/larg", "v/large")],
)
async def test_a_misspelled_model_without_a_server_is_answered_with_the_nearest(
    configure, config_file, typed, near
):
    configure({})
    config_file(
        """
        [aliases]
        fast = "v/fast"
        [routes]
        "v/large" = "v"
        [endpoints.v]
        base_url = "https://v.example/v1"
        """
    )
    with pytest.raises(InvalidRequest, match=f"; did you mean {near}\\? Otherwise set CHAT_MAGIC"):
        await default_session().endpoints.resolve(typed)


@pytest.mark.parametrize(
    ("word", "is_known"),
    [
        ("local", True),
        ("local/x.gguf", True),
        ("fast", True),
        ("v/anything", True),
        ("openai/gpt-4o", True),
        ("and/or", False),
        ("v/", False),
        ("hello", False),
    ],
)
def test_a_word_is_a_model_if_the_settings_or_its_vendor_say_so(config_file, word, is_known):
    """A route for every model makes no word a model."""
    config_file(
        """
        [aliases]
        fast = "v/fast"
        [routes]
        "v/*" = "v"
        "*" = "v"
        [endpoints.v]
        base_url = "https://v.example/v1"
        """
    )
    assert default_session().endpoints.is_known_model(word) is is_known

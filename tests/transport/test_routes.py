"""Which server the config file names for a model, and what is sent there."""

from __future__ import annotations

import pytest

from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.transport.credentials import Secret, redact
from chat_magic.transport.endpoints import masked

FILE = """
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
    """Write the file, and set its variables."""
    config_file(FILE)
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
async def test_the_longest_route_names_the_server_else_the_environment(
    routed, monkeypatch, model, url, sent, key
):
    """A gateway takes the name whole, a vendor's own server the model alone."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://gateway.example/v1")
    endpoint = await default_session().endpoints.resolve(model)
    assert (endpoint.url, endpoint.model) == (f"{url}/chat/completions", sent)
    assert (endpoint.key_variable, endpoint.secret) == (key, Secret(f"canary-of-{key.lower()}"))


async def test_headers_name_variables_and_are_never_shown(routed):
    """Neither in a repr nor in a message."""
    endpoint = await default_session().endpoints.resolve("vendor/x")
    assert endpoint.headers == {
        "X-Team": Secret("canary-of-team"),
        "X-App": Secret("an app", may_hold_spaces=True),
    }
    assert "canary" not in repr(endpoint)
    assert redact("team canary-of-team of an app") == "team *** of ***"


async def test_a_header_whose_variable_is_not_set_is_an_error(routed, monkeypatch):
    """Nothing is sent without it."""
    monkeypatch.delenv("TEAM")
    with pytest.raises(InvalidRequest, match=r"chat_magic\.toml: the header X-Team names .* TEAM"):
        await default_session().endpoints.resolve("vendor/x")


async def test_a_key_of_the_keyring_is_known_once_it_was_looked_for(
    routed, own_keyring, monkeypatch
):
    """The loop itself asks nobody."""
    monkeypatch.delenv("VENDOR_KEY")
    default_session().keys.store("VENDOR_KEY", Secret("canary-stored"))
    assert (await default_session().endpoints.resolve("vendor/x")).secret is None
    default_session().endpoints.find("vendor/x")
    assert (await default_session().endpoints.resolve("vendor/x")).secret == Secret("canary-stored")


async def test_openais_key_in_the_keyring_configures_openai(own_keyring):
    """As its variable does."""
    default_session().keys.store("OPENAI_API_KEY", Secret("canary-openai"))
    default_session().endpoints.find("openai/gpt-4o")
    endpoint = await default_session().endpoints.resolve("openai/gpt-4o")
    assert (endpoint.base_url, endpoint.model) == ("https://api.openai.com/v1", "gpt-4o")
    with pytest.raises(InvalidRequest, match="no model"):
        default_session().endpoints.default_model()


def test_a_dry_run_says_the_name_that_the_server_takes(routed):
    """Where it is not the whole one."""
    assert default_session().endpoints.describe("vendor/x") == (
        "POST https://vendor.example/v1/chat/completions with the key in VENDOR_KEY, as x"
    )


@pytest.mark.parametrize("choose", ["default_model", "any_model"])
def test_routes_without_a_model_are_an_error(routed, choose):
    """As with any server: a paid model is not chosen for the user, nor one server of several."""
    with pytest.raises(InvalidRequest, match="no model"):
        getattr(default_session().endpoints, choose)()


def test_the_default_model_can_come_of_any_setting(routed):
    """Of `%config` here."""
    default_session().configuration.set("model", "vendor/x")
    assert default_session().endpoints.default_model() == ("vendor/x", None)
    assert default_session().endpoints.any_model() == "vendor/x"


async def test_config_sets_the_gateway_for_this_session(monkeypatch):
    """Over the environment's, with the same key."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://a.example/v1")
    default_session().configuration.set("base_url", "https://b.example/v1")
    endpoint = await default_session().endpoints.resolve("a/b")
    assert (endpoint.name, endpoint.key_variable) == ("b.example", "CHAT_MAGIC_API_KEY")


def test_an_address_is_shown_without_its_keys():
    """In the table of settings too."""
    assert masked("https://me:canary-pw@a.example/v1") == "https://me:***@a.example/v1"

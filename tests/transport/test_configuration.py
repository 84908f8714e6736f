"""The effective settings: where they are read, and which take precedence."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_magic.core.request.config import Config, Price
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.transport.configuration import FILE, Configuration

pytestmark = pytest.mark.usefixtures("no_environment")


@pytest.fixture
def configuration():
    """Return the configuration of a new session."""
    return Configuration()


@pytest.fixture
def in_force(configuration):
    """Return a function that returns the value and the source of each setting."""

    def in_force():
        settings = configuration.settings().items()
        return {name: (setting.value, setting.source) for name, setting in settings}

    return in_force


def test_nothing_is_set_until_something_sets_it(configuration):
    """There are no built-in defaults."""
    assert configuration.settings() == {}


def test_config_wins_over_the_environment_and_that_over_the_file(
    configuration, in_force, config_file, monkeypatch
):
    """Each setting has its source."""
    config_file("[defaults]\ntemperature = 0.1\nn = 1\nseed = 1")
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    monkeypatch.setenv("CHAT_MAGIC_N", "2")
    configuration.set("temperature", 0.3)
    assert in_force() == {
        "temperature": (0.3, "%config"),
        "n": (2, "CHAT_MAGIC_N"),
        "seed": (1, FILE),
    }


def test_none_removes_a_setting_and_unset_sends_nothing(configuration, in_force, config_file):
    """UNSET wins over the other sources."""
    config_file("[defaults]\ntemperature = 0.1")
    configuration.set("temperature", UNSET)
    assert in_force() == {"temperature": (UNSET, "%config")}
    configuration.set("temperature", None)
    assert in_force() == {"temperature": (0.1, FILE)}


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"CHAT_MAGIC_BASE_URL": "https://a.example"}, "CHAT_MAGIC_BASE_URL"),
        ({"OPENAI_BASE_URL": "https://b.example"}, "OPENAI_BASE_URL"),
        (
            {"CHAT_MAGIC_BASE_URL": "https://a.example", "OPENAI_BASE_URL": "no url"},
            "CHAT_MAGIC_BASE_URL",
        ),
        ({"CHAT_MAGIC_BASE_URL": " ", "OPENAI_BASE_URL": "https://b.example"}, "OPENAI_BASE_URL"),
    ],
)
def test_openais_base_url_is_used_if_chat_magics_is_not_set(
    configuration, monkeypatch, variables, source
):
    """A blank variable counts as not set."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert configuration.settings()["base_url"].source == source


def test_a_bad_variable_is_named_with_what_is_allowed(configuration, monkeypatch):
    """Like an option of the line."""
    monkeypatch.setenv("CHAT_MAGIC_TOP_P", "2")
    with pytest.raises(InvalidRequest, match="CHAT_MAGIC_TOP_P 2: must be 0 to 1"):
        configuration.settings()


def test_the_file_is_read_again_when_it_has_changed(configuration, in_force, config_file):
    """A file that is deleted has no effect any more."""
    path = config_file("[defaults]\nn = 1")
    assert in_force()["n"] == (1, FILE)
    config_file("[defaults]\nn = 22")
    assert in_force()["n"] == (22, FILE)
    path.unlink()
    assert configuration.config() == Config()


def test_one_thread_can_hold_on_to_the_file_as_it_is(configuration, in_force, config_file):
    """Others see the change at once, and it sees it afterwards."""
    config_file("[defaults]\nn = 1")
    with configuration.held():
        assert in_force()["n"] == (1, FILE)
        config_file("[defaults]\nn = 22")
        with configuration.held():
            assert in_force()["n"] == (1, FILE)
        assert in_force()["n"] == (1, FILE)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(in_force).result()["n"] == (22, FILE)
    assert in_force()["n"] == (22, FILE)


def test_a_byte_order_mark_is_ignored(in_force, config_file):
    """Windows editors write one."""
    config_file("\ufeff[defaults]\nn = 3")
    assert in_force()["n"] == (3, FILE)


def test_a_file_that_cannot_be_read_is_named(configuration, config_file):
    """Because it is not text, or not a file."""
    path = config_file("")
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InvalidRequest, match="cannot be read: 'utf-8' codec"):
        configuration.settings()
    path.unlink()
    path.mkdir()
    with pytest.raises(InvalidRequest, match=r"chat_magic\.toml cannot be read: Is a directory"):
        configuration.settings()


def test_the_file_is_in_jupyters_config_folder_even_without_jupyter(
    configuration, monkeypatch, tmp_path
):
    """That of the variable, or `.jupyter` in the home folder."""
    monkeypatch.setitem(sys.modules, "jupyter_core.paths", None)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    assert configuration.path() == tmp_path / FILE
    monkeypatch.delenv("JUPYTER_CONFIG_DIR")
    assert configuration.path() == Path.home() / ".jupyter" / FILE


def test_aliases_prices_and_the_variables_of_keys_come_from_the_file(configuration, config_file):
    """Other models have no alias and no price; the built-in variables stay."""
    config_file(
        '[aliases]\nfast = "a/b"\n[prices]\n"a/*" = {input = 1, output = 2}\n'
        '[endpoints.v]\nbase_url = "https://v.example"\nkey = "V_KEY"'
    )
    assert [configuration.resolve_alias(name) for name in ("fast", "a/b")] == ["a/b", "a/b"]
    assert configuration.price_of("a/b") == Price(input=1, output=2)
    assert configuration.price_of("c/d") is None
    assert configuration.key_variables() == {
        "gateway": "CHAT_MAGIC_API_KEY",
        "openai": "OPENAI_API_KEY",
        "v": "V_KEY",
    }

"""`%config ChatMagics.…`: a trait for every setting, which all end up in one place."""

from __future__ import annotations

import types

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from chat_magic import UNSET, load_ipython_extension, unload_ipython_extension
from chat_magic.core.request.settings import SETTINGS
from chat_magic.engine.session import default_session
from chat_magic.shell.magics import ChatMagics
from chat_magic.shell.traits import Value

pytestmark = pytest.mark.usefixtures("no_environment")


@pytest.fixture
def start():
    """Return a function that starts a shell with the extension, and defaults of its profile."""
    opened = []

    def start(**defaults):
        profile = Config(ChatMagics=defaults, HistoryManager={"enabled": False})
        shell = InteractiveShell(config=profile, user_module=types.ModuleType("notebook"))
        opened.append(shell)
        load_ipython_extension(shell)
        return shell

    yield start
    for shell in opened:
        unload_ipython_extension(shell)


def in_force():
    """Return the values of the settings in force, by name."""
    return {
        name: setting.value for name, setting in default_session().configuration.settings().items()
    }


def test_every_setting_is_a_trait_with_its_range(start, capsys):
    """`%config ChatMagics` lists them."""
    assert set(ChatMagics.class_traits(config=True)) == set(SETTINGS)
    start().run_line_magic("config", "ChatMagics")
    listed = " ".join(capsys.readouterr().out.split())
    assert (
        "ChatMagics.temperature=<Value> Sampling temperature: higher is more random: 0 to 2;"
        in (listed)
    )


def test_a_value_reaches_the_settings_and_none_removes_it(start):
    """So that `chat()` uses the same."""
    shell = start()
    shell.user_ns["UNSET"] = UNSET
    shell.run_line_magic("config", "ChatMagics.temperature = 0.2")
    shell.run_line_magic("config", "ChatMagics.stop = ['a', 'b']")
    shell.run_line_magic("config", "ChatMagics.n = UNSET")
    assert in_force() == {"temperature": 0.2, "n": UNSET, "stop": ["a", "b"]}
    assert shell.run_line_magic("config", "ChatMagics.temperature") == 0.2
    shell.run_line_magic("config", "ChatMagics.temperature = None")
    assert in_force() == {"n": UNSET, "stop": ["a", "b"]}


def test_a_value_out_of_range_is_refused_with_what_is_allowed(start, caplog):
    """IPython logs the error; the setting keeps its value."""
    shell = start()
    shell.run_line_magic("config", "ChatMagics.temperature = 0.2")
    shell.run_line_magic("config", "ChatMagics.temperature = 3")
    assert "temperature 3: must be 0 to 2" in caplog.text
    assert in_force() == {"temperature": 0.2}


def test_a_profile_can_set_them(start):
    """`c.ChatMagics.model = …` in `ipython_config.py`."""
    start(model="a/b")
    assert in_force() == {"model": "a/b"}


def test_unloading_removes_the_settings(start):
    """Loading it again leaves one object for `%config`."""
    shell = start()
    shell.configurables[-1].temperature = 0.2
    unload_ipython_extension(shell)
    assert in_force() == {}
    load_ipython_extension(shell)
    load_ipython_extension(shell)
    assert [type(configurable).__name__ for configurable in shell.configurables].count(
        "ChatMagics"
    ) == 1


@pytest.mark.parametrize(
    ("name", "text", "value"), [("temperature", "0.2", 0.2), ("store", "true", True)]
)
def test_a_command_line_sets_them_as_text(name, text, value):
    """`ipython --ChatMagics.temperature=0.2`."""
    assert Value(name).from_string(text) == value
    assert Value(name).from_string("None") is None

"""Fixtures for all tests: no settings of the machine, and a shell of our own."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
from hypothesis import settings

from tests import processes
from tests.gateway import Gateway

NEEDS = {
    "browser": {"lab", "page"},
    "kernel": {"execute_notebook", "kernel", "restartable", "terminal"},
    "model": {"weights"},
    "build": {"wheel"},
    "cluster": {"cluster"},
    "process": {"run_program", "run_python", "start_python"},
}
"""What a test needs that takes long to start, by the fixtures that start it."""
FOLDERS = {
    "browser": "browser",
    "test_notebooks.py": "kernel",
    "transport/local": "model",
    "typing": "types",
}
"""What all tests of a folder or file need."""

for name in [name for name in os.environ if name.startswith(("CHAT_MAGIC_", "OPENAI_"))]:
    if name != "CHAT_MAGIC_WEIGHTS":
        del os.environ[name]
# The user's own history stays as it is; tests of the history have files of their own.
os.environ["CHAT_MAGIC_HISTORY"] = "off"

# Where the tests run in the background SIGINT may be ignored, and so it would be in kernels.
signal.signal(signal.SIGINT, signal.default_int_handler)
# jsonschema would read 38 grammars for formats that are not checked, which takes seconds.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
settings.register_profile("calm", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)  # for make unit
settings.load_profile("calm")


def pytest_collection_modifyitems(items):
    """Mark each test with what it needs, or as a unit test; let workers begin with slow files."""
    order: dict[Path, int] = {}
    for item in items:
        needs = _needs(item)
        for name in needs or {"unit"}:
            item.add_marker(name)
        rank = 0 if "browser" in needs else 1 if needs else 2
        order[item.path] = min(rank, order.get(item.path, rank))
    if items and hasattr(items[0].config, "workerinput"):
        items.sort(key=lambda item: order[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Search for no garbage while all is imported and collected, as hardly anything is dropped."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """Leave what was imported and collected out of each later search for garbage."""
    gc.collect()
    gc.freeze()


def _needs(item):
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    by_fixture = {need for need, fixtures in NEEDS.items() if fixtures & set(item.fixturenames)}
    return by_fixture | {need for folder, need in FOLDERS.items() if path.startswith(folder)}


@pytest.fixture(scope="module")
def shell():
    """A shell in this process: without a history, and its notebook is not `__main__`."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    return InteractiveShell(config=settings, user_module=types.ModuleType("notebook"))


@pytest.fixture(scope="session", autouse=True)
def _own_ipython_folder(tmp_path_factory):
    """Keep the user's IPython profile and history out of the tests, and the tests out of it."""
    os.environ["IPYTHONDIR"] = str(tmp_path_factory.mktemp("ipython"))


@pytest.fixture(scope="session", autouse=True)
def _own_jupyter_folder(tmp_path_factory):
    """Keep the user's config file out of the tests."""
    os.environ["JUPYTER_CONFIG_DIR"] = str(tmp_path_factory.mktemp("jupyter"))


@pytest.fixture(scope="session")
def weights():
    """The weights of the embedded model, from the product's own cache or fetched into it."""
    from chat_magic.transport import local

    return local.prepare()


@pytest.fixture(autouse=True)
def _only_a_unit_in_a_unit_test(request, monkeypatch):
    """Let a unit test that asks the embedded model or starts a Python fail.

    It lacks the fixture `weights`, `run_python` or `start_python`.
    """
    if request.node.get_closest_marker("unit"):
        monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", "a unit test has no model")
        monkeypatch.setattr(subprocess.Popen, "__init__", _refuse_python)


_start_process = subprocess.Popen.__init__


def _refuse_python(self, args, *others, **options):
    """Start what libraries look for, such as `ldconfig`, but no Python."""
    if args[0] == sys.executable:
        pytest.fail("a unit test starts no Python: use the fixture run_python or start_python")
    _start_process(self, args, *others, **options)


@pytest.fixture
def run_python():
    """Return a function that runs code in a Python of its own to its end."""
    return processes.run_python


@pytest.fixture
def start_python():
    """Return a function that starts code in a Python of its own, which ends with the test."""
    started = []

    def start(code, *arguments, **options):
        started.append(processes.start_python(code, *arguments, **options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def config_file(tmp_path, monkeypatch):
    """Return a function that writes the config file."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))

    def write(text):
        path = tmp_path / "chat_magic.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture(autouse=True)
def _no_settings():
    """Take back what a test has set as `%config` does, and forget what servers do."""
    yield
    from chat_magic.core.request.settings import SETTINGS
    from chat_magic.engine.capabilities import CapabilityBook
    from chat_magic.engine.session import default_session

    default_session().capabilities = CapabilityBook(default_session().history.folder)
    for name in SETTINGS:
        default_session().configuration.set(name, None)
    default_session().told_notices.clear()


@pytest.fixture
def session():
    """Return the session of this process."""
    from chat_magic.engine.session import default_session

    return default_session()


@pytest.fixture
def no_environment(monkeypatch):
    """Leave also the setting that keeps the tests out of the user's history; nothing is sent."""
    monkeypatch.delenv("CHAT_MAGIC_HISTORY")


@pytest.fixture
def history_file(tmp_path, monkeypatch):
    """Keep a history in a file of its own, and return its path."""
    from chat_magic.engine import history_recorder

    path = tmp_path / "data" / "history.db"
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(path))
    yield path
    if store := history_recorder._stores.pop(path, None):
        store.close()


@pytest.fixture
def own_keyring():
    """Put a keyring in memory in the place of the system's."""
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        """The smallest keyring."""

        priority = 1

        def __init__(self):
            super().__init__()
            self.passwords = {}

        def get_password(self, service, username):
            return self.passwords.get((service, username))

        def set_password(self, service, username, password):
            self.passwords[service, username] = password

        def delete_password(self, service, username):
            del self.passwords[service, username]

    from chat_magic.engine.session import default_session

    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)
    default_session().keys._stored.clear()


@pytest.fixture
def gateway(monkeypatch):
    """Return a function that starts a gateway and makes it the configured one."""
    opened = []

    def start(*answers):
        server = Gateway(*answers).__enter__()
        opened.append(server)
        monkeypatch.setenv("CHAT_MAGIC_BASE_URL", server.base_url)
        monkeypatch.setenv("CHAT_MAGIC_API_KEY", "sk-canary-1234567890")
        monkeypatch.setenv("CHAT_MAGIC_MODEL", "a/b")
        return server

    yield start
    for server in opened:
        server.__exit__()

"""Fixtures for all tests: no settings of the machine, and a shell of our own."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

for name in [name for name in os.environ if name.startswith(("CHAT_MAGIC_", "OPENAI_"))]:
    if name != "CHAT_MAGIC_WEIGHTS":
        del os.environ[name]

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.fixture(scope="session", autouse=True)
def _own_ipython_folder(tmp_path_factory):
    """Keep the user's IPython profile and history out of the tests, and the tests out of it."""
    os.environ["IPYTHONDIR"] = str(tmp_path_factory.mktemp("ipython"))

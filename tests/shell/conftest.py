"""The magic in a real kernel and in a real terminal."""

from __future__ import annotations

import os
import sys

import pexpect
import pytest
from nbclient import NotebookClient

from tests.gateway import Gateway
from tests.kernels import running_kernel
from tests.processes import end_terminal
from tests.waiting import TIMEOUT_S

PROMPT = r"In \[\d+\]: "
"""What IPython prints, as a regular expression, when it waits for input."""


@pytest.fixture(scope="module")
def kernel():
    """A kernel with the extension, shared by the tests of a module."""
    with running_kernel("%load_ext chat_magic\nimport os") as kernel:
        yield kernel


@pytest.fixture
def at_gateway(kernel):
    """Return a function that starts a gateway and points the kernel at it."""
    opened = []

    def start(*answers):
        gateway = Gateway(*answers)
        opened.append(gateway)
        gateway.__enter__()
        kernel.run(f"os.environ['CHAT_MAGIC_BASE_URL'] = {gateway.base_url!r}")
        return gateway

    yield start
    kernel.run("del os.environ['CHAT_MAGIC_BASE_URL']")
    for gateway in opened:
        gateway.__exit__()


@pytest.fixture
def execute_notebook():
    """Return a function that runs the cells of a notebook in a kernel, as nbclient does."""

    def execute(notebook, **options):
        NotebookClient(notebook, kernel_name="python3", **options).execute()

    return execute


@pytest.fixture
def terminal():
    """Return a function that starts IPython at a gateway."""
    opened = []

    def start(gateway):
        environment = {
            **os.environ,
            "CHAT_MAGIC_BASE_URL": gateway.base_url,
            "CHAT_MAGIC_MODEL": "a/b",
            "TERM": "dumb",
            "NO_COLOR": "1",
        }
        child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--simple-prompt", "--no-banner", "--ext=chat_magic"],
            env=environment,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            dimensions=(50, 200),
        )
        child.delaybeforesend = None
        opened.append(child)
        child.expect(PROMPT)
        return child

    yield start
    for child in opened:
        end_terminal(child)

"""What each client shows of an answer, by the request with which it runs a cell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chat_magic.shell.client import Client, client_of, display_kind

UUID = "0f8b4c1e-6f0a-4f9e-9a4e-3d0a5a4f7b21"
PYTHON = "1a2b3c4d-0123456789abcdef01234567"
"""What jupyter_client calls a session."""
VSCODE = "vscode-notebook-cell:/a.ipynb#W0sZmlsZQ"

CLIENTS = [
    ("JupyterLab", True, UUID, {"cellId": "a1"}, "updated"),
    ("JupyterLab's console", True, UUID, {}, "updated"),
    ("nbclassic", True, UUID.replace("-", ""), {}, "updated"),
    ("VS Code", True, UUID, {"cellId": VSCODE}, "updated"),
    ("a server that runs the cells of a page", True, PYTHON, {"cellId": "a1"}, "updated"),
    ("a client of another language", True, "s", {}, "updated"),
    ("a client without a session", True, None, {}, "updated"),
    ("jupyter console", True, PYTHON, {}, "printed"),
    ("qtconsole, Spyder", True, PYTHON, {"cellId": ""}, "printed"),
    ("nbclient, nbconvert", False, PYTHON, {}, "final"),
    ("papermill", False, PYTHON, {"cellId": "a1"}, "final"),
    ("a scheduler in JavaScript", False, UUID, {}, "final"),
]


def shell(accepts_input=True, session=UUID, metadata=()):
    """Return a shell that runs a request of this client."""
    parent = {
        "header": {"session": session},
        "metadata": dict(metadata),
        "content": {"code": "%%chat\nHi", "allow_stdin": accepts_input},
    }
    return SimpleNamespace(get_parent=lambda: parent)


@pytest.fixture(autouse=True)
def _no_server(monkeypatch):
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)


@pytest.mark.parametrize(
    ("accepts_input", "session", "metadata", "kind"),
    [case[1:] for case in CLIENTS],
    ids=[case[0] for case in CLIENTS],
)
def test_an_answer_is_shown_as_the_client_can(accepts_input, session, metadata, kind):
    """Updated in place, as text where updates are ignored, once where nobody watches."""
    client = client_of(shell(accepts_input, session, metadata))
    assert display_kind(client) == kind
    assert client.is_watched == (kind != "final")
    assert client.is_executor == (kind == "final")


@pytest.mark.parametrize(
    ("client", "updates", "kind"),
    [
        (Client(), "off", "printed"),
        (Client(is_plain=True), "off", "printed"),
        (Client(is_plain=True), "on", "updated"),
        (Client(is_watched=False, is_executor=True), "on", "updated"),
        (Client(is_watched=False, is_executor=True), "off", "final"),
    ],
)
def test_the_setting_decides_otherwise(client, updates, kind):
    """Such as for a console that takes updates; without a person, off still shows the picture."""
    assert display_kind(client, updates) == kind


def test_voila_runs_cell_by_cell_and_a_person_uses_its_page(monkeypatch):
    """Widgets work there, although it accepts no input."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    client = client_of(shell(accepts_input=False, session=PYTHON))
    assert client == Client(is_watched=True, is_executor=True)
    assert display_kind(client) == "updated"


def test_a_shell_without_a_request_is_a_persons():
    """A terminal, or a shell in a program."""
    assert client_of(SimpleNamespace()) == Client()
    assert client_of(SimpleNamespace(get_parent=dict)) == Client()


def test_jupyter_client_makes_sessions_of_the_known_form():
    """Of the installed version; a change of it would leave consoles without answers."""
    from jupyter_client.session import Session

    assert client_of(shell(session=Session().session)).is_plain

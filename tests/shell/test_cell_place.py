"""Which cell of which notebook is running, by what each front end sends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chat_magic.shell.cell_place import cell_place

VSCODE = "vscode-notebook-cell:/home/ada/My%20Notes/a.ipynb#W2sZmlsZQ"


def shell(code="%%chat\nHi", *, namespace=(), **request):
    """Return a shell that runs this request."""
    parent = {"content": {"code": code}, **request}
    return SimpleNamespace(get_parent=lambda: parent, user_ns=dict(namespace))


@pytest.fixture(autouse=True)
def _no_session(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


def test_jupyterlab_and_notebook_send_the_id_of_the_cell(monkeypatch):
    """And the server names the notebook when it starts the kernel."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/work/a.ipynb")
    place = cell_place(shell(metadata={"cellId": "c-1"}))
    assert (place.notebook, place.cell_id, place.source) == ("/work/a.ipynb", "c-1", "%%chat\nHi")
    assert place.is_watched


def test_vs_code_sends_the_path_with_the_id():
    """It wins over the variable that its extension sets."""
    namespace = {"__vsc_ipynb_file__": "/home/ada/old.ipynb"}
    place = cell_place(shell(metadata={"cellId": VSCODE}, namespace=namespace))
    assert (place.notebook, place.cell_id) == ("/home/ada/My Notes/a.ipynb", "#W2sZmlsZQ")
    assert cell_place(shell(namespace=namespace)).notebook == "/home/ada/old.ipynb"


@pytest.mark.parametrize("name", ["", "b57cbdd8-kernel", "/work/folder"])
def test_a_session_that_is_not_named_after_a_notebook_tells_no_path(monkeypatch, name):
    """As that of a console."""
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    assert cell_place(shell()).notebook is None


@pytest.mark.parametrize("metadata", [{}, {"cellId": None}, {"cellId": 7}, {"cellId": ""}])
def test_a_front_end_that_sends_no_id_has_none(metadata):
    """Nothing is made up."""
    assert cell_place(shell(metadata=metadata)).cell_id is None


def test_a_program_that_executes_a_notebook_does_not_watch():
    """It forbids input, as nbclient and papermill do."""
    assert not cell_place(shell(content={"code": "x", "allow_stdin": False})).is_watched


def test_a_shell_without_a_kernel_has_no_cell():
    """Such as IPython in a terminal, where a person watches."""
    place = cell_place(SimpleNamespace(user_ns={}))
    assert (place.cell_id, place.notebook, place.source) == (None, None, None)
    assert place.is_watched

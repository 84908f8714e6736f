"""A terminal and a notebook each have a display."""

from __future__ import annotations

from chat_magic.view.live import notebook_display
from chat_magic.view.live.display import open_display
from chat_magic.view.live.notebook_display import NotebookDisplay
from tests.view.live.displays import progress


def test_a_plain_terminal_and_a_notebook_have_displays_of_their_own(capsys) -> None:
    open_display(terminal=True).show(progress("hello"))
    assert capsys.readouterr().out == "hello"
    assert isinstance(open_display(terminal=False), NotebookDisplay)


def test_a_notebook_is_sent_display_messages_of_ipython(monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda *args, **kwargs: calls.append((args, kwargs))
    )
    open_display(terminal=False).show(progress("hello"))
    (((drawn,), options),) = calls
    assert "hello" in drawn["text/html"]
    assert options["update"] is False
    assert list(options["transient"]) == ["display_id"]


def test_where_nobody_watches_only_the_result_is_shown(monkeypatch) -> None:
    """Once, whatever happened before; without a result nothing."""
    sent = []
    monkeypatch.setattr(notebook_display, "publish", lambda *message: sent.append(message))
    display = open_display(terminal=False, final=True)
    display.show(progress("hel"))
    display.finish(None)
    assert sent == []
    display.finish({"text/plain": "hello"})
    ((bundle, _, is_update),) = sent
    assert (bundle, is_update) == ({"text/plain": "hello"}, False)

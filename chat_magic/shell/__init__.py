"""The shell: magics, commands and the panel; the only room that knows IPython."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from chat_magic.shell.magics import ChatMagics

_LOADED: dict[int, ChatMagics] = {}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics `%%chat` and `%chat` in a shell; `%load_ext chat_magic` calls this."""
    from chat_magic.shell.magics import ChatMagics  # only a shell needs IPython

    unload_ipython_extension(shell)
    magics = ChatMagics(shell)
    magics.install()
    _LOADED[id(shell)] = magics


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics from a shell; `%unload_ext chat_magic` calls this."""
    magics = _LOADED.pop(id(shell), None)
    if magics is not None:
        magics.uninstall()


def magics_of(shell: InteractiveShell) -> ChatMagics:
    """Return the magics of a shell; they are loaded if necessary."""
    if id(shell) not in _LOADED:
        load_ipython_extension(shell)
    return _LOADED[id(shell)]

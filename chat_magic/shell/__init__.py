"""Commands: the only folder that knows IPython."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from chat_magic.shell.magics import ChatMagics

_LOADED: dict[int, ChatMagics] = {}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a shell the magics `%%chat` and `%chat`; `%load_ext chat_magic` calls this."""
    from chat_magic.shell.magics import ChatMagics  # only a shell needs IPython

    unload_ipython_extension(shell)
    magics = ChatMagics(shell)
    magics.install()
    _LOADED[id(shell)] = magics


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; `%unload_ext chat_magic` calls this."""
    magics = _LOADED.pop(id(shell), None)
    if magics is not None:
        magics.uninstall()


def magics_of(shell: InteractiveShell) -> ChatMagics:
    """Return the magics of a shell, which are loaded if need be."""
    if id(shell) not in _LOADED:
        load_ipython_extension(shell)
    return _LOADED[id(shell)]

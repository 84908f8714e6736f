"""The sandbox of templates by others: they read data, and call nothing of the notebook."""

from __future__ import annotations

import builtins
import functools
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

_DATA = (str, bytes, int, float, bool, complex, list, tuple, dict, set, frozenset, type(None))
"""The types whose methods may be called, unless they change the value."""
_BUILTINS = (
    "abs", "all", "any", "bool", "divmod", "enumerate", "float", "int", "len", "list", "range",
    "reversed", "round", "set", "str", "sum", "tuple", "zip",
)  # fmt: skip
"""Builtins that call nothing that they are given."""


@functools.cache
def sandbox_class() -> type[jinja2.Environment]:
    """Make the class of environments, from Jinja's immutable sandbox, which is imported late."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class PromptEnvironment(ImmutableSandboxedEnvironment):
        """Allows no attribute of modules and functions, and no call but of plain data's methods."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            if isinstance(obj, ModuleType | FunctionType):
                return False
            return super().is_safe_attribute(obj, attr, value)

        def is_safe_callable(self, obj: Any) -> bool:
            owner = getattr(obj, "__self__", None)
            is_given = any(obj is value for value in self.globals.values())
            is_method = owner is not None and (type(owner) in _DATA or _is_of_template(owner))
            return (is_given or is_method or _is_of_template(obj)) and super().is_safe_callable(obj)

    return PromptEnvironment


def _is_of_template(value: Any) -> bool:
    """Whether a value is one of Jinja's own that templates use: a macro, a loop, a cycler."""
    return type(value).__module__ in ("jinja2.runtime", "jinja2.utils")


def restrict_globals(environment: jinja2.Environment) -> None:
    """Take all functions from the templates but those that call nothing that they are given."""
    kept = {name: getattr(builtins, name) for name in _BUILTINS}
    own = ("dict", "cycler", "joiner", "namespace")
    kept |= {name: environment.globals[name] for name in own}
    environment.globals.clear()
    environment.globals.update(kept)

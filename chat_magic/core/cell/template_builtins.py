"""Python's builtins in templates: callable, but undefined as values."""

from __future__ import annotations

import builtins
import functools
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jinja2

_REPLACED_BY_IPYTHON = ("exit", "open", "quit")
_TO_TEXT = (str, repr, ascii, format)


def install_builtins(environment: jinja2.Environment) -> None:
    """Let templates call Python's builtins and Jinja's functions.

    As a value, each is undefined, because a template that inserts `{{ input }}` or tests
    `{% if id %}` means a variable of the notebook that is not assigned.
    """
    builtin_class = _builtin_class()
    environment.context_class = _context_class()
    for name, value in {**environment.globals, **vars(builtins)}.items():
        if callable(value):
            kind = "a Python builtin" if hasattr(builtins, name) else "a function of Jinja"
            environment.globals[name] = builtin_class(name, value, kind)


def without_ipython_builtins(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out the builtins that IPython itself assigns in the notebook, such as `open`."""
    replaced = [
        name
        for name in _REPLACED_BY_IPYTHON
        if name in variables and _is_of_ipython(name, variables[name])
    ]
    if not replaced:
        return variables
    return {name: value for name, value in variables.items() if name not in replaced}


def _is_of_ipython(name: str, value: Any) -> bool:
    is_wrapper = getattr(value, "__wrapped__", None) is getattr(builtins, name, value)
    return is_wrapper or type(value).__module__.partition(".")[0] in {"IPython", "ipykernel"}


@functools.cache
def _builtin_class() -> type[Any]:
    """Make the class of builtins from Jinja's, which is imported on first use."""
    from jinja2 import StrictUndefined

    class Builtin(StrictUndefined):
        """A builtin that can be called and has its attributes, but is undefined as a value."""

        __slots__ = ("builtin",)

        def __init__(self, name: str, builtin: Any, kind: str) -> None:
            super().__init__(
                f"{name!r} is undefined: it is {kind} and is not assigned in the notebook",
                name=name,
            )
            self.builtin = builtin

        def __call__(self, *arguments: Any, **keywords: Any) -> Any:
            return self.builtin(*arguments, **keywords)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.builtin, name)

        def __instancecheck__(self, value: Any) -> bool:
            return isinstance(value, self.builtin)

        def __eq__(self, other: object) -> Any:
            if callable(other):  # such as type(x) == str
                return bool(self.builtin == _bare(other))
            return self._fail_with_undefined_error()

        def __ne__(self, other: object) -> Any:
            return not self == other

        def __repr__(self) -> NoReturn:
            self._fail_with_undefined_error()

        __hash__ = StrictUndefined.__hash__  # type: ignore[assignment]

    return Builtin


@functools.cache
def _context_class() -> type[jinja2.runtime.Context]:
    """Make the class of contexts, which pass the builtins themselves to what a template calls."""
    from jinja2.runtime import Context

    class BuiltinContext(Context):
        def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
            if _is_builtin(function) and function.builtin in _TO_TEXT:
                # As a text, too, a builtin is undefined.
                return super().call(function.builtin, *arguments, **keywords)
            return super().call(
                _bare(function),
                *map(_bare, arguments),
                **{name: _bare(value) for name, value in keywords.items()},
            )

    return BuiltinContext


def _bare(value: Any) -> Any:
    return value.builtin if _is_builtin(value) else value


def _is_builtin(value: Any) -> bool:
    return isinstance(value, _builtin_class())

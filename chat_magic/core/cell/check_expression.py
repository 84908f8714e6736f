"""Checks of answers: Python expressions and functions of the user, compiled but not yet run."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from types import CodeType
from typing import Any

from chat_magic.errors import InvalidRequest

OWN_NAMES = ("answer", "parsed", "choice", "result", "p", "row")
"""What a check sees of an answer; these names take precedence over columns of the same name."""
RESERVED = ("run", "choice", "model", "passed", "error")
"""Names that a check cannot have: they are columns of `.checks`."""
CORRECT = "correct"
"""The check that `--truth` adds."""
_NAMED = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<expression>.*)", re.DOTALL)
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Check:
    """A check: an expression or a function whose truth says whether an answer passes."""

    name: str
    run: CodeType | Callable[..., Any]
    uses: frozenset[str]
    """The names that it may ask for."""

    @property
    def is_expression(self) -> bool:
        """Whether it is an expression."""
        return isinstance(self.run, CodeType)


def read_checks(
    checks: Iterable[Any], named: Mapping[str, Any] | None = None, label: str = "check"
) -> tuple[Check, ...]:
    """Compile checks.

    Args:
        checks: Texts, `EXPRESSION` or `name=EXPRESSION`, and functions.
        named: Expressions and functions by name.
        label: What an error calls the option.

    Raises:
        InvalidRequest: An expression is not Python, a name is not one that a check can have, or
            two checks have the same name.
    """
    read = [_read_unnamed(check, label) for check in checks]
    read += [_read_named(name, check, label) for name, check in (named or {}).items()]
    seen: set[str] = set()
    for check in read:
        if check.name in seen:
            raise InvalidRequest(
                f"{label} {_short(check.name)}: is given twice; name each, as name=EXPRESSION"
            )
        seen.add(check.name)
    return tuple(read)


def check_field(value: Any) -> tuple[str, ...]:
    """Return the checks of a field `check:`: an expression, a list of them, or a mapping by name.

    Raises:
        InvalidRequest: It is none of these.
    """
    if isinstance(value, Mapping):
        for name, expression in value.items():
            if not isinstance(expression, str) or not str(name).isidentifier():
                raise InvalidRequest(f"check {name}: expected a name and a Python expression")
        return tuple(f"{name}={expression}" for name, expression in value.items())
    checks = value if isinstance(value, list) else [value]
    for expression in checks:
        if not isinstance(expression, str):
            raise InvalidRequest("check: expected a Python expression as text, or a list of these")
    return tuple(checks)


def _read_unnamed(check: Any, label: str) -> Check:
    if callable(check):
        return _read_function(getattr(check, "__name__", type(check).__name__), check, label)
    if not isinstance(check, str):
        raise InvalidRequest(
            f"{label}: expected a Python expression or a function, got {type(check).__name__}"
        )
    match = _NAMED.fullmatch(check)
    if match and not iskeyword(match["name"]):
        return _read_named(match["name"], match["expression"], label)
    text = " ".join(check.split())
    return Check(_free_name(text, label), *_compiled(check, label))


def _read_named(name: str, check: Any, label: str) -> Check:
    _free_name(name, label)
    if callable(check):
        return _read_function(name, check, label)
    if not isinstance(check, str):
        raise InvalidRequest(
            f"{label} {name}: expected a Python expression or a function, "
            f"got {type(check).__name__}"
        )
    return Check(name, *_compiled(check, label))


def _free_name(name: str, label: str) -> str:
    if name in RESERVED:
        raise InvalidRequest(
            f"{label} {name}: is a column of .checks; give the check another name, "
            "as name=EXPRESSION"
        )
    return name


def _compiled(expression: str, label: str) -> tuple[CodeType, frozenset[str]]:
    text = expression.strip()
    try:
        tree = ast.parse(text, "<check>", "eval")
        code = compile(tree, "<check>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or "it is too deep"
        raise InvalidRequest(
            f"{label} {_short(expression)}: is not a Python expression: {reason}"
        ) from error
    if isinstance(tree.body, ast.Constant) and isinstance(tree.body.value, str):
        raise InvalidRequest(
            f"{label} {_short(expression)}: is a text, which says nothing about the answer; "
            "remove its quotes"
        )
    if any(isinstance(node, ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(tree)):
        raise InvalidRequest(f"{label} {_short(expression)}: must not use await or yield")
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return code, frozenset(names)


def _read_function(name: str, function: Callable[..., Any], label: str) -> Check:
    if inspect.iscoroutinefunction(function):
        raise InvalidRequest(f"{label} {name}: must be a function that is not async")
    return Check(_free_name(name, label), function, frozenset(parameters_of(function)))


def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function by name; those of a builtin without any are unknown."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"

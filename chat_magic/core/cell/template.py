"""Templates in prompts: `{{ expression }}` and Jinja's statements, inserting only ever text.

Jinja renders once, over the caller's variables and Python's builtins. What an expression inserts
is kept out of the rendered text behind a placeholder until the cell's structure has been read,
so that an inserted value cannot open a message, attach a file or end a block.
"""

from __future__ import annotations

import functools
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.inserted_text import NoText, inserted_text, is_missing
from chat_magic.core.cell.template_builtins import install_builtins, without_ipython_builtins
from chat_magic.core.cell.template_sandbox import restrict_globals, sandbox_class
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import jinja2
    from jinja2.lexer import Token, TokenStream

_STATEMENTS = (
    r"(?:for|endfor|break|continue|if|elif|else|endif|set|endset|with|endwith"
    r"|macro|endmacro|call|endcall|filter|endfilter|raw|endraw)\b"
)
_TAG = re.compile(r"\{%[-+]?\s*" + _STATEMENTS)
_STRAY_TAG = re.compile(r"\{%(?![-+]?\s*" + _STATEMENTS + ")")
_STRAY_MARK = "\ufdd0\ufdd1"
"""Two noncharacters, which Unicode reserves for internal use, hide a `{%` that is not a tag."""
_TEMPLATES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HINT = "; use --raw to send braces as they are"


@dataclass(frozen=True)
class Rendered:
    """A rendered template whose structure can be read before its insertions are filled in."""

    lines: tuple[tuple[int, str], ...]
    """Line number in the source, and text with placeholders for what was inserted."""
    fill: Callable[[str], str] = str
    """Puts the insertions into a text of these lines."""
    warnings: tuple[str, ...] = ()
    """About what was inserted."""


class SandboxedVariables(dict[str, Any]):
    """Variables of templates that someone else wrote, which are rendered in a sandbox."""


class TrackedVariables(dict[str, Any]):
    """Variables of templates that record which names the templates use, and missing values.

    Args:
        values: The variables.
        used: Receives the names, whether they are variables or not.
        missing: Receives the texts that stand for missing values where one is inserted: `nan`.
        is_sandboxed: Whether the templates are rendered in a sandbox.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        used: set[str],
        *,
        missing: set[str] | None = None,
        is_sandboxed: bool = False,
    ) -> None:
        super().__init__(values)
        self.used = used
        self.missing = set() if missing is None else missing
        self.is_sandboxed = is_sandboxed


def is_sandboxed(variables: Mapping[str, Any]) -> bool:
    """Whether templates that see these variables are rendered in a sandbox."""
    return isinstance(variables, SandboxedVariables) or (
        isinstance(variables, TrackedVariables) and variables.is_sandboxed
    )


def has_template(text: str) -> bool:
    """Whether rendering would change, or reject, the text."""
    return "{{" in text or _TAG.search(text) is not None


def holds_template(value: Any) -> bool:
    """Whether a text anywhere in a JSON value has a template."""
    if isinstance(value, dict | list):
        return any(map(holds_template, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and has_template(value)


def plain(source: str, first_line: int = 1) -> Rendered:
    """Return a text unchanged, as if it had been rendered."""
    return Rendered(tuple(enumerate(source.split("\n"), first_line)))


def render(source: str, variables: Mapping[str, Any], first_line: int = 1) -> Rendered:
    """Render a template.

    Args:
        source: The text; only `{{` and `{%` before a Jinja statement are special.
        variables: The variables of expressions, besides Python's builtins.
        first_line: The number that the first line has in the cell.

    Raises:
        InvalidRequest: With line and column in the cell; the cause is `__cause__`.
    """
    if not has_template(source):
        return plain(source, first_line)
    hidden = _STRAY_TAG.sub(_STRAY_MARK, source)
    rendering = Rendering()
    token = _CURRENT.set(rendering)
    try:
        compiled = _compiled(hidden, is_sandboxed(variables))
        rendering.nonce = compiled.nonce
        if isinstance(variables, TrackedVariables):
            variables.used |= compiled.names
        text = compiled.template.render(without_ipython_builtins(variables))
    except Exception as error:
        line, column = _place(error, rendering, hidden)
        raise InvalidRequest(
            f"in the template: {_message(error)}{_HINT}",
            line=first_line + line - 1,
            column=column,
        ) from error
    finally:
        _CURRENT.reset(token)
    if isinstance(variables, TrackedVariables):
        variables.missing |= rendering.missing
    text = text.replace(_STRAY_MARK, "{%")
    return Rendered(
        tuple(rendering.numbered(text, first_line)), rendering.fill, tuple(rendering.warnings)
    )


@dataclass(frozen=True)
class _Compiled:
    """A template that can be rendered many times, such as once for each row of some data."""

    template: jinja2.Template
    names: frozenset[str]
    """The names that it uses and does not define."""
    nonce: str
    """Of the marks in its text."""


@functools.lru_cache(maxsize=64)
def _compiled(source: str, is_sandboxed: bool) -> _Compiled:
    nonce = str(secrets.randbits(64))
    environment = _environment(nonce, is_sandboxed=is_sandboxed)
    template = environment.from_string(source)
    template.globals = dict(template.globals)  # each rendering copies them
    return _Compiled(template, frozenset(_names(environment, source)), nonce)


def _names(environment: jinja2.Environment, source: str) -> set[str]:
    from jinja2 import meta

    return meta.find_undeclared_variables(environment.parse(source))


def template_variables(source: str) -> tuple[str, ...]:
    """Return the names that a template uses and does not define, in the order of first use.

    Raises:
        InvalidRequest: It is not a valid template.
    """
    environment = _environment("", is_sandboxed=True)
    hidden = _STRAY_TAG.sub(_STRAY_MARK, source)
    try:
        names = _names(environment, hidden) - set(environment.globals)
    except Exception as error:
        raise InvalidRequest(f"in the template: {_message(error)}{_HINT}") from error
    found = re.finditer(r"[^\W\d]\w*", "".join(_TEMPLATES.findall(hidden)))
    return tuple(dict.fromkeys(match[0] for match in found if match[0] in names))


def render_text(
    source: str, variables: Mapping[str, Any], warnings: list[str] | None = None
) -> str:
    """Render a template whose text has no structure; see `render`.

    Args:
        source: The text.
        variables: The variables of expressions.
        warnings: Takes the warnings about what was inserted.
    """
    rendered = render(source, variables)
    if warnings is not None:
        warnings += rendered.warnings
    return rendered.fill("\n".join(text for _, text in rendered.lines))


@dataclass
class Rendering:
    """One rendering: what was inserted, and which expression is being evaluated."""

    nonce: str = ""
    """Of the marks in the template's text, which nothing that is inserted can know."""
    inserted: list[str] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """The texts that stand for missing values, of those that were inserted."""
    expression: int | None = None
    """Number of the expression that runs, in the order of the source."""

    @functools.cached_property
    def placeholder(self) -> re.Pattern[str]:
        """Stands for an inserted value in the rendered text."""
        return re.compile(f"\x02{self.nonce}\\.(\\d+)\x03")

    @functools.cached_property
    def line_mark(self) -> re.Pattern[str]:
        """Stands before each line of the source in the rendered text."""
        return re.compile(f"\x02{self.nonce}:(\\d+)\x03")

    def enter(self, expression: int) -> Rendering:
        """Record that an expression begins; the returned object inserts nothing."""
        self.expression = expression
        return self

    def finalize(self, value: Any) -> str:
        """Store a value and return its placeholder."""
        if value is self:
            return ""
        if _is_undefined(value):
            str(value)  # raises that it is undefined
        inserted = inserted_text(value)
        text = inserted.text
        if is_missing(value):
            self.missing.add(text)
        if inserted.warning:
            self.warnings[inserted.warning] = None
        self.expression = None
        self.inserted.append(self.line_mark.sub("", self.fill(text)))
        return f"\x02{self.nonce}.{len(self.inserted) - 1}\x03"

    def fill(self, text: str) -> str:
        """Replace placeholders by what was inserted."""
        return self.placeholder.sub(lambda match: self.inserted[int(match[1])], text)

    def numbered(self, text: str, first_line: int) -> Iterator[tuple[int, str]]:
        """Yield the rendered lines, each with the number of its source line in the cell."""
        number = first_line
        for line in text.split("\n"):
            marks = self.line_mark.findall(line)
            number = first_line + int(marks[-1]) - 1 if marks else number
            yield number, self.line_mark.sub("", line)


def _is_undefined(value: Any) -> bool:
    import jinja2

    return isinstance(value, jinja2.Undefined)


_CURRENT: ContextVar[Rendering] = ContextVar("rendering")
"""The rendering that goes on: a compiled template serves many."""


def _mark_line(nonce: str, line: int) -> str:
    """Return the mark of a line of the source, from 1."""
    return f"\x02{nonce}:{line}\x03"


def _environment(nonce: str, *, is_sandboxed: bool) -> jinja2.Environment:
    import jinja2  # only a template needs it

    environment_class = sandbox_class() if is_sandboxed else jinja2.Environment
    environment = environment_class(
        comment_start_string="\x00{#",
        comment_end_string="#}\x00",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=jinja2.pass_context(lambda _context, value: _CURRENT.get().finalize(value)),
        extensions=[_tracing_extension(nonce), "jinja2.ext.loopcontrols"],
    )
    if is_sandboxed:
        restrict_globals(environment)
    else:
        install_builtins(environment)
    environment.globals["_enter"] = lambda number: _CURRENT.get().enter(number)
    return environment


def _tracing_extension(nonce: str) -> Any:
    """Make the extension that marks the lines of text and announces each expression."""
    from jinja2.ext import Extension
    from jinja2.lexer import Token

    def announce(number: int, line: int) -> Iterator[Token]:
        yield Token(line, "variable_begin", "{{")
        yield Token(line, "name", "_enter")
        yield Token(line, "lparen", "(")
        yield Token(line, "integer", number)  # type: ignore[arg-type]
        yield Token(line, "rparen", ")")
        yield Token(line, "variable_end", "}}")

    class Tracing(Extension):
        def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
            expressions = 0
            for token in stream:
                if token.type == "data":
                    yield token._replace(value=_mark_lines(token, nonce))
                    continue
                if token.type == "variable_begin":
                    yield from announce(expressions, token.lineno)
                    expressions += 1
                yield token

    return Tracing


def _mark_lines(token: Token, nonce: str) -> str:
    lines = token.value.split("\n")
    marked = (_mark_line(nonce, token.lineno + i) + line for i, line in enumerate(lines))
    return "\n".join(marked)


def _place(error: Exception, rendering: Rendering, source: str) -> tuple[int, int | None]:
    """Return line and column, from 1, of what the error is about."""
    starts = list(_expression_starts(source))
    if rendering.expression is not None and rendering.expression < len(starts):
        return starts[rendering.expression]
    line = getattr(error, "lineno", None) or _template_line(error)
    text = source.split("\n")[line - 1] if line <= source.count("\n") + 1 else ""
    opening = re.search(r"\{[{%]", text)
    return line, opening.start() + 1 if opening else None


def _expression_starts(source: str) -> Iterator[tuple[int, int]]:
    import jinja2

    lexer = jinja2.Environment(  # noqa: S701
        comment_start_string="\x00{#", comment_end_string="#}\x00", keep_trailing_newline=True
    )
    before = ""
    try:
        for line, kind, text in lexer.lex(source):
            if kind == "variable_begin":
                yield line, len(before) - before.rfind("\n")
            before += text
    except jinja2.TemplateSyntaxError:
        return


def _template_line(error: Exception) -> int:
    """Return the template's line in the traceback, which Jinja rewrites to the source's lines."""
    line, traceback = 1, error.__traceback__
    while traceback:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _message(error: Exception) -> str:
    import jinja2

    text = str(error).rstrip(".") or type(error).__name__
    says_all = isinstance(error, jinja2.TemplateError | NoText)
    return text if says_all else f"{type(error).__name__}: {text}"

"""From a prompt and the arguments of a call to a request, with the trust that a file deserves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.cell import read_cell
from chat_magic.core.cell.per_model import apply_per_model
from chat_magic.core.cell.prompt_cell import PROMPT_OPTIONS, check_prompt, names_of_tools
from chat_magic.core.cell.template import SandboxedVariables, TrackedVariables, has_template
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.request import PromptSource
from chat_magic.core.schema.short_schema import TYPES
from chat_magic.engine.tool_functions import with_tools
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.tool_functions import ToolFunctions

__all__ = [
    "check_named_tools",
    "confined",
    "fill_prompt",
    "prompt_schema",
    "read_prompt_request",
    "schema_word",
    "with_check_warning",
    "without_response_format",
]


def read_prompt_request(
    prompt: Prompt,
    variables: Mapping[str, Any] | None,
    given: ChatRequest,
    tools: Sequence[Any],
    max_rounds: int | None,
) -> tuple[ChatRequest, ToolFunctions]:
    """Fill in the templates of a prompt.

    Args:
        prompt: The prompt.
        variables: What its templates see.
        given: A request with what takes precedence: the model, parameters and further fields.
        tools: The functions that may be called, and tool objects.
        max_rounds: The most rounds of calls; by default as the prompt says.

    Raises:
        InvalidRequest: A variable is missing, a tool is not given, or a file is elsewhere.
    """
    request = fill_prompt(prompt, variables, given, names_of_tools(tools))
    rounds = _max_rounds(prompt) if max_rounds is None else max_rounds
    return with_tools(request, tools, rounds)


def _max_rounds(prompt: Prompt) -> int | None:
    words = {option.option.name: option.value for option in check_prompt(prompt.text).options}
    rounds = words.get("max-tool-rounds")
    return int(rounds) if rounds is not None and rounds.isdecimal() else None


def fill_prompt(
    prompt: Prompt,
    variables: Mapping[str, Any] | None,
    given: ChatRequest,
    tools: Collection[str],
) -> ChatRequest:
    """Fill in the templates of a prompt, as `read_prompt_request` does, without its tools.

    Args:
        prompt: The prompt.
        variables: What its templates see.
        given: A request with what takes precedence.
        tools: The names of the functions that may be called.

    Raises:
        InvalidRequest: A variable is missing, a tool is not given, or a file is elsewhere.
    """
    cell = read_cell(prompt.text, _sandboxed(variables or {}), PROMPT_OPTIONS)
    check_named_tools(cell.options.get("tools"), tools, "pass tools=[…] with these functions")
    asked = apply_per_model(replace(cell.request, model=given.model or cell.request.model))
    request = replace(
        asked,
        parameters={**asked.parameters, **given.parameters},
        extra={**asked.extra, **given.extra},
        source=PromptSource(cell=prompt.text, folder=prompt.folder),
    )
    return with_check_warning(confined(request, prompt), cell)


def with_check_warning(request: ChatRequest, cell: Cell) -> ChatRequest:
    """Add to the request of a prompt that the checks of its YAML block are not run."""
    if not cell.body_checks:
        return request
    words = "check: a prompt runs no code: give its checks with --check, or to .check()"
    return replace(request, warnings=(*request.warnings, words))


def _sandboxed(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(variables, TrackedVariables):
        return TrackedVariables(
            variables, variables.used, missing=variables.missing, is_sandboxed=True
        )
    return SandboxedVariables(variables)


def check_named_tools(names: str | None, given: Collection[str], advice: str) -> None:
    """Check that the notebook names every tool that a prompt names.

    Raises:
        InvalidRequest: It does not.
    """
    asked = [name.strip() for name in names.split(",")] if names else []
    missing = [name for name in asked if name not in given]
    if missing:
        raise InvalidRequest(f"the prompt asks for the tools {', '.join(missing)}: {advice}")


def prompt_schema(prompt: Any) -> Schema | None:
    """Return the schema of a prompt's answers; None if it has none, or is not a prompt.

    Raises:
        InvalidRequest: It is a type that is not at hand, or in a file that is elsewhere.
    """
    if not isinstance(prompt, Prompt):
        return None
    if prompt.schema is not None:
        return prompt.schema
    options = {option.option.name: option.value for option in check_prompt(prompt.text).options}
    word = options.get("schema")
    return None if word is None else load_schema(schema_word(word, prompt))


def without_response_format(request: ChatRequest) -> ChatRequest:
    """Return a request whose response_format makes place for that of a schema."""
    given = request.parameters.items()
    parameters = {name: value for name, value in given if name != "response_format"}
    return replace(request, parameters=parameters)


def schema_word(word: str, prompt: Prompt) -> str:
    """Return the schema that a prompt's line names: the short form, or the path of a file.

    Raises:
        InvalidRequest: It is the name of a type, or the file is elsewhere.
    """
    word = word.strip()
    if has_template(word):
        raise InvalidRequest(f"the schema of a prompt must not be a template, got {word}")
    inner = word.removeprefix("list[").removesuffix("]") if word.startswith("list[") else word
    if inner.isidentifier() and inner not in TYPES:
        raise InvalidRequest(
            f"the prompt asks for the schema {word}: name it in the notebook, with --schema {word} "
            f"or schema={word}"
        )
    return str(_path(word, prompt, f"schema {word}")) if word.endswith(".json") else word


def confined(request: ChatRequest, prompt: Prompt) -> ChatRequest:
    """Return the request with the paths of its attachments in the folder of the prompt's file.

    Raises:
        InvalidRequest: A file is not in the folder or below, and that is not allowed.
    """
    messages = tuple(
        replace(message, content=tuple(_placed(part, prompt) for part in message.content))
        if isinstance(message.content, tuple)
        else message
        for message in request.messages
    )
    parameters = {
        name: {key: _placed(item, prompt) for key, item in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in request.parameters.items()
    }
    return replace(request, messages=messages, parameters=parameters)


def _placed(part: Any, prompt: Prompt) -> Any:
    if not isinstance(part, Attachment) or part.source.lower().startswith(_URLS):
        return part
    label = f"@{part.source}" if part.kind == "text" else f"@{part.kind} {part.source}"
    return replace(part, source=str(_path(part.source, prompt, label)))


_URLS = ("http:", "https:", "data:")


def _path(source: str, prompt: Prompt, label: str) -> Path | str:
    if prompt.folder is None:
        return source
    try:
        path = Path(prompt.folder, Path(source).expanduser())
        is_inside = path.resolve().is_relative_to(Path(prompt.folder).resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidRequest(f"{label} cannot be read ({error})") from error
    if not is_inside and not prompt.allow_files:
        raise InvalidRequest(
            f"{label}: is not in the folder of the prompt or below; "
            "load_prompt(path, allow_files=True) allows it"
        )
    return path

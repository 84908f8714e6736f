"""Several prompts as an axis of a grid: which they are, and the request that each makes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.grid import CELL, prompt_axis, short_title
from chat_magic.core.nearest import nearest
from chat_magic.core.request.request import PromptSource, read_messages
from chat_magic.engine.prepare import render_messages
from chat_magic.engine.prompt_call import fill_prompt, prompt_schema, without_response_format
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt, load_prompt

if TYPE_CHECKING:
    from collections.abc import Collection

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema

__all__ = ["filled_by", "named_prompts", "prompts_axis", "schemas_of"]

_SUFFIX = ".chat"


def named_prompts(words: str, namespace: Mapping[str, Any]) -> Axis:
    """Return the axis of the prompts that `--prompts` names.

    Args:
        words: Names of the notebook, paths of `.chat` files, and `cell`, separated by commas.
        namespace: The variables of the notebook.

    Raises:
        InvalidRequest: There is no such prompt, or it cannot be read.
    """
    names = [word.strip() for word in words.split(",")]
    prompts = [_named(name, namespace) for name in names]
    return prompt_axis([_title(name) for name in names], prompts, "--prompts")


def _named(name: str, namespace: Mapping[str, Any]) -> Any:
    if name == CELL:
        return None
    if name in namespace:
        return _read(namespace[name], f"--prompts {name}")
    if name.endswith(_SUFFIX):
        return load_prompt(name)
    near = nearest(name, [other for other in namespace if not other.startswith("_")])
    raise InvalidRequest(
        f"--prompts {name}: expected a Prompt or a list of messages of the notebook, the path of a "
        f"{_SUFFIX} file, or {CELL}{near}"
    )


def _title(name: str) -> str:
    return Path(name).stem if name.endswith(_SUFFIX) else name


def prompts_axis(prompts: Any) -> Axis:
    """Return the axis of the prompts that `prompts=` gives.

    Args:
        prompts: A dict, whose keys title the prompts, or a list of them: Prompts, lists of
            messages, texts of one user message, paths of `.chat` files, and "cell", the messages of
            the call. Of a list, files are titled by their names, texts by themselves, and the
            others by their position, from 0.

    Raises:
        InvalidRequest: It is not such a collection, or a prompt cannot be read.
    """
    if isinstance(prompts, Mapping):
        titles, values = [str(title) for title in prompts], list(prompts.values())
    elif isinstance(prompts, Sequence) and not isinstance(prompts, str | bytes):
        values = list(prompts)
        titles = [_title_of(value, position) for position, value in enumerate(values)]
    else:
        kind = type(prompts).__name__
        raise InvalidRequest(f"prompts: expected a dict or a list of prompts, got {kind}")
    read = [
        None if isinstance(value, str) and value == CELL else _read(value, f"prompts {title}")
        for title, value in zip(titles, values, strict=True)
    ]
    return prompt_axis(titles, read, "prompts")


def _title_of(value: Any, position: int) -> str:
    if _is_path(value):
        return _title(os.fspath(value))
    return short_title(value) if isinstance(value, str) else f"prompt {position}"


def _is_path(value: Any) -> bool:
    return isinstance(value, os.PathLike) or (
        isinstance(value, str) and value.endswith(_SUFFIX) and "\n" not in value
    )


def _read(value: Any, label: str) -> Prompt | tuple[Message, ...]:
    if isinstance(value, Prompt):
        return value
    if _is_path(value):
        return load_prompt(value)
    if not isinstance(value, str | Sequence) or isinstance(value, bytes) or not value:
        kind = type(value).__name__
        raise InvalidRequest(f"{label}: expected a Prompt or a list of messages, got {kind}")
    try:
        return read_messages(value)
    except InvalidRequest as error:
        raise InvalidRequest(f"{label}: {error.message}") from error


def schemas_of(axis: Axis | None) -> dict[str, Schema]:
    """Return the schemas of prompts that have one, by their titles.

    Raises:
        InvalidRequest: One is a type that is not at hand.
    """
    if axis is None:
        return {}
    schemas = zip(axis.titles, map(prompt_schema, axis.values), strict=True)
    return {title: schema for title, schema in schemas if schema is not None}


def filled_by(
    prompt: Prompt | tuple[Message, ...],
    variables: Mapping[str, Any],
    given: ChatRequest,
    tools: Collection[str] = (),
) -> ChatRequest:
    """Return the request of a prompt.

    Args:
        prompt: The prompt.
        variables: What its templates see.
        given: The request of the cell without messages; its parameters take precedence.
        tools: The names of the functions that the models may call.

    Raises:
        InvalidRequest: A variable is missing, a tool is not given, or a file is elsewhere.
    """
    if isinstance(prompt, Prompt):
        request = fill_prompt(prompt, variables, given, tools)
        if prompt_schema(prompt) is not None:
            request = without_response_format(request)
        return replace(request, per_model=given.per_model)
    source = PromptSource(messages=prompt, is_template=True)
    return render_messages(replace(given, messages=prompt, source=source), variables)

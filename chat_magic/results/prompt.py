"""Prompts as values: kept as the text of a cell, called with variables, saved as files."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chat_magic.core.cell.prompt_cell import (
    check_prompt,
    prompt_fields,
    prompt_variables,
    write_prompt,
)
from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.view.prompt_diff_view import PromptDiffView

__all__ = ["Prompt", "load_prompt", "map_prompts_by", "prompt_of", "send_prompts_by"]

_LARGEST_BYTES = 20 * 2**20
_SENDER: Final = "chat_magic.engine.chat"
_MAPPER: Final = "chat_magic.engine.chat_map"
_senders: list[Callable[..., ChatResult]] = []
_mappers: list[Callable[..., Any]] = []
"""The functions `chat` and `chat_map`, which their modules put here: values do not know how they
are sent."""


def send_prompts_by(send: Callable[..., ChatResult]) -> None:
    """Let prompts be sent by this function, which takes a prompt and the arguments of `chat`."""
    _senders[:] = [send]


def map_prompts_by(map_rows: Callable[..., Any]) -> None:
    """Let prompts be mapped by this function, which takes the arguments of `chat_map`."""
    _mappers[:] = [map_rows]


@dataclass(frozen=True, repr=False)
class Prompt:
    """A prompt: messages with templates, the model, parameters, schema, and tools by name.

    It prints as its `%%chat` cell. Its templates run in a sandbox, in which they cannot call the
    notebook's functions, and a model calls only the functions that `tools=` names.

    Example:
        >>> prompt = result.prompt
        >>> prompt({"text": "Paris is in France."}, temperature=0).parsed
        >>> prompt.save("extract.chat")
    """

    text: str
    """The `%%chat` cell."""
    folder: str | None = field(default=None, compare=False)
    """The folder of its file, from which attachments are read; None for the working directory."""
    allow_files: bool = field(default=False, compare=False)
    """Whether a prompt of a file may attach files of other folders."""
    schema: Schema | None = field(default=None, compare=False)
    """The schema of the answer, where its type is at hand."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that its templates use, in the order of their first use.

        Raises:
            InvalidRequest: A template is not valid.
        """
        return prompt_variables(self.text)

    def __call__(self, variables: Mapping[str, Any] | None = None, **parameters: Any) -> ChatResult:
        """Fill in the templates, send the prompt and wait for the answer.

        Args:
            variables: The values of the templates' variables.
            **parameters: The arguments of `chat`, which take precedence over those of the prompt.

        Raises:
            InvalidRequest: A variable is missing, a tool or type is not named, or a file is not in
                the prompt's folder; nothing was sent.
            ChatError: As for `chat`.
        """
        if not _senders:
            importlib.import_module(_SENDER)
        return _senders[0](self, variables=variables, **parameters)

    def map(self, data: Any, **options: Any) -> Any:
        """Send the prompt once for each row of some data, and return the data with the answers.

        Args:
            data: As for `chat_map`.
            **options: The other arguments of `chat_map`, which take precedence over those of the
                prompt.

        Raises:
            ChatError: As for `chat_map`.
        """
        if not _mappers:
            importlib.import_module(_MAPPER)
        return _mappers[0](data, self, **options)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the cell to a file, in UTF-8, and return its path.

        Raises:
            InvalidRequest: The file cannot be written.
        """
        try:
            target = Path(path)
            target.expanduser().write_text(self.text + "\n", "utf-8", newline="\n")
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidRequest(f"prompt {path} cannot be written ({_reason(error)})") from error
        return target

    def diff(self, other: Prompt) -> PromptDiffView:
        """Return what differs from another prompt: messages by word, parameters by value.

        Returns:
            A view for a notebook to draw; `.prompt` has the changes, and `.table` those of the
            cells' text as a DataFrame.

        Raises:
            InvalidRequest: The other is not a prompt.
        """
        from chat_magic.analysis.prompt_diff import diff_prompts
        from chat_magic.view.bundle import ComparisonView, RunView
        from chat_magic.view.prompt_diff_view import PromptDiffView

        if not isinstance(other, Prompt):
            raise InvalidRequest(f"diff: expected a prompt, got {type(other).__name__}")
        runs = [
            RunView(
                model=title,
                request={},
                reply=Reply(choices=(Choice(index=0, message=Message(content=prompt.text)),)),
                timing=Timing(),
                coordinates={"prompt": title},
            )
            for title, prompt in (("this", self), ("other", other))
        ]
        changes = diff_prompts(*_comparable(self.text, other.text))
        return PromptDiffView(prompt=changes, comparison=ComparisonView(runs, base=0))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def _comparable(*texts: str) -> list[dict[str, Any]]:
    """Return what cells ask for; where one cannot be read, the texts of all as they are."""
    try:
        return [prompt_fields(text) for text in texts]
    except InvalidRequest:
        return [{"messages": [{"role": "cell", "content": text}]} for text in texts]


def prompt_of(request: ChatRequest, schema: Schema | None) -> Prompt:
    """Return the prompt that a request was made from.

    Raises:
        InvalidRequest: It has a value that no cell can hold.
    """
    folder = request.source.folder if request.source else None
    return Prompt(write_prompt(request), folder=folder, schema=schema)


def load_prompt(path: str | PathLike[str], allow_files: bool = False) -> Prompt:
    """Read a prompt from a file that `Prompt.save` wrote, or that has the text of a `%%chat` cell.

    The file may be someone else's: nothing in it runs but its templates, in a sandbox.

    Args:
        path: The file, in UTF-8.
        allow_files: Whether it may attach files that are not in its folder or below.

    Raises:
        InvalidRequest: The file cannot be read, is not a `%%chat` cell, or has an option that does
            not belong in a prompt.

    Example:
        >>> extract = chat_magic.load_prompt("extract.chat")
        >>> extract.variables
        ('text',)
    """
    try:
        file = Path(path)
    except TypeError as error:
        raise InvalidRequest(f"prompt {path} cannot be read ({_reason(error)})") from error
    text = _read(file)
    try:
        check_prompt(text)
    except InvalidRequest as error:
        raise InvalidRequest(f"{file}: {error}") from error
    folder = str(file.expanduser().resolve().parent)
    return Prompt(text, folder=folder, allow_files=allow_files)


def _read(file: Path) -> str:
    try:
        path = file.expanduser()
        if path.stat().st_size > _LARGEST_BYTES:
            raise InvalidRequest(f"{file}: must be at most {_LARGEST_BYTES / 2**20:.0f} MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidRequest(f"prompt {file} cannot be read ({_reason(error)})") from error
    return text.replace("\r\n", "\n").removesuffix("\n")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

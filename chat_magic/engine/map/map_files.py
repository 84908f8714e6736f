"""The files that a map writes: its answers and their tokens."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.answer_frame import AnswerFrame
from chat_magic.analysis.answer_parquet import AnswerParquet, TokensParquet
from chat_magic.analysis.parquet_file import OrderedParquet
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.analysis.answer_values import AnswerColumns
    from chat_magic.analysis.row_source import RowSource
    from chat_magic.core.request.request import ChatRequest

__all__ = ["MapFiles", "asks_logprobs", "check_distinct", "read_path"]

_OTHER_FORMATS = (".csv", ".tsv", ".json", ".jsonl", ".txt", ".xlsx", ".feather")


@dataclass(frozen=True)
class MapFiles:
    """Where the result goes, if not to memory."""

    to: Path | None = None
    """The file of answers."""
    tokens_to: Path | None = None
    """The file of tokens."""
    n_ahead: int = 128
    """Rows that may be finished early and wait in memory."""

    @property
    def beside(self) -> Path | None:
        """The file beside which a temporary resume file is made; None if nothing is written."""
        return self.to or self.tokens_to

    def check(self, request: ChatRequest) -> None:
        """Check that the first request gives what is to be written.

        Raises:
            InvalidRequest: It asks for no log probabilities, and the tokens are to be written.
        """
        if self.tokens_to is not None and not asks_logprobs(request):
            raise InvalidRequest("tokens_to requires logprobs=True or top_logprobs=N")

    def sinks(
        self,
        source: RowSource,
        columns_of: Callable[[], AnswerColumns],
        *,
        skip_failed: bool,
    ) -> tuple[AnswerFrame | AnswerParquet, TokensParquet | None]:
        """Return what takes the answers, and what takes their tokens.

        Raises:
            InvalidRequest: pyarrow is not installed, or there is no such folder.
        """
        tokens = None
        if self.tokens_to is not None:
            file = OrderedParquet(self.tokens_to, n_ahead=self.n_ahead, place=1)
            tokens = TokensParquet(file)
        if self.to is None:
            return AnswerFrame(source, columns_of, skip_failed=skip_failed), tokens
        file = OrderedParquet(self.to, n_ahead=self.n_ahead)
        return AnswerParquet(file, source, columns_of, skip_failed=skip_failed), tokens


def asks_logprobs(request: ChatRequest) -> bool:
    """Whether the answer to a request has log probabilities."""
    return request.sent("logprobs") is True or bool(request.sent("top_logprobs"))


def read_path(name: str, value: Any) -> Path | None:
    """Read the path of a file that is written.

    Raises:
        InvalidRequest: It is none, or names a file of another format.
    """
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise InvalidRequest(f"{name} {value!r}: must be the path of a parquet file")
    path = Path(value).expanduser()
    if path.suffix.lower() in _OTHER_FORMATS:
        raise InvalidRequest(
            f"{name} {path}: is written as parquet: name a file such as {path.stem}.parquet"
        )
    return path


def check_distinct(**paths: Any) -> None:
    """Check that the files of a map are not the same one, which would be lost.

    Args:
        **paths: What was given for each argument; what is no path is left out.

    Raises:
        InvalidRequest: Two of them are.
    """
    seen: dict[Path, str] = {}
    for name, value in paths.items():
        if isinstance(value, str | os.PathLike) and str(value):
            path = Path(value).expanduser().resolve()
            if path in seen:
                raise InvalidRequest(f"{name} {value}: is the file of {seen[path]}; name another")
            seen[path] = name

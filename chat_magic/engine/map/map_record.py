"""The line of a map in the history: its template, model, counts, cost and resume file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chat_magic.engine.execution_record import (
    KEEP_BY_SETTING,
    NOT_RECORDED,
    HistoryOptions,
    Record,
)
from chat_magic.store.execution import EndedExecution, StartedExecution
from chat_magic.transport.credentials import redact

if TYPE_CHECKING:
    from pathlib import Path

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.execution_rows import Origin
    from chat_magic.engine.map.map_counts import MapCounts
    from chat_magic.engine.session import Session

__all__ = ["MapRecord"]


class MapRecord:
    """Keeps a map as one line, whatever its rows are.

    Args:
        session: The session in whose history it is.
        template: The text of the prompt, unrendered.
        n_rows: How many rows there are; None if that is not known.
        options: Whether it is kept; by default the setting decides.
    """

    def __init__(
        self,
        session: Session,
        template: str,
        n_rows: int | None,
        options: HistoryOptions = KEEP_BY_SETTING,
    ) -> None:
        self._options = options
        self._session = session
        self._template = template
        self._n_rows = n_rows
        self._record: Record = NOT_RECORDED

    def begin(self, request: ChatRequest) -> None:
        """Begin the line, before the first request is sent.

        Args:
            request: That request, which has the model.
        """

        def start(origin: Origin) -> StartedExecution:
            template = redact(self._template)
            return StartedExecution(
                kind="map",
                started_s=origin.started_s,
                model=request.model or "",
                prompt=template,
                messages=template,
                runs=(),
                requests=self._n_rows or 0,
                notebook=origin.notebook,
                cell_id=origin.cell_id,
                source=None if origin.source is None else redact(origin.source),
            )

        self._record = self._session.history.begin(start, options=self._options)

    def end(self, counts: MapCounts, fault: BaseException | None, resume: Path | None) -> None:
        """Complete the line.

        Args:
            counts: How far the map has come.
            fault: Why it ended early, if it did.
            resume: Its resume file, if it has one.
        """
        execution = self._record.execution
        if execution is None:
            return
        is_interrupted = isinstance(fault, KeyboardInterrupt)
        status = "interrupted" if is_interrupted else "failed" if fault else "complete"
        total = counts.prompt_tokens + counts.completion_tokens
        ended = EndedExecution(
            status=status,
            ended_s=time.time(),
            result=None,
            answers=counts.n_done - counts.n_failed,
            failed=counts.n_failed,
            requests=counts.n_done if self._n_rows is None else self._n_rows,
            prompt_tokens=counts.prompt_tokens or None,
            completion_tokens=counts.completion_tokens or None,
            total_tokens=total or None,
            cost=counts.cost,
            total_s=counts.elapsed_s,
            error=None if fault is None or is_interrupted else redact(" ".join(str(fault).split())),
            resume=None if resume is None else str(resume),
        )
        execution.end(lambda: ended)

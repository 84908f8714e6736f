"""The batches of one map: files are uploaded, batches started and polled, answers kept."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.batch_output import read_answer
from chat_magic.core.reply.chunk import MalformedChunk
from chat_magic.core.reply.cost import batch_price, cost_of
from chat_magic.core.reply.reply import Timing
from chat_magic.core.reply.server_error import ServerError
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.map.row_answer import encode_answer
from chat_magic.engine.map.row_executor import FinishedRow
from chat_magic.errors import ApiError, ChatError
from chat_magic.results.chat_result import ChatResult
from chat_magic.transport.batch_api import is_passing
from chat_magic.transport.loop import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from chat_magic.core.reply.batch_output import Batch, BatchAnswer
    from chat_magic.core.request.config import Price
    from chat_magic.store.batch_parts import BatchParts, BatchRow, Part
    from chat_magic.store.rows import RowsFile
    from chat_magic.transport.batch_api import BatchApi

__all__ = ["BatchRun", "poll_pauses"]

_FIRST_S = 1.0
_LAST_S = 60.0
"""The pauses between polls double from the first value to the last."""
_CLOCKS_S = 86_400.0
"""How far the provider's clock may be behind ours."""
_AT_A_TIME = 500
"""Rows that are kept together."""
_GONE = (404, 410)
_AGAIN = "the same call asks for this row again"


def poll_pauses() -> Iterator[float]:
    """Yield the pauses before the polls in seconds: they double from 1 to 60, and stay there."""
    pause_s = _FIRST_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, _LAST_S)


class BatchRun:
    """The batches of a map, on the event loop; what they are is kept in the resume file.

    Args:
        parts: The batches of the resume file.
        answers: The answers of the resume file.
        api_of: Returns the Batch API of a model.
        price_of: Returns the price of a model; None where it is not known.
        put: Takes a finished row, in any thread.
        say: Says what the provider did not do, such as deleting a file.
        now: Returns the seconds since 1970 UTC.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        parts: BatchParts,
        answers: RowsFile,
        api_of: Callable[[str], BatchApi],
        price_of: Callable[[str], Price | None],
        put: Callable[[FinishedRow], None],
        say: Callable[[str], None],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._parts = parts
        self._answers = answers
        self._api_of = api_of
        self._price_of = price_of
        self._put = put
        self._say = say
        self._now = now
        self._sleep = sleep
        self._name = parts.run
        self.batches: dict[int, Batch] = {}
        """The last known state of each batch, by the number of its part."""

    def file_name(self, number: int) -> str:
        """Return what the file of a part is called at the provider."""
        return f"chat_magic-{self._name}-{number}.jsonl"

    async def send(self, number: int, model: str, file: Path) -> None:
        """Upload a part whose intent is kept, and start its batch.

        Raises:
            ChatError: The server refused.
        """
        api = self._api_of(model)
        uploaded = await api.upload(file)
        await in_thread(self._parts.note_file, number, uploaded)
        await self._start(number, api, uploaded, is_first=True)

    async def delete_uploads(self, lost: Sequence[Part]) -> None:
        """Delete the files of parts whose upload was cut off, where they have arrived after all."""
        names = {self.file_name(part.number) for part in lost}
        for model in {part.model for part in lost}:
            api = self._api_of(model)
            with suppress(ChatError):  # the next upload says why
                for file in await api.find_files(names):
                    await api.delete(file)

    async def follow(self) -> None:
        """Poll until each row of the call is answered, or cannot be.

        Raises:
            ChatError: The server refused to say.
        """
        for pause_s in poll_pauses():
            parts = await in_thread(self._parts.parts)
            wanted = [part for part in parts if part.n_wanted or not part.n_rows]
            if not wanted:
                return
            await self._sleep(pause_s)
            for part in wanted:
                try:
                    await self._advance(part)
                except ChatError as error:
                    if not is_passing(error):
                        raise

    async def _advance(self, part: Part) -> None:
        """Take the next step of a part: start its batch, look at it, or keep its answers."""
        api = self._api_of(part.model)
        if part.batch is None:
            await self._start(part.number, api, part.file or "", is_first=False)
            return
        try:
            batch = await api.retrieve(part.batch)
        except ApiError as error:
            if error.status not in _GONE:
                raise
            await self._end(part, api, None, f"the provider has no such batch; {_AGAIN}")
            return
        self.batches[part.number] = batch
        if batch.must_wait:
            await in_thread(self._parts.note_batch, part.number, None)
        elif batch.has_ended:
            await self._collect(part, api, batch)

    async def _start(self, number: int, api: BatchApi, file: str, *, is_first: bool) -> None:
        """Start the batch of a part; where that is not possible yet, the next poll tries again."""
        batch = None
        try:
            if not is_first:
                batch = await self._find(number, api)
            batch = batch or await api.create(file, f"{self._name}/{number}")
        except ChatError as error:
            if not is_passing(error):
                raise
        if batch is not None:
            self.batches[number] = batch
            await in_thread(self._parts.note_batch, number, batch.id)

    async def _find(self, number: int, api: BatchApi) -> Batch | None:
        """Look for a batch that was started, though that was not noted."""
        mark = f"{self._name}/{number}"
        part = next(p for p in await in_thread(self._parts.parts) if p.number == number)
        batch = (await api.find([mark], part.intended_s - _CLOCKS_S)).get(mark)
        return None if batch is None or batch.must_wait else batch

    async def _collect(self, part: Part, api: BatchApi, batch: Batch) -> None:
        """Keep the answers of a batch that has ended."""
        failed: list[BatchAnswer] = []
        for file in filter(None, (batch.output_file, batch.error_file)):
            try:
                failed += await self._read(part, api, file)
            except ApiError as error:
                if error.status not in _GONE:  # the rows of a deleted file are kept already
                    raise
        reasons = {
            "failed": f"{api.server} did not accept the batch: {batch.fault}",
            "expired": f"the batch expired before this row was answered; {_AGAIN}",
            "cancelled": f"the batch was cancelled before this row was answered; {_AGAIN}",
        }
        lacking = f"the batch has no answer to this row; {_AGAIN}"
        await self._end(part, api, batch, reasons.get(batch.status, lacking), failed)

    async def _read(self, part: Part, api: BatchApi, file: str) -> list[BatchAnswer]:
        """Keep the answers in a file; return the rows in it that have none."""
        failed: list[BatchAnswer] = []
        answers: list[BatchAnswer] = []
        async with aclosing(api.lines(file)) as lines:
            async for line in lines:
                if answer := read_answer(line):
                    (failed if answer.body is None else answers).append(answer)
                if len(answers) == _AT_A_TIME:
                    await in_thread(self._keep, part, answers)
                    answers = []
        await in_thread(self._keep, part, answers)
        return failed

    def _keep(self, part: Part, answers: Sequence[BatchAnswer]) -> None:
        """Keep answers in the resume file, then hand them on."""
        price = batch_price(self._price_of(part.model))
        rows = self._parts.find(part.number, [answer.custom_id for answer in answers])
        finished, kept = [], []
        for answer in answers:
            row = rows.pop(answer.custom_id, None)
            if row is None:
                continue
            try:
                result = _result(answer.body or b"", row, part.model, price)
                kept.append((row.key, encode_answer(result)))
                finished.append((row, {"result": result, "is_kept": True}))
            except (MalformedChunk, ServerError, ChatError) as error:
                finished.append((row, {"error": ApiError(str(error), status=200)}))
        self._answers.put(kept)
        self._parts.remove_rows([row.custom_id for row, _ in finished])
        self._hand_on(finished)

    async def _end(
        self,
        part: Part,
        api: BatchApi,
        batch: Batch | None,
        reason: str,
        failed: Sequence[BatchAnswer] = (),
    ) -> None:
        """Finish a part: its files are deleted at the provider, and the rows left have failed."""
        files = [part.file]
        files += [batch.output_file, batch.error_file] if batch else []
        for file in filter(None, files):
            try:
                await api.delete(file)
            except ChatError as error:
                self._say(f"{file} was not deleted at {api.server}: {error}")
        errors = {answer.custom_id: answer for answer in failed}
        await in_thread(self._give_up, part, reason, errors)
        self.batches.pop(part.number, None)

    def _give_up(self, part: Part, reason: str, errors: dict[str, BatchAnswer]) -> None:
        """Forget a part, then say why its rows have no answer."""
        finished = []
        for rows in self._parts.rows(part.number):
            for row in rows:
                answer = errors.get(row.custom_id)
                words = (answer and answer.error) or reason
                status = (answer and answer.status) or 200
                finished.append((row, {"error": ApiError(words, status=status)}))
        self._parts.remove(part.number)
        self._hand_on(finished)

    def _hand_on(self, finished: Sequence[tuple[BatchRow, dict[str, Any]]]) -> None:
        for row, outcome in finished:
            if row.position is not None:
                self._put(FinishedRow(position=row.position, key=row.key, **outcome))


def _result(body: bytes, row: BatchRow, model: str, price: Price | None) -> ChatResult:
    """Return the answer to a row.

    Raises:
        MalformedChunk: It is not a completion.
        ServerError: It reports an error.
    """
    assembler = Assembler(row.prefill, row.n)
    assembler.feed_whole(body, 0.0)
    if not assembler.indices():
        raise ServerError("the answer has no choices")
    reply = assembler.reply()
    cost = cost_of(reply.usage, price)
    return ChatResult(ChatRequest(model=model), reply, Timing(), reply.warnings, cost=cost)

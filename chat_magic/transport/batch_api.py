"""The calls of a provider's Batch API: its files and its batches."""

from __future__ import annotations

import asyncio
import json
import random
import time
from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from chat_magic.core.reply.batch_output import Batch, read_batch, read_batches
from chat_magic.core.request.batch_input import URL
from chat_magic.errors import ApiError, ChatError, ConnectionFailed, RequestTimeout
from chat_magic.transport import http
from chat_magic.transport.api_error import api_error, error_text, read_failure, shown
from chat_magic.transport.credentials import redact_answer, redact_exception
from chat_magic.transport.retry import RETRIES, Failure, wait_s

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
    from pathlib import Path

    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

    Send = Callable[[], Awaitable[http.Response]]

__all__ = ["BatchApi", "NoBatchApi", "is_passing"]

_MARK = "chat_magic"
"""The field of a batch's metadata by which it is found again."""
_WINDOW = "24h"
_ANSWER_S = 60.0
"""How long a call may take, and how long a file that is read may stand still."""
_UPLOAD_S = 1800.0
"""How long sending a file may take: 200 MB at 1 Mbit/s."""
_PAGE = 100
_MOST_PAGES = 1000
_ABSENT = (404, 405, 501)
"""Statuses of a path that a server does not have."""
_PATHS = ("/files", "/batches")
"""What a Batch API has; below these a 404 is about one file or batch."""
_GONE = (404, 410)
_TOKEN_LIMIT = "token_limit_exceeded"  # noqa: S105 - no password


class NoBatchApi(ApiError):
    """The server has no files or batches at all, which differs from one that refuses."""


class _Fault(Exception):
    """A call that failed, and what decides whether it is sent again.

    Args:
        error: What to raise.
        failure: The response, or the lost connection; None where another try is of no use.
    """

    def __init__(self, error: ChatError, failure: Failure | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.failure = failure


class BatchApi:
    """The Batch API of one server.

    Every method raises `ApiError` where the server refuses, `NoBatchApi` where it has no such API,
    and `ConnectionFailed` or `RequestTimeout` where it is not reached.

    Args:
        client: The connections.
        endpoint: The server, and its key.
        sleep: Waits so many seconds before a call is sent again.
    """

    def __init__(
        self,
        client: HttpClient,
        endpoint: Endpoint,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._sleep = sleep

    @property
    def server(self) -> str:
        """What the server is called in messages."""
        return self._endpoint.name

    async def upload(self, file: Path) -> str:
        """Send a file of requests; return its id."""
        endpoint = self._endpoint

        def send() -> Awaitable[http.Response]:
            return self._client.upload(
                endpoint.files_url(),
                {"purpose": "batch"},
                file,
                endpoint.secret,
                headers=endpoint.headers,
                ca_bundle=endpoint.ca_bundle,
            )

        value = await self._ask(send, "/files", timeout_s=_UPLOAD_S)
        number = value.get("id") if isinstance(value, dict) else None
        if not (isinstance(number, str) and number):
            raise self._absent("/files", "something else than a file")
        return number

    async def find_files(self, names: Collection[str]) -> list[str]:
        """Return the ids of the files with these names among the latest ones for batches."""
        url = self._endpoint.files_url(query=f"purpose=batch&limit={_PAGE}")
        value = await self._ask(self._getting(url), "/files")
        items = value.get("data") if isinstance(value, dict) else None
        files = [item for item in items or () if isinstance(item, dict)]
        return [str(file["id"]) for file in files if file.get("filename") in names and "id" in file]

    async def create(self, file: str, mark: str) -> Batch | None:
        """Start a batch; return None where the provider has too many tokens enqueued already.

        It is not sent again by itself: after a lost connection the batch may have been started, so
        the caller looks for it first.

        Args:
            file: The id of a file of requests.
            mark: What its metadata are to say, by which `find` finds it.
        """
        body = {
            "input_file_id": file,
            "endpoint": URL,
            "completion_window": _WINDOW,
            "metadata": {_MARK: mark},
        }
        send = self._posting(self._endpoint.batches_url(), body)
        try:
            value = await self._answer(send, "/batches", _ANSWER_S)
        except _Fault as fault:
            if fault.failure and _TOKEN_LIMIT in f"{fault.failure.words} {fault.failure.body}":
                return None
            raise fault.error from fault.error.__cause__
        return self._batch(value)

    async def retrieve(self, batch: str) -> Batch:
        """Return the state of a batch."""
        url = self._endpoint.batches_url(f"/{quote(batch, safe='')}")
        return self._batch(await self._ask(self._getting(url), f"/batches/{batch}"))

    async def find(self, marks: Collection[str], since_s: float) -> dict[str, Batch]:
        """Return the batches whose metadata say one of these marks, the newest of each.

        Args:
            marks: What is looked for.
            since_s: When the oldest of them may have been made, in seconds since 1970 UTC.
        """
        found: dict[str, Batch] = {}
        last, seen = "", set[str]()
        for _ in range(_MOST_PAGES):
            after = f"&after={quote(last, safe='')}" if last else ""
            url = self._endpoint.batches_url(query=f"limit={_PAGE}{after}")
            page = read_batches(await self._ask(self._getting(url), "/batches"))
            if page is None:
                raise self._absent("/batches", "something else than a list")
            batches, has_more = page
            for batch in batches:
                mark = batch.metadata.get(_MARK)
                if isinstance(mark, str) and mark in marks:
                    found.setdefault(mark, batch)
            has_all = len(found) == len(marks)
            if not has_more or has_all or _is_older(batches[-1], since_s):
                break
            if batches[-1].id in seen:  # a server that ignores where a page begins
                break
            seen.update(batch.id for batch in batches)
            last = batches[-1].id
        return found

    async def cancel(self, batch: str) -> None:
        """Cancel a batch; one that has ended stays as it is."""
        url = self._endpoint.batches_url(f"/{quote(batch, safe='')}/cancel")
        try:
            await self._ask(self._posting(url, {}), f"/batches/{batch}/cancel")
        except ApiError as error:
            if error.status not in {400, 409, *_GONE}:
                raise

    async def lines(self, file: str) -> AsyncGenerator[bytes, None]:
        """Yield the lines of a file, without keys."""
        url = self._endpoint.files_url(f"/{quote(file, safe='')}/content")
        try:
            response = await self._response(self._getting(url), f"/files/{file}", _ANSWER_S)
        except _Fault as fault:
            raise fault.error from fault.error.__cause__
        rest = b""
        try:
            async with aclosing(http.chunks(response)) as chunks:
                while chunk := await asyncio.wait_for(anext(chunks, b""), _ANSWER_S):
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        yield redact_answer(line)
            if rest.strip():
                yield redact_answer(rest)
        except (TimeoutError, http.ConnectionLost) as error:
            raise self._lost(error, _ANSWER_S).error from error
        finally:
            await http.close_response(response)

    async def delete(self, file: str) -> None:
        """Delete a file; one that is gone already is no error."""
        endpoint = self._endpoint
        url = endpoint.files_url(f"/{quote(file, safe='')}")

        def send() -> Awaitable[http.Response]:
            return self._client.delete(
                url, endpoint.secret, headers=endpoint.headers, ca_bundle=endpoint.ca_bundle
            )

        try:
            await self._ask(send, f"/files/{file}")
        except ApiError as error:
            if error.status not in _GONE:
                raise

    def _getting(self, url: str) -> Send:
        endpoint = self._endpoint
        return lambda: self._client.get(
            url, endpoint.secret, headers=endpoint.headers, ca_bundle=endpoint.ca_bundle
        )

    def _posting(self, url: str, body: Mapping[str, Any]) -> Send:
        endpoint = self._endpoint
        return lambda: self._client.post(
            url,
            msgspec.json.encode(body),
            endpoint.secret,
            headers=endpoint.headers,
            ca_bundle=endpoint.ca_bundle,
        )

    async def _ask(self, send: Send, path: str, *, timeout_s: float = _ANSWER_S) -> Any:
        """Return the JSON of an answer; a transient fault is tried again."""
        for n_failed in count(1):
            try:
                return await self._answer(send, path, timeout_s)
            except _Fault as fault:
                pause_s = _pause_s(fault.failure, n_failed)
                if pause_s is None:
                    raise fault.error from fault.error.__cause__
            await self._sleep(pause_s)
        raise AssertionError

    async def _answer(self, send: Send, path: str, timeout_s: float) -> Any:
        """Return the JSON of an answer.

        Raises:
            _Fault: There is none.
        """
        response = await self._response(send, path, timeout_s)
        try:
            async with asyncio.timeout(timeout_s), aclosing(http.chunks(response)) as chunks:
                body = b"".join([chunk async for chunk in chunks])
            return json.loads(redact_answer(body))
        except (TimeoutError, http.ConnectionLost) as error:
            raise self._lost(error, timeout_s) from error
        except (ValueError, RecursionError):
            raise _Fault(self._absent(path, shown(error_text(body)))) from None
        finally:
            await http.close_response(response)

    async def _response(self, send: Send, path: str, timeout_s: float) -> http.Response:
        """Return a response that is a success.

        Raises:
            _Fault: There is none.
        """
        try:
            async with asyncio.timeout(timeout_s):
                response = await send()
                if http.is_success(response):
                    return response
                failure = await read_failure(response)
                await http.close_response(response)
        except TimeoutError as error:
            raise self._lost(error, timeout_s) from error
        except (ConnectionFailed, RequestTimeout) as error:
            redact_exception(error)
            raise _Fault(error, Failure(may_pass=http.may_pass(error.__cause__))) from error
        raise _Fault(self._refusal(response, failure, path), failure)

    def _refusal(self, response: http.Response, failure: Failure, path: str) -> ApiError:
        if response.status in _ABSENT and path in _PATHS:
            return self._absent(path, f"{response.status}: {shown(failure.words)}", response.status)
        return api_error(self._endpoint, response, failure, {})

    def _absent(self, path: str, said: str, status: int = 200) -> NoBatchApi:
        return NoBatchApi(
            f'executor "batch": {self.server} has no Batch API: it answered {path} with {said}; '
            "leave out executor= to send the rows one by one",
            status=status,
        )

    def _lost(self, error: Exception, timeout_s: float) -> _Fault:
        place = http.address(self._endpoint.files_url())
        if isinstance(error, TimeoutError):
            return _Fault(RequestTimeout(f"{place}: no answer within {timeout_s:g} s"), Failure())
        why = f"{place}: the connection was lost ({http.reason(error)})"
        return _Fault(ConnectionFailed(why), Failure(may_pass=http.may_pass(error)))

    def _batch(self, value: Any) -> Batch:
        batch = read_batch(value)
        if batch is None:
            raise self._absent("/batches", shown(error_text(json.dumps(value).encode())))
        return batch


def is_passing(error: ChatError) -> bool:
    """Whether a call that failed may succeed later, so that batches can be polled on."""
    if isinstance(error, ConnectionFailed | RequestTimeout):
        return True
    if not isinstance(error, ApiError) or isinstance(error, NoBatchApi):
        return False
    failure = Failure(status=error.status, words=str(error))
    return wait_s(failure, 1, now_s=time.time(), chance=0.0) is not None


def _pause_s(failure: Failure | None, n_failed: int) -> float | None:
    """Return how long to wait before a call is sent again; None if it is not."""
    if failure is None or n_failed > RETRIES:
        return None
    chance = random.random()  # noqa: S311 - jitter
    return wait_s(failure, n_failed, now_s=time.time(), chance=chance)


def _is_older(batch: Batch, since_s: float) -> bool:
    return batch.created_s is not None and batch.created_s < since_s

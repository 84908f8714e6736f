"""Recorded answers in the place of requests: when they are used, where they are, and a miss."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from chat_magic.core.request.request_key import DrawCounter, differing_fields, request_key
from chat_magic.engine.recorded_result import (
    current_defaults,
    key_of,
    recorded_result,
    recording_of,
    request_identity,
)
from chat_magic.errors import CacheMiss, ChatError, InvalidRequest
from chat_magic.store.history_files import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.session import Session
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.cassette import Cassette
    from chat_magic.store.history_store import HistoryStore, WrittenExecution
    from chat_magic.store.recording import RecordedDefaults, Recording

    Complete = Callable[[ChatRequest, RecordedDefaults | None], ChatRequest]

__all__ = [
    "BY_SETTING",
    "CacheMode",
    "CacheOptions",
    "CallReplay",
    "Recordings",
    "cache_options",
    "open_recordings",
]

CacheMode = Literal["on", "off", "refresh", "offline"]

_MOST_COMPARED = 500
"""Recordings among which the nearest to a miss is sought."""


@dataclass(frozen=True, kw_only=True)
class CacheOptions:
    """How a call uses recorded answers."""

    mode: CacheMode | None = None
    """None where the settings decide."""
    cassette: str | None = None
    """The file; None where the settings decide."""


BY_SETTING = CacheOptions()


def cache_options(cache: Any, cassette: Any) -> CacheOptions:
    """Read the arguments of `chat`.

    Raises:
        InvalidRequest: `cache` or `cassette` is not valid.
    """
    modes: dict[Any, CacheMode | None] = {None: None, True: "on", False: "off"}
    modes |= {"refresh": "refresh", "offline": "offline"}
    if not isinstance(cache, bool | str | None) or cache not in modes:
        raise InvalidRequest(f"cache {cache!r}: must be True, False, 'refresh' or 'offline'")
    if cassette is not None and not (isinstance(cassette, str | os.PathLike) and str(cassette)):
        raise InvalidRequest(f"cassette {cassette!r}: must be the path of a file")
    return CacheOptions(mode=modes[cache], cassette=None if cassette is None else str(cassette))


def open_recordings(session: Session, options: CacheOptions = BY_SETTING) -> Recordings | None:
    """Return where the answers of a call are looked up and recorded; None if they are not.

    Raises:
        ChatError: The cassette cannot be read.
        InvalidRequest: It is of a version that is not known here, or a setting is not valid.
    """
    if options.mode == "off":
        return None
    is_offline = session.configuration.flag("offline")
    name = options.cassette or session.configuration.value_of("cassette")
    if options.mode is None and not (is_offline or name or session.configuration.flag("cache")):
        return None
    mode = options.mode or ("offline" if is_offline else "on")
    if mode == "on" and name and is_offline is not False and os.environ.get("CI"):
        mode = "offline"
    cassette = None if name is None else session.cassettes.open(name, may_write=mode != "offline")
    return Recordings(session, mode, cassette)


class Recordings:
    """Where the answers of one call, with all its runs, are looked up and recorded.

    Args:
        session: The session whose settings complete the requests.
        mode: What is done with them; never `off`.
        cassette: The cassette, if there is one.
    """

    def __init__(self, session: Session, mode: CacheMode, cassette: Cassette | None) -> None:
        self.mode = mode
        self.cassette = cassette
        self._session = session
        self._draws = DrawCounter()
        self._draws_asked = DrawCounter()

    def look_up(self, written: ChatRequest, complete: Complete) -> CallReplay:
        """Look up the answer to the next request of the call.

        Args:
            written: The request as it was written.
            complete: Completes it: by the user's settings, or by those of a cassette.

        Raises:
            InvalidRequest: The request is not valid.
        """
        defaults = self.cassette.defaults if self.cassette else None
        has_model = written.model or self._session.configuration.value_of("model")
        request = complete(written, None if has_model else defaults)
        draw = self._draws.next_draw(key_of(request, 0))
        identity = request_identity(written)
        asked = request_key(identity, self._draws_asked.next_draw(request_key(identity)))
        replay = CallReplay(self, request, draw, asked)
        if self.mode == "refresh":
            return replay
        keys = [key_of(request, draw)]
        if defaults is not None:
            keys.append(key_of(complete(written, defaults), draw))
        return replace(replay, found=self.find(keys, asked))

    def find(self, keys: Sequence[str], asked: str | None = None) -> ChatResult | None:
        """Return a recorded answer: of the cassette, else of the cache.

        Args:
            keys: Those of the request: by the user's settings, and by those of the cassette.
            asked: The key of the request as it was written, if it is the first of its call.
        """
        if self.cassette:
            recordings = [self.cassette.find(key) for key in keys]
            recordings += [self.cassette.find_asked(asked)] if asked else []
            for recording in filter(None, recordings):
                with suppress(InvalidRequest):  # a line that is no answer is skipped
                    result = recorded_result(recording)
                    self.cassette.used.add(recording.key)
                    return result
        return self._find_in_cache(keys[0], asked)

    def _find_in_cache(self, key: str, asked: str | None) -> ChatResult | None:
        with suppress(ChatError):  # a history that cannot be read has no answers
            recording = self._store().cached(key)
            if recording is not None:
                result = recorded_result(recording)
                if self.cassette and self.mode != "offline":
                    self._append(msgspec.structs.replace(recording, asked=asked))
                return result
        return None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the cassette."""
        return self.cassette.problems if self.cassette else ()

    def keep(
        self, result: ChatResult, draw: int, asked: str | None, execution: WrittenExecution | None
    ) -> None:
        """Record the whole answer to a request.

        Raises:
            ChatError: The cassette cannot be written.
        """
        recording = recording_of(result, draw, asked, time.time())
        self._store().cache(recording, execution)
        if self.cassette:
            self._append(recording)

    def check_may_send(self, request: ChatRequest, *, has_server: bool) -> None:
        """Check that a request for which nothing is recorded may be sent.

        Args:
            request: The request.
            has_server: Whether a server, with a key, or a local model is at hand.

        Raises:
            CacheMiss: It may not.
        """
        if self.mode == "offline":
            raise self._miss(request, "only recorded answers are used")
        if self.cassette and not has_server:
            raise self._miss(request, "no key for it is found")

    def _miss(self, request: ChatRequest, reason: str) -> CacheMiss:
        place = shown_path(self.cassette.path) if self.cassette else "the cache"
        differs = self._differences(request_identity(request))
        nearest = ""
        if differs:
            more = f" and {len(differs) - 3} more" if len(differs) > 3 else ""
            nearest = f"; the nearest recording differs in {', '.join(differs[:3])}{more}"
        return CacheMiss(
            f"{request.model}: no answer to this request is recorded in {place}, and {reason}"
            f"{nearest}; --refresh-cache (cache='refresh') sends the request and records the answer"
        )

    def _differences(self, identity: dict[str, Any]) -> list[str]:
        requests: list[dict[str, Any]] = []
        with suppress(ChatError):
            requests += self._store().cached_requests(_MOST_COMPARED)
        if self.cassette:
            requests += [recording.request for recording in self.cassette.recordings()]
        return differing_fields(identity, requests[-_MOST_COMPARED:])

    def _append(self, recording: Recording) -> None:
        if self.cassette:
            self.cassette.append([recording], current_defaults(self._session))

    def _store(self) -> HistoryStore:
        return self._session.history.store()


@dataclass(frozen=True)
class CallReplay:
    """What is recorded for the first request of a call, and where the next ones are looked up."""

    recordings: Recordings
    request: ChatRequest
    """The request, complete."""
    draw: int
    """How many equal requests come before it in the call."""
    asked: str
    """The key of the request as it was written."""
    found: ChatResult | None = None
    """The recorded answer."""

    def find(self, request: ChatRequest) -> ChatResult | None:
        """Return the recorded answer to a later request of the call; None if it is to be sent."""
        if self.recordings.mode == "refresh":
            return None
        return self.recordings.find([key_of(request, self.draw)])

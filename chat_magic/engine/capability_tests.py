"""Finding out what a server does with each field, by at most twelve small requests."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply import capability_rules as rules
from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.capability import FEATURES, Capability
from chat_magic.core.request import capability_probes as probes
from chat_magic.errors import ApiError
from chat_magic.transport.exchange import exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.reply.reply import Reply
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["find_capabilities", "find_prefill"]

_TIMEOUT_S = 120.0
"""How long one answer may take: a local server may have to read a prompt slowly."""
_REFUSALS = frozenset({400, 405, 409, 413, 415, 422, 500, 501})
"""Statuses that say that a field is not taken; others are errors of the whole test."""
_STREAMED = ("stream", "stream_options")
"""Fields of every request, as of those that users send."""
_BASE_FIELDS = ("logprobs", "stream_options", "temperature", "max_tokens")
"""What is left out in turn where the first request is refused without a field being named."""


@dataclass(frozen=True)
class _Refusal:
    """A request that was refused."""

    error: ApiError

    def of(self, feature: str) -> Capability:
        return Capability(feature, "refused", str(self.error))

    def leaves_open(self, feature: str) -> Capability:
        """Return that a feature, of which another request was accepted, is not known."""
        return Capability(feature, "unknown", str(self.error))


class _TooMany(Exception):
    """No further request may be sent."""


async def find_capabilities(
    client: HttpClient,
    endpoint: Endpoint,
    on_request: Callable[[int], None] = lambda _number: None,
) -> list[Capability]:
    """Return what a server does with each feature, in the order of `FEATURES`.

    Args:
        client: The connections.
        endpoint: The server and the model.
        on_request: Called with the number of each request, from 1, before it is sent.

    Raises:
        ApiError: It refuses all requests: the key, the model, or too many of them.
        ConnectionFailed: The connection failed.
        RequestTimeout: An answer did not come in time.
        StreamBroken: An answer broke off.
    """
    test = _Test(client, endpoint, on_request)
    with contextlib.suppress(_TooMany):
        await test.run()
    unknown = f"not tried: {probes.MOST_REQUESTS} requests were sent"
    return [
        test.findings.get(feature) or Capability(feature, "unknown", unknown)
        for feature in FEATURES
    ]


async def find_prefill(client: HttpClient, endpoint: Endpoint) -> Capability:
    """Return what a server does with a final assistant message, by one request; raises as above."""
    test = _Test(client, endpoint, lambda _number: None)
    await test.test_prefill()
    return test.findings["prefill"]


class _Test:
    """The test of one server."""

    def __init__(
        self, client: HttpClient, endpoint: Endpoint, on_request: Callable[[int], None]
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._on_request = on_request
        self._n_requests = 0
        self._limit = "max_tokens"
        self._base: dict[str, Any] = dict(probes.BASE)
        self._counted: Reply | None = None
        self.findings: dict[str, Capability] = {}

    async def run(self) -> None:
        """Send the requests, the most important first."""
        self._counted = await self._count()
        await self._test_choices_and_seed()
        await self._test_alternatives()
        await self.test_prefill()
        await self._test("json_schema", probes.json_object(), 24, rules.json_schema_of)
        await self._test("tools", probes.tool_call(), 32, rules.tools_of)
        await self._test_stop()
        await self._test_reasoning()

    async def _count(self) -> Reply:
        """Send the first request, without what is refused; judge what it shows."""
        while True:
            answer = await self._ask(probes.counting(**self._base))
            if not isinstance(answer, _Refusal):
                break
            self._leave_out(answer)
        judged = (
            rules.logprobs_of(answer),
            rules.max_tokens_of(answer, probes.SHORT),
            rules.stream_usage_of(answer),
        )
        self._note(*(found for found in judged if found.feature not in self.findings))
        return answer

    def _leave_out(self, refusal: _Refusal) -> None:
        """Leave out the field of the first request that was refused."""
        limit = () if "max_tokens" in self.findings else ("max_tokens",)
        left = [name for name in (*self._base, *limit) if name != "stream"]
        named = rules.named_field(str(refusal.error), left)
        name = named or next((name for name in _BASE_FIELDS if name in left), None)
        if name is None:
            raise refusal.error
        if name == "logprobs":
            self._base.pop("top_logprobs", None)
            self._note(refusal.of("top_logprobs"))
        if name == "max_tokens":
            self._limit = "max_completion_tokens"
        self._base.pop(name, None)
        self._note(refusal.of("stream_usage" if name == "stream_options" else name))

    async def _test_choices_and_seed(self) -> None:
        hot = self._temperature(probes.HOT)
        several = await self._ask(probes.story(n=2, **hot))
        texts: list[str] = []
        if isinstance(several, _Refusal):
            self._note(several.of("n"))
        else:
            self._note(rules.n_of(several, 2))
            texts = [choice.text for choice in several.choices]
        first = await self._ask(probes.story(seed=7, **hot))
        if isinstance(first, _Refusal):
            self._note(first.of("seed"))
            return
        second = await self._ask(probes.story(seed=7, **hot))
        if isinstance(second, _Refusal):
            self._note(second.leaves_open("seed"))
        else:
            self._note(rules.seed_of(first, second, texts))

    async def _test_alternatives(self) -> None:
        """Find how many alternatives a token gets, and which temperature they are of."""
        many = None
        if self.findings["logprobs"].support == "honoured":
            if "top_logprobs" not in self.findings:
                many = await self._ask_for_many()
        else:
            unknown = Capability("top_logprobs", "unknown", "there are no log probabilities")
            self.findings.setdefault("top_logprobs", unknown)
        if "temperature" in self.findings:
            return
        warm = None
        if many is not None:
            warm = await self._ask(probes.first_word(top_logprobs=5, temperature=2), 1)
        if isinstance(warm, _Refusal):
            self._note(warm.leaves_open("temperature"))
        elif many is None or self._counted is None or warm is None:
            self._note(Capability("temperature", "unknown", rules.NOTHING_TELLS))
        else:
            self._note(rules.temperature_of(self._counted, many, warm, 0.5))

    async def _ask_for_many(self) -> Reply | None:
        """Ask for more alternatives than hosted servers give, then for as many as it says."""
        fields, asked = self._temperature(1), probes.MANY_ALTERNATIVES
        many = await self._ask(probes.first_word(top_logprobs=asked, **fields), 1)
        if isinstance(many, _Refusal):
            limit = rules.limit_in(str(many.error)) or 5
            many = await self._ask(probes.first_word(top_logprobs=limit, **fields), 1)
        if isinstance(many, _Refusal):
            self._note(many.of("top_logprobs"))
            return None
        self._note(rules.top_logprobs_of(many, asked))
        return many

    async def test_prefill(self) -> None:
        """Ask for the continuation of a count."""
        await self._test(
            "prefill", probes.prefilled(**self._temperature(0)), probes.SHORT, rules.prefill_of
        )

    async def _test_stop(self) -> None:
        """Ask the first question again, with a word of the answer as stop sequence."""
        whole = rules.text_of(self._counted) if self._counted else ""
        word = rules.stop_word(whole)
        if word is None:
            self._note(Capability("stop", "unknown", "the answer is too short to be stopped"))
            return
        base = {name: self._base[name] for name in ("temperature",) if name in self._base}
        await self._test(
            "stop",
            probes.counting(stop=[word], **base),
            probes.SHORT,
            lambda reply: rules.stop_of(whole, word, reply),
        )

    async def _test_reasoning(self) -> None:
        """Ask for reasoning with a field that no server knows; which one is refused is told."""
        answer = await self._ask(probes.reasoned(), 48)
        if not isinstance(answer, _Refusal):
            self._note(
                rules.reasoning_of(answer),
                Capability("unknown_fields", "ignored", "accepted without an error"),
            )
            return
        fields = ("reasoning_effort", probes.UNKNOWN_FIELD)
        named = rules.named_field(str(answer.error), fields)
        if named == probes.UNKNOWN_FIELD:
            self._note(answer.of("unknown_fields"))
            await self._test(
                "reasoning", _without(probes.reasoned(), named), 48, rules.reasoning_of
            )
            return
        self._note(answer.of("reasoning"))
        await self._test(
            "unknown_fields",
            _without(probes.reasoned(), "reasoning_effort"),
            probes.SHORT,
            lambda _reply: Capability("unknown_fields", "ignored", "accepted without an error"),
        )

    async def _test(
        self,
        feature: str,
        request: Mapping[str, Any],
        limit: int,
        judge: Callable[[Reply], Capability],
    ) -> None:
        answer = await self._ask(request, limit)
        self._note(answer.of(feature) if isinstance(answer, _Refusal) else judge(answer))

    def _temperature(self, value: float) -> dict[str, float]:
        """Return the field for a temperature, unless the server refuses it."""
        return {"temperature": value} if "temperature" in self._base else {}

    def _note(self, *findings: Capability) -> None:
        self.findings |= {found.feature: found for found in findings}

    async def _ask(self, request: Mapping[str, Any], limit: int = probes.SHORT) -> Reply | _Refusal:
        """Send a request; return its answer, or that it was refused."""
        if self._n_requests >= probes.MOST_REQUESTS:
            raise _TooMany
        self._n_requests += 1
        self._on_request(self._n_requests)
        endpoint, answer = self._endpoint, Assembler()
        streamed = {name: self._base[name] for name in _STREAMED if name in self._base}
        sent = {**endpoint.extra, **streamed, **request, self._limit: limit}
        body = {"model": endpoint.model, **sent}
        try:
            await exchange(self._client, endpoint, body, answer, retries=0, timeout_s=_TIMEOUT_S)
        except ApiError as error:
            if error.status in _REFUSALS:
                return _Refusal(error)
            raise
        return answer.reply()


def _without(request: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in request.items() if field != name}

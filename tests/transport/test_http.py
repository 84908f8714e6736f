"""The HTTP client: redirects, connections that fail, TLS, proxies and what is sent."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from chat_magic.errors import ApiError, ConnectionFailed, InvalidRequest
from chat_magic.transport import http
from chat_magic.transport.credentials import Secret
from tests.completions import completion
from tests.gateway import CLOSE, HOLD, RESET, Answer, Gateway, Proxy, streamed

from .conftest import KEY, Ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chat_magic.transport.http import HttpClient

HELLO = streamed(completion("Hello"))
WHOLE = json.dumps(completion("Hello")).encode()
BUNDLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """Return an authority that no client trusts, and the file of its certificate."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return authority, path


@pytest.fixture
def secured(
    authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway]:
    """Return an HTTPS gateway with a certificate of that authority."""
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1", "gateway.test").configure_cert(tls)
    with Gateway(HELLO, tls=tls) as gateway:
        yield gateway


class TestTls:
    """Certificates are verified with the authorities that the environment names."""

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    async def test_a_private_authority_is_trusted_by_the_usual_variables(
        self,
        ask: Ask,
        secured: Gateway,
        authority: tuple[trustme.CA, Path],
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
    ) -> None:
        """They are those of curl, requests and openssl."""
        monkeypatch.setenv(variable, str(authority[1]))
        assert (await ask(secured.base_url)).texts() == ["Hello"]

    async def test_an_unknown_authority_is_refused(self, ask: Ask, secured: Gateway) -> None:
        """Without a retry and before the key is sent; the error has the reason."""
        with pytest.raises(ConnectionFailed) as caught:
            await ask(secured.base_url, key=KEY, retries=2)
        assert f"no connection to 127.0.0.1:{secured.port}: TLS: " in str(caught.value)
        assert "issuer certificate" in str(caught.value)
        assert "set SSL_CERT_FILE, or ca_bundle" in str(caught.value)
        assert "tries" not in str(caught.value)
        assert secured.requests == []

    async def test_an_authority_that_is_named_later_is_trusted_from_then_on(
        self,
        ask: Ask,
        secured: Gateway,
        authority: tuple[trustme.CA, Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As a user does after the error that names the variable."""
        with pytest.raises(ConnectionFailed, match="SSL_CERT_FILE"):
            await ask(secured.base_url)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
        assert (await ask(secured.base_url)).texts() == ["Hello"]

    async def test_an_endpoint_may_name_its_own_authority(
        self, client: HttpClient, secured: Gateway, authority: tuple[trustme.CA, Path]
    ) -> None:
        """For requests to it alone."""
        url = f"{secured.base_url}/models"
        response = await client.get(url, None, ca_bundle=str(authority[1]))
        await http.close_response(response)
        with pytest.raises(ConnectionFailed, match="ca_bundle"):
            await client.get(url, None)

    async def test_a_missing_bundle_is_named_as_the_cause(
        self, ask: Ask, secured: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The environment is at fault, not the server."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
        with pytest.raises(ConnectionFailed, match="certificate variables of the environment"):
            await ask(secured.base_url)


class TestProxy:
    """Requests use the proxy that the usual variables name."""

    async def test_plain_requests_are_forwarded(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Their first line has the whole URL."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            assert (await ask("http://gateway.test/v1")).texts() == ["Hello"]
        assert proxy.first_lines == ["POST http://gateway.test/v1/chat/completions HTTP/1.1"]

    async def test_https_requests_go_through_a_tunnel(
        self,
        ask: Ask,
        secured: Gateway,
        authority: tuple[trustme.CA, Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The proxy sees the host but not the key; the certificate is the server's."""
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
        with Proxy(secured) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            assert (await ask("https://gateway.test/v1", key=KEY)).texts() == ["Hello"]
        assert proxy.first_lines == ["CONNECT gateway.test:443 HTTP/1.1"]
        assert secured.requests[0].headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
    async def test_loopback_is_reached_without_it(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        """The local model must answer whatever the proxy settings."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv(variable, proxy.url)
            assert (await ask(gateway.base_url)).texts() == ["Hello"]
        assert proxy.first_lines == []

    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST", "api.localhost", "localhost.", "127.8.9.1", "[::1]",
                 "[::ffff:127.0.0.1]"],
    )  # fmt: skip
    async def test_every_name_of_this_machine_is_loopback(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        """Nothing listens there, and the proxy is not asked."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            with pytest.raises(ConnectionFailed) as caught:
                await ask(f"http://{host}:1/v1")
        assert proxy.first_lines == []
        assert "proxy" not in str(caught.value)

    @pytest.mark.parametrize("host", ["localhost.example", "notlocalhost", "128.0.0.1", "[::2]"])
    async def test_other_names_are_not(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        """Whatever they begin or end with."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            assert (await ask(f"http://{host}:1/v1")).texts() == ["Hello"]

    async def test_hosts_in_no_proxy_are_reached_without_it(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As `NO_PROXY` says."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("NO_PROXY", "gateway.invalid")
            with pytest.raises(ConnectionFailed, match="no connection to gateway"):
                await ask("http://gateway.invalid/v1")
        assert proxy.first_lines == []

    async def test_a_proxy_that_cannot_be_reached_is_named(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The password in its URL is not shown."""
        monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@127.0.0.1:1")
        with pytest.raises(ConnectionFailed) as caught:
            await ask("http://gateway.invalid/v1")
        assert "gateway.invalid:80 through the proxy 127.0.0.1:1" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("proxy", ["gopher://a", "socks5://a"])
    async def test_a_proxy_of_another_scheme_is_refused(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        """The error names its scheme and those that are supported."""
        monkeypatch.setenv("HTTP_PROXY", proxy)
        scheme = proxy.partition(":")[0]
        words = f"names a {scheme} proxy: expected an http or https proxy"
        with pytest.raises(ConnectionFailed, match=words):
            await ask("http://gateway.invalid/v1")


class TestRedirects:
    """Only redirects that keep the method and the host are followed."""

    async def test_one_on_the_same_host_is_followed(self, ask: Ask) -> None:
        """The same request is sent again, with its key."""
        moved = Answer([], status=308, headers={"Location": "/v2/chat/completions"})
        with Gateway(moved, HELLO) as gateway:
            await ask(gateway.base_url, key=KEY)
        first, second = gateway.requests
        assert (second.method, second.path) == ("POST", "/v2/chat/completions")
        assert second.body == first.body
        assert second.headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_one_to_another_host_is_refused(self, ask: Ask, status: int) -> None:
        """The error names the other host, which receives nothing."""
        with Gateway(HELLO) as other:
            moved = Answer([], status=status, headers={"Location": other.base_url})
            with Gateway(moved) as gateway, pytest.raises(ApiError) as caught:
                await ask(gateway.base_url, key=KEY)
        assert f"127.0.0.1:{other.port}" in str(caught.value)
        assert other.requests == []

    async def test_a_circular_one_is_given_up(self, ask: Ask) -> None:
        """After a few requests."""
        circle = Answer([], status=307, headers={"Location": "/v1/chat/completions"})
        with Gateway(circle) as gateway, pytest.raises(ApiError, match="307"):
            await ask(gateway.base_url)
        assert len(gateway.requests) < 10


class TestAnswers:
    """What the library makes of an answer before it is read."""

    @pytest.mark.parametrize("name", ["X-RateLimit-Reset-Requests", "x-ratelimit-reset-requests"])
    async def test_a_header_counts_whatever_the_case_of_its_name(self, ask: Ask, name: str) -> None:
        """Here that of a wait which is too long for another try."""
        limited = Answer([b"slow down"], status=429, headers={name: "120s"})
        with Gateway(limited, HELLO) as gateway, pytest.raises(ApiError, match="wait 120 s"):
            await ask(gateway.base_url, retries=2)
        assert len(gateway.requests) == 1

    async def test_a_body_that_cannot_be_decoded_is_not_requested_again(self, ask: Ask) -> None:
        """The connection was not lost: the next try would have the same end."""
        broken = Answer([b"this is not gzip"], headers={"Content-Encoding": "gzip"})
        with (
            Gateway(broken, HELLO) as gateway,
            pytest.raises(ConnectionFailed, match="cannot be decoded"),
        ):
            await ask(gateway.base_url, retries=2)
        assert len(gateway.requests) == 1

    async def test_a_large_body_is_sent_without_a_warning(self, client: HttpClient) -> None:
        """Such as a request with an image; warnings are errors in tests."""
        body = b"x" * 2**21
        with Gateway(HELLO) as gateway:
            await http.close_response(await client.post(gateway.base_url, body, None))
        assert gateway.requests[0].body == body

    async def test_an_error_holds_no_key_in_what_it_is_linked_to(self, ask: Ask) -> None:
        """Neither the text nor the frames of a cause or context show it."""
        answer = Answer([b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE], framing="raw")
        with Gateway(answer) as gateway, pytest.raises(ConnectionFailed) as caught:
            await ask(gateway.base_url, key=KEY)
        _assert_no_key(caught.value)
        with pytest.raises(ConnectionFailed) as caught:
            await ask(gateway.base_url, key=KEY)
        _assert_no_key(caught.value)


def _assert_no_key(error: BaseException) -> None:
    linked, seen = [error.__cause__, error.__context__], 0
    while linked:
        cause = linked.pop()
        if cause is None:
            continue
        seen += 1
        assert KEY not in str(cause) + repr(cause)
        frames = traceback.StackSummary.extract(
            traceback.walk_tb(cause.__traceback__), capture_locals=True
        )
        assert KEY not in "".join(frames.format())
        linked += [cause.__cause__, cause.__context__]
    assert seen < 10


class TestConnection:
    """Connections that fail, or are lost before the first event."""

    async def test_a_refused_one_is_named(self, ask: Ask) -> None:
        """By host and port."""
        with Gateway(HELLO) as gateway:
            pass
        with pytest.raises(ConnectionFailed) as caught:
            await ask(gateway.base_url)
        assert str(caught.value) == f"no connection to 127.0.0.1:{gateway.port}: connection refused"

    async def test_an_unknown_host_is_named(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By its name and port."""
        monkeypatch.setattr("socket.getaddrinfo", _knows_no_host)
        with pytest.raises(ConnectionFailed, match=r"nowhere\.invalid:443: .*host name"):
            await ask("https://nowhere.invalid/v1")

    async def test_a_server_without_tls_is_an_error(self, ask: Ask) -> None:
        """The error says that TLS failed."""

        async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Told So\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ConnectionFailed, match=rf"127\.0\.0\.1:{port}: TLS"):
                await ask(f"https://127.0.0.1:{port}/v1")

    @pytest.mark.parametrize("step", [RESET, CLOSE])
    async def test_one_lost_before_the_response_is_an_error(self, ask: Ask, step: str) -> None:
        """It says that the connection was lost, not that there was none."""
        answer = Answer([step], framing="raw")
        with Gateway(answer) as gateway, pytest.raises(ConnectionFailed, match="was lost"):
            await ask(gateway.base_url)

    @pytest.mark.parametrize("steps", [[CLOSE], [b": hold on\n\n", RESET], [WHOLE[:50], CLOSE]])
    async def test_one_that_is_lost_before_the_first_event_is_an_error(
        self, ask: Ask, steps: list[Any]
    ) -> None:
        """No part of an answer had arrived."""
        with Gateway(Answer(steps)) as gateway, pytest.raises(ConnectionFailed, match="was lost"):
            await ask(gateway.base_url)

    async def test_a_server_of_another_protocol_is_an_error(self, ask: Ask) -> None:
        """It says that the answer is not HTTP."""
        answer = Answer([b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE], framing="raw")
        with Gateway(answer) as gateway, pytest.raises(ConnectionFailed, match="is not HTTP"):
            await ask(gateway.base_url)


def _knows_no_host(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class TestRequests:
    """The headers of a request, and the end of its response."""

    async def test_no_header_is_sent_but_those_that_are_needed(self, client: HttpClient) -> None:
        """A secret is revealed in the request only; a server is asked to close if it must."""
        headers = {"X-Team": Secret("canary-of-the-team")}
        with Gateway(HELLO) as gateway:
            response = await client.post(
                gateway.base_url,
                b"{}",
                Secret(KEY),
                headers=headers,
                idempotency_key="a-key",
                keep_alive=False,
            )
            await http.close_response(response)
        sent = gateway.requests[0].headers
        assert {name: sent[name] for name in sent if name not in {"host", "content-length"}} == {
            "user-agent": "chat-magic",
            "content-type": "application/json",
            "accept": "text/event-stream, application/json",
            "accept-encoding": sent["accept-encoding"],
            "authorization": f"Bearer {KEY}",
            "connection": "close",
            "idempotency-key": "a-key",
            "x-team": "canary-of-the-team",
        }

    @pytest.mark.parametrize(("is_read", "n_connections"), [(True, 1), (False, 2)])
    async def test_a_connection_is_reused_if_its_response_was_read_to_the_end(
        self, client: HttpClient, is_read: bool, n_connections: int
    ) -> None:
        """Otherwise it is closed."""
        rest = Answer([b"x", HOLD])
        with Gateway(HELLO if is_read else rest, HELLO) as gateway:
            for _ in range(2):
                response = await client.post(gateway.base_url, b"{}", None)
                if is_read:
                    assert b"[DONE]" in b"".join([chunk async for chunk in http.chunks(response)])
                await http.close_response(response)
        assert gateway.n_connections == n_connections

    async def test_what_arrived_before_a_lost_connection_is_yielded_first(
        self, client: HttpClient
    ) -> None:
        """The error follows."""
        with Gateway(Answer([b"before", RESET])) as gateway:
            response = await client.post(gateway.base_url, b"{}", None)
            chunks = http.chunks(response)
            assert await anext(chunks) == b"before"
            with pytest.raises(http.ConnectionLost):
                await anext(chunks)
            await http.close_response(response)

    async def test_a_url_that_cannot_be_used_is_an_invalid_request(
        self, client: HttpClient
    ) -> None:
        """Nothing is sent."""
        with pytest.raises(InvalidRequest, match="the base URL cannot be used"):
            await client.get("http://[::1", None)

    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("https://a.example/v1", "a.example:443"),
            ("http://a.example/v1", "a.example:80"),
            ("http://me:secret@a.example:8000", "a.example:8000"),
            ("http://[::1]:8000/v1", "[::1]:8000"),
            ("https://[fe80::1]", "[fe80::1]:443"),
        ],
    )
    def test_the_address_of_a_url_is_its_host_and_port(self, url: str, address: str) -> None:
        """Without user and password; the port follows from the scheme if it is not given."""
        assert http.address(url) == address

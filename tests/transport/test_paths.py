"""The ways to a server: TLS with an authority of one's own, and proxies."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from chat_magic.errors import ConnectionFailed
from tests.completions import completion
from tests.gateway import Gateway, Proxy, streamed

from .conftest import KEY, Ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = streamed(completion("Hello"))
BUNDLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """Return an authority that nobody knows, and the file of its certificate."""
    own = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    own.cert_pem.write_to_path(path)
    return own, path


@pytest.fixture
def secured(
    authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway]:
    """Return a gateway that speaks HTTPS with a certificate of that authority."""
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1", "gateway.test").configure_cert(tls)
    with Gateway(HELLO, tls=tls) as gateway:
        yield gateway


class TestTls:
    """Certificates are checked, by the authorities that the environment names."""

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    async def test_an_authority_of_ones_own_is_trusted_by_the_usual_variables(
        self,
        ask: Ask,
        secured: Gateway,
        authority: tuple[trustme.CA, Path],
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
    ) -> None:
        """As by curl, requests and openssl."""
        monkeypatch.setenv(variable, str(authority[1]))
        assert (await ask(secured.base_url)).texts() == ["Hello"]

    async def test_an_authority_that_nobody_knows_is_refused(
        self, ask: Ask, secured: Gateway
    ) -> None:
        """At once, with the reason; the key was not sent."""
        with pytest.raises(ConnectionFailed) as caught:
            await ask(secured.base_url, key=KEY, retries=2)
        assert f"no connection to 127.0.0.1:{secured.port}: TLS: " in str(caught.value)
        assert "issuer certificate" in str(caught.value)
        assert "tries" not in str(caught.value)
        assert secured.requests == []

    async def test_a_bundle_that_is_not_there_is_named_as_the_cause(
        self, ask: Ask, secured: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is the environment that is wrong, not the server."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
        with pytest.raises(ConnectionFailed, match="certificate variables of the environment"):
            await ask(secured.base_url)


class TestProxy:
    """Requests go through the proxy that the usual variables name."""

    async def test_plain_requests_are_forwarded(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With the whole URL in their first line."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            assert (await ask("http://gateway.test/v1")).texts() == ["Hello"]
        assert proxy.first_lines == ["POST http://gateway.test/v1/chat/completions HTTP/1.1"]

    async def test_secure_ones_go_through_a_tunnel(
        self,
        ask: Ask,
        secured: Gateway,
        authority: tuple[trustme.CA, Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The proxy sees the host and no key; the certificate is that of the server."""
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
        with Proxy(secured) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            assert (await ask("https://gateway.test/v1", key=KEY)).texts() == ["Hello"]
        assert proxy.first_lines == ["CONNECT gateway.test:443 HTTP/1.1"]
        assert secured.requests[0].headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
    async def test_this_machine_is_reached_without_it(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        """The local model must answer behind any proxy."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv(variable, proxy.url)
            assert (await ask(gateway.base_url)).texts() == ["Hello"]
        assert proxy.first_lines == []

    async def test_hosts_that_the_environment_excepts_are_not_asked_through_it(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`NO_PROXY` names them."""
        with Gateway(HELLO) as gateway, Proxy(gateway) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("NO_PROXY", "gateway.invalid")
            with pytest.raises(ConnectionFailed, match="no connection to gateway"):
                await ask("http://gateway.invalid/v1")
        assert proxy.first_lines == []

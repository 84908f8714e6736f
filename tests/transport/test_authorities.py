"""The authorities that are trusted: by an endpoint, the environment, or the usual ones."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from chat_magic.errors import ConnectionFailed
from chat_magic.transport.authorities import Authorities, advice_on_certificate

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """Return the file of a private authority."""
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return path


def n_trusted(context: ssl.SSLContext) -> int:
    """Return how many authorities a context trusts."""
    return len(context.get_ca_certs())


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_context_is_made_again_when_a_variable_is_set(variable, pem, monkeypatch) -> None:
    """And not otherwise, since that takes some milliseconds."""
    authorities = Authorities()
    usual = authorities.context()
    assert authorities.context() is usual
    monkeypatch.setenv(variable, str(pem))
    assert n_trusted(authorities.context()) == 1
    monkeypatch.delenv(variable)
    assert authorities.context() is usual


def test_a_context_is_made_again_when_its_file_has_changed(pem) -> None:
    """A certificate that was renewed is read."""
    authorities = Authorities()
    before = authorities.context(str(pem))
    second = trustme.CA().cert_pem.bytes()
    pem.write_bytes(pem.read_bytes() + second)
    os.utime(pem, ns=(1, 1))
    after = authorities.context(str(pem))
    assert (n_trusted(before), n_trusted(after)) == (1, 2)


def test_the_bundle_of_an_endpoint_comes_before_the_variables(pem, monkeypatch) -> None:
    """A folder will do too."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    authorities = Authorities()
    assert n_trusted(authorities.context(str(pem))) == 1
    authorities.context(str(pem.parent))


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_cannot_be_used_is_named(tmp_path, content) -> None:
    """With where it was set."""
    path = tmp_path / "bad.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConnectionFailed, match=r"ca_bundle .*bad\.pem cannot be used"):
        Authorities().context(str(path))


@pytest.mark.parametrize(("code", "has_advice"), [(18, True), (19, True), (20, True), (10, False)])
def test_only_an_unknown_authority_is_to_be_named(code, has_advice) -> None:
    """A certificate that has expired (10) is no better with another authority."""
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    assert ("SSL_CERT_FILE" in advice_on_certificate(error)) == has_advice

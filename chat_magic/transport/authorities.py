"""The authorities whose certificates are trusted, by the environment or by an endpoint."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi

from chat_magic.errors import ConnectionFailed
from chat_magic.transport.credentials import redact

__all__ = ["Authorities", "advice_on_certificate"]

_UNKNOWN_ISSUER = {18, 19, 20, 21}
"""OpenSSL's codes for certificates whose authority is not known (`X509_V_ERR_*`)."""

Place = tuple[str | None, str | None]
"""A file of certificates, and a folder of them."""


class Authorities:
    """Makes the context of TLS connections anew when the variables or their files have changed."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[object, ...], ssl.SSLContext] = {}

    def context(self, ca_bundle: str | None = None) -> ssl.SSLContext:
        """Return the context that trusts an endpoint's authorities, or those of the environment.

        Args:
            ca_bundle: A file or folder of certificates, which takes the place of the variables
                `SSL_CERT_FILE`, `SSL_CERT_DIR`, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`.

        Raises:
            ConnectionFailed: It cannot be read, or has no certificates.
        """
        file, folder, source = _place(ca_bundle)
        try:
            stamp = (file, folder, *(_changed_ns(path) for path in (file, folder)))
            if stamp not in self._contexts:
                self._contexts[stamp] = ssl.create_default_context(cafile=file, capath=folder)
        except (ValueError, OSError) as error:
            raise ConnectionFailed(redact(f"{source} cannot be used: {error}")) from error
        return self._contexts[stamp]


def advice_on_certificate(error: ssl.SSLCertVerificationError) -> str:
    """Return what to set where the authority of a certificate is not known; else nothing."""
    if error.verify_code not in _UNKNOWN_ISSUER:
        return ""
    return (
        "; if its authority is your own, set SSL_CERT_FILE, or ca_bundle of its [endpoints] in "
        "chat_magic.toml, to the file of that authority's certificate"
    )


def _place(ca_bundle: str | None) -> tuple[str | None, str | None, str]:
    """Return the file, the folder, and where they were set."""
    if ca_bundle:
        return *_file_or_folder(str(Path(ca_bundle).expanduser()), None), f"ca_bundle {ca_bundle}"
    for variable, of_folder in _VARIABLES:
        bundle, folder = os.environ.get(variable), os.environ.get(of_folder) if of_folder else None
        if bundle or folder:
            source = variable if bundle else of_folder
            words = f"the certificate variables of the environment ({source} {bundle or folder})"
            return *_file_or_folder(bundle, folder), words
    return certifi.where(), None, "the certificates of certifi"


_VARIABLES = (("SSL_CERT_FILE", "SSL_CERT_DIR"), ("REQUESTS_CA_BUNDLE", ""), ("CURL_CA_BUNDLE", ""))


def _file_or_folder(bundle: str | None, folder: str | None) -> Place:
    if bundle and Path(bundle).is_dir():
        return None, bundle
    return bundle or None, folder or None


def _changed_ns(path: str | None) -> int | None:
    return None if path is None else Path(path).stat().st_mtime_ns

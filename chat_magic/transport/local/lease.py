"""Leases: open loopback connections that keep a server running; the OS closes them on a crash.

The server sends a nonce; the client answers with another nonce and a proof that it knows the key;
the server proves that it knows the key too. The key itself is never sent, and another program that
uses the port of a dead server is not mistaken for it.
"""

from __future__ import annotations

import hmac
import os
import socket
import socketserver
import threading
import time
from contextlib import suppress

PATIENCE_S = 5.0
"""How long each end waits for the other's part of the handshake, in seconds."""
NONCE_BYTES = PROOF_BYTES = 32


def take(port: int, key: str) -> socket.socket | None:
    """Take a lease from the server at a port; None if another program, or none, listens there."""
    try:
        connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    except OSError:
        return None
    with suppress(OSError), connection.makefile("rb") as incoming:
        nonce = os.urandom(NONCE_BYTES)
        nonces = incoming.read(NONCE_BYTES) + nonce
        connection.sendall(nonce + _proof(key, b"user", nonces))
        if hmac.compare_digest(incoming.read(PROOF_BYTES), _proof(key, b"server", nonces)):
            connection.setblocking(False)
            return connection
    connection.close()
    return None


def is_open(lease: socket.socket) -> bool:
    """Whether the server still holds its end of a lease; if it does not, close this end."""
    try:
        lease.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    lease.close()
    return False


class LeaseServer(socketserver.ThreadingTCPServer):
    """Grants leases on a free loopback port until none has been held for a while.

    Args:
        key: The key that both ends must know.
        grace_s: How long it waits for the first client, and for another after the last has left.
    """

    daemon_threads = True

    def __init__(self, key: str, grace_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Lease)
        self.key = key
        self._grace_s = grace_s
        self._changed = threading.Condition()
        self._n_clients = 0
        self._idle_since = time.monotonic()
        self._closed = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """The port where leases are taken."""
        return int(self.server_address[1])

    def enter(self) -> bool:
        """Count a new client; return False if the server is about to end."""
        with self._changed:
            if not self._closed:
                self._n_clients += 1
            return not self._closed

    def leave(self) -> None:
        """Count a client that has left."""
        with self._changed:
            self._n_clients -= 1
            self._idle_since = time.monotonic()
            self._changed.notify()

    def wait_until_abandoned(self) -> None:
        """Block until no lease has been held for the grace period; from then on, grant none."""
        with self._changed:
            while self._n_clients or self._left_s() > 0:
                self._changed.wait(None if self._n_clients else self._left_s())
            self._closed = True

    def _left_s(self) -> float:
        return self._idle_since + self._grace_s - time.monotonic()


class _Lease(socketserver.StreamRequestHandler):
    server: LeaseServer
    timeout = PATIENCE_S

    def handle(self) -> None:
        with suppress(OSError):  # a client that has left, or another program that sends nothing
            nonce = os.urandom(NONCE_BYTES)
            self.wfile.write(nonce)
            nonces = nonce + self.rfile.read(NONCE_BYTES)
            proof = self.rfile.read(PROOF_BYTES)
            if hmac.compare_digest(proof, _proof(self.server.key, b"user", nonces)):
                self._hold(_proof(self.server.key, b"server", nonces))

    def _hold(self, welcome: bytes) -> None:
        if not self.server.enter():
            return
        try:
            self.wfile.write(welcome)
            self.connection.settimeout(None)
            self.rfile.read(1)  # returns when the client closes its end
        finally:
            self.server.leave()


def _proof(key: str, side: bytes, nonces: bytes) -> bytes:
    return hmac.digest(key.encode(), b"chat-magic lease 1 " + side + nonces, "sha256")

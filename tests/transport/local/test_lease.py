"""A lease keeps a server running; both of its ends must know the key."""

from __future__ import annotations

import socket
import threading

import pytest

from chat_magic.transport.local import lease

NEVER_S = 3600.0


@pytest.fixture
def lease_server():
    """A server that never ends by itself."""
    with lease.LeaseServer("key", NEVER_S) as server:
        yield server
        server.shutdown()


@pytest.fixture
def taken(lease_server):
    """A lease on it."""
    with lease.take(lease_server.port, "key") as connection:
        yield connection


def test_a_taken_lease_is_open(taken):
    """Both ends know the key."""
    assert lease.is_open(taken)


def test_a_lease_is_refused_to_those_who_do_not_know_the_key(lease_server):
    """A program that finds the port by chance does not keep the server running."""
    assert lease.take(lease_server.port, "another key") is None


def test_nothing_listens_where_a_server_has_ended():
    """A port where nothing listens gives no lease, and no error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert lease.take(port, "key") is None


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(b"", id="closes at once"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="speaks HTTP"),
        pytest.param(bytes(64), id="answers without the key"),
    ],
)
def test_another_program_at_the_port_is_not_mistaken_for_the_server(words):
    """The server must prove that it knows the key."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with listener.accept()[0] as connection:
                connection.sendall(words)

        stranger = threading.Thread(target=answer)
        stranger.start()
        assert lease.take(listener.getsockname()[1], "key") is None
        stranger.join()


def test_a_program_that_sends_nothing_is_given_up(monkeypatch):
    """It accepts the connection and stays silent, as a program at a stale port may."""
    monkeypatch.setattr(lease, "PATIENCE_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert lease.take(listener.getsockname()[1], "key") is None


def test_a_silent_client_does_not_delay_others(lease_server):
    """Each connection has its own thread."""
    with (
        socket.create_connection(("127.0.0.1", lease_server.port)),
        lease.take(lease_server.port, "key") as connection,
    ):
        assert lease.is_open(connection)


def test_a_lease_ends_with_its_server():
    """The next request then starts another server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = socket.create_connection(listener.getsockname())
        listener.accept()[0].close()
    connection.settimeout(5)
    connection.recv(0)
    assert not lease.is_open(connection)
    assert connection.fileno() == -1


def test_a_server_without_clients_ends():
    """The process that started it may have died."""
    with lease.LeaseServer("key", grace_s=0.01) as server:
        server.wait_until_abandoned()
        server.shutdown()


def test_a_server_ends_only_after_its_last_client():
    """One client is enough to keep it running."""
    with lease.LeaseServer("key", grace_s=0.0) as server:
        first, second = (lease.take(server.port, "key") for _ in range(2))
        waiting = threading.Thread(target=server.wait_until_abandoned, daemon=True)
        waiting.start()
        first.close()
        waiting.join(timeout=0.3)
        assert waiting.is_alive()
        second.close()
        waiting.join(timeout=30)
        assert not waiting.is_alive()
        server.shutdown()


def test_a_server_that_is_about_to_end_grants_no_more_leases():
    """A client that comes at the last moment starts another server instead."""
    with lease.LeaseServer("key", grace_s=0.0) as server:
        server.wait_until_abandoned()
        assert lease.take(server.port, "key") is None
        server.shutdown()

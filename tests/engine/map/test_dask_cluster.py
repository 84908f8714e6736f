"""Which clients of a cluster can be an executor; what runs on workers is in test_dask_executor."""

from __future__ import annotations

import sys

import pytest

from chat_magic.engine.map.dask_cluster import check_client
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("executor", "given"), [(3, "got int"), ("bulk", "got 'bulk'"), (object, "got type")]
)
def test_anything_but_a_client_is_refused(executor, given):
    """The error says what it may be."""
    words = rf'executor: expected a dask.distributed.Client or "batch", {given}'
    with pytest.raises(InvalidRequest, match=words):
        check_client(executor)


def test_it_is_found_out_without_importing_dask(monkeypatch):
    """Whoever has a client has imported it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "distributed"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InvalidRequest):
        check_client("bulk")
    assert "distributed" not in sys.modules


class ClientLike:
    """A client in some state, without a cluster."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"asynchronous": True, "status": "running"}, "must not be asynchronous"),
        ({"asynchronous": False, "status": "closed"}, "the client is closed: connect it again"),
    ],
)
def test_a_client_must_be_connected_and_synchronous(monkeypatch, fields, words):
    """The map waits for it in a thread."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", ClientLike)
    with pytest.raises(InvalidRequest, match=words):
        check_client(ClientLike(**fields))


def test_a_connected_client_is_taken(monkeypatch):
    """As it is."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", ClientLike)
    client = ClientLike(asynchronous=False, status="running")
    assert check_client(client) is client

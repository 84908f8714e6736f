"""Pages that paint what is added say so by a comm, and are believed while they answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chat_magic.shell.listening_pages import (
    COMM,
    TARGET,
    ListeningPages,
    listening_pages,
    publisher,
)
from tests.view.live.displays import Clock


class Comm:
    """A comm that a page has opened."""

    comm_id = "page"

    def on_msg(self, act):
        self.speak = lambda: act({})

    def on_close(self, act):
        self.close = lambda: act({})


class Manager:
    """A comm manager."""

    def __init__(self) -> None:
        self.targets = {}

    def register_target(self, name, act):
        self.targets[name] = act

    def unregister_target(self, name, _act):
        del self.targets[name]

    def open(self, comm):
        self.targets[TARGET](comm, {})
        return comm


@pytest.fixture
def kernel():
    """Pages, with the kernel's comm manager, what was published and a clock."""
    manager, sent, clock = Manager(), [], Clock()
    pages = ListeningPages(manager, sent.append, clock)
    return SimpleNamespace(pages=pages, manager=manager, sent=sent, clock=clock)


def test_a_page_listens_from_when_it_opens_its_comm_until_it_closes_it(kernel):
    assert not kernel.pages.is_heard
    comm = kernel.manager.open(Comm())
    assert kernel.pages.is_heard
    comm.close()
    assert not kernel.pages.is_heard


def test_a_page_that_leaves_messages_unanswered_for_30_s_counts_as_closed(kernel):
    """Its computer may be asleep: from then on the display is as elsewhere."""
    kernel.manager.open(Comm())
    kernel.pages.send({"seq": 1})
    kernel.clock.now += 29
    kernel.pages.send({"seq": 2})
    assert kernel.pages.is_heard
    kernel.clock.now += 2
    assert not kernel.pages.is_heard
    assert kernel.sent == [{"seq": 1}, {"seq": 2}]


def test_an_answer_renews_it(kernel):
    """A page is silent while nothing is sent, so that an idle kernel counts as idle."""
    comm = kernel.manager.open(Comm())
    kernel.clock.now += 1_000
    assert kernel.pages.is_heard
    kernel.pages.send({})
    kernel.clock.now += 20
    comm.speak()
    kernel.pages.send({})
    kernel.clock.now += 20
    assert kernel.pages.is_heard


def test_a_page_that_was_given_up_listens_again_when_it_speaks(kernel):
    comm = kernel.manager.open(Comm())
    kernel.pages.send({})
    kernel.clock.now += 31
    assert not kernel.pages.is_heard
    comm.speak()
    assert kernel.pages.is_heard


def test_a_call_asks_pages_to_listen_and_has_no_state_that_nbclient_would_keep(kernel):
    kernel.pages.call()
    assert kernel.sent == [{"call": True}]


def test_unloading_leaves_no_target(kernel):
    kernel.manager.open(Comm())
    kernel.pages.close()
    assert kernel.manager.targets == {}
    assert not kernel.pages.is_heard


@pytest.mark.parametrize("shell", [SimpleNamespace(), SimpleNamespace(kernel=SimpleNamespace())])
def test_a_shell_without_comms_has_no_pages(shell):
    assert listening_pages(shell) is None


def test_a_message_to_the_pages_names_no_request():
    """That takes room in every message, and pages tell answers apart by their stream."""
    sent = []
    session = SimpleNamespace(send=lambda *message, **options: sent.append((message, options)))
    publisher(SimpleNamespace(session=session, iopub_socket="iopub"))({"seq": 1})
    content = {"comm_id": COMM, "data": {"seq": 1}}
    assert sent == [(("iopub", "comm_msg", content), {"ident": b"comm-chat-magic-live"})]


def test_a_kernel_with_comms_of_another_kind_sends_by_one_of_them(monkeypatch):
    """All messages go by the same comm, which is not opened."""
    made, sent = [], []

    def create_comm(**options):
        made.append(options)
        return SimpleNamespace(send=sent.append)

    monkeypatch.setattr("comm.create_comm", create_comm)
    publish = publisher(SimpleNamespace(session=None))
    publish({"seq": 1})
    publish({"seq": 2})
    assert made == [{"target_name": COMM, "comm_id": COMM, "primary": False}]
    assert sent == [{"seq": 1}, {"seq": 2}]

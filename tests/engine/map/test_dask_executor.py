"""A map on the workers of a real cluster; the processes are started once for all tests here.

The first test finds no workers, which join late; the last one closes the scheduler.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat_magic import ExecutorLost, InvalidRequest
from chat_magic.engine.map.lease_book import SILENT_S
from chat_magic.engine.map.lease_pump import EXPIRED_S
from tests.completions import completion
from tests.engine.test_chat_map import ask, last_text, refusal, shout
from tests.gateway import Gateway, Wait, streamed
from tests.waiting import TIMEOUT_S, wait_until

distributed = pytest.importorskip("distributed")

KEY = "sk-canary-1234567890"
pytestmark = pytest.mark.filterwarnings("ignore")  # those of Dask are its own


class Server:
    """A gateway whose answer a test chooses, so that all workers have one address."""

    def __init__(self):
        self.answer = shout
        self.gateway = Gateway(self.answer_now)
        self.seen = 0

    def answer_now(self, request):
        """Answer as the test has chosen by now."""
        return self.answer(request)

    def texts(self):
        """Return what was asked since the last call of this."""
        requests, self.seen = self.gateway.requests[self.seen :], len(self.gateway.requests)
        return [last_text(request) for request in requests]


@pytest.fixture(scope="module")
def server():
    """A gateway that is the configured one, also in processes that are started later."""
    with pytest.MonkeyPatch.context() as patch:
        server = Server()
        with server.gateway:
            patch.setenv("CHAT_MAGIC_BASE_URL", server.gateway.base_url)
            patch.setenv("CHAT_MAGIC_API_KEY", KEY)
            patch.setenv("CHAT_MAGIC_MODEL", "a/b")
            yield server


@pytest.fixture(scope="module")
def cluster(server):
    """A cluster without workers."""
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster, server):
    """A client of the cluster, which has two workers."""
    with distributed.Client(cluster.scheduler_address) as client:
        if len(cluster.workers) < 2:
            cluster.scale(2)
        client.wait_for_workers(2, timeout=TIMEOUT_S)
        server.answer = shout
        server.texts()
        yield client


@pytest.fixture
def background():
    """Return a function that runs another in a thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


@pytest.fixture
def go(background):
    """An event that answers wait for; it is set at the end in any case."""
    event = threading.Event()
    yield event
    event.set()


TEXTS = [f"row {number}" for number in range(40)]


def test_workers_may_join_late(cluster, server, background):
    """Rows wait for the first; each is asked once, and comes back in its place."""
    with distributed.Client(cluster.scheduler_address) as client:
        running = background(ask, TEXTS, executor=client, concurrency=4)
        wait_until(lambda: client.run_on_scheduler(n_queues) > 0)
        assert server.texts() == []
        cluster.scale(2)
        answers = running.result(timeout=TIMEOUT_S * 2)
    assert answers["answer"].tolist() == [text.upper() for text in TEXTS]
    assert sorted(server.texts()) == sorted(TEXTS)
    assert answers.attrs["chat_magic"]["asked_twice"] == 0


def n_queues(dask_scheduler):
    """Return how many queues a scheduler has."""
    return len(dask_scheduler.extensions["queues"].queues)


def test_nothing_is_left_at_the_scheduler(client):
    """No queue and no task."""
    ask(TEXTS[:4], executor=client)
    wait_until(lambda: client.run_on_scheduler(n_queues) == 0)
    wait_until(lambda: not client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.tasks))


def record_messages(dask_scheduler):
    """Keep all that is put into queues, and what tasks are made of."""
    put, kept = dask_scheduler.extensions["queues"].put, []

    async def keep_and_put(**fields):
        kept.append(repr(fields))
        await put(**fields)

    dask_scheduler.handlers["queue_put"] = keep_and_put
    dask_scheduler.kept = kept


def state_of(dask_scheduler):
    """Return everything that the scheduler has kept, as text."""
    tasks = [repr((task, task.run_spec)) for task in dask_scheduler.tasks.values()]
    return "\n".join([*dask_scheduler.kept, *tasks, repr(dask_scheduler.get_logs())])


def test_no_key_is_in_a_message_or_at_the_scheduler(client, server, background, go):
    """Its name is; the workers find it themselves."""
    client.run_on_scheduler(record_messages)
    server.answer = held(go)
    running = background(ask, TEXTS, executor=client, concurrency=4)
    wait_until(lambda: len(server.gateway.requests) >= server.seen + 4)
    state = client.run_on_scheduler(state_of)
    go.set()
    running.result(timeout=TIMEOUT_S)
    state += client.run_on_scheduler(state_of)
    assert "CHAT_MAGIC_API_KEY" in state
    assert "row 39" in state
    assert "ROW 39" in state
    assert KEY not in state
    assert all(
        request.headers["authorization"] == f"Bearer {KEY}"
        for request in server.gateway.requests[server.seen :]
    )


def held(event, texts=()):
    """Return a script that answers once an event is set."""

    def answer(request):
        text = last_text(request)
        if texts and text not in texts:
            return shout(request)
        whole = streamed(completion(text.upper()))
        return type(whole)([Wait(event), *whole.steps], headers=whole.headers)

    return answer


def test_the_concurrency_is_that_of_all_workers(client, server, background, go):
    """Each has its share."""
    server.answer = held(go)
    running = background(ask, TEXTS, executor=client, concurrency=6)
    wait_until(lambda: len(server.gateway.requests) - server.seen >= 6)
    pids = client.run(n_open)
    go.set()
    running.result(timeout=TIMEOUT_S)
    assert sorted(pids.values()) == [3, 3]
    assert sorted(server.texts()) == sorted(TEXTS)


def n_open():
    """Return how many requests run in this process."""
    import gc

    from chat_magic.engine.answer_task import AnswerTask

    return sum(isinstance(found, AnswerTask) for found in gc.get_objects())


def test_a_killed_worker_loses_no_row(client, server, background, go):
    """What it had not returned is asked again, and counted; its successor takes part.

    Rows that it started in its last moment, before it said so, are not in the count.
    """
    server.answer = held(go)
    running = background(ask, TEXTS, executor=client, concurrency=6)
    wait_until(lambda: len(server.gateway.requests) - server.seen >= 6)
    worker, pid = next(iter(client.run(os.getpid).items()))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: worker not in client.scheduler_info()["workers"])
    go.set()
    answers = running.result(timeout=TIMEOUT_S * 2)
    assert answers["answer"].tolist() == [text.upper() for text in TEXTS]
    n_twice = len(server.texts()) - len(TEXTS)
    assert answers.attrs["chat_magic"]["asked_twice"] <= n_twice <= 3


SCRIPT = """
import sys
from distributed import Client
from chat_magic import chat_map

with Client(sys.argv[1]) as client:
    texts = [f"row {number}" for number in range(40)]
    chat_map(texts, "{{ text }}", executor=client, concurrency=6, resume=sys.argv[2])
"""


def test_a_killed_client_stops_spending_and_the_same_call_goes_on(
    client, cluster, server, tmp_path, go
):
    """What the resume file has is not asked again."""
    client.run(expire_soon)
    late = set(TEXTS[10:])
    server.answer = held(go, late)
    resume = tmp_path / "map.db"
    script = tmp_path / "map.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), cluster.scheduler_address, str(resume)]
    )
    wait_until(lambda: len(server.gateway.requests) - server.seen >= 16, TIMEOUT_S * 2)
    wait_until(lambda: n_kept(resume) == 10)
    process.kill()
    process.wait()
    waiting = [r for r in server.gateway.requests[server.seen :] if last_text(r) in late]
    for request in waiting:
        assert request.closed.wait(TIMEOUT_S)
    n_before = len(server.texts())
    assert n_before == 16
    go.set()
    answers = ask(TEXTS, executor=client, concurrency=6, resume=resume)
    assert answers["answer"].tolist() == [text.upper() for text in TEXTS]
    assert sorted(server.texts()) == sorted(late)


def expire_soon():
    """Let pumps end soon after the last orders."""
    from chat_magic.engine.map import dask_cluster

    dask_cluster.EXPIRED_S = 3.0


def n_kept(path):
    """Return how many rows a resume file has."""
    from chat_magic.store.rows import RowsFile

    if not path.exists():
        return 0
    with RowsFile(path) as rows_file:
        return rows_file.count()


def test_a_pump_ends_before_its_client_takes_it_for_lost():
    """So that no row is asked by two workers at a time."""
    assert EXPIRED_S < SILENT_S


def test_a_refusal_for_the_rate_slows_the_whole_map_down(client, server):
    """Each row is sent again when it is its turn."""
    refused = set()

    def once(request):
        text = last_text(request)
        if text in refused or len(refused) >= 3:
            return shout(request)
        refused.add(text)
        return refusal(429, "slow down", **{"Retry-After": "0"})

    server.answer = once
    answers = ask(TEXTS, executor=client, concurrency=4)
    assert answers["answer"].notna().all()
    assert answers.attrs["chat_magic"]["limits"] == ["rate"]
    assert len(server.texts()) == len(TEXTS) + 3


def test_an_error_of_a_row_comes_back(client, server):
    """As without a cluster."""
    answers = ask(["one", "fail", "three"], executor=client)
    assert answers["answer.error"].notna().tolist() == [False, True, False]
    assert "bad words: fail" in answers["answer.error"][1]


def set_variable(name, value):
    """Set a variable of the environment; return what it was."""
    before, os.environ[name] = os.environ.get(name), value
    return before


def test_a_worker_with_another_address_takes_no_part(client, server):
    """The others ask its rows; where none is left, the error says why."""
    other = "http://127.0.0.1:9/v1"
    first, *_ = client.scheduler_info()["workers"]
    client.run(set_variable, "CHAT_MAGIC_BASE_URL", other, workers=[first])
    answers = ask(TEXTS, executor=client, concurrency=4)
    assert sorted(server.texts()) == sorted(TEXTS)
    assert answers.attrs["chat_magic"]["asked_twice"] == 0
    client.run(set_variable, "CHAT_MAGIC_BASE_URL", other)
    with pytest.raises(InvalidRequest, match=r"has a/b at http://127.0.0.1:9/v1/chat"):
        ask(TEXTS, executor=client, concurrency=4)
    assert server.texts() == []
    client.run(set_variable, "CHAT_MAGIC_BASE_URL", server.gateway.base_url)


def test_a_lost_scheduler_ends_the_map_with_what_is_there(
    cluster, client, server, background, tmp_path, go
):
    """`.result` has the rows that were answered."""
    server.answer = held(go, set(TEXTS[10:]))
    resume = tmp_path / "rows.db"
    running = background(ask, TEXTS, executor=client, concurrency=4, resume=resume)
    wait_until(lambda: n_kept(resume) == 10, TIMEOUT_S * 2)
    cluster.close()
    with pytest.raises(ExecutorLost, match="scheduler") as caught:
        running.result(timeout=TIMEOUT_S * 2)
    go.set()
    assert caught.value.result["answer"].notna().sum() == 10

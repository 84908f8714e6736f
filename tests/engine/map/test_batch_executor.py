"""The executor that leaves rows to a provider's Batch API: what it takes, and what it leaves."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import pytest

from chat_magic.engine.map import batch_run
from chat_magic.engine.map.batch_executor import BatchExecutor
from chat_magic.engine.map.row_executor import MapLimits, MapPorts
from chat_magic.engine.tool_functions import with_tools
from chat_magic.errors import BudgetExceeded, ChatInterrupted, InvalidRequest
from chat_magic.store.batch_parts import BatchParts
from chat_magic.transport.batch_api import NoBatchApi
from tests.engine.map.batches import BatchCall, Clock, open_rows, outcomes, rows_of
from tests.engine.test_chat_map import ask
from tests.gateway import BatchService, whole
from tests.waiting import TIMEOUT_S


@pytest.fixture
def rows_file(tmp_path):
    """A resume file."""
    with open_rows(tmp_path / "map.db") as rows_file:
        yield rows_file


def test_there_must_be_a_resume_file(session):
    """Else the batches could be forgotten."""
    ports = MapPorts(session=session, limits=MapLimits(), rows_file=None, put=print, fail=print)
    with pytest.raises(InvalidRequest, match='executor "batch" requires a resume file'):
        BatchExecutor().start(ports)


def test_it_takes_as_many_rows_as_there_are():
    """They wait in files, not in memory."""
    assert BatchExecutor().capacity > 10**9


def test_the_local_model_has_no_batches(rows_file):
    """The error says how to ask it."""
    with (
        BatchCall(rows_file) as call,
        pytest.raises(InvalidRequest, match="has no Batch API; leave out executor="),
    ):
        call.ask(rows_of("one", model="local"))


def test_functions_cannot_be_run_in_a_batch(gateway, rows_file):
    """Their results would have to be sent on."""

    def look_up(name: str) -> str:
        """Look a name up."""
        return name

    gateway(BatchService())
    (row,) = rows_of("one")
    _, tools = with_tools(row.call.request, [look_up], None)
    row = replace(row, call=replace(row.call, tools=tools))
    with BatchCall(rows_file) as call, pytest.raises(InvalidRequest, match="functions of tools="):
        call.ask([row])


def test_a_server_without_batches_is_told_from_one_that_refuses(gateway, rows_file):
    """Nothing is noted as sent."""
    gateway(whole({"detail": "Not Found"}, status=404))
    with BatchCall(rows_file) as call, pytest.raises(NoBatchApi, match="has no Batch API"):
        call.ask(rows_of("one"))
    with BatchParts(rows_file.path) as parts:
        assert parts.sent() == []


PRICES = """
[prices]
"a/b" = { input = 10, output = 10, tiers.batch = { input = 5, output = 5 } }
"a/c" = { input = 10, output = 10 }
"""


def test_no_row_is_sent_that_could_pass_the_cost(gateway, rows_file, config_file):
    """Each row is taken to have as many tokens as its limit allows, at the price of batches."""
    service = BatchService()
    gateway(service)
    config_file(PRICES)
    rows = rows_of("0123", "4567", "89ab", max_completion_tokens=99)
    limits = MapLimits(max_cost=2 * 100 * 5e-6)
    with (
        BatchCall(rows_file, limits=limits) as call,
        pytest.raises(BudgetExceeded, match=r"max_cost \$0.001: the rows before this one may cost"),
    ):
        call.ask(rows)
    assert service.calls == []
    with BatchCall(rows_file, limits=limits) as call:
        assert outcomes(call.ask(rows[:2])) == ["0123", "4567"]


def test_a_cost_is_limited_only_where_the_price_of_batches_is_known(
    gateway, rows_file, config_file
):
    """That of other requests is another."""
    gateway(BatchService())
    config_file(PRICES)
    with (
        BatchCall(rows_file, limits=MapLimits(max_cost=1.0)) as call,
        pytest.raises(InvalidRequest, match=r'"a/c"\.tiers\.batch'),
    ):
        call.ask(rows_of("one", model="a/c"))


@pytest.fixture
def waiting(gateway, rows_file):
    """A call that was ended while its batch goes on, and the provider."""
    service = BatchService(states=("in_progress",) * 10**6)
    gateway(service)
    asked = threading.Event()
    with BatchCall(rows_file, Clock(lambda number: asked.set() if number == 2 else None)) as call:
        call.executor.submit(rows_of("one", "two"))
        call.executor.finish()
        assert asked.wait(30)
        n_arrived = call.arrivals.qsize()
    assert n_arrived == call.arrivals.qsize() == 0
    return call, service


def test_ending_the_waiting_leaves_the_batches(waiting, session):
    """They are a job still, which says what they are."""
    call, service = waiting
    (job,) = session.jobs.running()
    assert job is call.executor.job
    assert job.model == "a/b"
    assert job.state == "1 batch in progress: 0 of 2 rows"
    assert call.executor.notice == (
        "1 batch with 2 rows goes on at 127.0.0.1: the same call takes it up, "
        f"%chat /jobs cancel {job.number} cancels it"
    )
    assert service.deleted == []


def test_a_cancelled_job_is_cancelled_at_the_provider(waiting, session, rows_file):
    """The next call keeps what it had answered, and asks for the rest in the one after."""
    call, service = waiting
    service._n_answered = 1
    session.jobs.cancel(call.executor.job.number)
    assert service.calls[-1] == "POST /batches/cancel"
    assert call.executor.job.state == "cancelling"
    with BatchCall(rows_file) as second:
        found = outcomes(second.ask(rows_of("one", "two")))
    assert found[0] == "one"
    assert "the batch was cancelled before this row was answered" in found[1]
    assert session.jobs.running() == []
    assert second.executor.notice is None


def test_the_job_goes_on_under_its_number(waiting, session, rows_file):
    """A second call takes up the same one, which ends with it."""
    call, service = waiting
    number = call.executor.job.number
    for batch in service.batches.values():
        batch["left"] = ["completed"]
    with BatchCall(rows_file) as second:
        assert second.executor.job.number == number
        assert outcomes(second.ask(rows_of("one", "two"))) == ["one", "two"]
    assert session.jobs.running() == []


@pytest.fixture
def quick(monkeypatch):
    """Poll without pauses that a test would notice."""
    monkeypatch.setattr(batch_run, "_FIRST_S", 0.01)
    monkeypatch.setattr(batch_run, "_LAST_S", 0.01)


def test_a_map_by_batches_returns_the_same_table(gateway, tmp_path, quick):
    """The data in their order, and how many rows were asked now."""
    gateway(BatchService())
    texts = ["one", "two", "one"]
    answers = ask(texts, executor="batch", resume=tmp_path / "map.db")
    assert answers["text"].tolist() == texts
    assert answers["answer"].tolist() == texts
    assert answers["answer.completion_tokens"].tolist() == [1, 1, 1]
    facts = answers.attrs["chat_magic"]
    assert (facts["rows"], facts["failed"], facts["resumed"]) == (3, 0, 0)
    again = ask(texts, executor="batch", resume=tmp_path / "map.db")
    assert again.attrs["chat_magic"]["resumed"] == 3


def test_a_map_by_batches_has_a_resume_file_of_its_own(gateway, tmp_path, monkeypatch, quick):
    """However few rows there are; it cannot be turned off."""
    service = BatchService()
    gateway(service)
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(tmp_path / "history.db"))
    for data in (["one"], iter(["two"])):
        ask(data, executor="batch", resume=None)
    assert len(list((tmp_path / "maps").glob("*.db"))) == 1
    ask(["one", "two"], executor="batch", resume=None)
    assert len(service.batches) == 2
    with pytest.raises(InvalidRequest, match='resume False: executor "batch" keeps in the file'):
        ask(["one"], executor="batch", resume=False)


def test_an_interrupt_says_how_to_cancel_and_the_same_call_goes_on(
    gateway, tmp_path, quick, session
):
    """The batch goes on; nothing is uploaded again."""
    service = BatchService(states=("in_progress",) * 10**6)
    server = gateway(service)
    interrupts = iter([signal.SIGINT])  # a second one would end what tells of the first

    def interrupt(request):
        if request.path.endswith("batch_0"):
            for number in interrupts:
                signal.raise_signal(number)
        return service(request)

    server._answers = (interrupt,)
    with pytest.raises(ChatInterrupted) as caught:
        ask(["one", "two"], executor="batch", resume=tmp_path / "map.db")
    (job,) = session.jobs.running()
    assert str(caught.value).endswith(
        "1 batch with 2 rows goes on at 127.0.0.1: the same call takes it up, "
        f"%chat /jobs cancel {job.number} cancels it"
    )
    assert caught.value.result["answer"].isna().all()
    server._answers = (service,)
    service.batches["batch_0"]["left"] = ["completed"]
    answers = ask(["one", "two"], executor="batch", resume=tmp_path / "map.db")
    assert answers["answer"].tolist() == ["one", "two"]
    assert service.calls.count("POST /files") == 1
    assert session.jobs.running() == []


MAP = """
import sys
from chat_magic import chat_map
chat_map(["one", "two"], "{{ text }}", executor="batch", resume=sys.argv[1], progress=False)
"""


@pytest.mark.parametrize("moment", ["POST /v1/batches", "GET /v1/batches/batch_0"])
def test_after_a_killed_process_the_same_call_uploads_nothing_again(
    gateway, tmp_path, quick, start_python, moment
):
    """Killed once the provider has the batch: before it is told so, or while it waits."""
    service, path = BatchService(states=("in_progress",) * 10**6), tmp_path / "map.db"
    running = []

    def kill(request):
        answer = service(request)
        if f"{request.method} {request.path}" == moment:
            running[0].kill()
        return answer

    server = gateway(kill)
    running.append(start_python(MAP, path))
    assert running[0].wait(TIMEOUT_S) == -signal.SIGKILL
    server._answers = (service,)
    service.batches["batch_0"]["left"] = ["completed"]
    answers = ask(["one", "two"], executor="batch", resume=path)
    assert answers["answer"].tolist() == ["one", "two"]
    assert service.calls.count("POST /files") == 1
    assert len(service.batches) == 1

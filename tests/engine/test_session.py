"""Sessions: what they share and what they do not, the default one, and their list of jobs."""

from __future__ import annotations

import copy
import os
import pickle
import threading
import time

import pytest

from chat_magic import InvalidRequest
from chat_magic.core.request.request import read_fields
from chat_magic.engine import session as module
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import JobList, Session, default_session
from chat_magic.transport.credentials import Secret
from tests.completions import completion, delta
from tests.gateway import HOLD, events, streamed
from tests.waiting import TIMEOUT_S

REQUEST = read_fields({"messages": "Hi"}, allow_extra=False)


@pytest.fixture
def sessions():
    """Two sessions of one process, closed at the end."""
    both = Session(), Session()
    yield both
    for session in both:
        session.close()


def ask(session):
    """Return the text of an answer that a session receives."""
    return start_answer(session, prepare_call(session, REQUEST)).wait().text


def test_sessions_do_not_share_settings(gateway, sessions):
    """What one sets is not sent by the other."""
    server = gateway(streamed(completion("Hi")))
    sessions[0].configuration.set("temperature", 0.5)
    assert [ask(session) for session in sessions] == ["Hi", "Hi"]
    assert [request.json.get("temperature") for request in server.requests] == [0.5, None]


def test_sessions_do_not_share_keys(sessions, own_keyring):
    """A key that one has found in the keyring is not known to the other until it looks."""
    sessions[0].keys.store("A_KEY", Secret("sk-canary-of-a-session"))
    assert sessions[0].keys.find_key("A_KEY") == sessions[0].keys.cached_key("A_KEY")
    assert sessions[1].keys.cached_key("A_KEY") is None


def test_sessions_do_not_share_connections_or_threads(gateway, sessions):
    """Each reuses its own connection, on its own loop."""
    server = gateway(streamed(completion("Hi")))
    for session in (*sessions, *sessions):
        ask(session)
    assert [request.connection for request in server.requests] == [0, 1, 0, 1]

    async def thread():
        return threading.current_thread()

    assert len({session.loop.submit(thread()).result(TIMEOUT_S) for session in sessions}) == 2


def test_a_session_that_is_closed_cancels_its_requests_and_can_be_used_again(gateway, sessions):
    """The requests of other sessions continue."""
    server = gateway(events(delta("Half"), HOLD), streamed(completion("Hi")))
    session, other = sessions
    handle = start_answer(session, prepare_call(session, REQUEST))
    server.wait_for_request()
    session.close()
    assert server.requests[0].closed.wait(TIMEOUT_S)
    with pytest.raises(KeyboardInterrupt):
        handle.wait()
    assert [ask(session), ask(other)] == ["Hi", "Hi"]


def test_the_default_session_is_made_once(monkeypatch):
    """Also if many threads ask for it at the same time."""
    made, returned, n_threads = [], [], 8
    start = threading.Barrier(n_threads)

    def make():
        made.append(Session())
        time.sleep(0.01)  # long enough for the other threads to get here too
        return made[-1]

    def get():
        start.wait(TIMEOUT_S)
        returned.append(default_session())

    monkeypatch.setattr(module, "_default", None)
    monkeypatch.setattr(module, "Session", make)
    threads = [threading.Thread(target=get) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert len(made) == 1
    assert returned == made * n_threads


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_session_cannot_be_pickled_or_copied(copier):
    """The error says why."""
    with pytest.raises(TypeError, match="a session cannot be pickled: it holds connections"):
        copier(Session())


FORK = """
import os, warnings
import chat_magic
from chat_magic.engine.session import default_session

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork with threads
default_session().configuration.set("temperature", 0.5)
print(chat_magic.chat("parent").text, flush=True)
child = os.fork()
if not child:
    print(chat_magic.chat("child").text, flush=True)
    os._exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, chat_magic.chat("parent").text)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_child_has_the_settings_and_a_connection_of_its_own(gateway, run_python):
    """The parent still uses its connection afterwards; neither process warns."""
    server = gateway(lambda request: streamed(completion(request.json["messages"][0]["content"])))
    done = run_python(FORK, flags=["-W", "always"])
    assert (done.stdout, done.stderr) == ("parent\nchild\n0 parent\n", "")
    assert [request.connection for request in server.requests] == [0, 1, 0]
    assert [request.json["temperature"] for request in server.requests] == [0.5] * 3


class FakeJob:
    """A job that records whether it was cancelled."""

    def __init__(self, number):
        self.number = number
        self.is_cancelled = False

    def cancel(self):
        self.is_cancelled = True


def test_jobs_are_numbered_from_1_and_listed_while_they_run():
    """A job that is removed is not listed any more; removing it twice does no harm."""
    jobs = JobList()
    first, second = (FakeJob(jobs.next_number()) for _ in range(2))
    jobs.add(first)
    jobs.add(second)
    assert ([job.number for job in jobs.running()], jobs.next_number()) == ([1, 2], 3)
    jobs.remove(first)
    jobs.remove(first)
    assert jobs.running() == [second]


def test_a_job_is_cancelled_by_its_number():
    """A number that is not running is an error that lists those that are."""
    jobs = JobList()
    job = FakeJob(7)
    with pytest.raises(InvalidRequest, match=r"/jobs cancel 7: no such job is running$"):
        jobs.cancel(7)
    jobs.add(job)
    with pytest.raises(InvalidRequest, match=r"no such job is running; those running are 7$"):
        jobs.cancel(8)
    assert jobs.cancel(7) is job
    assert job.is_cancelled


def test_presets_are_beside_the_config_file(tmp_path, monkeypatch):
    """All sessions that read the same config file share them."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    Session().presets.save("terse", "%%chat a/b --temperature 0.1")
    assert Session().presets.names() == ["terse"]
    assert (tmp_path / "chat_magic_presets.json").exists()

"""What servers do is asked, said, kept, and used before requests are sent."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic.core.reply.capability import FEATURES
from chat_magic.engine.capabilities import CapabilityBook
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError, InvalidRequest
from chat_magic.view.bundle import MIME_TYPE
from tests.completions import completion
from tests.gateway import server_with, streamed, whole


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keep findings in a folder of their own, and return the history's path there."""
    path = tmp_path / "data" / "history.db"
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(path))
    return path


def test_the_number_of_requests_and_their_cost_are_said_first(gateway, config_file, capsys):
    """The table has a row for each feature."""
    config_file('[prices]\n"a/b" = { input = 10, output = 20 }')
    gateway(server_with())
    table = chat_magic.capabilities("a/b")
    assert capsys.readouterr().out == (
        "capabilities of a/b: at most 12 requests, with about 500 tokens in and 250 out; "
        "about $0.01\n"
    )
    assert table.columns.tolist() == ["run", "feature", "support", "detail"]
    assert table["feature"].tolist() == list(FEATURES)


@pytest.mark.parametrize("model", ["", " ", None, 5])
def test_what_is_no_model_is_refused_before_anything_is_sent(gateway, model):
    """The error says what is."""
    server = gateway(server_with())
    with pytest.raises(InvalidRequest, match=r"model .*: must be a model such as vendor/model"):
        chat_magic.capabilities(model)
    assert server.requests == []


def test_an_unknown_price_is_said(gateway, capsys):
    """It is not guessed."""
    gateway(server_with())
    chat_magic.capabilities("a/b")
    assert "its price is not known" in capsys.readouterr().out


def test_a_server_that_ignores_n_is_asked_once_for_each_choice(gateway):
    """It is said before, and n is not sent."""
    server = gateway(server_with(ignores=["n"]))
    chat_magic.capabilities("a/b")
    n_before = len(server.requests)
    result = chat_magic.chat("Hi", model="a/b", n=5)
    assert len(result.choices) == 5
    assert result.warnings[0] == "this server ignores n: 5 requests will be sent"
    sent = [request.json for request in server.requests[n_before:]]
    assert len(sent) == 5
    assert not any("n" in body for body in sent)


def test_branches_are_off_where_a_prefill_is_not_continued(gateway):
    """The result says why."""
    gateway(server_with(prefill="starts anew"))
    chat_magic.capabilities("a/b")
    result = chat_magic.chat("Hi", model="a/b")
    (drawn,) = result._repr_mimebundle_()[MIME_TYPE]["results"]
    assert drawn["no_branch"] == "this server starts a new turn after an assistant message"


def test_other_models_and_servers_are_not_concerned(gateway):
    """What is known is known of one model of one server."""
    server = gateway(server_with(ignores=["n"]))
    chat_magic.capabilities("a/b")
    n_before = len(server.requests)
    assert chat_magic.chat("Hi", model="a/c", n=2, top_up=False).warnings[:1] != (
        "this server ignores n: 1 will come",
    )
    assert server.requests[n_before].json["n"] == 2


def test_findings_are_kept_beside_the_history_for_the_next_session(gateway, kept):
    """They have a date."""
    server = gateway(server_with(refuses=["seed"]))
    chat_magic.capabilities("a/b")
    session = default_session()
    book = CapabilityBook(session.history.folder)
    known = book.find("a/b", session.endpoints.find("a/b"))
    assert known is not None
    assert known.lacks("seed")
    assert known.checked_s > 1.7e9
    text = kept.with_name("capabilities.json").read_text("utf-8")
    assert f"{server.base_url}/chat/completions" in text
    assert "sk-canary" not in text


def test_nothing_is_written_where_the_history_is_off(gateway, tmp_path, monkeypatch):
    """The session knows it all the same."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    gateway(server_with(refuses=["seed"]))
    chat_magic.capabilities("a/b")
    assert not list(tmp_path.rglob("*.json"))
    session = default_session()
    assert session.capabilities.find("a/b", session.endpoints.find("a/b"))


@pytest.mark.parametrize("status", [401, 429])
def test_a_refusal_of_everything_is_an_error_and_nothing_is_kept(gateway, status):
    """It says nothing about the features."""
    gateway(whole({"error": {"message": "no"}}, status=status))
    with pytest.raises(ApiError):
        chat_magic.capabilities("a/b")
    session = default_session()
    assert session.capabilities.find("a/b", session.endpoints.find("a/b")) is None


def test_a_dry_run_names_what_the_server_does_not_do(gateway, session):
    """It is said before anything is spent."""
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import build_request, prepare_call
    from chat_magic.shell.dry_run import describe_plan

    gateway(server_with(ignores=["n"]), streamed(completion("x")))
    chat_magic.capabilities("a/b")
    request, _ = build_request("Hi", "a/b", None, None, {"n": 3}, None)
    call = prepare_call(session, request)
    assert call.notices == ("this server ignores n: 3 requests will be sent",)
    plan = GridPlan(axes=(), calls=(call,), coordinates=({},))
    assert call.notices[0] in describe_plan(plan, session.endpoints)

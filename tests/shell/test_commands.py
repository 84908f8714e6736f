"""The commands of the line magic, run in a shell of their own."""

from __future__ import annotations

import getpass
import re

import pytest

from chat_magic import load_ipython_extension, unload_ipython_extension
from chat_magic.core.cell.cell import read_prompt
from chat_magic.core.request.config import read_config
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.shell import commands
from chat_magic.shell.commands import COMMANDS
from chat_magic.store.batch_parts import BatchParts, BatchRow
from chat_magic.store.rows import RowsFile
from tests.gateway import BatchService, Gateway, whole

KEY = "sk-canary-in-a-command"


@pytest.fixture
def chat(shell, monkeypatch):
    """Return the line magic, and ask for keys without a terminal."""
    load_ipython_extension(shell)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: KEY)
    yield lambda line: shell.run_line_magic("chat", line)
    unload_ipython_extension(shell)


@pytest.mark.usefixtures("no_environment")
def test_config_shows_each_setting_and_where_it_came_from(chat, config_file, monkeypatch, capsys):
    """Of a key only whether it is set; secrets in addresses and headers are masked."""
    path = config_file(
        """
        [defaults]
        temperature = 0.1
        store = false
        [aliases]
        fast = "v/fast"
        [endpoints.v]
        base_url = "https://me:canary-pw@v.example/v1"
        key = "V_KEY"
        takes = "model"
        headers = { "X-Team" = "canary-team" }
        [routes]
        "v/*" = "v"
        [prices]
        "v/*" = { input = 2.5, output = 10 }
        """
    )
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    monkeypatch.setenv("CHAT_MAGIC_API_KEY", KEY)
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", f"https://a.example/v1?key={KEY}")
    table = chat("/config")
    assert list(table) == ["setting", "value", "source"]
    assert table.to_numpy().tolist() == [
        ["config file", str(path), "read"],
        ["model", "", "nothing is set"],
        ["base_url", "https://a.example/v1?key=***", "CHAT_MAGIC_BASE_URL"],
        ["temperature", "0.2", "CHAT_MAGIC_TEMPERATURE"],
        ["store", "false", "chat_magic.toml"],
        ["key CHAT_MAGIC_API_KEY", "set", "the environment"],
        ["key OPENAI_API_KEY", "not set", ""],
        ["key V_KEY", "not set", ""],
        ["endpoint v", "https://me:***@v.example/v1, takes model, with X-Team", "chat_magic.toml"],
        ["route v/*", "v", "chat_magic.toml"],
        ["alias fast", "v/fast", "chat_magic.toml"],
        ["price v/*", "$2.5 in, $10 out per million tokens", "chat_magic.toml"],
    ]
    assert "canary" not in capsys.readouterr().out


def test_models_are_listed_and_filtered(chat, monkeypatch, capsys):
    """As a table, which is also displayed."""
    models = [
        {"id": "b/two", "owned_by": "b", "created": 1700000000, "context_length": 8192},
        {"id": "a/one"},
    ]
    with Gateway(whole({"data": models})) as gateway:
        monkeypatch.setenv("CHAT_MAGIC_BASE_URL", gateway.base_url)
        table = chat("/models")
        found = chat("-m a/any /models  TWO ")
    assert table["id"].tolist() == ["a/one", "b/two"]
    assert found["id"].tolist() == ["b/two"]
    assert found["created"].astype(str).tolist() == ["2023-11-14 22:13:20+00:00"]
    assert found["context_length"].dtype == "Int64"
    assert table["owned_by"].isna().tolist() == [True, False]
    assert "a/one" in capsys.readouterr().out


def test_a_key_is_asked_for_and_saved_in_the_keyring(chat, own_keyring, monkeypatch, capsys):
    """By the name of the vendor or of the variable; the environment takes precedence."""
    chat("/key set openai")
    assert own_keyring.passwords == {("chat-magic", "OPENAI_API_KEY"): KEY}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-other")
    chat("/key forget OPENAI_API_KEY")
    chat("/key forget openai")
    assert own_keyring.passwords == {}
    assert capsys.readouterr().out.splitlines() == [
        "OPENAI_API_KEY is in the keyring.",
        "OPENAI_API_KEY is no longer in the keyring; the one in the environment is used.",
        "OPENAI_API_KEY was not in the keyring; the one in the environment is used.",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/modles", "unknown command /modles; did you mean /models?.*%chat --"),
        ("/draw", "unknown command /draw"),
        ("/etc/passwd is what?", "unknown command /etc/passwd"),
        ("/config now", "/config takes no arguments, got 'now'"),
        ("--temperature 1 /config", "/config takes no options"),
        ("-m a/b /config", "/config takes no options"),
        ("--dry-run /models", "/models takes no options except -m"),
        ("/key", "%chat /key set VENDOR or %chat /key forget VENDOR"),
        ("/key set", "%chat /key set VENDOR or"),
        (f"/key set openai {KEY}", "/key set takes no key on the line"),
        (f"/key set {KEY}", "unknown vendor; expected one of gateway, openai, or an endpoint"),
        ("/key set opnai", "did you mean openai"),
    ],
)
def test_an_invalid_command_is_an_error_that_never_repeats_a_key(chat, line, words):
    """It names the nearest command, or what the command takes."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        chat(line)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("error", [EOFError, NotImplementedError])
def test_without_input_a_key_cannot_be_set(chat, own_keyring, monkeypatch, error):
    """As in a scheduled notebook."""

    def ask(_prompt):
        raise error

    monkeypatch.setattr(getpass, "getpass", ask)
    with pytest.raises(InvalidRequest, match="cannot ask for the key"):
        chat("/key set openai")


def test_help_lists_every_command(chat, capsys):
    """Once each, in the order of the table."""
    assert chat("/help") is None
    assert re.findall(r"%chat (/\w+)", capsys.readouterr().out) == list(COMMANDS)


@pytest.mark.parametrize("line", ["-- /help", "--raw -- /help", "{{ command }}"])
def test_a_prompt_can_begin_with_a_slash(line):
    """After `--`, or inserted by a template, which is always text."""
    read = read_prompt(f"%chat {line}", {"command": "/help"})
    assert (read.command, read.request.messages[0].content) == (None, "/help")


def test_a_command_is_not_a_template():
    """Its arguments are not filled in."""
    assert read_prompt("%chat -m a/b /models {{ x }}", {}).command == "/models {{ x }}"


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ("{ input = 2, output = 8 }", "$2 in, $8 out per million tokens"),
        ("{ input = 2, cached_input = 0.5 }", "$2 in, $0.5 cached_input per million tokens"),
        (
            "{ output = 8, tiers.flex = { output = 4 } }",
            "$8 out per million tokens, other prices at flex",
        ),
    ],
)
def test_a_price_is_described_as_far_as_it_is_known(prices, words):
    """Each kind of token that has one."""
    price = read_config(f'[prices]\n"a/b" = {prices}', "f").prices["a/b"]
    assert commands._describe_price(price) == words


def test_batches_of_an_earlier_kernel_are_jobs(chat, tmp_path, monkeypatch, gateway, capsys):
    """They are found by the resume files beside the history, and cancelled by number."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(tmp_path / "history.db"))
    service = BatchService()
    service.batches["batch_0"] = {"id": "batch_0", "status": "in_progress"}
    gateway(service)
    RowsFile(tmp_path / "maps" / "one.db").close()
    with BatchParts(tmp_path / "maps" / "one.db") as parts:
        number = parts.begin("a/b", [BatchRow(custom_id="c", key="k")], 1_700_000_000.0)
        parts.note_file(number, "file_0")
        parts.note_batch(number, "batch_0")
    before = {job.number for job in default_session().jobs.running()}
    rows = COMMANDS["/jobs"].run("", None).to_dict("records")
    (row,) = [row for row in rows if row["job"] not in before]
    assert row["model"] == "a/b"
    assert row["state"] == "1 batch sent: 0 of 1 rows"
    chat(f"/jobs cancel {row['job']}")
    assert capsys.readouterr().out == f"Job {row['job']} is cancelled.\n"
    assert service.batches["batch_0"]["status"] == "cancelling"
    for job in default_session().jobs.running():
        default_session().jobs.remove(job)

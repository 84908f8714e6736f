"""Cassettes in use: recorded, replayed by a colleague, in CI, and filled from the history."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import chat_magic
from chat_magic.engine.history_recorder import CellPlace
from chat_magic.errors import CacheMiss
from chat_magic.transport.configuration import Configuration
from tests.completions import completion
from tests.engine.sample_tools import PARIS, calling, get_weather
from tests.gateway import streamed

KEY = "sk-canary-1234567890"
FILE = "demo.chat.jsonl"


@pytest.fixture(autouse=True)
def _own_files(history_file, monkeypatch, tmp_path):
    """Each test has a history, a folder and no CI of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


COLLEAGUE = """
import chat_magic
results = [
    chat_magic.chat("Hi"),
    chat_magic.chat("Hi", model="fast", temperature=1),
    chat_magic.chat("Hi", n=2, top_logprobs=3),
    *chat_magic.chat_grid("{{ w }}", vary={"w": {"x": "a", "y": "a"}}).results,
]
print([result.text for result in results], all(result.replayed for result in results))
"""
CONFIG = """
[defaults]
temperature = 0.3
seed = 7
[aliases]
fast = "a/small"
"""


def ask_all():
    """Send what the colleague's code asks."""
    chat_magic.chat("Hi")
    chat_magic.chat("Hi", model="fast", temperature=1)
    chat_magic.chat("Hi", n=2, top_logprobs=3)
    chat_magic.chat_grid("{{ w }}", vary={"w": {"x": "a", "y": "a"}}, concurrency=1)


def numbered():
    """Return a script that answers with the number of the request."""
    count = 0

    def answer(request):
        nonlocal count
        count += 1
        return streamed(completion(*[f"answer {count}"] * request.json.get("n", 1)))

    return answer


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_colleague_without_key_or_configuration_gets_the_answers(
    gateway, config_file, monkeypatch, tmp_path, run_python, ci
):
    """Defaults, aliases and the model are those of the recording; nothing is sent."""
    config_file(CONFIG)
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    server = gateway(numbered())
    ask_all()
    assert len(server.requests) == 5
    home = tmp_path / "elsewhere"
    home.mkdir()
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment |= {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home),
        "CHAT_MAGIC_CASSETTE": str(tmp_path / FILE),
        "CHAT_MAGIC_WEIGHTS": "there is no model",
        "CI": ci,
    }
    ran = run_python(COLLEAGUE, env=environment, cwd=Path(__file__).parents[2])
    expected = ["answer 1", "answer 2", "answer 3", "answer 4", "answer 5"]
    assert ran.stdout.strip() == f"{expected} True", ran.stderr
    assert len(server.requests) == 5


def test_no_key_header_or_address_is_in_it(gateway, monkeypatch):
    """Nor what a server sent as one."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    server = gateway(calling(PARIS), streamed(completion(f"your key is {KEY}")))
    chat_magic.chat(f"my key is {KEY}", tools=[get_weather])
    text = Path(FILE).read_text("utf-8")
    assert len(text.splitlines()) == 3
    for secret in (KEY, KEY[:12], "127.0.0.1", str(server.port), "Authorization"):
        assert secret not in text


def test_a_request_that_differs_by_what_is_configured_is_found(gateway, monkeypatch):
    """By the key of the request as it was written."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    server = gateway(numbered())
    chat_magic.chat("Hi")
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.9")
    monkeypatch.setenv("CHAT_MAGIC_MODEL", "c/d")
    result = chat_magic.chat("Hi")
    assert (result.replayed, result.model, len(server.requests)) == (True, "a/b", 1)
    assert not chat_magic.chat("Hi", temperature=0.5).replayed


def test_an_answer_of_the_cache_is_copied_into_it(gateway):
    """The cassette alone is what a reader gets."""
    server = gateway(numbered())
    chat_magic.chat("Hi", cache=True)
    Path(FILE).write_text("")
    assert chat_magic.chat("Hi", cassette=FILE).replayed
    assert len(Path(FILE).read_text().splitlines()) == 2
    assert len(server.requests) == 1


def test_without_a_key_a_miss_is_an_error(gateway, monkeypatch):
    """No local model answers in the place of the one that was recorded."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    gateway(numbered())
    chat_magic.chat("Hi")
    for name in ("CHAT_MAGIC_BASE_URL", "CHAT_MAGIC_API_KEY", "CHAT_MAGIC_MODEL"):
        monkeypatch.delenv(name)
    assert chat_magic.chat("Hi").replayed
    with pytest.raises(CacheMiss, match=r"a/b: no answer .* no key for it is found"):
        chat_magic.chat("Ho")


def test_a_new_file_is_filled_from_the_history(gateway, session, monkeypatch, tmp_path):
    """With the last complete answer of each cell of the notebook, at no cost."""
    server = gateway(numbered())
    place = CellPlace(notebook=str(tmp_path / "books" / "a.ipynb"), cell_id="c1", source="x")
    monkeypatch.setattr(session.history, "locate", lambda: place)
    chat_magic.chat("first")
    chat_magic.chat("second")
    place = CellPlace(notebook=place.notebook, cell_id="c2", source="x")
    chat_magic.chat_grid("{{ w }}", vary={"w": {"x": "a", "y": "a"}}, concurrency=1)
    cassette = session.cassettes.open(FILE)
    assert cassette.path == tmp_path / "books" / FILE
    assert [one.request["messages"][0]["content"] for one in cassette.recordings()] == [
        "second", "a", "a",
    ]  # fmt: skip
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    assert chat_magic.chat("second").replayed
    assert chat_magic.chat_grid("{{ w }}", vary={"w": {"x": "a", "y": "a"}}).replayed
    assert len(server.requests) == 4


def test_the_rounds_of_tools_are_filled_in_too(gateway, session, monkeypatch):
    """Each as the answer to a request of its own."""
    server = gateway(calling(PARIS), streamed(completion("Sunny")))
    chat_magic.chat("Weather?", tools=[get_weather])
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    result = chat_magic.chat("Weather?", tools=[get_weather])
    assert (result.text, result.replayed, len(server.requests)) == ("Sunny", True, 2)


def test_a_broken_line_is_a_warning_of_the_result(gateway, monkeypatch):
    """The answer is not harmed."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    gateway(numbered())
    Path(FILE).write_text("broken\n")
    result = chat_magic.chat("Hi")
    assert any("line 1 is skipped" in warning for warning in result.warnings)


def test_lines_that_are_no_answers_are_skipped(gateway, monkeypatch):
    """One that was changed by hand, say; the cache has the answer and it is recorded again."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    server = gateway(numbered())
    chat_magic.chat("Hi")
    head, line = Path(FILE).read_text("utf-8").splitlines()
    value = json.loads(line)
    value["result"]["result"]["reply"] = "rubbish"
    Path(FILE).write_text(f"{head}\n{json.dumps(value)}\n")
    assert chat_magic.chat("Hi").replayed
    assert len(server.requests) == 1
    assert len(Path(FILE).read_text("utf-8").splitlines()) == 3


def test_relative_paths_are_to_the_working_folder_without_a_notebook(session, tmp_path):
    """`~` is the home folder."""
    assert session.cassettes.path_of(FILE) == tmp_path / FILE
    assert session.cassettes.path_of("~/x") == Path.home() / "x"
    assert session.cassettes.path_of(f"sub/../{FILE}") == (tmp_path / FILE).resolve()
    assert Configuration().flag("cache") is None

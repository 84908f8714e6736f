"""From the text of a cell to its plan and its task: options, namespace and the last result."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import chat_magic
from chat_magic import InvalidRequest, load_ipython_extension, unload_ipython_extension
from chat_magic.core.request.label_set import LabelSet
from chat_magic.engine.session import Session, default_session
from chat_magic.shell.cell_runner import CellRunner
from tests.completions import completion
from tests.gateway import streamed


@dataclass
class Person:
    age: int


def now() -> str:
    """Tell the time."""
    return "noon"


@pytest.fixture
def plan():
    """Return a function that plans a cell with a namespace and a last result."""

    def plan(cell, *, last_result=None, **namespace):
        runner = CellRunner(default_session(), namespace, lambda: last_result)
        return runner.plan(runner.read(cell))

    return plan


@pytest.fixture
def answer(gateway):
    """Return the result of a request with two choices."""
    gateway(streamed(completion("zero", "one")))
    return chat_magic.chat("Hi", n=2, model="c/d")


@pytest.mark.parametrize(
    ("cell", "out", "is_silent", "is_background", "is_dry_run"),
    [
        ("%%chat local\nHi", None, False, False, False),
        ("%%chat local --out r ;\nHi", "r", True, False, False),
        ("%%chat local --background\nHi", None, False, True, False),
        ("%chat -m local --dry-run -o r Hi", "r", False, False, True),
    ],
)
def test_the_options_of_a_cell_are_in_its_plan(
    plan, cell, out, is_silent, is_background, is_dry_run
):
    """A `%chat` line is planned like a cell."""
    planned = plan(cell)
    assert (planned.out, planned.is_silent) == (out, is_silent)
    assert (planned.is_background, planned.is_dry_run) == (is_background, is_dry_run)
    (call,) = planned.calls.calls
    assert [message.content for message in call.request.messages] == ["Hi"]


def test_limits_schema_and_tools_apply_to_the_call(plan):
    """Names are looked up in the notebook."""
    planned = plan(
        "%%chat local --timeout 9 --retries 4 --no-top-up --schema Person --tools now "
        "--max-tool-rounds 2\nHi",
        Person=Person,
        now=now,
    )
    (call,) = planned.calls.calls
    assert (call.limits.timeout_s, call.limits.retries, call.limits.top_up) == (9.0, 4, False)
    assert call.schema.name == "Person"
    assert (call.tools.functions, call.tools.max_rounds) == ({"now": now}, 2)


def test_a_grid_is_planned_with_its_concurrency(plan):
    """Each variant is a call."""
    planned = plan("%%chat --models local/a,local/b --concurrency 3 --out rs\nHi")
    assert (planned.calls.models, planned.calls.concurrency) == ("local/a, local/b", 3)


@pytest.mark.parametrize(
    ("option", "contents"),
    [
        ("-c", ["Hi", "zero", "On"]),
        ("--after r", ["Hi", "zero", "On"]),
        ("--after r:1", ["Hi", "one", "On"]),
    ],
)
def test_a_cell_continues_from_a_result(plan, answer, option, contents):
    """`-c` from the last one, `--after` from that of a name, with its model."""
    (call,) = plan(f"%%chat {option}\nOn", last_result=answer, r=answer).calls.calls
    assert [message.content for message in call.request.messages] == contents
    assert call.request.model == "c/d"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-c", "-c: there is no result yet to continue from"),
        ("-c --after r", "-c and --after exclude each other"),
        ("--after q", "--after q: there is no such name in the notebook"),
        ("--timeout 0", "timeout 0.0: must be a number of seconds above 0"),
        ("--timeout soon", "--timeout soon: must be a number of seconds"),
        ("--retries 11", "retries 11: must be a whole number, 0 to 10"),
        ("--concurrency 3", "--concurrency requires --over, --prompts, --models"),
        ("--schema Persn", "--schema Persn: there is no such name in the notebook; did you mean P"),
        ("--schema none.json", "schema none.json: No such file"),
        ("--tools nov", "--tools nov: there is no such function in the notebook; did you mean now"),
        ("--tools now --max-tool-rounds 101", "max_tool_rounds 101: must be a whole number, 0 to"),
        ("--out 3", "--out 3: must be a Python name"),
    ],
)
def test_an_invalid_option_is_an_error_on_line_1(plan, line, words):
    """It names the option, its value and what is allowed."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        plan(f"%%chat local {line}\nHi", Person=Person, now=now, r="no result")
    assert caught.value.line == 1


def test_a_plan_is_started_as_an_answer_or_as_a_grid(gateway):
    """The handle returns a ChatResult or a ChatResults."""
    gateway(lambda request: streamed(completion(json.dumps(request.json.get("seed")))))
    runner = CellRunner(default_session(), {}, lambda: None)

    def results_of(cell):
        return runner.start(runner.plan(runner.read(cell))).wait()

    assert results_of("%%chat --seed 7\nHi").text == "7"
    assert [result.text for result in results_of("%%chat --sweep seed=1,2\nHi")] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[endpoints.x]\nbase_url = "::1"', "chat_magic.toml [endpoints.x] base_url is not a URL"),
        ("[defaults]\ntemperature = 9", "chat_magic.toml [defaults] temperature 9: must be 0 to 2"),
        ("[defaults", "chat_magic.toml is not TOML"),
    ],
)
def test_an_error_of_the_settings_is_not_on_line_1(plan, config_file, content, words):
    """It names where the value was set."""
    config_file(content)
    with pytest.raises(InvalidRequest) as caught:
        plan("%%chat a/b\nHi")
    assert str(caught.value).startswith(words)


class TestPromptFiles:
    """`%%chat --prompt FILE`."""

    @pytest.fixture
    def chat(self, shell, gateway, tmp_path, monkeypatch):
        """Return a function that runs a line with `--prompt a.chat`, and returns what was sent."""
        server = gateway(streamed(completion("Hello")))
        monkeypatch.chdir(tmp_path)
        load_ipython_extension(shell)

        def run(text, line, cell="\n", **variables):
            (tmp_path / "a.chat").write_text(text, "utf-8")
            shell.push(variables)
            shell.run_cell_magic("chat", f"--prompt a.chat --out answer {line}", cell)
            return server.requests[-1].json

        yield run
        unload_ipython_extension(shell)

    def test_a_file_is_sent_and_sees_the_notebook(self, chat, shell):
        """Further options take precedence; the result has its prompt."""
        sent = chat("%%chat a/b -t 1 --n 1\nuser: Hi {{ who }}\n", "-t 0.5", who="Ada")
        assert sent["messages"] == [{"role": "user", "content": "Hi Ada"}]
        assert (sent["model"], sent["temperature"], sent["n"]) == ("a/b", 0.5, 1)
        prompt = shell.user_ns["answer"].prompt
        assert prompt.text == "%%chat a/b --n 1 -t 0.5\nuser: Hi {{ who }}"

    def test_a_grid_may_vary_what_the_file_inserts(self, chat, shell):
        """The axes are the notebook's."""
        chat("%%chat a/b\nuser: Hi {{ who }}", "--vary who=names", names=["Ada", "Bob"])
        texts = [run.request.messages[0].content for run in shell.user_ns["answer"]]
        assert texts == ["Hi Ada", "Hi Bob"]

    @pytest.mark.parametrize(
        ("text", "line", "cell", "words"),
        [
            ("%%chat a/b\nHi", "", "user: more", "the messages are those of the file"),
            ("%%chat a/b --tools f\nHi", "", "\n", "name them with --tools f"),
            ("%%chat a/b --schema Cat\nHi", "", "\n", "with --schema Cat"),
            ("%%chat a/b\n{{ f() }}", "", "\n", "a.chat: line 2"),
            ("%%chat a/b\n{{ missing }}", "", "\n", "'missing' is undefined"),
            ("%%chat a/b --out x\nHi", "", "\n", "--out does not belong in a prompt"),
            ("%%chat a/b\nuser: Hi\n@file ../x", "", "\n", "is not in the folder of the prompt"),
            ("Hi", "", "\n", "must begin with %%chat"),
        ],
    )
    def test_what_a_file_may_not_do_is_an_error(self, chat, text, line, cell, words):
        """Nothing of the notebook is called."""
        with pytest.raises(InvalidRequest) as caught:
            chat(text, line, cell, f=lambda: 1 / 0)
        assert words in str(caught.value)

    def test_the_notebook_may_name_the_tools(self, chat):
        """On its own line."""

        def f(word: str) -> str:
            """Look up."""
            return word

        sent = chat("%%chat a/b --tools f\nHi", "--tools f", f=f)
        assert [tool["function"]["name"] for tool in sent["tools"]] == ["f"]


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("%chat local hi", "%chat -m local"),
        ("%chat openai/gpt-4o hi", "%chat -m openai/gpt-4o"),
        ("%chat hi --temperature 0", "--temperature is part of the prompt"),
        ("%%chat local\n--temperature 0\nhi", "options stand on the %%chat line"),
    ],
)
def test_a_misplaced_model_or_option_is_a_warning(plan, cell, part):
    """The prompt is sent as it is written, and the result says what to write instead."""
    (call,) = plan(cell).calls.calls
    assert any(part in warning for warning in call.request.warnings)


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("%chat local hi", "%chat -m local"),
        ("%chat hi there -m a/b", "-m is part of the prompt"),
        ("%%chat\n-m a/b\nhi", "set CHAT_MAGIC_MODEL"),
    ],
)
def test_a_missing_model_is_an_error_that_names_a_misplaced_one(plan, monkeypatch, cell, part):
    """A server is configured, so that the local model does not stand in."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://gateway.example/v1")
    with pytest.raises(InvalidRequest, match=f"no model is given: .*{part}"):
        plan(cell)


@pytest.mark.parametrize("cell", ["%chat Hello, local model", "%chat and/or", "%%chat\nlocal hi"])
def test_an_ordinary_prompt_has_no_warning_about_its_words(plan, cell):
    (call,) = plan(cell).calls.calls
    assert not any("model" in w and "prompt" in w for w in call.request.warnings)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ('--score "Paris|New York"', ("Paris", "New York")),
        ("--score cities", ("Rome", "Oslo")),
        ('--score "New York"', ("New York",)),
    ],
)
def test_a_cell_scores_texts_or_a_list_of_the_notebook(plan, line, texts):
    """Its request has a choice for each, and asks for log probabilities."""
    (call,) = plan(f"%%chat local {line}\nHi", cities=["Rome", "Oslo"]).calls.calls
    assert call.request.score is not None
    assert call.request.score.candidates == texts
    assert call.request.sent("logprobs") is True
    assert not call.limits.top_up


def test_each_run_of_a_grid_scores_the_texts(plan):
    """With the same ones."""
    planned = plan('%%chat --models local,a/b --score "x|y"\nHi').calls
    assert [call.request.n for call in planned.calls] == [2, 2]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--score citys", r"--score citys: there is no such list in the notebook.*cities"),
        ('--score "a|"', r"--score\[1\]: must not be empty"),
        ('--score "a|a"', r"--score\[0\] and --score\[1\] are equal"),
        ("--score number", "--score number: must be a list of texts, got int"),
        ('--score "a|b" -n 2', "n: a score has a choice for each text"),
        ('--score "a|b" --schema "a: str"', "--score and --schema exclude each other"),
    ],
)
def test_an_invalid_score_is_an_error_on_line_1(plan, line, words):
    """It names the option and the text."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        plan(f"%%chat local {line}\nHi", cities=["Rome"], number=5)
    assert caught.value.line == 1


def test_rows_and_prompts_are_found_in_the_notebook(plan):
    """Rows first; a column hides a variable of the notebook, with a line that says so."""
    planned = plan(
        "%%chat local --prompts cell,B --over data --labels yes,no --labels-at /ok\n"
        "{{ text }} {{ x }}",
        data=[{"text": "a"}, {"text": "b"}], B=[{"role": "user", "content": "B {{ text }}"}],
        text="hidden", x=1,
    )  # fmt: skip
    texts = [call.request.messages[0].content for call in planned.calls.calls]
    assert texts == ["a 1", "B a", "b 1", "B b"]
    assert planned.calls.size.startswith("4 requests (2 rows \N{MULTIPLICATION SIGN} 2 prompts)")
    for call in planned.calls.calls:
        assert call.request.labels == LabelSet(("yes", "no"), "/ok")
        assert "the column text hides the variable text of the notebook" in call.request.warnings
    first, second = (call.request.source for call in planned.calls.calls[:2])
    assert first.cell.startswith("%%chat local --prompts")
    assert second.messages[0].content == "B {{ text }}"


def test_a_table_of_no_rows_is_no_call(plan):
    """The options of the cell are read all the same."""
    planned = plan("%%chat local --over data --out r\n{{ text }}", data=[])
    assert (planned.calls.calls, planned.out) == ((), "r")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--over nothing", "--over nothing: there is no such name in the notebook"),
        ("--over x", "--over x: expected a DataFrame"),
        ("--over data --labels text", "--labels text: labels are the possible answers; the right"),
        ("--labels-at first", "--labels-at requires labels"),
        ("--labels a --labels-at (", "--labels-at (: is not a regular expression"),
        ("--over data --thread t", "--thread: a grid has no conversation"),
        ("--rows 3", "--rows requires --over"),
    ],
)
def test_rows_that_are_not_there_are_refused(plan, line, words):
    """On the line of the cell."""
    with pytest.raises(InvalidRequest) as caught:
        plan(f"%%chat local {line}\n{{{{ text }}}}", data=[{"text": "a"}], x=3, text="t")
    assert words in str(caught.value)
    assert caught.value.line == 1


def test_checks_of_the_line_and_the_block_are_compiled(plan):
    """Those of the block come first; braces in them are not templates."""
    planned = plan(
        "%%chat local --over data --check 'answer == label' --check short=\"len(answer) < limit\" "
        "--truth label\n---\ncheck:\n  - \"'{{' not in answer\"\n---\n{{ text }}",
        data=[{"text": "a", "label": "x"}], limit=3,
    )  # fmt: skip
    checks = planned.calls.checks
    assert [check.name for check in checks.checks] == [
        "'{{' not in answer", "answer == label", "short",
    ]  # fmt: skip
    assert (checks.truth, checks.variables["limit"]) == ("label", 3)


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("%%chat local --check 'answer =='\nHi", 1, "check answer ==: is not a Python expression"),
        (
            "%%chat local\n---\nseed: 1\ncheck: answer ==\n---\nHi", 4,
            "check answer ==: is not a Python expression",
        ),
        ("%%chat local\n---\ncheck: 3\n---\nHi", 3, "check: expected a Python expression as text"),
        ("%%chat local --check answer == x\nHi", 1, "put the expression of --check in quotes"),
        ("%%chat local --truth label\nHi", 1, "truth label: requires rows: ask with --over DATA"),
        ("%%chat local --over data --truth lable\n{{ text }}", 1, "did you mean label?"),
        ("%%chat local --check 'p[\"a\"] > 1'\nHi", 1, "p requires labels, the possible answers"),
    ],
)  # fmt: skip
def test_checks_that_cannot_be_are_refused_before_anything_is_sent(plan, cell, line, words):
    """With the line in the cell."""
    with pytest.raises(InvalidRequest) as caught:
        plan(cell, data=[{"text": "a", "label": "x"}])
    assert words in str(caught.value)
    assert caught.value.line == line


def test_a_check_of_a_file_is_not_run(plan, tmp_path):
    """A prompt that was loaded is data; the notebook's own line can check it."""
    file = tmp_path / "p.chat"
    file.write_text("%%chat local\n---\ncheck: open('x', 'w')\n---\nHi {{ name }}", "utf-8")
    planned = plan(f"%%chat --prompt {file} --check own=answer", name="Ada")
    (call,) = planned.calls.calls
    assert [check.name for check in planned.calls.checks.checks] == ["own"]
    assert any("a prompt runs no code" in warning for warning in call.request.warnings)
    file.write_text("%%chat local --check 'open(1)'\nHi", "utf-8")
    with pytest.raises(InvalidRequest, match="--check does not belong in a prompt"):
        plan(f"%%chat --prompt {file}")


def test_a_cell_is_checked_once_it_is_answered(plan, gateway):
    """A single answer, too; the names are those of the notebook."""
    gateway(streamed(completion("yes", "no")))
    namespace = {"wanted": "yes"}
    runner = CellRunner(default_session(), namespace, lambda: None)
    cell = "%%chat c/d -n 2 --check 'answer == wanted'\nHi"
    result = runner.start(runner.plan(runner.read(cell))).wait()
    assert result.checks["passed"].tolist() == [True, False]


@pytest.mark.parametrize("is_kept", [False, True])
def test_rows_that_judged_several_versions_are_told(gateway, request, is_kept):
    """From the third version of a cell on the same rows, in other sessions where it is kept."""
    if is_kept:
        request.getfixturevalue("history_file")
    gateway(*(streamed(completion("x")) for _ in range(4)))
    namespace = {"data": [{"text": "a", "label": "x"}]}
    told = []
    for version in range(4):
        session = Session() if is_kept else default_session()
        runner = CellRunner(session, namespace, lambda: None)
        cell = f"%%chat c/d --over data --truth label\n{version}: {{{{ text }}}}"
        result = runner.start(runner.plan(runner.read(cell))).wait()
        told.append(any("rows have been used" in words for words in result._checked.notices))
        session.close()
    assert told == [False, False, True, True]

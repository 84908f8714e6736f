"""Completion: what a real kernel offers at the cursor."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.options import REQUEST_OPTIONS
from tests.gateway import Gateway
from tests.kernels import REPLY_S, running_kernel

EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@pytest.fixture(scope="module")
def kernel():
    """A kernel with the extension, some variables, and a class that counts calls."""
    with running_kernel(
        "%load_ext chat_magic\n"
        "class Trap:\n"
        "    calls = 0\n"
        "    length = 3\n"
        "    def __call__(self): Trap.calls += 1; return self\n"
        "    @property\n"
        "    def lengthy(self): Trap.calls += 1; return 'x'\n"
        "def look_up(city: str) -> str: return city\n"
        "trap, count, name_list, person = Trap(), 5, ['Ada'], {'type': 'object'}\n"
        "talk = [{'role': 'user', 'content': 'Hi'}]"
    ) as kernel:
        yield kernel


@pytest.fixture
def config(kernel, tmp_path):
    """The config file of the kernel, which does not exist yet."""
    kernel.run(f"import os; os.environ['JUPYTER_CONFIG_DIR'] = {str(tmp_path)!r}")
    return tmp_path / "chat_magic.toml"


@pytest.fixture
def offered(kernel):
    """Return a function that completes code in the kernel: a dict of texts and types."""

    def complete(code, after=""):
        kernel.client.complete(code + after, len(code))
        content = kernel.client.get_shell_msg(timeout=REPLY_S)["content"]
        assert content["status"] == "ok"
        assert content["cursor_end"] == len(code)
        kinds = content["metadata"]["_jupyter_types_experimental"]
        start = content["cursor_start"]
        assert all(match.startswith(code[start:]) for match in content["matches"])
        return {item["text"]: item["type"] for item in kinds}

    return complete


def test_the_options_are_offered_with_their_ranges(offered):
    """Those of the request and of the magic, without completions of Python."""
    options = offered("%%chat local --")
    assert options["--temperature"] == "0\xa0to\xa02"
    assert options["--top-k"] == "at\xa0least\xa01"
    assert options["--no-stream"] == "switch"
    assert set(options) >= {f"--{option.name}" for option in REQUEST_OPTIONS} - {"--model"}
    assert {"--out", "--after"} < set(options)
    assert all(option.startswith("--") for option in options)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("%%chat --temp", ["--temperature"]),
        ("%%chat -t 1 --temp", []),
        ("%%chat --stop a --stop b --sto", ["--stop", "--store"]),
        ("%chat --reasoning-effort ", EFFORTS),
        ("%%chat --tool-choice ", ["none", "auto", "required"]),
        ("%%chat --modalities text,", ["text", "audio", "image"]),
        ("%%chat --audio ", ["voice=", "format="]),
        ("%%chat --unset top", ["top_p", "top_k", "top_logprobs"]),
        ("%%chat --tools ", ["look_up"]),
        ("%%chat --check 'len(ans", ["answer"]),
        ("%%chat --over person --check='name_", ["name_list"]),
        ("%%chat --over person --truth ", ["type"]),
        ("%%chat --truth ", []),
        ("%%chat --over ", ["name_list", "person", "talk"]),
        ("%%chat --over name_list --rows ", ["head:"]),
        ("%%chat --prompts ", ["cell", "talk"]),
        ("%%chat --prompts cell,t", ["talk"]),
        ("%%chat --labels a --labels-at ", ["first"]),
        ("%%chat --schema ", ["Trap", "person"]),
        ("%chat /", ["/models ", "/capabilities ", "/config", "/jobs ", "/panel ", "/export ",
                     "/key ", "/history ", "/show ", "/cell ", "/rerun ", "/versions ", "/diff ",
                     "/star ", "/unstar ", "/forget ", "/thread ", "/cassette ",
                     "/usage ", "/help"]),
        ("%%chat --temperature ", []),
        ("%%chat\n", ["system: ", "developer: ", "user: ", "assistant: ", "tool(",
                      "@image ", "@audio ", "@file "]),
        ("%%chat\nus", ["user: "]),
        ("%%chat\nuser: Write imp", []),
        ("%%chat\n---\ntemp", ["temperature: "]),
        ("%%chat\n---\nstore: ", ["true", "false"]),
        ("%%chat\n---\nfunction_call: ", ["none", "auto"]),
        ("%%chat\n---\naudio: ", []),
        ("%%chat\n---\ntools: ", []),
        ("%%chat\n---\nmodel: loc", ["local"]),
        ("%%chat\nuser: {{ cou", ["count"]),
        ("%%chat\nuser: {{ name_list.cl", ["clear"]),
        ("%%chat\nuser: {{ ", ["Trap", "count", "look_up", "name_list", "person", "talk", "trap"]),
        ("%%chat\nuser: {{ name_list | upp", []),
        ("%%chat\nuser: {{ sort", ["sorted"]),
    ],
)  # fmt: skip
def test_a_kernel_offers_what_fits_and_no_python(offered, code, texts):
    """In the order of the tables; an empty list where nothing fits."""
    assert list(offered(code)) == texts


def test_the_cursor_may_be_inside_the_cell(offered):
    """What comes after it does not matter."""
    assert list(offered("%%chat\nus", "\nassistant: x")) == ["user: "]
    assert list(offered("%%chat --temp", " --out r\nuser: hi")) == ["--temperature"]


def test_models_are_those_of_the_settings(kernel, offered, config):
    """`local`, the default and the aliases; no server is asked, and a broken file adds nothing."""
    assert list(offered("%%chat -m ")) == ["local"]
    with Gateway() as gateway:
        kernel.run(f"os.environ['CHAT_MAGIC_BASE_URL'] = {gateway.base_url!r}")
        assert list(offered("%%chat --model ")) == ["local"]
        kernel.run("os.environ['CHAT_MAGIC_MODEL'] = 'a/b'")
        assert list(offered("%%chat --model ")) == ["local", "a/b"]
        assert list(offered("%%chat a")) == ["a/b"]
        assert gateway.n_connections == 0
    kernel.run("del os.environ['CHAT_MAGIC_MODEL'], os.environ['CHAT_MAGIC_BASE_URL']")
    config.write_text('[defaults]\nmodel = "fast"\n[aliases]\nfast = "a/b"\nfar = "c/d"\n')
    assert offered("%%chat -m fa") == {"fast": "model", "far": "alias"}
    config.write_text("[")
    assert list(offered("%%chat -m ")) == ["local"]
    config.unlink()


def test_results_are_offered_where_one_is_wanted(kernel, offered):
    """After a colon with its choices."""
    kernel.run(
        "from chat_magic.core.reply.reply import Choice, Message, Reply, Timing\n"
        "from chat_magic.core.request.request import ChatRequest\n"
        "from chat_magic.results.chat_result import ChatResult\n"
        "choices = tuple(Choice(index=i, message=Message(content='x')) for i in range(2))\n"
        "poem = ChatResult(ChatRequest(), Reply(choices=choices), Timing(), ())"
    )
    assert offered("%%chat --after po") == {"poem": "result"}
    assert list(offered("%chat --after poem:")) == ["poem:0", "poem:1"]
    assert list(offered("%%chat -o po")) == ["poem"]


def test_files_are_offered_after_an_attachment_mark(offered, tmp_path):
    """Folders end in a slash; hidden files are left out; spaces stay as they are."""
    (tmp_path / "my pictures").mkdir()
    for name in ("a b.png", "ab.png", ".hidden"):
        (tmp_path / name).touch()
    start = f"{tmp_path}/"
    texts = list(offered(f"%%chat\nuser: Look\n@image {start}"))
    assert texts == [start + "a b.png", start + "ab.png", start + "my pictures/"]
    assert list(offered(f"%%chat\n@file {start}a ")) == [start + "a b.png"]
    assert list(offered(f"%%chat\n@file {start}nowhere/")) == []


def test_files_are_offered_after_commands_that_take_one(offered, tmp_path):
    """A prompt's file, and a cassette."""
    (tmp_path / "extract.chat").touch()
    for command in ("/cell", "/cassette"):
        assert list(offered(f"%chat {command} {tmp_path}/")) == [f"{tmp_path}/extract.chat"]


def test_completion_calls_nothing_of_the_notebook(kernel, offered):
    """Attributes are listed, but calls and properties are not evaluated."""
    assert list(offered("%%chat\nuser: {{ trap.len")) == ["length", "lengthy"]
    assert list(offered("%%chat\nuser: {{ trap().len")) == []
    offered("%%chat\nuser: {{ trap.lengthy.")
    assert kernel.value("Trap.calls") == "0"


def test_python_is_completed_as_before(offered):
    """Outside the magic's cells and lines."""
    assert "name_list" in offered("name_l")
    assert "clear" in "".join(offered("name_list.cl"))


def test_unloading_removes_the_matcher(kernel, offered):
    """Loading it again adds it once."""
    kernel.run("%unload_ext chat_magic")
    assert "--temperature" not in offered("%%chat --temp")
    kernel.run("%load_ext chat_magic\n%reload_ext chat_magic")
    assert list(offered("%%chat --temp")) == ["--temperature"]
    count = "len([m for m in get_ipython().Completer.custom_matchers if 'chat' in repr(m)])"
    assert kernel.value(count) == "1"


def test_axes_are_completed_by_parameters_values_and_variables(offered):
    """A parameter by its values and `unset`; a variable of a template by lists and dicts."""
    sweeps = offered("%%chat --sweep ")
    assert {"temperature=", "seed=", "model="} <= set(sweeps)
    assert "tools=" not in sweeps
    assert list(offered("%%chat --sweep reasoning_effort=low,")) == [*EFFORTS, "unset"]
    assert list(offered("%%chat --sweep stream=t")) == ["true"]
    assert "local" in offered("%%chat --sweep model=l")
    assert "local" in offered("%%chat --models ")
    assert list(offered("%%chat --vary tone=na")) == ["name_list"]
    assert {"name_list", "person"} <= set(offered("%%chat --vary tone="))
    assert "count" not in offered("%%chat --vary tone=")

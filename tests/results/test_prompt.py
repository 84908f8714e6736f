"""Prompts as values: from results and files, called, compared and saved."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest

import chat_magic
from chat_magic import ChatResult, InvalidRequest, Prompt, load_prompt
from tests.completions import completion
from tests.gateway import streamed


@dataclass
class Cat:
    """A schema."""

    name: str


@pytest.fixture
def server(gateway):
    return gateway(streamed(completion('{"name": "Tom"}')))


def last(server):
    """Return the last request, without what concerns streaming."""
    body = dict(server.requests[-1].json)
    body.pop("stream", None)
    body.pop("stream_options", None)
    return body


def test_a_prompt_has_templates_model_and_parameters(server, monkeypatch):
    """Defaults of the time included, so that it means the same later."""
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.25")
    asked = chat_magic.chat(
        "Hi {{ name }}", model="a/b", variables={"name": "Ada"}, top_p=0.5, seed=5
    )
    prompt = asked.prompt
    assert str(prompt) == repr(prompt) == prompt.text
    assert prompt.text.startswith("%%chat a/b ")
    assert prompt.text.endswith("\nuser: Hi {{ name }}")
    assert prompt.variables == ("name",)
    monkeypatch.delenv("CHAT_MAGIC_TEMPERATURE")
    prompt({"name": "Bob"})
    assert last(server) == {
        "model": "a/b", "messages": [{"role": "user", "content": "Hi Bob"}],
        "top_p": 0.5, "seed": 5, "temperature": 0.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("messages", "variables"),
    [
        ("Hi {{ x }}", None),
        ("{% if a %}b{% endif %} {# c #}", None),
        ("user: a\n@image b\n---\n\\user: c", None),
        (
            [{"role": "system", "content": "S {{ x }}"}, {"role": "user", "content": "U"}],
            {"x": "1"},
        ),
        ([{"role": "user", "content": "U"}, {"role": "assistant", "content": "{"}], {}),
        ([{"role": "user", "content": [{"type": "text", "text": "{{ x }}"}]}], None),
    ],
)
def test_called_as_it_was_it_sends_the_same(server, messages, variables):
    """Whether its braces are templates or text."""
    result = chat_magic.chat(messages, model="a/b", variables=variables, extra={"k": [1]})
    sent = server.requests[-1].json
    result.prompt(variables)
    assert server.requests[-1].json == sent
    ChatResult.from_json(result.to_json()).prompt(variables)
    assert server.requests[-1].json == sent
    assert not result.prompt.variables or variables


def test_a_missing_variable_is_an_error_that_names_it(server):
    """Before anything is sent."""
    prompt = chat_magic.chat("{{ a }} {{ b }}", model="a/b", variables={"a": 1, "b": 2}).prompt
    count = len(server.requests)
    with pytest.raises(InvalidRequest, match="'b' is undefined"):
        prompt({"a": 1})
    assert len(server.requests) == count


def test_arguments_take_precedence(server):
    """As in `chat`, which takes prompts too."""
    prompt = chat_magic.chat("Hi", model="a/b", temperature=0.5, extra={"k": 1}).prompt
    prompt(model="c/d", temperature=0.75, seed=3, extra={"k": 2})
    replaced = last(server)
    chat_magic.chat(prompt, model="c/d", temperature=0.75, seed=3, extra={"k": 2})
    assert last(server) == replaced
    assert (replaced["model"], replaced["temperature"], replaced["seed"]) == ("c/d", 0.75, 3)
    assert replaced["k"] == 2
    assert len(chat_magic.chat_grid(prompt, sweep={"temperature": [0, 1]})) == 2


async def test_prompts_are_awaited_too(server):
    """By `achat`."""
    prompt = chat_magic.chat("Hi {{ x }}", model="a/b", variables={"x": 1}).prompt
    await chat_magic.achat(prompt, variables={"x": 2})
    assert last(server)["messages"][0]["content"] == "Hi 2"


@pytest.mark.parametrize(
    ("schema", "parsed"),
    [
        (Cat, Cat("Tom")),
        ("name: str", {"name": "Tom"}),
        ({"type": "object", "properties": {"name": {"type": "string"}}}, {"name": "Tom"}),
    ],
)
def test_the_schema_is_kept(server, schema, parsed):
    """Its type where that is at hand."""
    prompt = chat_magic.chat("Hi", model="a/b", schema=schema).prompt
    sent = server.requests[-1].json
    assert prompt().parsed == parsed
    assert server.requests[-1].json == sent
    assert pickle.loads(pickle.dumps(prompt))().parsed == parsed
    assert prompt(schema=Cat).parsed == Cat("Tom")


def test_a_schema_or_tool_of_a_file_must_be_named(server, tmp_path):
    """A file runs no code of the notebook."""

    def look_up(word: str) -> str:
        """Look up."""
        return word

    prompt = chat_magic.chat("Hi", model="a/b", schema=Cat, tools=[look_up]).prompt
    assert prompt.text.startswith("%%chat a/b --schema Cat --tools look_up")
    loaded = load_prompt(prompt.save(tmp_path / "a.chat"))
    with pytest.raises(InvalidRequest, match="schema Cat: name it"):
        loaded(tools=[look_up])
    with pytest.raises(InvalidRequest, match="the tools look_up: pass tools"):
        loaded(schema=Cat)
    assert loaded(schema=Cat, tools=[look_up]).parsed == Cat("Tom")
    assert [tool["function"]["name"] for tool in last(server)["tools"]] == ["look_up"]


def test_files_pickles_and_equality(server, tmp_path):
    """The file has the cell's own text."""
    prompt = chat_magic.chat("Hi {{ x }}", model="a/b", variables={"x": "日本"}).prompt
    path = tmp_path / "extract.chat"
    assert prompt.save(path) == path
    assert path.read_text("utf-8") == prompt.text + "\n"
    assert load_prompt(path) == prompt == pickle.loads(pickle.dumps(prompt))
    assert load_prompt(str(path)).text == prompt.text
    assert prompt != chat_magic.chat("Hi", model="a/b").prompt
    path.write_bytes(b"\xef\xbb\xbf%%chat a/b\r\nuser: Hi {{ x }}\r\n")
    assert load_prompt(path) == Prompt("%%chat a/b\nuser: Hi {{ x }}")


def test_the_difference_of_two_prompts_is_drawn(server):
    """As text and as HTML."""
    one = chat_magic.chat("Name three cats", model="a/b").prompt
    other = chat_magic.chat("Name four cats", model="a/b").prompt
    bundle = one.diff(other)._repr_mimebundle_()
    assert "three" in bundle["text/plain"]
    assert "four" in bundle["text/html"]
    assert "four" in " ".join(one.diff(other).table["text"].astype(str))
    with pytest.raises(InvalidRequest, match="expected a prompt, got str"):
        one.diff("%%chat")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must begin with %%chat"),
        ("user: Hi", "must begin with %%chat"),
        ("%%chatter", "must begin with %%chat"),
        ("%%chat --out x\nHi", "--out does not belong in a prompt"),
        ("%%chat --background\nHi", "--background does not belong"),
        ("%%chat --models a,b\nHi", "--models does not belong"),
        ("%%chat --prompt other.chat", "--prompt does not belong"),
        ("%%chat --tempature 1\nHi", "unknown option --tempature"),
        ("%%chat --api-key x\nHi", "there is no --api-key"),
    ],
)
def test_a_file_that_is_no_prompt_is_an_error(tmp_path, text, words):
    """Which names the file."""
    path = tmp_path / "a.chat"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRequest) as caught:
        load_prompt(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        load_prompt(tmp_path / "missing.chat")
    path.write_bytes(b"%%chat\n\xff")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        load_prompt(path)


@pytest.mark.parametrize("path", [5, None, b"a.chat", ["a.chat"]])
def test_a_path_that_is_none_is_an_error_of_one_line(path):
    """To read and to write."""
    with pytest.raises(InvalidRequest, match=r"prompt .* cannot be read \(.* not "):
        load_prompt(path)
    with pytest.raises(InvalidRequest, match=r"prompt .* cannot be written \(.* not "):
        Prompt("%%chat\nuser: Hi").save(path)


class Client:
    """What a notebook may hold."""

    def __init__(self):
        self.called = False
        self.name = "client"

    def delete(self, *_values, **_named):
        self.called = True
        return "deleted"


HOSTILE = [
    "{{ client.delete() }}",
    "{{ delete() }}",
    "{{ [1] | map('client.delete') | list }}",
    "{{ sorted([1], key=delete) }}",
    "{{ max([1], key=delete) }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ __import__('os').system('true') }}",
    "{{ eval('1') }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ '{0.__class__}'.format(client) }}",
    "{{ client.__init__.__globals__ }}",
    "{{ os.environ }}",
    "{{ os.getcwd() }}",
    "{{ getattr(client, 'delete')() }}",
    "{{ items.append(1) }}",
    "{{ environment.from_string('x').render() }}",
    "{% set f = client.delete %}{{ f() }}",
    "{% for x in [delete] %}{{ x() }}{% endfor %}",
    "{{ (client | attr('delete'))() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ type(client) }}",
]


@pytest.mark.parametrize("template", HOSTILE)
def test_a_template_calls_nothing_of_the_notebook(server, template):
    """Nor reads modules, internals or files; it cannot change a value."""
    import os

    import jinja2

    client, items = Client(), [0]
    variables = {
        "client": client, "delete": client.delete, "os": os, "items": items,
        "environment": jinja2.Environment(autoescape=True),
    }  # fmt: skip
    with pytest.raises(InvalidRequest):
        Prompt(f"%%chat a/b\nuser: {template}")(variables)
    assert not client.called
    assert items == [0]
    assert server.requests == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ client.name }} {{ names[0].upper() }}", "client ADA"),
        ("{% for n in names %}{{ loop.index }}{{ n }}{% endfor %}", "1Ada2Bob"),
        ("{{ names | join(', ') }} {{ len(names) }} {{ range(3) | list }}", "Ada, Bob 2 [0, 1, 2]"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('a') }}", "<a>"),
        ("{{ row.items() | list }} {{ '%d' % 5 }} {{ 'a'.replace('a', 'b') }}", "[('k', 1)] 5 b"),
        ("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}", "ab"),
    ],
)
def test_a_template_reads_data(server, template, text):
    """Attributes, methods of plain data, filters, loops and macros."""
    variables = {"client": Client(), "names": ["Ada", "Bob"], "row": {"k": 1}}
    Prompt(f"%%chat a/b\nuser: {template}")(variables)
    assert last(server)["messages"][0]["content"] == text


@pytest.fixture
def pictures(tmp_path):
    """A folder of a prompt, with a picture in it, below it, and beside it."""
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 8
    folder = tmp_path / "prompts"
    (folder / "below").mkdir(parents=True)
    for path in (folder / "a.png", folder / "below" / "a.png", tmp_path / "a.png"):
        path.write_bytes(png)
    (folder / "link.png").symlink_to(tmp_path / "a.png")
    return folder


@pytest.mark.parametrize("source", ["a.png", "./a.png", "below/a.png", "below/../a.png"])
def test_attachments_are_read_from_the_prompt_s_folder(server, pictures, source):
    """And below, wherever the notebook is."""
    path = pictures / "a.chat"
    path.write_text(f"%%chat a/b\nuser: Look\n@image {source}", "utf-8")
    load_prompt(path)()
    assert last(server)["messages"][0]["content"][1]["type"] == "image_url"


@pytest.mark.parametrize("source", ["../a.png", "link.png", "{{ up }}/a.png", "ABSOLUTE"])
def test_attachments_elsewhere_must_be_allowed(server, pictures, source):
    """By the notebook, not by the file."""
    source = source.replace("ABSOLUTE", str(pictures.parent / "a.png"))
    path = pictures / "a.chat"
    path.write_text(f"%%chat a/b\nuser: Look\n@image {source}", "utf-8")
    with pytest.raises(InvalidRequest, match="is not in the folder of the prompt"):
        load_prompt(path)({"up": ".."})
    assert server.requests == []
    load_prompt(path, allow_files=True)({"up": ".."})
    assert len(server.requests) == 1


@pytest.mark.parametrize("line", ["--prediction @../secret", "--schema ../s.json"])
def test_other_files_of_the_line_are_confined_too(server, pictures, line):
    """A predicted output, and a schema."""
    (pictures.parent / "secret").write_text("canary")
    (pictures.parent / "s.json").write_text('{"type": "object"}')
    path = pictures / "a.chat"
    path.write_text(f"%%chat a/b {line}\nuser: Hi", "utf-8")
    with pytest.raises(InvalidRequest, match="is not in the folder of the prompt"):
        load_prompt(path)()
    assert server.requests == []

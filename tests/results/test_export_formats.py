"""Exports of results: the formats of one and of several, and the files that they are written to."""

from __future__ import annotations

import csv
import io
import json
import re

import pandas as pd
import pytest

import chat_magic
from chat_magic import ChatResult, ChatResults, InvalidRequest
from chat_magic.core.cell.cell import parse, read_cell
from chat_magic.core.cell.grid_cell import read_grid
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.reply.reply import Choice, FunctionCall, Message, Reply, Timing, ToolCall
from chat_magic.core.request.request import read_fields
from chat_magic.engine.session import default_session
from chat_magic.results.export_formats import FORMATS
from chat_magic.view.html.interactive_html import standalone_script
from tests.completions import completion
from tests.engine.llama_script import llama
from tests.engine.score_servers import LlamaScript
from tests.gateway import streamed

OF_ONE = ("body", "curl", "python", "openai", "javascript", "cell", "markdown", "html", "result")
OF_SEVERAL = ("html", "markdown", "result", "cell", "csv")
HARD = 'it\'s `$(x)`\n\\ "q" {{ y }} 日本 <script>alert(1)</script>'


@pytest.fixture
def answered(gateway):
    """A result, and the request that the server got."""
    server = gateway(streamed(completion("One", "Two")))
    result = chat_magic.chat(HARD, model="a/b", n=2, seed=2**53 + 1, extra={"x": [None, 1.0]})
    return result, server.requests[0]


def test_every_format_has_a_writer(answered, results):
    """For one result or for several; and an example in the error of an unknown one."""
    result, _ = answered
    assert {*OF_ONE, *OF_SEVERAL} == set(FORMATS)
    for form in OF_ONE:
        assert result.export(form)
    for form in OF_SEVERAL:
        assert results.export(form)


def test_the_body_is_what_was_sent(answered):
    """To the byte; `json` is another name for it."""
    result, request = answered
    assert result.export("body").encode() == request.body
    assert result.export("json") == result.export("body")


def test_the_body_has_the_server_s_name_of_the_model(gateway, config_file, monkeypatch):
    """Where the server takes the model without its vendor."""
    server = gateway(streamed(completion("One")))
    config_file(
        f"""
        [endpoints.v]
        base_url = "{server.base_url}"
        takes = "model"
        [routes]
        "v/*" = "v"
        """
    )
    result = chat_magic.chat("Hi", model="v/one")
    assert json.loads(result.export("body"))["model"] == "one"
    assert result.export("body").encode() == server.requests[0].body


@pytest.mark.parametrize(
    "address",
    [
        "http://me:canary@{host}/v1",
        "http://{host}/v1?key=canary",
        "http://{host}/v1?a=1&sig=canary",
    ],
)
def test_no_credential_of_the_address_is_exported(gateway, monkeypatch, address):
    """Nor the key from the environment."""
    server = gateway(streamed(completion("One")))
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", address.format(host=f"127.0.0.1:{server.port}"))
    if "@" in address:  # which cannot be combined with a key
        monkeypatch.delenv("CHAT_MAGIC_API_KEY", raising=False)
    else:
        monkeypatch.setenv("CHAT_MAGIC_API_KEY", "sk-canary")
    result = chat_magic.chat("Hi", model="a/b")
    for form in OF_ONE:
        assert "canary" not in result.export(form)
    assert f"127.0.0.1:{server.port}/v1/chat/completions" in result.export("curl")


def test_a_cell_reads_back_as_the_request(answered):
    """Also texts that look like roles, templates or attachments."""
    result, _ = answered
    request = parse(result.export("cell"))
    assert request.body() == result.request.body()


def test_the_cell_of_a_grid_reads_back_as_the_grid(results):
    """With its models and values, unset ones included."""
    text = results.export("cell")
    grid = read_grid(text, {}, MAGIC_OPTIONS)
    assert grid.axes == results.axes
    bodies = [variant.request.body() for variant in grid.variants]
    assert bodies == [result.request.body() for result in results]


def test_the_cell_of_what_no_line_can_say_is_an_error(gateway):
    """The values of a variable, and a list of texts with commas."""
    gateway(streamed(completion("One")))
    varied = chat_magic.chat_grid("Hi {{ x }}", model="a/b", vary={"x": ["a", "b"]})
    with pytest.raises(InvalidRequest, match="only the notebook has the values of x"):
        varied.export("cell")
    swept = chat_magic.chat_grid("Hi", model="a/b", sweep={"stop": [["a", "b"], "c"]})
    with pytest.raises(InvalidRequest, match="cannot be written on the %%chat line"):
        swept.export("cell")


@pytest.fixture
def scored(gateway):
    """Return the scores of texts at a llama.cpp server."""
    gateway(LlamaScript())
    session = default_session()
    session.server_kinds._kinds.clear()
    session.llama_models._known.clear()
    return lambda texts, **options: chat_magic.score(HARD, texts, model="a/b", **options)


@pytest.mark.parametrize("form", ["body", "curl", "python", "openai", "javascript"])
def test_a_score_has_no_program_of_one_chat_request(scored, form):
    """Its field `score` is no server's: the error says what there is."""
    words = f"export: {form} is one chat request; a score is several .*: export html, or result"
    with pytest.raises(InvalidRequest, match=words):
        scored(["a", "b"]).export(form)


def test_the_cell_of_a_score_scores_the_same_texts(scored):
    """By its option; messages and parameters are those of the request."""
    result = scored(["a b", "it's"], seed=1)
    cell = read_cell(result.export("cell"), {}, MAGIC_OPTIONS)
    assert cell.options == {"score": "a b|it's"}
    assert cell.request.messages == result.request.messages
    assert cell.request.parameters["seed"] == 1
    assert "n" not in cell.request.parameters


@pytest.mark.parametrize("form", ["body", "curl", "cell"])
def test_a_search_for_answers_is_neither_a_program_nor_a_cell(gateway, history_file, form):
    """As the history has it; its page and its JSON are there."""
    gateway(llama())
    default_session().server_kinds._kinds.clear()
    default_session().llama_models._known.clear()
    found = chat_magic.distribution("Hi", model="a/b", history=True)
    loaded = chat_magic.load(found.history_id)
    with pytest.raises(InvalidRequest, match=r"search(es)? for answers"):
        loaded.export(form)
    assert loaded.export("html")
    assert ChatResult.from_json(loaded.export("result")) == loaded


@pytest.mark.parametrize(
    ("texts", "options"),
    [(["a"], {}), (["a|b", "c"], {}), (["{{ x }}", "c"], {}), (["a", "b"], {"end": False})],
)
def test_texts_that_the_option_cannot_hold_have_no_cell(scored, texts, options):
    """But a page and the lossless JSON."""
    result = scored(texts, **options)
    with pytest.raises(InvalidRequest, match="--score has no form for these texts"):
        result.export("cell")
    assert result.export("html")
    assert ChatResult.from_json(result.export("result")) == result


def test_markdown_has_the_answers(answered):
    """One alone as it is, several under their numbers."""
    result, _ = answered
    assert result.pick(1).export("markdown") == "Two\n"
    assert result.export("markdown") == "## Choice 0\n\nOne\n\n## Choice 1\n\nTwo\n"
    assert chat_magic.ChatResults((result.pick(0), result.pick(1))).export("markdown") == (
        "## Run 0\n\nOne\n\n## Run 1\n\nTwo\n"
    )


def test_markdown_has_calls_and_refusals():
    """And the text that the answer continues."""
    call = ToolCall(function=FunctionCall(name="f", arguments='{"a": 1}'))
    choices = (
        Choice(index=0, message=Message(content=" more", refusal="No.", tool_calls=(call,))),
    )
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Once"}]
    request = read_fields({"messages": messages}, allow_extra=False)
    result = ChatResult(request, Reply(choices=choices), Timing())
    assert result.export("markdown") == "Once more\n\nNo.\n\n    f(a=1)\n"


def test_html_is_a_page_that_loads_nothing(answered, results):
    """The prompt and the answers are text; our own script alone runs; no address is fetched."""
    result, _ = answered
    for page in (result.export("html"), results.export("html")):
        assert page.startswith("<!DOCTYPE html>")
        assert "default-src 'none'" in page
        assert page.count("<script") == (0 if standalone_script() is None else 2)
        rest = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
        assert " src=" not in rest
        assert "<link" not in rest
    assert "&lt;script&gt;" in result.export("html")


def test_result_is_the_json_that_reads_back(answered, results):
    """As `to_json`."""
    result, _ = answered
    assert ChatResult.from_json(result.export("result")) == result
    assert result.export("result") == result.to_json()
    assert ChatResults.from_json(results.to_json()) == results


def test_each_class_reads_its_own_json(answered, results):
    """The error names the other."""
    result, _ = answered
    with pytest.raises(InvalidRequest, match=r"use ChatResults\.from_json"):
        ChatResult.from_json(results.to_json())
    with pytest.raises(InvalidRequest, match=r"use ChatResult\.from_json"):
        ChatResults.from_json(result.to_json())


def test_csv_is_the_table_of_a_grid(results):
    """A row for each choice."""
    rows = list(csv.DictReader(io.StringIO(results.export("csv"))))
    assert [row["text"] for row in rows] == list(results.frame["text"])


@pytest.mark.parametrize("form", ["yaml", "", "Curl", "bash", "cur", None, 5])
def test_an_unknown_format_is_an_error_that_lists_those_there_are(answered, results, form):
    """And names the nearest."""
    for value in (answered[0], results):
        with pytest.raises(InvalidRequest, match="is not a format; expected one of") as caught:
            value.export(form)
        assert "result" in str(caught.value)


@pytest.mark.parametrize("form", ["body", "curl", "python", "openai", "javascript"])
def test_a_request_s_format_needs_a_run(results, form):
    """Several results have several requests."""
    with pytest.raises(InvalidRequest, match=r"is the request of one run.*\[0\]\.export"):
        results.export(form)
    assert results[0].export(form)


def test_the_table_of_one_result_is_written_otherwise(answered):
    """By the function for tables."""
    with pytest.raises(InvalidRequest, match=r"chat_magic\.to_csv"):
        answered[0].export("csv")


def test_a_path_is_written_and_returned(answered, tmp_path):
    """In UTF-8, in place of what was there."""
    result, _ = answered
    path = tmp_path / "request.sh"
    path.write_text("old")
    assert result.export("curl", path) == path
    assert path.read_text("utf-8") == result.export("curl")
    assert result.export("curl", str(path)) == path


@pytest.mark.parametrize("name", ["missing/request.sh", "", "a\0b"])
def test_a_file_that_cannot_be_written_is_an_error(answered, tmp_path, name):
    """Of one line, which names the file."""
    with pytest.raises(InvalidRequest, match="cannot be written"):
        answered[0].export("curl", str(tmp_path / name))


@pytest.mark.parametrize("path", [5, b"a.sh", ["a.sh"]])
def test_a_path_that_is_none_is_an_error_of_one_line(answered, path):
    """It is named."""
    with pytest.raises(InvalidRequest, match=r"export: .* cannot be written \(.* not "):
        answered[0].export("curl", path)


def test_lone_surrogates_become_replacement_characters(tmp_path):
    """A file in UTF-8 cannot hold them."""
    choices = (Choice(index=0, message=Message(content="a\ud800")),)
    result = ChatResult(read_fields({}, allow_extra=False), Reply(choices=choices), Timing())
    assert result.export("markdown", tmp_path / "a.md").read_text("utf-8") == "a\ufffd\n"


def test_rows_are_exported_as_the_table_of_their_answers(gateway):
    """The data with a column for each variant; the cell has names that only the notebook knows."""
    gateway(streamed(completion("a | b\nc")))
    index = pd.Index(["p"], name="document")
    results = chat_magic.chat_grid(
        "{{ text }}", over=pd.DataFrame({"text": ["=1"], "n": [2]}, index=index),
        sweep={"temperature": [0]},
    )  # fmt: skip
    assert results.export("csv").split("\n")[0] == '"document","text","n","temperature=0"'
    assert """"p","'=1",2,""" in results.export("csv")
    assert results.export("markdown") == (
        "| document | text | n | temperature=0 |\n| --- | --- | --- | --- |\n"
        "| p | =1 | 2 | a \\| b c |\n"
    )
    with pytest.raises(InvalidRequest, match="only the notebook has the values of document"):
        results.export("cell")
    assert "<table" in results.export("html")
    assert results.from_json(results.export("result")).answers.equals(results.answers)

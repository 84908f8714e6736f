"""What stands at the cursor: a table of contexts."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.cursor import Context, read_context

TEXT = Context("text")


def word(fragment="", *given):
    return Context("word", fragment, given=frozenset(given))


def value(subject, fragment=""):
    return Context("value", fragment, subject)


def field_value(subject, fragment=""):
    return Context("field value", fragment, subject)


def names(path):
    """Return the context of a name or an attribute in a template."""
    subject, _, fragment = path.rpartition(".")
    return Context("expression", fragment, subject)


def check(path, data=""):
    """Return the context of a name or an attribute in a check."""
    subject, _, fragment = path.rpartition(".")
    return Context("check", fragment, subject, data=data)


CONTEXTS = {
    "checks": [
        ("%%chat --check ", check("")),
        ("%%chat --check ans", check("ans")),
        ("%%chat --check 'len(ans", check("ans")),
        ("%%chat --check \"answer == 'a' and choice.fin", check("choice.fin")),
        ("%%chat --over data --check short='len(ans", check("ans", "data")),
        ("%%chat --check answer==la", check("la")),
        ("%%chat --check='answer' --over data --check 'la", check("la", "data")),
        ("%%chat --check 'answer == \"{{ la", check("la")),
        ("%%chat --check 'answer' --tru", word("--tru", "check")),
        ("%%chat --over data --truth la", Context("value", "la", "truth", data="data")),
        ("%%chat --truth ", value("truth")),
    ],
    "the line of a cell": [
        ("%%chat ", word()),
        ("%%chat lo", word("lo")),
        ("%%chat\tlo", word("lo")),
        ("#| label: a\n\n%%chat lo", word("lo")),
        ("\n%%chat --te", word("--te")),
        ("%%chat a/b --", word("--", "model")),
        ("%%chat 'a b' -n 3 --no-stream ", word("", "model", "n", "stream")),
        ("%%chat --top_p 1 -", word("-", "top_p")),
        ("%%chat -t=0.5 ", word("", "temperature")),
        ("%%chat --metadata 'a b=c' ", word("", "metadata")),
        ("%%chat --nonsense ", word()),
    ],
    "values": [
        ("%%chat --model ", value("model")),
        ("%%chat -m a/", value("model", "a/")),
        ("%%chat --reasoning-effort ", value("reasoning_effort")),
        ("%%chat --reasoning_effort=lo", value("reasoning_effort", "lo")),
        ("%%chat --modalities text,au", value("modalities", "au")),
        ("%%chat --audio voice=alloy,f", value("audio", "f")),
        ("%%chat --unset top-p,", value("unset")),
        ("%%chat --models a/b,lo", value("models", "lo")),
        ("%%chat --sweep ", value("sweep")),
        ("%%chat --sweep top", value("sweep", "top")),
        ("%%chat --sweep reasoning-effort=low,", Context("axis value", "", "reasoning_effort")),
        ("%%chat --sweep=model=lo", Context("axis value", "lo", "model")),
        ("%%chat --vary tone=to", Context("axis value", "to")),
        ("%%chat --stop --te", value("stop", "--te")),
        ("%%chat -o na", value("out", "na")),
        ("%%chat --after names:", value("after", "names:")),
        ("%%chat --stop 'a b", TEXT),
    ],
    "a line magic": [
        ("%chat ", word()),
        ("%chat -n 2 --te", word("--te", "n")),
        ("r = %chat -m ", value("model")),
        ("x = 1\n    %chat --o", word("--o")),
        ("%chat What --te", TEXT),
        ("%chat -c Wh", TEXT),
        ("%chat -- --te", TEXT),
        ("%chat What is {{ na", names("na")),
        ("%chat /mo", Context("command", "/mo")),
        ("%chat -m a/b /", Context("command", "/")),
        ("%chat -- /mo", TEXT),
        ("%chat tell /mo", TEXT),
        ("%%chat /mo", word("/mo")),
    ],
    "the messages": [
        ("%%chat\n", Context("mark")),
        ("%%chat\nus", Context("mark", "us")),
        ("%%chat\nuser: hi\n\nas", Context("mark", "as")),
        ("%%chat\nuser: hi\n@im", Context("mark", "@im")),
        ("%%chat\nuser: hi\n@image ", Context("path")),
        ("%%chat\nuser: hi\n@file a/b c", Context("path", "a/b c")),
        ("%%chat\nuser: as", TEXT),
        ("%%chat\n as", TEXT),
        ("%%chat\n%chat --te", TEXT),
        ('%%chat\n{"messages":\n', TEXT),
        ("%%chat\n[\n", TEXT),
    ],
    "the YAML block": [
        ("%%chat\n---\n", Context("field")),
        ("%%chat\n\n---\ntemperature: 1\nto", Context("field", "to", given={"temperature"})),
        ("%%chat\n---\nreasoning_effort: ", field_value("reasoning_effort")),
        ("%%chat\n---\nmodel: lo", field_value("model", "lo")),
        ("%%chat\n---\nmodalities: [text, au", field_value("modalities", "au")),
        ("%%chat\n---\naudio:\n  vo", TEXT),
        ("%%chat\n---\nn: 2\n---\nus", Context("mark", "us")),
        ("%%chat\nuser: x\n---\n", Context("mark")),
    ],
    "templates": [
        ("%%chat\nuser: {{ ", names("")),
        ("%%chat\nuser: {{ na", names("na")),
        ("%%chat\nuser: {{ a }} and {{ b + na", names("na")),
        ("%%chat\nuser: {{ df.co", names("df.co")),
        ("%%chat\nuser: {{ r[0].tokens.", names("r[0].tokens.")),
        ('%%chat\nuser: {{ f(d["k"].na', names('d["k"].na')),
        ("%%chat --stop {{ na", names("na")),
        ("%%chat\n---\nstop: {{ na", names("na")),
        ("%%chat\n{% for x in na", names("na")),
        ("%%chat\n{% if na", names("na")),
        ("%%chat\nuser: {{ f().na", TEXT),
        ("%%chat\nuser: {{ f().a.na", TEXT),
        ("%%chat\nuser: {{ d['na", TEXT),
        ("%%chat\nuser: {{ 'x'.na", TEXT),
        ("%%chat\nuser: {{ x | up", TEXT),
        ("%%chat\nuser: {{ 12", TEXT),
        ("%%chat\nuser: {{ x }} na", TEXT),
        ("%%chat\nuser: { na", TEXT),
        ("%%chat --raw\nuser: {{ na", TEXT),
    ],
    "what is none of ours": [
        ("", None),
        ("%%chat", None),
        ("%chat", None),
        ("%%chatter --te", None),
        ("%chatter --te", None),
        ("%%time\n%chat --te", None),
        ("x = 1\nx.", None),
        ("x = 1\n%%chat lo", None),
        ("x = 5 %chat --te", None),
        ("%chat hi\nimp", None),
    ],
}


@pytest.mark.parametrize(
    ("before", "context"), [case for cases in CONTEXTS.values() for case in cases]
)
def test_the_text_before_the_cursor_says_what_stands_there(before, context):
    """Whatever the notebook holds; what is typed of it ends the text."""
    assert read_context(before) == context
    assert context is None or before.endswith(context.fragment)

"""The sources of an answer, numbered as its text refers to them."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.reply import Reply
from chat_magic.view.answer_sources import sources_of
from tests.view.conftest import choice

A, B = "https://a.org/x", "https://b.org/y"


def cited(title="A page", url=A):
    """Return an annotation in the API's form."""
    return {"type": "url_citation", "url_citation": {"title": title, "url": url, "start_index": 0}}


def described(annotations=None, *, message=None, **extra):
    """Return the sources of an answer, in words."""
    answer = choice(text="x", annotations=annotations, extra=message or {})
    return [source.description for source in sources_of(answer, Reply(extra=extra))]


@pytest.mark.parametrize(
    ("fields", "sources"),
    [
        ({"annotations": [cited()]}, [f"[1] A page — {A}"]),
        (
            {"annotations": [cited(), cited(), cited("B", B)]},
            [f"[1] A page — {A}", f"[2] B — {B}"],
        ),
        ({"annotations": [{"type": "url_citation", "url": A}]}, [f"[1] {A}"]),
        (
            {"annotations": [{"type": "file_citation", "file_citation": {"filename": "a.pdf"}}]},
            ["[1] a.pdf"],
        ),
        ({"citations": [A, B, A]}, [f"[1] {A}", f"[2] {B}", f"[3] {A}"]),
        (
            {"citations": [B, A], "search_results": [{"title": "A page", "url": A}]},
            [f"[1] {B}", f"[2] A page — {A}"],
        ),
        ({"search_results": [{"title": "A page", "url": A}]}, [f"[1] A page — {A}"]),
        (
            {"citations": [A], "annotations": [cited(), cited("B", B)]},
            [f"[1] A page — {A}", f"[2] B — {B}"],
        ),
        ({"message": {"citations": [A]}}, [f"[1] {A}"]),
        ({"citations": [None, A]}, ["[1] unknown source", f"[2] {A}"]),
        ({"citations": ["javascript:alert(1)"]}, ["[1] javascript:alert(1)"]),
        ({"annotations": [cited("two\n lines", "file:///x")]}, ["[1] two lines"]),
        ({"citations": "none", "annotations": [3, {}]}, []),
        ({}, []),
    ],
)
def test_sources_keep_the_numbers_of_the_servers_list(fields, sources):
    """Annotations follow, each address once; only web addresses are links."""
    assert described(**fields) == sources


def test_there_is_an_end_to_sources_and_to_their_titles():
    """A server may send anything."""
    assert len(described(citations=[f"https://a.org/{n}" for n in range(500)])) == 100
    assert len(described([cited("t" * 5_000)])[0]) < 300

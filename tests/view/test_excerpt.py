"""An answer is shortened to one line around its divergence."""

from __future__ import annotations

from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.excerpt import excerpt, one_line
from tests.view.conftest import answers


def test_an_excerpt_contains_the_divergence() -> None:
    """If that is far into the text, the excerpt starts shortly before it."""
    long = "same " * 40
    comparison = compare_runs(
        [
            answers(f"{long}here it goes on", f"{long}there"),
        ]
    )
    parts = excerpt(comparison.analysis.answers[0], 40)
    assert [(part.kind, part.text) for part in parts] == [
        ("shared", "… same same"),
        ("divergence", " here"),
        ("rest", " it goes on"),
    ]
    near = compare_runs([answers("a\n b c", "a\n d")]).analysis.answers[0]
    assert [part.text for part in excerpt(near, 40)] == ["a ", " b", " c"]
    assert [part.text for part in excerpt(near, 3)] == ["…", " b", " …"]
    assert [part.text for part in excerpt(near, 4)] == ["a ", " b", "…"]


def test_a_text_in_one_line_shows_its_line_breaks() -> None:
    """Other white space becomes one space."""
    assert one_line("a \n\n b\t c") == "a↵b c"

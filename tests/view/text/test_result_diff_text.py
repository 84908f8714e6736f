"""What changed from one execution to another, in a terminal."""

from __future__ import annotations

import pytest

from chat_magic.view.text.result_diff_text import result_diff_text
from tests.view.result_diffs import diff


def test_the_changes_of_prompt_and_answer_are_written_as_a_word_diff():
    """With the changed parameters first."""
    found = diff(("Name a cat", "A red cat"), ("Name a dog", "A red dog"), temperature=0.8)
    assert result_diff_text(found) == (
        "#3 → #7\n\nprompt\n  temperature not set → 0.8\n  user: Name a[- cat-]{+ dog+}\n\n"
        "answer\n  A red[- cat-]{+ dog+}"
    )


def test_several_answers_are_written_as_shares_that_line_up():
    """Each distinct answer, with its interval."""
    text = result_diff_text(diff(("Hi", "Tom", "Tom", "Félix"), ("Hi", "Tom", "Félix", "Félix")))
    assert text.endswith(
        "answers\n  Tom    2/3 = 67% (21 to 94%) → 1/3 = 33% (6 to 79%)\n"
        "  Félix  1/3 = 33% (6 to 79%)  → 2/3 = 67% (21 to 94%)"
    )
    assert "the same prompt and parameters" in text


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("Hi", "Tom"), ("Hi", "Tom"), "answer\n  the same answers"),
        (("Hi", "Tom"), ("Hi",), "answer\n  [-Tom-]"),
        (("Hi", '{"a": 1}'), ("Hi", '{"a": 2}'), "/a  1 → 2"),
        (("Hi", "a"), ("Hi", "\x1b[31mred", "b"), "red"),
        (("Hi", *"ab"), ("Hi", *map(str, range(30))), "12 more"),
    ],
)
def test_every_kind_of_answer_is_written(before, after, words):
    """Without control characters."""
    text = result_diff_text(diff(before, after))
    assert words in text
    assert "\x1b" not in text

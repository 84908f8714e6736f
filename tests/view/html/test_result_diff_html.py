"""What changed from one execution to another, in any browser."""

from __future__ import annotations

import pytest

from chat_magic.view.html.result_diff_html import result_diff_html
from tests.view.result_diffs import diff


def test_prompt_and_answer_stand_side_by_side():
    """Both with what came in and what went."""
    found = diff(("Name a cat", "A red cat"), ("Name a dog", "A red dog"), temperature=0.8)
    html = result_diff_html(found)
    assert "temperature" in html
    assert html.count("<del") == html.count("<ins") == 2
    assert html.index(" dog</ins>") < html.rindex(" dog</ins>")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Hi <b>", "<script>x</script>"), ("Hi <i>", "<img src=x>")),
        (("Hi", "<b>1", "<b>2"), ("Hi", "<b>3")),
        (("Hi", '{"<b>": 1}'), ("Hi", '{"<b>": "<i>"}')),
    ],
)
def test_what_a_model_wrote_is_escaped(before, after):
    """In every kind of answer."""
    html = result_diff_html(diff(before, after))
    for tag in ("<script", "<b>", "<i>", "<img"):
        assert tag not in html

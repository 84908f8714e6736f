"""What differs between two prompts is drawn by message and parameter."""

from __future__ import annotations

import pytest

from chat_magic.results.prompt import Prompt

BEFORE = Prompt("%%chat a/b -t 0.2\nsystem: Be {{ tone }}.\nuser: Name three cats")


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("%%chat a/b -t 0.8\nsystem: Be {{ tone }}.\nuser: Name four cats",
         "temperature 0.2 → 0.8\nuser: Name[- three-]{+ four+} cats"),
        ("%%chat c/d\nuser: Name three cats",
         "model a/b → c/d\ntemperature 0.2 → not set\nsystem: [-Be {{ tone }}.-]"),
        ("%%chat a/b --temperature 0.2\nsystem: Be {{ tone }}.\nuser: Name three cats",
         "the same prompt and parameters"),
        (f"{BEFORE.text}\n@image cat.png", "user: Name three cats{+\n@image cat.png+}"),
        (BEFORE.text.replace("-t 0.2", "-t 0.2 --schema x:str"), "schema not set → x:str"),
    ],
)  # fmt: skip
def test_parameters_and_messages_are_compared(after, words):
    """Templates and attachments as they are written: no file is read."""
    view = BEFORE.diff(Prompt(after))
    assert view._repr_mimebundle_()["text/plain"] == words
    assert view.prompt.is_same == (words == "the same prompt and parameters")


def test_html_escapes_what_prompts_say():
    """It is the text of others."""
    html = BEFORE.diff(Prompt("%%chat a/b\nuser: <img src=x>"))._repr_html_()
    assert "&lt;img src=x&gt;" in html
    assert "<img" not in html


def test_cells_that_cannot_be_read_without_their_variables_are_compared_as_text():
    """Such as one whose option is a template; the table has the texts of both cells."""
    view = BEFORE.diff(Prompt("%%chat a/b -t {{ t }}\nsystem: Be {{ tone }}.\nuser: Hi"))
    text = view._repr_mimebundle_()["text/plain"]
    assert text.startswith("cell: %%chat a/b -t[- 0.2-]{+ {{ t }}+}")
    assert "Hi" in " ".join(view.table["text"].astype(str))

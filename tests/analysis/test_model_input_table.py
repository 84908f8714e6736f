"""The table of the tokens that a model reads."""

from __future__ import annotations

from chat_magic.analysis.model_input_table import model_input_table
from chat_magic.core.reply.prompt_parts import PromptToken


def test_what_is_of_no_message_or_not_told_is_missing():
    """The others have their values."""
    table = model_input_table(
        [
            PromptToken(id=1, content=b"<s>", is_special=True),
            PromptToken(id=2, content=b"Hi", message=0),
            PromptToken(id=3, content=None, message=1),
        ],
        {"model": "m"},
    )
    assert table["message"].isna().tolist() == [True, False, False]
    assert table["token"].isna().tolist() == [False, False, True]
    assert table["bytes"].tolist() == [b"<s>", b"Hi", None]
    assert table["is_special"].tolist() == [True, False, False]
    assert table["position"].tolist() == [0, 1, 2]

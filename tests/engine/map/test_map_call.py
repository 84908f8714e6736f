"""One call of `chat_map` and what it says beside its table."""

from __future__ import annotations

import pytest

from chat_magic.engine.map.map_call import say
from tests.engine.test_chat_map import ask, refusal, shout


def test_it_says_things_on_stderr(capsys):
    """Never in the output of a cell."""
    say("that the file is there")
    assert capsys.readouterr() == ("", "chat-magic: that the file is there\n")


def test_an_error_has_the_table_so_far_with_its_facts(gateway):
    """As the table of a whole map."""
    gateway(refusal(401, "no"))
    with pytest.raises(Exception, match="no") as caught:
        ask(["one", "two"])
    facts = caught.value.result.attrs["chat_magic"]
    assert facts["failed"] == facts["rows"] >= 1


def test_nothing_is_said_of_a_map_that_goes_well(gateway, capsys):
    """Without a bar or a file."""
    gateway(shout)
    ask(["one"])
    assert capsys.readouterr() == ("", "")

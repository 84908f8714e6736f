"""Pages that listen hear what is added; the notebook gets the whole state less and less often."""

from __future__ import annotations

import json

import pytest

from chat_magic.view.live.live_stream import LIVE_TYPE
from chat_magic.view.live.notebook_display import NotebookDisplay
from tests.view.live.displays import Notebook, progress


class Channel:
    """Pages that listen, or do not."""

    def __init__(self, *, is_heard: bool = True) -> None:
        self.is_heard = is_heard
        self.said: list[dict] = []
        self.n_calls = 0

    def send(self, data) -> None:
        self.said.append(json.loads(json.dumps(data)))

    def call(self) -> None:
        self.n_calls += 1


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
def notebook(channel):
    """A notebook whose display reaches the pages."""
    notebook = Notebook()
    notebook.display = NotebookDisplay(notebook._take, notebook.clock, channel=channel)
    return notebook


def show(notebook, *texts, wait_s=0.1, **fields):
    notebook.display.show(progress(*texts, **fields))
    notebook.clock.now += wait_s


def added(channel):
    """Return the text of each message."""
    return [_text_of(said["parts"]["answers"]) for said in channel.said]


def _text_of(answers):
    return "".join(piece for _, _, pieces in answers for piece in pieces)


def test_what_is_added_goes_beside_the_document_until_there_is_eight_times_as_much(
    notebook, channel
):
    """Every update of the document is a whole picture: live state, HTML and text."""
    for text in ["a", "abc", "abcd", "abcdefgh", "abcdefghi"]:
        show(notebook, text)
    assert added(channel) == ["bc", "d", "i"]
    assert [sent[LIVE_TYPE]["answers"][0]["pieces"] for _, sent, *_ in notebook.sent] == [
        ["a"],
        ["abcdefgh"],
    ]
    assert all(
        sent.keys() == {LIVE_TYPE, "text/html", "text/plain"} for _, sent, *_ in notebook.sent
    )


def test_speed_and_time_are_told_once_a_second(notebook, channel):
    """The whole state has them, too."""
    for count in range(8):
        show(notebook, "a" * (100 + count), wait_s=0.3)
    assert ["facts" in said["parts"] for said in channel.said] == [
        False, False, False, True, False, False, False,
    ]  # fmt: skip


def test_the_document_is_updated_at_least_every_ten_seconds(notebook, channel):
    """However little was added."""
    for count in range(12):
        show(notebook, "a" * (100 + count), wait_s=1.0)
    assert [at for at, *_ in notebook.sent] == [100.0, 110.0]


def test_nobody_listens_and_the_display_is_as_elsewhere(notebook, channel):
    """Once, pages are asked to listen."""
    channel.is_heard = False
    for text in ["ab", "abc", "abcd"]:
        show(notebook, text)
    assert [sorted(sent) for _, sent, *_ in notebook.sent] == [["text/html", "text/plain"]] * 3
    assert channel.said == []


@pytest.mark.parametrize(("is_heard", "n_calls"), [(True, 0), (False, 1)])
def test_pages_are_called_for_an_answer_if_none_listens(is_heard, n_calls):
    """Such as one that was opened before chat-magic was loaded."""
    channel = Channel(is_heard=is_heard)
    NotebookDisplay(lambda *_: None, Notebook().clock, channel=channel)
    assert channel.n_calls == n_calls


def test_when_the_last_page_is_gone_whole_states_come_at_the_pace_of_their_size(notebook, channel):
    """They stay of the kind that the page had drawn: it may come back."""
    show(notebook, "a" * 50_000)
    channel.is_heard = False
    show(notebook, "a" * 50_001)
    assert LIVE_TYPE in notebook.sent[-1][1]
    assert notebook.display.delay_s > 0.5


def test_a_page_that_comes_in_mid_stream_gets_a_whole_state_first(notebook, channel):
    """From then on it hears what is added."""
    channel.is_heard = False
    show(notebook, "abcd")
    channel.is_heard = True
    show(notebook, "abcde")
    show(notebook, "abcdef")
    assert LIVE_TYPE in notebook.sent[-1][1]
    assert added(channel) == ["f"]


def test_the_end_is_told_before_the_result_is_drawn(notebook, channel):
    """After it nothing is kept for this answer."""
    show(notebook, "abcd")
    notebook.display.finish({"text/plain": "abcd"})
    assert channel.said[-1]["parts"] is None
    assert notebook.sent[-1][1] == {"text/plain": "abcd"}


def test_whole_states_stay_within_the_bytes_a_second_of_a_display(notebook, channel):
    """A text that doubles faster than that has to wait for its next whole state."""
    for size in (100_000, 200_000, 400_000):
        show(notebook, "a" * size)
    assert len(notebook.sent) == 1
    assert len(channel.said) == 2

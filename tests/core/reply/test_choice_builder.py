"""One choice of an answer while it arrives: its pieces become a `Choice`."""

from __future__ import annotations

from chat_magic.core.reply.choice_builder import ChoiceBuilder
from chat_magic.core.reply.chunk import ChunkChoice, Delta, TokenLists
from chat_magic.core.reply.reply import TokenLogprob, TokenTimes


def build(*pieces: ChunkChoice, number: int | None = None) -> tuple[ChoiceBuilder, list[str]]:
    """Return the builder of some pieces, a millisecond apart, and the warnings."""
    warnings: list[str] = []
    builder = ChoiceBuilder(0, warnings.append, number)
    for event, piece in enumerate(pieces):
        builder.add(piece, event, float(event))
    return builder, warnings


def text(content: str, **fields: object) -> ChunkChoice:
    return ChunkChoice(index=0, delta=Delta(content=content), **fields)


def test_a_choice_is_empty_until_it_writes_or_ends():
    """A role is neither."""
    assert build(ChunkChoice(delta=Delta(role="assistant", content="")))[0].is_empty
    assert not build(text("a"))[0].is_empty
    assert not build(ChunkChoice(finish_reason="stop"))[0].is_empty


def test_a_finish_reason_can_be_taken_back():
    """What follows continues the choice, with its log probabilities."""
    tokens = TokenLists(content=[TokenLogprob(token="b")])
    builder, warnings = build(text("a", finish_reason="stop"))
    assert builder.retract_finish() == "stop"
    builder.add(text("b", logprobs=tokens), 7, 9.0)
    choice = builder.choice("length")
    assert (choice.text, choice.finish_reason) == ("ab", "length")
    assert choice.arrivals == {"content": TokenTimes(chunk=[7], t_ms=[9.0])}
    assert warnings == ["choice 0 continues after its finish_reason: the rest is kept"]


def test_warnings_name_the_choice_by_its_number():
    """Which is its index in the whole answer, not in that of its own request."""
    builder, warnings = build(text("a"), number=2)
    choice = builder.choice(None)
    assert (choice.index, warnings) == (0, ["choice 2 ended without a finish_reason"])


def test_a_missing_finish_reason_is_expected_of_a_choice_that_was_cut():
    """It is no warning then."""
    builder, warnings = build(text("a"))
    assert builder.choice("error", is_cut=True).finish_reason == "error"
    assert warnings == []


def test_text_of_the_older_api_is_the_content():
    """Unless there is a content beside it."""
    builder, _ = build(
        ChunkChoice(text="a"), ChunkChoice(text="b", delta=Delta(content="b")), ChunkChoice(text=7)
    )
    assert builder.text == "ab"
    assert builder.choice("stop").extra == {"text": 7}

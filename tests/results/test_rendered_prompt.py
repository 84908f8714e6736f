"""A prompt as a user holds it."""

from __future__ import annotations

from chat_magic.core.reply.prompt_parts import PromptToken
from chat_magic.results.rendered_prompt import ModelInput

PROMPT = ModelInput(
    model="a/b",
    text="<s>Hi</s>",
    prompt_tokens=(
        PromptToken(id=1, content=b"<s>", is_special=True),
        PromptToken(id=2, content=b"Hi", message=0),
        PromptToken(id=3, content=b"</s>", is_special=True, message=0),
    ),
    roles=("user",),
    warnings=("odd",),
    n_cached=1,
)


def test_tokens_are_counted_for_each_message():
    """What the template adds is counted apart."""
    assert repr(PROMPT) == "<ModelInput a/b: 3 tokens · user 2 · template 1 · 1 cached>"


def test_its_picture_has_control_tokens_as_chips_and_shades_the_cache():
    """The text is escaped."""
    html = PROMPT._repr_mimebundle_()["text/html"]
    assert ">&lt;s&gt;</span>" in html
    assert "read from the cache" in html
    assert "odd" in html


def test_in_a_terminal_the_text_follows_the_facts():
    """And what is odd."""
    text = PROMPT._repr_mimebundle_()["text/plain"]
    assert text.splitlines()[1:] == ["! odd", "", "<s>Hi</s>"]

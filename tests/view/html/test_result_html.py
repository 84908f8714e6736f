"""The static HTML shows a result, and loses nothing in an untrusted notebook."""

from __future__ import annotations

import base64
import re

import pytest

from chat_magic.core.reply.reply import FunctionCall, ToolCall
from chat_magic.view.bundle import bundle
from chat_magic.view.html.result_html import result_html
from tests.view.html.sanitizer import dropped, text_of

MARKDOWN = (
    "# Title\n\nA *b* **c** `d` [e](https://x.org) ![f](https://x.org/f.png) $x^2$ ~~g~~\n\n"
    "- h\n- i\n\n1. j\n\n> k\n\n---\n\n```python\nl\n```\n\n|m|n|\n|-|-:|\n|o|p|\n\n$$\nq\n$$\n"
)


@pytest.fixture
def everything(make_choice, make_run, make_token, names):
    """A run with one choice of every kind."""
    odd = [
        make_token("1\n", 0.02, ("2", 0.9)),
        make_token("\n\n", 0.2),
        make_token(" \xa0\u202e", 0.06),
        make_token("x", 1, logprob=-9999.0),
        make_token("</pre><script>'\"", 0.15, ("<b>", 0.2)),
    ]
    call = ToolCall(id="c", function=FunctionCall(name="<f>", arguments='{"a": [1]}'))
    broken = ToolCall(id="d", function=FunctionCall(name="g", arguments='{"a": <'))
    return make_run(
        make_choice(names),
        make_choice(odd, index=1, finish_reason="length"),
        make_choice(text=MARKDOWN, index=2, finish_reason=None),
        make_choice(text="", index=3, reasoning="<i>", tool_calls=(call, broken)),
        make_choice(text="", index=4, refusal="I <b>can't</b>", finish_reason="content_filter"),
        make_choice(text="", index=5, finish_reason="error"),
        make_choice(text="part", index=6, finish_reason="interrupted"),
        model="evil/<b>",
        prefill="So <i>",
        warnings=("one <b>", "two"),
    )


def test_the_sanitizer_of_an_untrusted_notebook_drops_nothing(everything) -> None:
    assert dropped(bundle([everything])["text/html"]) == []


def test_there_are_no_scripts_and_no_addresses_that_a_page_would_load(everything) -> None:
    html = bundle([everything])["text/html"]
    for word in ("<script", "<style", "<!--", "src=", "url(", " id=", "aria-", "data-", "role="):
        assert word not in html


def test_only_formulas_are_left_to_the_typesetter(everything) -> None:
    html = bundle([everything])["text/html"]
    assert html.startswith('<div class="mathjax_ignore tex2jax_ignore"')
    assert html.count("mathjax_process") == 2


def test_a_single_choice_shows_status_answer_and_unsure_tokens(
    make_run, make_choice, names
) -> None:
    seen = text_of(result_html([make_run(make_choice(names), cost=0.0007)]))
    assert seen.startswith(
        "openai/gpt-4o temperature 0.8 0.41 s to first token 92 tokens/s 31 in · 52 out $0.0007 "
        "finished 6 of 52 tokens with a probability"
    )
    assert seen.endswith("unsure: Charlotte 31% (Catherine 24, Clara 9)")


def test_a_single_warning_stands_in_the_status_line(make_run, make_choice) -> None:
    one = make_run(make_choice(text="a"), warnings=("the server ignored top_k",))
    assert "out the server ignored top_k finished" in text_of(result_html([one]))


def test_several_warnings_are_all_shown(make_run, make_choice) -> None:
    two = make_run(make_choice(text="a"), warnings=("first", "second"))
    first, second = result_html([two]).index(">first<"), result_html([two]).index(">second<")
    assert first < second


def test_unsure_words_are_underlined_in_the_answer(make_run, make_choice, names) -> None:
    html = result_html([make_run(make_choice(names))])
    assert re.search(r"<li><u [^>]*>Charlotte</u></li>", html)


def test_words_are_underlined_where_the_server_trimmed_the_text(
    make_run, make_choice, make_token
) -> None:
    tokens = [make_token(" Oh", 0.3), make_token(" Paris", 0.3), make_token("<|im_end|>", 0.1)]
    html = result_html([make_run(make_choice(tokens, text="Oh Paris"))])
    assert re.search("<p[^>]*><u [^>]*>Oh</u> <u [^>]*>Paris</u></p>", html)


def test_tokens_that_do_not_spell_the_text_underline_nothing(
    make_run, make_choice, make_token
) -> None:
    html = result_html([make_run(make_choice([make_token("other", 0.1)], text="text"))])
    assert '<p style="margin:0 0 8px 0">text</p>' in html


def test_a_prefill_is_muted_and_on_the_line_of_the_text(make_run, make_choice) -> None:
    html = result_html([make_run(make_choice(text=" Paris."), prefill="The capital is")])
    assert re.search(
        r'<p[^>]*><span style="opacity:0.65[^"]*">The capital is</span> Paris.</p>', html
    )


@pytest.mark.parametrize(
    ("prefill", "text", "pattern"),
    [
        ("List:", "\n- a", r"<p[^>]*><span [^>]*>List:</span></p>\s*<ul"),
        ("- a", "\n- b", r"<ul[^>]*>\s*<li><span [^>]*>a</span></li>\s*<li>b</li>"),
        ("It is **very", " good**.", r"<strong><span [^>]*>very</span> good</strong>"),
        ("# Tit", "le\ntext", r"<h1[^>]*><span [^>]*>Tit</span>le</h1>"),
        ("a |", " b\n-|-\n1 | 2", r"<th[^>]*>.*a.*</th>"),
    ],
)
def test_a_prefill_and_its_continuation_are_one_text_in_markdown(
    make_run, make_choice, prefill, text, pattern
) -> None:
    """Lists, emphasis and tables go on from one into the other."""
    html = result_html([make_run(make_choice(text=text), prefill=prefill)])
    assert re.search(pattern, html), html


def test_a_prefill_that_opens_code_belongs_to_the_code(make_run, make_choice) -> None:
    html = result_html([make_run(make_choice(text='"a": 1}\n```'), prefill="```json\n{")])
    assert re.search(r"<span [^>]*>{</span>&quot;a&quot;: 1}\n</code>", html)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"text": ""}, "empty answer"),
        ({"text": "", "refusal": "I can't."}, "refused I can&#x27;t."),
        ({"text": "", "reasoning": "Let me think"}, "reasoning Let me think empty answer"),
        ({"text": "half", "finish_reason": "length"}, "cut off half"),
        ({"text": "half", "finish_reason": "error"}, "error half"),
        ({"text": "half", "finish_reason": "interrupted"}, "interrupted half"),
        (
            {
                "text": "",
                "tool_calls": (ToolCall(function=FunctionCall(name="f", arguments="{}")),),
            },
            "calls f {}",
        ),
    ],
)
def test_other_kinds_of_answers_are_named(fields, seen: str, make_run, make_choice) -> None:
    html = result_html([make_run(make_choice(**fields), usage=None)])
    assert seen in text_of(html)


@pytest.mark.parametrize(
    ("text", "is_code"),
    [('{\n  "a": 1\n}', True), ("[1,\n 2]", True), ("{a: 1}\nb", False), ("1", False)],
)
def test_a_json_answer_keeps_its_lines(make_run, make_choice, text: str, is_code: bool) -> None:
    """Markdown would run them together; so it is drawn as code."""
    html = result_html([make_run(make_choice(text=text))]).partition("<details>")[0]
    assert ("<pre" in html) == is_code


def test_a_json_answer_is_underlined_where_the_model_was_unsure(
    make_run, make_choice, make_token
) -> None:
    """Its spans move along into the code."""
    tokens = [make_token('{"a": "', 0.9), make_token("Paris", 0.2), make_token('"}', 0.9)]
    html = result_html([make_run(make_choice(tokens))]).partition("<details>")[0]
    assert re.search(r"<u [^>]*>Paris</u>", html)


def test_an_audio_answer_has_a_player_and_its_transcript(make_run, make_choice) -> None:
    """In the page itself, without loading anything; bare samples are only counted."""
    audio = {"id": "a", "data": base64.b64encode(b"RIFF....WAVE").decode(), "transcript": "<Hi>"}
    html = result_html([make_run(make_choice(text="", audio=audio))])
    assert f'<audio controls src="data:audio/wav;base64,{audio["data"]}"></audio>' in html
    assert "&lt;Hi&gt;" in html
    assert "empty answer" not in html
    bare = result_html([make_run(make_choice(text="", audio={"data": "AAEC"}))])
    assert "<audio" not in bare
    assert "audio of 3 bytes" in bare


def test_an_answer_without_choices_says_so(make_run) -> None:
    assert "no answer" in result_html([make_run()])


def test_the_raw_text_is_exact(make_run, make_choice) -> None:
    text = "  # a\n\n\n*b*  \n"
    assert f">{text}</pre>" in result_html([make_run(make_choice(text=text))])


def test_tool_calls_that_were_run_stand_before_the_answer(
    make_run, make_choice, make_round
) -> None:
    """Each with arguments, time, and its result or error; a long result opens with a click."""
    rounds = [
        make_round(
            {"result": "<b>21</b>"},
            {"error": "ValueError: <i>"},
            {"result": "y" * 400},
            text="I <u>look",
        )
    ]
    html = result_html([make_run(make_choice(text="Warm"), rounds=rounds)])
    parts = (
        "I &lt;u&gt;look",
        "get_weather(city=&#x27;Paris&#x27;)",
        "0.21 s",
        "&lt;b&gt;21&lt;/b&gt;",
        "ValueError: &lt;i&gt;",
        "<details>",
        "400 characters",
        "Warm",
    )
    positions = [html.index(part) for part in parts]
    assert positions == sorted(positions)
    assert dropped(html) == []


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


def test_images_and_sources_are_drawn_and_survive_an_untrusted_notebook(
    make_choice, make_run
) -> None:
    """Data that is an image as data, everything else as a link or in words."""
    svg = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    images = [
        f"data:image/svg+xml;base64,{PNG}",
        f"data:image/png;base64,{svg}",
        "https://x.org/a.png",
    ]
    notes = [
        {"url": "https://b.org", "title": "<b>Bold</b>"},
        {"url": "javascript:alert(1)", "title": "bad"},
    ]
    answer = make_choice(text="", extra={"images": images}, annotations=notes)
    html = result_html([make_run(answer)])
    assert html.count("<img") == 1
    assert f'<img src="data:image/png;base64,{PNG}" alt="image: image/png, 12 bytes"' in html
    assert 'href="https://x.org/a.png" rel="noopener" target="_blank"' in html
    assert 'href="https://b.org"' in html
    assert "javascript:" not in html
    assert "<svg" not in html
    assert svg not in html
    assert "[1] &lt;b&gt;Bold&lt;/b&gt; b.org [2] bad" in text_of(html)
    assert dropped(html) == []
    assert "empty answer" not in html

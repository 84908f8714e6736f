"""Markdown of a model becomes HTML that reads well, runs nothing and loads nothing."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.view.html.markdown import render
from tests.wire.fixtures import FOLDER

LINE_BREAKS = json.loads((FOLDER / "line_breaks.json").read_text())


def bare(html: str) -> str:
    """Drop the styles, which these tests do not look at."""
    return re.sub(r' style="[^"]*"', "", html).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A *b*", "<h1>A <em>b</em></h1>"),
        ("Alice\nBob", "<p>Alice<br />\nBob</p>"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("`<i>`", "<p><code>&lt;i&gt;</code></p>"),
        ("```python\nx < 1\n```", "<pre><code>x &lt; 1\n</code></pre>"),
        ("    x", "<pre><code>x\n</code></pre>"),
        ("~~no~~", "<p><s>no</s></p>"),
        (
            "[a](https://x.org 'title')",
            '<p><a href="https://x.org" rel="noopener" target="_blank">a</a></p>',
        ),
        (
            "<https://x.org>",
            '<p><a href="https://x.org" rel="noopener" target="_blank">https://x.org</a></p>',
        ),
        (
            "[a]\n\n[a]: mailto:x@y.z",
            '<p><a href="mailto:x@y.z" rel="noopener" target="_blank">a</a></p>',
        ),
    ],
)
def test_markdown_is_rendered(text: str, expected: str) -> None:
    assert bare(render(text)) == expected


def test_tables_keep_the_alignment_they_ask_for() -> None:
    html = render("|a|b|\n|-|-:|\n|1|2|")
    assert re.search(r'<td style="[^"]*text-align:left">1</td>', html)
    assert re.search(r'<td style="[^"]*text-align:right">2</td>', html)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "</pre></div></details>",
        "<!-- c -->",
        "<svg/onload=alert(1)>",
        "`</code><script>`",
        "```\n</code></pre><script>\n```",
        '```"><script>\nx\n```',
        "&lt;script&gt;",
        "$<script>$",
        "$$\n<script>\n$$",
        "|<script>|\n|-|\n|<script>|",
    ],
)
def test_html_in_markdown_is_text(text: str) -> None:
    allowed = r"</?(?:p|code|pre|span|div|table|thead|tbody|tr|th|td|br)\b[^<>]*>"
    assert "<" not in re.sub(allowed, "", render(text))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "//evil.example/x",
        "/api/contents",
        "#anchor",
        "https:evil",
    ],
)
@pytest.mark.parametrize(
    "form", ["[a]({})", "<{}>", "[a]\n\n[a]: {}", "![a]({})", "[![a]({})]({})"]
)
def test_only_http_https_and_mailto_are_links(form: str, address: str) -> None:
    assert "href" not in render(form.replace("{}", address))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![a plot](https://x.org/p.png)", ">a plot</a>"),
        ("![](https://x.org/p.png)", ">https://x.org/p.png</a>"),
        ("![a][p]\n\n[p]: https://x.org/p.png", 'href="https://x.org/p.png"'),
    ],
)
def test_an_image_becomes_a_link_so_that_no_request_leaves_the_page(
    text: str, expected: str
) -> None:
    html = render(text)
    assert expected in html
    assert "<img" not in html
    assert "src=" not in html


def test_an_image_in_a_link_is_the_text_of_that_link() -> None:
    html = bare(render("[![logo](https://x.org/p.png)](https://x.org)"))
    assert html == '<p><a href="https://x.org" rel="noopener" target="_blank">logo</a></p>'


def test_bidi_controls_become_chips_also_as_entities_and_in_code() -> None:
    html = render("a\u202eb &#x202E; `\u202e`")
    assert "\u202e" not in html
    assert html.count("U+202E</span>") == 3


@pytest.mark.parametrize(
    "formula",
    [
        r"$a_1 + b_1$",
        r"$$a * b * c$$",
        r"\(a_1 * b_1\)",
        r"\[ x \\ y \]",
        r"\begin{align}a &= b \\ c &= d\end{align}",
        "$$\n- a\n+ b\n= c\n$$",
        "\\[\n# a\n\\]",
    ],
)
def test_a_formula_reaches_the_typesetter_as_it_was_written(formula: str) -> None:
    """Underscores, stars and backslashes in it are no Markdown."""
    written = formula.replace("&", "&amp;")
    assert f'<span class="mathjax_process tex2jax_process">{written}</span>' in render(formula)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "`$a` and `b$`",
        "Use $HOME or `$PATH`",
        r"\$a$",
        "$ a $",
        "$a\n\nb$",
        r"$\href{javascript:alert(1)}{x}$",
        r"\(\require{html}\)",
        r"$\csname href\endcsname$",
        r"$\style{color:red}{x}$",
    ],
)
def test_prices_code_and_tex_that_reaches_into_the_page_are_no_formulas(text: str) -> None:
    assert "mathjax_process" not in render(text)


def test_unsure_words_are_underlined_by_how_unsure() -> None:
    html = render("1. Alice\n2. **Clara**", [(2, 8, 1), (14, 19, 4)])
    assert re.search(r"<li><u [^>]*,0.35\)\">Alice</u></li>", html)
    assert re.search(r"<strong><u [^>]*,0.95\)\">Clara</u></strong>", html)


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://x.org)",
        "<https://x.org>",
        "&amp; &copy;",
        "[a][ref]\n\n[ref]: https://x.org",
        "$x_{abc}$",
        "```python\n```",
        "![alt](https://x.org)",
        "a\ufdd0b",
        "- [ ] x\n***\n| a |\n|---|\n",
    ],
)
def test_marks_never_change_what_the_markdown_means(text: str) -> None:
    """With every character unsure, all but the underlines is as without."""
    everywhere = [(place, place + 1, 2) for place in range(len(text))]
    marked = re.sub(r"</?u\b[^>]*>", "", render(text, everywhere))
    assert marked == render(text)


@settings(deadline=None)
@given(st.text(alphabet="ab*_`[]()<>!#-|&;$\\\n :/~1.", max_size=60), st.data())
def test_marks_are_sound_in_any_markdown(text: str, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(text)), unique=True).map(sorted))
    spans = [(start, end, 1) for start, end in zip(places[::2], places[1::2], strict=False)]
    assert re.sub(r"</?u\b[^>]*>", "", render(text, spans)) == render(text)


@settings(deadline=None)
@given(st.text(alphabet="<>&\"'ab/=!-[]()`$\\\n:\u202e\x1b", max_size=60))
def test_nothing_but_the_elements_of_markdown_comes_out(text: str) -> None:
    known = "p|br|h[1-6]|ul|ol|li|a|code|pre|em|strong|span|div|blockquote|hr|s"
    tags = re.findall(r"</?([^\s<>]*)", render(text))
    assert [tag for tag in tags if not re.fullmatch(known, tag)] == []


RING = r'<span style="border:2px solid rgba\(46,139,208,0.95\);border-radius:5px;padding:0 2px">'


@pytest.mark.parametrize(
    ("text", "divergence", "seen"),
    [
        ("a b c", (1, 3), "~a ~(b) c"),
        ("a b c", (0, 1), "(a) b c"),
        ("a, b", (1, 2), "~a~(,) b"),
        ("a b", (3, 3), "~a b~"),
        ("# T\n\n- a\n- b\n", (9, 11), "~T~ ~a~ (b)"),
        ("1. a\n2. b", (5, 7), "~a~ (b)"),
        ("a **b** c", (2, 4), "~a ~(b) c"),
        ("a **b c**", (5, 7), "~a ~~b ~(c)"),
        ("`a b`", (2, 4), "~a ~(b)"),
        ("a [b c](https://x.org)", (4, 6), "~a ~~b ~(c)"),
        ("a\n\nb", (1, 3), "~a~ (b)"),
        ("a $x$", (2, 5), "~a ~($x$)"),
        ("a $x$", (2, 3), "a $x$"),
    ],
)
def test_where_answers_part_there_is_a_ring_and_what_comes_before_is_muted(
    text: str, divergence: tuple[int, int], seen: str
) -> None:
    """(b) is ringed, ~a~ muted; a token of mere Markdown rings the word that follows."""
    html = re.sub(f"{RING}(.*?)</span>", r"(\1)", render(text, divergence=divergence))
    html = re.sub('<span style="opacity:0.65">(.*?)</span>', r"~\1~", html)
    assert re.sub(r"\s+", " ", re.sub("<[^>]*>", "", html)).strip() == seen


def test_what_is_unsure_is_underlined_within_the_ring_and_before_it() -> None:
    html = render("a b", [(0, 1, 1), (2, 3, 2)], (1, 3))
    assert re.search(f"<u [^>]*>a</u> </span>{RING}<u [^>]*>b</u></span>", html)


@settings(deadline=None)
@given(st.text("ab *_`#->[]()\n1.|$\\<&🐈", max_size=30), st.data())
def test_a_ring_never_changes_what_is_said(text: str, data) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    html = render(text, [(0, end, 1)], (start, end))
    bare = re.sub(r'<span style="(?:opacity|border:2px)[^>]*>(.*?)</span>', r"\1", html)
    assert re.sub(r"</?[us]\b[^>]*>|<span[^>]*>|</span>", "", bare) == re.sub(
        r"</?[us]\b[^>]*>|<span[^>]*>|</span>", "", render(text)
    )


@pytest.mark.parametrize("case", LINE_BREAKS, ids=lambda case: case["what"].replace(" ", "-"))
def test_single_line_breaks_are_kept(case):
    """As in the labextension, whose tests read the same cases."""
    text = re.sub(r"\s*<br />\s*|</?(?:p|li|h1|t[dh])\b[^>]*>", "\0", render(case["markdown"]))
    text = unescape(re.sub(r"<[^>]*>", "", text)).replace("\n", " ")
    assert [line.strip() for line in text.split("\0") if line.strip()] == case["lines"]

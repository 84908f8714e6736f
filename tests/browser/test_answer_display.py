"""What is written in and around answers: words, lines, sizes, settings; from what is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat_magic.core.reply.reply import Usage
from chat_magic.view.bundle import MIME_TYPE, bundle
from tests.browser.conftest import fresh_page
from tests.browser.test_inspector import LOCAL
from tests.view.conftest import answers, axis, choice, run, token

JSON = '{\n  "name": "Ada",\n  "tags": [\n    "a"\n  ]\n}'
VERSE = "Roses are red,\nviolets are blue."
PROSE = "The quick brown fox jumps over the lazy dog while the band plays on. " * 12
STRANGERS = (
    "Rivers carry silt to the sea, and the sea returns it as rain upon the patient hills. " * 2,
    "My bicycle has two wheels, one bell, a squeaking saddle plus an old lamp that fails. " * 2,
)
BY_LINE = """node => {
    const range = document.createRange()
    const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode()
    const top = offset => {
        range.setStart(text, offset)
        range.setEnd(text, offset + 1)
        return range.getBoundingClientRect().top
    }
    let count = 1
    while (Math.abs(top(count) - top(0)) < 5) count += 1
    return count
}"""
"""Counts the characters of the first line of a text."""
SMALLEST = """root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    const found = []
    while (walker.nextNode()) {
        const { parentElement, data } = walker.currentNode
        const size = parseFloat(getComputedStyle(parentElement).fontSize)
        const isShown = parentElement.checkVisibility() && !parentElement.closest('mjx-container')
        if (data.trim() && isShown && size > 0 && size < 12) found.push(`${size}: ${data}`)
    }
    return found
}"""
"""Returns the texts that are smaller than 12 pixels; a size of 0 hides what is only copied."""


OUTSIDE = """root => [...root.querySelectorAll('.chm-header *, .chm-toolbar *')].filter(
    node => node.getBoundingClientRect().right > root.getBoundingClientRect().right
).length"""
"""Counts what of the lines above the answers is beyond the right edge."""


def asked(*texts, system="Be brief.", **settings):
    """Return a run of answers to a question, with settings."""
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": "Who?"},
    ]
    return answers(*texts, request={"model": "a/b", "messages": messages, **settings}, model="a/b")


def cut_off():
    """Return a run whose only choice reached its limit of tokens, most of them with logprobs."""
    known = choice([token(f" {n}", 0.4) for n in range(58)], finish_reason="length")
    usage = Usage(prompt_tokens=9, completion_tokens=80, total_tokens=89)
    return run(known, usage=usage, model="a/b")


def limited(kind, reason):
    """Return a run of a grid, by how it ended."""
    text = choice(text="One two", finish_reason=reason)
    return run(text, model="a/b", coordinates={"tone": kind})


def stored(name):
    """Return the output of a payload that Python and TypeScript share."""
    payload = json.loads((Path(__file__).parents[1] / "wire" / f"{name}.json").read_text())
    return {MIME_TYPE: payload, "text/plain": name}


OUTPUTS = {
    "json": bundle([run(choice(text=JSON), model=LOCAL)]),
    "verse": bundle([run(choice(text=VERSE), model="a/b")]),
    "prose": bundle([run(choice(text=PROSE), model="a/b")]),
    "prefill": bundle([run(choice(text="ital** is Paris."), model="a/b", prefill="The **cap")]),
    "cut off": bundle([cut_off()]),
    "settings": bundle(
        [asked("Ada", temperature=0.2), asked("Bo", system="Be loud.", temperature=0.9)]
    ),
    "matrix": bundle(
        [limited("formal", "stop"), limited("playful", "length")],
        axes=(axis("tone", "formal", "playful"),),
    ),
    "strangers": bundle([answers(*STRANGERS, model="a/b")]),
    "rows": stored("rows"),
    "unsure": bundle(
        [run(*(choice([token("I am", 0.9), token(name, 0.3)], index=index)
               for index, name in enumerate((" Ada", " Bo"))), model="a/b")]
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(lab, browser):
    """The results by name, all in one notebook without a kernel, in a window of 1,060 pixels."""
    with fresh_page(browser, width=1060) as page:
        lab.write_outputs("answers.ipynb", *OUTPUTS.values())
        lab.look(page, "answers.ipynb")
        roots = page.locator(".chm-root")
        expect(roots).to_have_count(len(OUTPUTS))
        yield {name: roots.nth(index) for index, name in enumerate(OUTPUTS)}


def test_single_line_breaks_of_an_answer_are_kept(results):
    """Those of a verse, which Markdown would join, and of indented JSON."""
    assert results["verse"].locator(".chm-markdown").inner_text() == VERSE
    assert results["json"].locator(".chm-markdown pre").inner_text().strip() == JSON


def test_the_local_model_says_what_it_is(results):
    """Beside its name; the tooltip says what it is good for."""
    header = results["json"].locator(".chm-header")
    expect(header).to_contain_text("SmolLM2-135M-Instruct: a 135-million-parameter model")
    assert "not for its answers" in (header.locator(".chm-term").first.get_attribute("title") or "")


def test_a_line_of_a_single_answer_has_about_80_characters(results):
    """As it is read best, although the window is wider."""
    assert 65 <= results["prose"].locator(".chm-markdown p").evaluate(BY_LINE) <= 95


def test_a_prefill_and_what_follows_are_one_text(results):
    """Markdown that begins in the one may end in the other; the prefill is dimmed."""
    host = results["prefill"].locator(".chm-markdown")
    assert host.inner_text() == "The capital is Paris."
    assert "".join(host.locator("strong").all_inner_texts()) == "capital"
    assert "".join(host.locator(".chm-prefill").all_inner_texts()) == "The cap"


def test_an_answer_says_in_words_how_it_ended_and_how_its_tokens_are_counted(results):
    """Where the server's count differs from the tokens that have a probability."""
    head = results["cut off"].locator(".chm-choice-head")
    expect(head.locator(".chm-warning")).to_have_text("cut off at 80 tokens")
    expect(head).to_contain_text("58 of them with a probability")
    expect(results["prose"].locator(".chm-choice-head")).to_contain_text("finished")
    cells = results["matrix"].locator(".chm-cell")
    expect(cells.first).not_to_contain_text("cut off")
    expect(cells.last).to_contain_text("cut off")


def test_what_was_set_and_what_differs_stands_beside_each_answer(results):
    heads = results["settings"].locator(".chm-choice-head")
    expect(heads.first).to_contain_text("temperature 0.2")
    expect(heads.first).not_to_contain_text("changed")
    expect(heads.last).to_contain_text("temperature 0.9")
    expect(heads.last).to_contain_text("system message changed")


def test_a_diff_of_texts_that_share_little_says_so_and_offers_sentences(results):
    root = results["strangers"]
    root.get_by_role("button", name="Diff", exact=True).click()
    expect(root.locator(".chm-changes")).to_contain_text("The texts share little")
    root.get_by_role("button", name="Compare by sentence").click()
    expect(root.get_by_label("by", exact=True)).to_have_value("sentence")
    expect(root.locator(".chm-changes del").first).to_contain_text("Rivers carry silt")


def test_the_line_of_unsure_tokens_says_which_choice_each_is_from(results):
    expect(results["unsure"].locator(".chm-unsure-line")).to_have_text(
        "unsure: Ada 30% in choice 0 · Bo 30% in choice 1"
    )


def test_nothing_is_smaller_than_12_pixels_or_wider_than_the_window(results):
    """In any result, in a window of 1,060 pixels with the file browser beside it."""
    for name, root in results.items():
        assert root.evaluate(SMALLEST) == [], name
        assert root.evaluate("node => node.scrollWidth <= node.clientWidth"), name
        assert root.evaluate(OUTSIDE) == 0, name


def test_no_two_controls_of_a_result_have_one_name(results):
    """But for those of the answers, which are named after them by their regions."""
    names = results["strangers"].evaluate(
        "root => [...root.querySelectorAll('.chm-header button, .chm-toolbar :is(button, select)')]"
        ".map(node => node.getAttribute('aria-label') ?? node.textContent)"
    )
    assert len(names) > 6
    assert len(set(names)) == len(names)

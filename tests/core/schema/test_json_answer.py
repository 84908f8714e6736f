"""The JSON of an answer is found among what models and servers put around it."""

from __future__ import annotations

import pytest

from chat_magic.core.schema.json_answer import asks_for_json, json_answer, json_regions

ADA = '{"a": 1}'


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Well.</think>{ADA}",
        f"<think>\nWell.\n</think>\n\n  {ADA}\n",
        f"Well.</think>{ADA}",
        f'<think>{{"a": 2}}</think>{ADA}',
        f'<think>```json\n{{"a": 2}}\n```</think>{ADA}',
        f"<think>I close with </think> now.</think>{ADA}",
        f"<think></think>{ADA}",
        f"<thinking>Well.</thinking>{ADA}",
        f"[THINK]Well.[/THINK]{ADA}",
        f"◁think▷Well.◁/think▷{ADA}",
        f"{ADA}<think>That is it.</think>",
        ADA,
    ],
)
def test_reasoning_is_not_the_answer(text):
    """Opened or not, in any model's tags, whatever JSON it drafts."""
    found = json_answer(text)
    assert found.text.strip() == ADA
    assert (found.in_fence, found.in_prose, found.in_open_reasoning) == (False, False, False)


@pytest.mark.parametrize(
    ("text", "around"),
    [
        (f"```json\n{ADA}\n```", (True, False, False)),
        (f"<think>Well.</think>\n```json\n{ADA}\n```\n", (True, False, False)),
        (f"<think>Well.</think>\nHere it is:\n```\n{ADA}\n```\nEnjoy!", (True, True, False)),
        (f"<think>Well.</think>Here it is: {ADA} Enjoy!", (False, True, False)),
        (f"Here it is: {ADA}", (False, True, False)),
        (f"<think>Well, {ADA}", (False, False, True)),
        (f"<think>{ADA}", (False, False, True)),
        (f"<think>Well,\n```json\n{ADA}\n```", (True, False, True)),
    ],
)
def test_other_text_around_the_json_is_reported(text, around):
    """A fence, prose and reasoning that is not closed."""
    found = json_answer(text)
    assert found.text.strip() == ADA
    assert (found.in_fence, found.in_prose, found.in_open_reasoning) == around


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Ada is 36.", "Ada is 36."),
        (f"{ADA} or {ADA}", f"{ADA} or {ADA}"),
        ('<think>Well.</think>{"a": ', '{"a": '),
        (f"<think>Well, {ADA}</think>", ""),
        ("<think>Well", "<think>Well"),
        ("{" * 5_000, "{" * 5_000),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
    ],
)
def test_without_json_it_is_what_follows_the_reasoning(text, rest):
    """Also where several objects, or none, or only a draft of one are there."""
    assert json_answer(text).text == rest


def test_the_regions_of_json_begin_after_reasoning_and_in_fences():
    """Truncated ones too; a fence within the reasoning is none."""
    text = '<think>```\n{"a": 0}\n```</think>```json\n{"a": 1'
    found = [text[start:end] for start, end in json_regions(text)]
    assert found == [text, '```json\n{"a": 1', '{"a": 1']


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, True),
        ({"response_format": {"type": "json_object"}}, True),
        ({"guided_json": {"type": "object"}}, True),
        ({"json_schema": {"type": "object"}}, True),
        ({"response_format": {"type": "text"}}, False),
        ({"response_format": "json"}, False),
        ({}, False),
    ],
)
def test_a_request_for_json_is_known_by_its_body(body, asks):
    """By the API's field and by those of servers."""
    assert asks_for_json(body) is asks

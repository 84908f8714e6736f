"""The typed value of a choice that was asked for with a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.schema.json_answer import json_answer
from chat_magic.core.schema.json_schema import remote_references

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.reply.reply import Choice
    from chat_magic.core.schema.json_answer import JsonAnswer
    from chat_magic.core.schema.structured import Schema

_CUT_OFF = "it was cut off (finish_reason length), max_completion_tokens may allow more"


def value_of(choice: Choice, schema: Schema, prefill: str = "") -> Any:
    """Return the value of a choice, whose text continues the prefill.

    Raises:
        ValueError: Why it does not fit the schema, and where.
    """
    if choice.refusal:
        raise ValueError("the model refused")
    if choice.tool_calls and not choice.text:
        raise ValueError("the model called a tool instead of answering")
    text = prefill + choice.text
    is_cut = choice.finish_reason == "length"
    if is_cut and json_answer(text).in_open_reasoning:
        raise ValueError(f"the reasoning took the whole budget; {_CUT_OFF}")
    try:
        return schema.decode(text)
    except ValueError as error:
        if not is_cut:
            raise
        raise ValueError(f"{error}; {_CUT_OFF}") from error


def plain_value_of(choice: Choice, schema: Schema, prefill: str = "") -> Any:
    """Return the JSON value of a choice that fits the schema; None if it does not."""
    try:
        value_of(choice, schema, prefill)
    except ValueError:
        return None
    return schema.plain(prefill + choice.text)


def validation_errors(
    choices: Sequence[Choice], schema: Schema, prefill: str = ""
) -> Iterator[str]:
    """Yield a warning for each choice that does not fit the schema, or has text around its JSON.

    Refusals, tool calls and choices that broke off have their own warnings.
    """
    for reference in remote_references(schema.json_schema):
        yield f"the schema refers to {reference}, which is not fetched: that part is not checked"
    for choice in choices:
        label = f"choice {choice.index}" if len(choices) > 1 else "the answer"
        if not choice.text or choice.finish_reason in {"error", "interrupted"}:
            continue
        try:
            value_of(choice, schema, prefill)
        except ValueError as error:
            yield f"{label} does not fit the schema: {error}"
        else:
            yield from _around(label, json_answer(prefill + choice.text))


def _around(label: str, answer: JsonAnswer) -> Iterator[str]:
    """Yield what stands around the JSON of an answer, except for its reasoning."""
    if answer.in_open_reasoning:
        yield f"{label} does not close its reasoning: the JSON at the end of it was taken"
    if answer.in_fence:
        yield f"{label} is in a code fence, which the schema does not allow"
    if answer.in_prose:
        yield f"{label} has text around its JSON, which the schema does not allow"

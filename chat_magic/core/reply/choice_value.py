"""The typed value of a choice that was asked for with a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.schema.json_schema import remote_references
from chat_magic.core.schema.structured import without_fence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.reply.reply import Choice
    from chat_magic.core.schema.structured import Schema


def value_of(choice: Choice, schema: Schema, prefill: str = "") -> Any:
    """Return the value of a choice, whose text continues the prefill.

    Raises:
        ValueError: Why it does not fit the schema, and where.
    """
    if choice.refusal:
        raise ValueError("the model refused")
    if choice.tool_calls and not choice.text:
        raise ValueError("the model called a tool instead of answering")
    try:
        return schema.decode(prefill + choice.text)
    except ValueError as error:
        if choice.finish_reason != "length":
            raise
        advice = "it was cut off (finish_reason length), max_completion_tokens may allow more"
        raise ValueError(f"{error}; {advice}") from error


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
    """Yield a warning for each choice that does not fit the schema, or is in a code fence.

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
            if without_fence(choice.text)[1]:
                yield f"{label} is in a code fence, which the schema does not allow"

"""Uses of results that mypy accepts, and uses that it refuses."""

from __future__ import annotations

from typing import assert_type

import pandas as pd

import chat_magic
from chat_magic import ApiError, ChatError, ChatInterrupted, ChatResult, ChatResults
from chat_magic.core.reply.reply import Choice


def a_result(result: ChatResult) -> None:
    assert_type(result.text, str)
    assert_type(result.model, str)
    assert_type(result.cost, float | None)
    assert_type(result.warnings, tuple[str, ...])
    assert_type(result[0], Choice)
    assert_type(result[0].finish_reason, str | None)
    assert_type([choice.text for choice in result], list[str])
    assert_type(result.pick(0), ChatResult)
    assert_type(result.timing.ttft_s, float | None)
    result.texts  # expect-error: attr-defined
    result["text"]  # expect-error: call-overload
    result.text = "Hi"  # expect-error: misc
    result.pick("last")  # expect-error: arg-type
    result.usage.total_tokens  # expect-error: union-attr


def several_results(results: ChatResults) -> None:
    assert_type(results[0], ChatResult)
    assert_type(results[1:], ChatResults)
    assert_type([result.text for result in results], list[str])
    assert_type(results.models, tuple[str, ...])
    assert_type(results.errors.get(1), str | None)
    results.text  # expect-error: attr-defined
    chat_magic.compare(results[0], results, by="word", base=1)
    chat_magic.compare(results, by="page")  # expect-error: call-overload
    results.compare(base="first")  # expect-error: arg-type


def tables(result: ChatResult, results: ChatResults) -> None:
    for table in (result.frame, result.tokens, results.alternatives, results.agreement):
        assert_type(table, pd.DataFrame)
    assert_type(results.branches, pd.DataFrame)
    assert_type(result.labels(["yes", "no"], at="first"), pd.DataFrame)
    assert_type(result.spans("word"), pd.DataFrame)
    assert_type(result.to_frame(wide=True), pd.DataFrame)
    result.spans("page")  # expect-error: arg-type
    result.labels([1, 2])  # expect-error: list-item
    result.frame()  # expect-error: operator


def errors(error: ApiError) -> None:
    assert_type(error.status, int)
    base: ChatError = error
    interrupt: KeyboardInterrupt = ChatInterrupted("Hi")
    wrong: ChatError = ChatInterrupted("Hi")  # expect-error: assignment
    print(base.result, interrupt, wrong)

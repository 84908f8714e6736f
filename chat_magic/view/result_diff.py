"""What changed from one execution to another: its prompt, and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_magic.view.differences import shorten
from chat_magic.view.html_repr import HtmlRepr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.answer_diff import AnswerDiff
    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.bundle import RunView

__all__ = ["ComparedExecution", "ResultDiff"]


@dataclass(frozen=True, kw_only=True)
class ComparedExecution:
    """One of two executions that are compared."""

    title: str
    """Such as `#3` or `version 3`."""
    runs: Sequence[RunView]
    schema: Any = None
    """The JSON Schema that the answers were asked to fit."""


@dataclass(frozen=True, repr=False)
class ResultDiff(HtmlRepr):
    """What changed from one execution to another: a value that notebooks and terminals draw.

    Of a grid, the prompt and the parameters are those of its first run, and the answers are those
    of all runs.
    """

    before: ComparedExecution
    after: ComparedExecution

    @cached_property
    def prompt(self) -> PromptDiff:
        """What changed in the messages, by word, and in the parameters."""
        from chat_magic.analysis.prompt_diff import diff_prompts

        return diff_prompts(*({**s.runs[0].request, "model": s.runs[0].model} for s in self._sides))

    @cached_property
    def answers(self) -> AnswerDiff:
        """What changed in the answers: their words, shares, or the probabilities of labels."""
        from chat_magic.analysis.answer_diff import Answers, diff_answers

        sides = [
            Answers(
                replies=[run.reply for run in side.runs],
                prefills=[run.prefill for run in side.runs],
                schema=side.schema,
            )
            for side in self._sides
        ]
        return diff_answers(*sides)

    @property
    def _sides(self) -> tuple[ComparedExecution, ComparedExecution]:
        return self.before, self.after

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON, as `labextension/src/result/versions.ts` reads it."""
        from chat_magic.view.payload import plain_json
        from chat_magic.view.result_diff_words import (
            SAME_ANSWERS,
            SAME_PROMPT,
            changed_rows,
            value_text,
        )

        prompt, answers = self.prompt, self.answers
        plain: dict[str, Any] = plain_json(
            {
                "before": self.before.title,
                "after": self.after.title,
                "prompt": {
                    "note": SAME_PROMPT if prompt.is_same else None,
                    "parameters": [
                        (change.name, value_text(change.before), value_text(change.after))
                        for change in prompt.parameters
                    ],
                    "messages": [
                        {"role": message.role, "changes": list(shorten(message.changes))}
                        for message in prompt.messages
                        if not message.is_same
                    ],
                },
                "answers": {
                    "note": SAME_ANSWERS if answers.is_same else None,
                    "changes": [] if answers.is_same else list(shorten(answers.changes)),
                    "rows": [] if answers.is_same else changed_rows(answers),
                },
            }
        )
        return plain

    def __repr__(self) -> str:
        return f"<ResultDiff {self.before.title} → {self.after.title}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.result_diff_html import result_diff_html
        from chat_magic.view.text.result_diff_text import result_diff_text

        return {"text/plain": result_diff_text(self), "text/html": result_diff_html(self)}

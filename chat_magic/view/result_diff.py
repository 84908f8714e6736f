"""What changed from one execution to another: its prompt, and its answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

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
class ResultDiff:
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
        """Return it as plain JSON, for the labextension: `ResultDiffData` of `versions.ts`."""
        from chat_magic.view.payload import plain_json

        changes = [
            {"role": message.role, "changes": message.changes} for message in self.prompt.messages
        ]
        answers = asdict(self.answers)
        fields = [field._asdict() for field in self.answers.fields or ()]
        plain: dict[str, Any] = plain_json(
            {
                "before": self.before.title,
                "after": self.after.title,
                "messages": changes,
                "parameters": [asdict(change) for change in self.prompt.parameters],
                "answers": {**answers, "fields": None if self.answers.fields is None else fields},
            }
        )
        return plain

    def __repr__(self) -> str:
        return f"<ResultDiff {self.before.title} → {self.after.title}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.result_diff_html import result_diff_html
        from chat_magic.view.text.result_diff_text import result_diff_text

        return {"text/plain": result_diff_text(self), "text/html": result_diff_html(self)}

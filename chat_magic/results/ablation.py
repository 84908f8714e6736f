"""The result of an ablation: which segments of a prompt move the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.scored_text import facts_of
from chat_magic.core.reply.tokens import status_of
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from chat_magic.analysis.ablation_table import LabelBounds
    from chat_magic.analysis.prompt_segments import PromptSegment, PromptUnit
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.view.ablation_view import AblationView, Effect

__all__ = ["Ablation", "answer_logprob"]


@dataclass(frozen=True, repr=False)
class Ablation:
    """How far each segment of a prompt moves the answer.

    Each segment was left out, or replaced, and the answer scored again. What moves the answer is
    not what causes it: leaving out one segment misses what two do together, and makes prompts that
    nobody would write.

    Example:
        >>> a = chat_magic.ablate("Be brief. Name a city.", by="sentence", model="local")
        >>> a.frame.sort_values("bits", ascending=False)
    """

    request: ChatRequest
    """The request with the whole prompt."""
    by: PromptUnit
    """The unit of the segments."""
    segments: tuple[PromptSegment, ...]
    whole: ChatResult
    """The score of the answer, or the answer with its labels, after the whole prompt."""
    without: tuple[ChatResult | None, ...]
    """The same after the prompt without each segment; None where it failed, or was not reached."""
    answer: str | None = None
    """The answer that was scored; None where labels were asked for."""
    labels: tuple[str, ...] = ()
    replacement: str = ""
    """What stood in the place of each segment."""
    warnings: tuple[str, ...] = ()
    again: ChatResult | None = None
    """The score after the whole prompt, asked for again to see how well the server repeats it; None
    if it was not."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole prompt."""
        return self.request.messages

    @property
    def model(self) -> str:
        """The model, as `vendor/model`."""
        return self.whole.model

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each segment; with labels, for each segment and label.

        Columns: `message`, `segment`, `start`, `end`, `bits`, `prob_before`, `prob_after`. With
        labels: `message`, `segment`, `start`, `end`, `label`, `prob_before_low`,
        `prob_before_high`, `prob_after_low`, `prob_after_high`.
        """
        from chat_magic.analysis.ablation_table import ablation_table, labels_ablation_table

        if self.labels:
            before, after = self._label_bounds(self.whole), map(self._label_bounds, self.without)
            return labels_ablation_table(self.segments, before, [*after])
        return ablation_table(
            self.segments, answer_logprob(self.whole), [*map(answer_logprob, self.without)]
        )

    @property
    def noise_bits(self) -> float:
        """The bits below which a difference is shown as none.

        It is 0.05, or by how much more the score of the whole prompt moved when it was asked for
        again.
        """
        from chat_magic.analysis.ablation_table import noise_bits

        return noise_bits(answer_logprob(self.whole), answer_logprob(self.again))

    @property
    def history_id(self) -> int | None:
        """The number in the history of the whole prompt's score; None where it is not kept."""
        return self.whole.history_id

    def to_json(self) -> str:
        """Return it, with all its scores, as JSON that `from_json` reads back without loss.

        Raises:
            InvalidRequest: It holds a value that JSON does not have.
        """
        from chat_magic.results.ablation_json import ablation_to_json

        return ablation_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Ablation:
        """Read what `to_json` wrote; nothing in the text is run.

        Raises:
            InvalidRequest: It is not the JSON of an ablation, or of a newer version.
        """
        from chat_magic.results.ablation_json import ablation_from_json

        return ablation_from_json(text)

    def _label_bounds(self, result: ChatResult | None) -> Mapping[str, LabelBounds]:
        from chat_magic.analysis.ablation_table import label_bounds

        rows = [] if result is None else result.labels(self.labels).to_dict("records")
        return label_bounds(rows[0], self.labels) if rows else {}

    def _with_warning(self, words: str) -> Ablation:
        """Return the result with one more warning, unless it has that already."""
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, words))))

    def __repr__(self) -> str:
        count = len(self.segments)
        return f"<Ablation {self.model}, {count} segment{'s'[: count != 1]} by {self.by}>"

    def __str__(self) -> str:
        from chat_magic.view.text.ablation_text import ablation_text

        return ablation_text(self._view)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from chat_magic.view.ablation_payload import ablation_payload
        from chat_magic.view.bundle import MIME_TYPE
        from chat_magic.view.html.ablation_html import ablation_html
        from chat_magic.view.text.ablation_text import ablation_text

        view = self._view
        return {
            MIME_TYPE: ablation_payload(view, self.whole._runs, self._cell_without),
            "text/html": ablation_html(view),
            "text/plain": ablation_text(view),
        }

    def _cell_without(self, number: int) -> str | None:
        """Return the cell of the prompt without a segment; None where it cannot be written."""
        from chat_magic.analysis.prompt_segments import without_segment
        from chat_magic.core.cell.cell import write

        left = without_segment(self.messages, self.segments[number], self.replacement)
        try:
            return write(replace(self.request, messages=left)) if left else None
        except InvalidRequest:
            return None

    @property
    def _view(self) -> AblationView:
        from chat_magic.view.ablation_view import AblationView, painted_prompt, ranked_segments

        effects = [*self._effects()]
        what = f"labels: {', '.join(self.labels)}" if self.labels else f"answer: {self.answer}"
        by = f"{len(self.segments)} segments by {self.by}"
        placed = f"replaced by {self.replacement!r}" if self.replacement else "left out"
        return AblationView(
            model=self.model,
            subject=what,
            facts=(f"{by}, {placed} one at a time", *self._noise_facts()),
            messages=painted_prompt(self.messages, self.segments, effects),
            ranked=ranked_segments(self.segments, effects),
            warnings=self.warnings,
        )

    def _noise_facts(self) -> Iterator[str]:
        if not self.labels:
            seen = "" if self.again is None else ", by the whole prompt scored twice"
            yield f"differences under {self.noise_bits:.2f} bits are noise{seen}"

    def _effects(self) -> Iterator[Effect]:
        from chat_magic.view.ablation_view import answer_effect, label_effect

        if not self.labels:
            noise = self.noise_bits
            yield from (answer_effect(bits, noise) for bits in self.frame["bits"].tolist())
            return
        before = self._label_bounds(self.whole)
        for result in self.without:
            yield label_effect(before, self._label_bounds(result))


def answer_logprob(result: ChatResult | None) -> float:
    """Return the log probability of a scored answer and its end, in nats; NaN if it is not known.

    Where the end is not known, it is that of the answer alone.
    """
    facts = facts_of(result.choices[0]) if result is not None and result.choices else None
    if result is None or facts is None:
        return math.nan
    tokens = result.choices[0].logprobs
    values = [token.logprob for token in (tokens and tokens.content) or ()]
    known = [value for value in values if value is not None and status_of(value) == "ok"]
    if not known or len(known) < len(values):
        return math.nan
    return math.fsum([*known, facts.end_logprob or 0.0])

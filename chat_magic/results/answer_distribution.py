"""The answers that a model can give, with their probabilities, as a user holds them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.distribution_payload import distribution_payload
from chat_magic.view.distribution_tree import (
    distribution_tree,
    summary_of_distribution,
    tree_rows,
)
from chat_magic.view.html.distribution_html import distribution_html
from chat_magic.view.text.distribution_text import distribution_text

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.analysis.answer_search import AnswerSearch, FoundAnswer
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.history_number import HistoryNumber

__all__ = ["Distribution"]

Method = Literal["token ids", "text"]


@dataclass(frozen=True, repr=False)
class Distribution:
    """The answers to a prompt with bounds of their probabilities at temperature 1 without cuts.

    They are the model's own figures, to its server's repeatability; nothing was sampled. `method`
    is `token ids` where every continuation was asked for by ids, and `text` where the server makes
    tokens of the text anew, so that the bounds are approximate.
    """

    request: ChatRequest
    search: AnswerSearch
    """The tree of token sequences."""
    method: Method = "token ids"
    n_requests: int = 0
    """Requests that the search has sent; one with several prompts counts as several."""
    total_s: float = 0.0
    """Seconds that it took."""
    warnings: tuple[str, ...] = ()
    handle: str | None = field(default=None, compare=False)
    """The name by which the session that found it can extend it for a picture."""
    replayed: bool = False
    """Whether it is a recorded one, for which nothing was sent."""
    _history: HistoryNumber | None = field(default=None, kw_only=True, compare=False)
    """What will tell `history_id`; None where it is not kept."""

    @property
    def model(self) -> str:
        """The model, as `vendor/model`."""
        return self.request.model or ""

    @property
    def history_id(self) -> int | None:
        """Its number in the history, where it is a result whose choices are the answers."""
        return None if self._history is None else self._history.get()

    @cached_property
    def answers(self) -> list[FoundAnswer]:
        """The answers that were found, the likeliest first."""
        return self.search.answers()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each answer that was found, the likeliest first.

        Columns: `answer`, `prob_low`, `prob_high`, `n_tokens`, `complete`.
        """
        from chat_magic.analysis.distribution_table import distribution_table

        return distribution_table(self.answers, self._attrs)

    @property
    def unseen(self) -> float:
        """The probability of all answers that were not found, 0 to 1: 1 - the sum of `prob_low`.

        The server's figures may add up to a little more than 1 (by 3 in 10,000): 0 then.
        """
        return self.search.unseen

    @cached_property
    def branches(self) -> pd.DataFrame:
        """A row for each branch where the answers that were found diverge, as for results.

        `count` and `share` count these answers, whatever their probability; `model_prob` is the
        probability of the branch's first token.
        """
        from chat_magic.analysis.branches import branches_table
        from chat_magic.analysis.distribution_table import found_reply
        from chat_magic.analysis.reply_columns import read_replies

        columns = read_replies([found_reply(self.search, self.answers)])
        return branches_table(columns, attrs=self._attrs)

    @property
    def summary(self) -> str:
        """How many answers hold how much, and how much is unseen, in one line."""
        return summary_of_distribution(self.search)

    @property
    def _attrs(self) -> dict[str, Any]:
        return {"model": self.model, "method": self.method, "warnings": list(self.warnings)}

    @property
    def _facts(self) -> list[str]:
        approximate = [] if self.method == "token ids" else ["approximate: the prefix is text"]
        requests = f"{self.n_requests} request{'s'[: self.n_requests != 1]}"
        recorded = ["recorded"] if self.replayed else []
        return [self.summary, *approximate, requests, f"{self.total_s:.1f} s", *recorded]

    def to_json(self) -> str:
        """Return it, with its whole tree, as JSON that `from_json` reads back without loss."""
        from chat_magic.results.distribution_record import result_of_distribution

        return result_of_distribution(self).to_json()

    @classmethod
    def from_json(cls, text: str) -> Distribution:
        """Read what `to_json` wrote; nothing in the text is run.

        Raises:
            InvalidRequest: It is not the JSON of a distribution, or of a newer version.
        """
        from chat_magic.results.chat_result import ChatResult
        from chat_magic.results.distribution_record import recorded_distribution

        return recorded_distribution(ChatResult.from_json(text))

    def _with_warning(self, words: str) -> Distribution:
        return replace(self, warnings=(*self.warnings, words))

    def __repr__(self) -> str:
        return f"<Distribution {self.model}: {self.summary}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        root = distribution_tree(self.search)
        rows, facts = tree_rows(root), self._facts
        text = distribution_text([self.model, *facts], rows)
        return {
            MIME_TYPE: distribution_payload(
                self.request,
                self.search,
                root,
                facts=facts,
                warnings=self.warnings,
                handle=self.handle,
            ),
            "text/html": distribution_html(self.model, facts, self.warnings, root, rows),
            "text/plain": "\n".join([text, *(f"! {warning}" for warning in self.warnings)]),
        }

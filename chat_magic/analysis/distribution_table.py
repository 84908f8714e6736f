"""The table of the answers that a search has found, and these answers as a reply."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Raw

from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.table_columns import strings, table
from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    TokenLogprob,
    TopLogprob,
)
from chat_magic.core.reply.scored_text import ScoreFacts, scored_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.answer_search import AnswerSearch, FoundAnswer, NextToken

__all__ = ["distribution_table", "found_reply"]

_MOST_ALTERNATIVES = 20
"""Alternatives of a token that are kept in the reply."""


def distribution_table(answers: Sequence[FoundAnswer], attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each answer: the table `DISTRIBUTION` of `column_docs`."""
    data = {
        "answer": strings([answer.text for answer in answers]),
        "prob_low": np.array([answer.prob_low for answer in answers], np.float64),
        "prob_high": np.array([answer.prob_high for answer in answers], np.float64),
        "n_tokens": np.array([answer.n_tokens for answer in answers], np.int32),
        "complete": np.array([answer.is_complete for answer in answers], np.bool_),
    }
    return table(data, attrs, VOCABULARY_SIZE)


def found_reply(search: AnswerSearch, answers: Sequence[FoundAnswer]) -> Reply:
    """Return the answers as the choices of a reply, each by its likeliest tokens."""
    return Reply(
        choices=tuple(_choice(search, answer, index) for index, answer in enumerate(answers))
    )


def _choice(search: AnswerSearch, answer: FoundAnswer, index: int) -> Choice:
    path = search.path(answer.node)
    tokens = [_token(search, node) for node in path if not search.nodes[node].token.is_end]
    end = _log(search.nodes[path[-1]].token.prob) if answer.is_complete else None
    return Choice(
        index=index,
        message=Message(content=answer.text),
        finish_reason="stop" if answer.is_complete else "length",
        logprobs=Logprobs(content=tokens),
        extra=scored_fields(ScoreFacts(method="search", end_logprob=end)),
    )


def _token(search: AnswerSearch, number: int) -> TokenLogprob:
    node = search.nodes[number]
    siblings = search.nodes[node.parent].children[:_MOST_ALTERNATIVES]
    return TokenLogprob(
        token=node.token.text,
        logprob=_log(node.token.prob),
        raw_bytes=_bytes(node.token),
        top_logprobs=[
            TopLogprob(token=other.text, logprob=_log(other.prob), raw_bytes=_bytes(other))
            for other in (search.nodes[sibling].token for sibling in siblings)
        ],
    )


def _log(prob: float) -> float:
    return math.log(prob) if prob > 0 else -math.inf


def _bytes(token: NextToken) -> Raw:
    return Raw(json.dumps(list(token.content)).encode())

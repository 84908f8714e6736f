"""The facts about requests in the table of choices."""

from __future__ import annotations

import pandas as pd

from chat_magic.analysis.request_columns import RequestFacts, add_cost, add_speed
from chat_magic.core.reply.reply import Timing, Usage

FACTS = [
    RequestFacts("a/b", 0.5, Timing(ttft_s=0.1, total_s=2.0, tokens_per_s=9.0), None),
    RequestFacts("c/d", None, Timing(), Usage(prompt_tokens=3)),
]


def test_facts_of_a_run_are_on_each_of_its_rows():
    """Whatever the order of the rows; unknown ones are missing."""
    table = pd.DataFrame({"run": [1, 0, 0]})
    add_cost(table, FACTS)
    add_speed(table, FACTS)
    assert table["model"].tolist() == ["c/d", "a/b", "a/b"]
    assert table["cost"].isna().tolist() == [True, False, False]
    assert table["ttft_s"].tolist()[1:] == [0.1, 0.1]
    assert table["total_s"].tolist() == [0.0, 2.0, 2.0]
    assert table["prompt_tokens"].isna().tolist() == [False, True, True]
    assert table["completion_tokens"].isna().all()

"""Phrases about compared answers: where they diverge, how far they agree, how sure each one is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.setting_facts import setting_facts
from chat_magic.view.summary import (
    money,
    number,
    percent,
    perplexity_fact,
    recorded_facts,
    token_facts,
    token_name,
)
from chat_magic.view.text_segments import choice_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.analysis.comparison import AnswerBranch
    from chat_magic.core.reply.reply import Choice, Usage
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel

_MOST_BRANCHES = 4
"""Branches that the summary of a divergence names."""


def divergence_summary(
    branches: Sequence[AnswerBranch], *, show: Callable[[str], str] = str
) -> str | None:
    """Name the branches at the first divergence, with model probability and sampled share.

    Args:
        branches: The most frequent first.
        show: Formats a token's name, for HTML.

    Returns:
        `First difference: doctor (model 61%, sampled 5/6), weight (11%, 1/6)`; None without
        branches.
    """
    if not branches:
        return None
    shown = branches[:_MOST_BRANCHES]
    named = [_branch(branch, show, is_first=branch is shown[0]) for branch in shown]
    if len(branches) > len(shown):
        named.append(f"{len(branches) - len(shown)} more")
    return f"First difference: {', '.join(named)}"


def _branch(branch: AnswerBranch, show: Callable[[str], str], *, is_first: bool) -> str:
    facts = []
    if branch.model_prob is not None:
        facts.append(f"{'model ' * is_first}{percent(branch.model_prob)}")
    needs_label = is_first or branch.model_prob is None
    facts.append(f"{'sampled ' * needs_label}{branch.count}/{branch.among}")
    return f"{show(branch_name(branch.text))} ({', '.join(facts)})"


def branch_name(text: str) -> str:
    """Name a branch by its token, with quotes around a number; `the end` where the text ends."""
    if not text:
        return "the end"
    bare = text.strip()
    return f"“{bare}”" if bare.isdigit() else token_name(text)


def agreement_summary(comparison: ComparisonModel) -> str:
    """Say how many answers are distinct, and how often the commonest one occurs.

    Entropy and unseen mass are added only for answers to a single request, as those to several
    requests are not samples of one distribution.

    Returns:
        Such as `3 distinct answers, the commonest 4 of 6 times`; of texts that were scored, which
        are no samples, their shares among each other.
    """
    if comparison.is_scored:
        return _shares(comparison)
    agreement, count = comparison.analysis.agreement, len(comparison.analysis.answers)
    n_distinct = round(agreement.distinct * count)
    if n_distinct == 1:
        return f"{'both' if count == 2 else f'all {count}'} answers agree"
    n_commonest = round(agreement.share * count)
    commonest = f", the commonest {n_commonest} of {count} times" if n_commonest > 1 else ""
    facts = [f"{n_distinct} distinct answers{commonest}"]
    if len(comparison.runs) == 1:
        correction = (n_distinct - 1) / (2 * count) / math.log(2)
        entropy = f"entropy {agreement.entropy_nats / math.log(2):.2f} bits"
        facts.append(f"{entropy} (of which {correction:.2f} small-sample correction)")
        facts.append(f"unseen mass about {100 * agreement.unseen_mass:.0f}%")
    return " · ".join(facts)


def _shares(comparison: ComparisonModel) -> str:
    """Return `3 texts scored, none sampled · among them Paris 98%, London 2%`."""
    from chat_magic.analysis.score_table import score_rows

    count = len(comparison.analysis.answers)
    facts = [f"{count} texts scored, none sampled"]
    if len(comparison.runs) == 1:
        (run,) = comparison.runs
        end = run.request.get("score", {}).get("end", True)
        rows = [row for row in score_rows(0, run.reply.choices, end=end) if row.rank]
        best = sorted(rows, key=lambda row: row.rank or 0)[:_MOST_BRANCHES]
        named = [f"{token_name(row.candidate)} {percent(row.share)}" for row in best]
        facts += [f"among them {', '.join(named)}"] if named else []
    return " · ".join(facts)


def run_facts(run: RunView) -> list[str]:
    """Return the settings, time, tokens and cost of a run that stands beside others."""
    facts = [*setting_facts(run), f"{number(run.timing.total_s)} s", *token_facts(run.usage)]
    facts += [] if run.cost is None else [money(run.cost)]
    return [*facts, *recorded_facts(run)]


def metric_facts(
    choice: Choice, usage: Usage | None = None, json_prefill: str | None = None
) -> list[str]:
    """Return perplexity, mean log probability and least sure token; empty where unknown.

    Args:
        choice: The choice.
        usage: The request's usage if this is its only choice.
        json_prefill: The prefill of a request that asked for JSON, whose values alone are named.
    """
    metrics = choice_metrics(choice, usage)
    perplexity = perplexity_fact(choice, usage)
    if perplexity is None or metrics.mean_logprob is None:
        return []
    least = min(
        choice_segments(choice, json_prefill),
        key=lambda segment: segment.prob if segment.counts and segment.prob is not None else 1.0,
    )
    least_prob = 1.0 if least.prob is None else least.prob
    return [
        perplexity,
        f"mean logprob {signed(metrics.mean_logprob)}",
        f"least sure {token_name(least.text)} {percent(least_prob)}",
    ]


def signed(logprob: float) -> str:
    """Format a log probability in nats with two decimals and a true minus sign: `\u22122.31`."""
    text = f"{logprob:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "\u2212")


def times(count: int) -> str:
    """Format how often an answer occurs, with a multiplication sign; empty for once."""
    return f"\u00d7{count}" if count > 1 else ""

"""What checks said about some answers, for the pictures."""

from __future__ import annotations

from chat_magic.view.checks_view import ChecksView, ConfusionView, VariantRate


def rate(title="A", **fields):
    """Return the rate of 17 of 20."""
    given = {"n_passed": 17, "answers": 20, "share": 0.85, "low": 0.64, "high": 0.95, **fields}
    return VariantRate(title=title, **given)


HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m"

CHECKS = ChecksView(
    rates=(rate("prompt A"), rate(HOSTILE, n_passed=0, share=0.0, low=0.0, high=0.16, failed=1)),
    sentences=("prompt A passes 85 points more than B (+60 to +95): settled by 20 rows.",),
    notices=(f"check x: ValueError: {HOSTILE} (row 3)",),
    confusions=(
        ConfusionView("prompt A", ["yes", "no"], ["yes", "no", HOSTILE], [[3, 0, 1], [1, 2, 0]]),
    ),
)

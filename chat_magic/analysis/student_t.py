"""Quantiles of Student's t distribution, without scipy."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def t_quantile(tails: float, freedom: int) -> float:
    """Return the t that |T| exceeds with a probability: 12.706 for 0.05 with 1 degree of freedom.

    By Hill (1970), Algorithm 396, Communications of the ACM 13:619-620: exact for 1 and 2 degrees
    of freedom, and within 0.002 % of the quantile for more.

    Args:
        tails: The probability of both tails together, above 0 and at most 1.
        freedom: Degrees of freedom, at least 1.
    """
    if freedom == 1:
        return 1 / math.tan(tails * math.pi / 2)
    if freedom == 2:
        return math.sqrt(2 / (tails * (2 - tails)) - 2)
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * freedom
    y = (d * tails) ** (2 / freedom)
    y = _near_normal(tails, freedom, a, b, c, d) if y > 0.05 + a else _far_tail(y, freedom, d)
    return math.sqrt(freedom * y)


def _near_normal(tails: float, freedom: int, a: float, b: float, c: float, d: float) -> float:
    """Expand t²/n about the normal quantile."""
    x = _NORMAL.inv_cdf(tails / 2)
    y = x * x
    if freedom < 5:
        c += 0.3 * (freedom - 4.5) * (x + 0.6)
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    return math.expm1(a * y * y)


def _far_tail(y: float, freedom: int, d: float) -> float:
    """Expand t²/n about 1/y, far out in the tail."""
    inner = ((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3
    tail = (1 / inner + 0.5 / (freedom + 4)) * y - 1
    return tail * (freedom + 1) / (freedom + 2) + 1 / y

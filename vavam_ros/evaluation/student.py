"""Student's t, for intervals from few independent samples."""

from __future__ import annotations

import math
from statistics import NormalDist

_MANY = 1000  # degrees of freedom from which it is the normal distribution, to 2 parts in 1000


def two_sided(confidence: float, freedom: int) -> float:
    """The t that |T| stays below with that probability, of so many degrees of freedom."""
    if not 0 < confidence < 1 or freedom < 1:
        raise ValueError(f'no t for a confidence of {confidence}, {freedom} degrees of freedom')
    if freedom > _MANY:
        return NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = 0.0, math.pi / 2  # of atan(t / sqrt(freedom))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """P(|T| < sqrt(freedom) tan(angle)), exactly (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    odd = freedom % 2 == 1
    cos, sin = math.cos(angle), math.sin(angle)
    term, total = (cos, 0.0) if odd else (1.0, 0.0)
    for power in range(odd, freedom - 1, 2):
        total += term
        term *= cos * cos * (power + 1) / (power + 2)
    if odd:
        return (angle + sin * total) * 2 / math.pi
    return sin * total

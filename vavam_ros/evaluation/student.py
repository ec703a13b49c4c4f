"""Student's t, for intervals from few independent samples."""

from __future__ import annotations


def two_sided(confidence: float, freedom: int) -> float:
    """The t that |T| stays below with that probability, of so many degrees of freedom."""
    from scipy.special import stdtrit  # not needed where there are no intervals

    if not 0 < confidence < 1 or freedom < 1:
        raise ValueError(f'no t for a confidence of {confidence}, {freedom} degrees of freedom')
    return float(stdtrit(freedom, (1 + confidence) / 2))

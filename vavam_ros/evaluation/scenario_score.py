"""How well a threatening collision was avoided or softened, in the manner of NeuroNCAP."""

from __future__ import annotations

AVOIDED = 5.0
SOFTENED = 4.0  # at most, for a collision at walking pace


def scenario_score(impact_mps: float | None, reference_mps: float) -> float:
    """5 without a collision (None), else 4 times the share of the reference speed taken away.

    `reference_mps` is the speed of impact of a driver who does not react; it is positive.
    """
    if not reference_mps > 0:
        raise ValueError(f'a reference speed of {reference_mps} m/s means that nothing threatens')
    if impact_mps is None:
        return AVOIDED
    return SOFTENED * max(0.0, 1.0 - impact_mps / reference_mps)

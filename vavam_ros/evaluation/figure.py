"""Figures with a name, a unit and a meaning, in groups that a report can go through.

A group is a frozen dataclass whose fields are told `about`: arrays [N] with one value
for each window, or numbers that only a whole run has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWER, HIGHER, NEITHER = True, False, None  # what is better


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure of a run."""

    name: str
    unit: str  # '' of a share and of a bare number
    lower_is_better: bool | None  # None: it describes
    meaning: str
    value: float | None  # None: nothing to measure it on
    by_window: Floats | None  # [N] with `value` as its mean, NaN where a window has none of it

    @property
    def bounds(self) -> tuple[float, float]:
        """What its mean can be: without a unit it is a share, and errors are not negative."""
        if not self.unit:
            return 0.0, 1.0
        return (0.0, math.inf) if self.lower_is_better is LOWER else (-math.inf, math.inf)


def about(unit: str, lower_is_better: bool | None, meaning: str) -> dict[str, Any]:
    """The metadata of a field of a group."""
    return {'unit': unit, 'lower_is_better': lower_is_better, 'meaning': meaning}


def figures_of(group: Any) -> tuple[Figure, ...]:
    """The fields of a group that have `about` as their metadata, in their order."""
    return tuple(
        _figure(one.name, dict(one.metadata), getattr(group, one.name))
        for one in fields(group)
        if 'meaning' in one.metadata
    )


def mean_of(values: Floats) -> float | None:
    """Of the values that are not NaN; None where all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _figure(name: str, told: dict[str, Any], held: Floats | float | None) -> Figure:
    if isinstance(held, np.ndarray):
        return Figure(name, **told, value=mean_of(held), by_window=held)
    return Figure(name, **told, value=held, by_window=None)

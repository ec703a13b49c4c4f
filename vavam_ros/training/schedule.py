"""The learning rate over a run: up, constant, down (arXiv 2404.06395)."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.errors import InputError


@dataclass(frozen=True)
class Schedule:
    """Warm-up, stable, decay: a factor of the peak rate, as a pure function of the step."""

    steps: int
    warmup: int = 200  # steps
    decay_share: float = 0.2  # of all steps, at their end
    floor: float = 0.0  # the factor that the decay ends at

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f'steps is {self.steps}: at least one is needed')
        if self.warmup < 0 or not 0 <= self.decay_share <= 1 or not 0 <= self.floor <= 1:
            raise InputError(f'{self}: warm-up, decay share and floor must lie in 0..1 or above')

    @property
    def decay_start(self) -> int:
        """First step at which the rate falls."""
        return self.steps - round(self.decay_share * self.steps)

    def factor(self, step: int) -> float:
        """Factor of the peak at a step counted from 0."""
        rising = min(1.0, (step + 1) / (self.warmup + 1))
        left = (self.steps - step) / (self.steps - self.decay_start + 1)
        return rising * max(self.floor, min(1.0, left))

    def agrees(self, other: Schedule, steps: int) -> bool:
        """Whether both give the same rates for the first `steps` steps."""
        return all(self.factor(step) == other.factor(step) for step in range(steps))

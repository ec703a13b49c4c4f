"""How a run trains, whatever its stage."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, get_args

from vavam_ros.errors import InputError
from vavam_ros.training.schedule import Schedule

Precision = Literal['32-true', 'bf16-mixed']
Strategy = Literal['auto', 'ddp', 'fsdp']


@dataclass(frozen=True)
class RunSettings:
    """Settings of the loop; checked when built."""

    schedule: Schedule
    batch: int = 16  # samples in a step, over all processes
    rate: float = 3e-3  # at the peak, of tables; matrices follow by muP
    weight_decay: float = 0.1
    clip: float = 1.0  # largest norm of a step's gradient
    seed: int = 0
    precision: Precision = 'bf16-mixed'  # 1.4x as fast, on CPUs that have it, too
    accumulate: int = 1  # parts that a process computes its share of a step in
    log_every: int = 10  # steps between rows of metrics.csv
    validate_every: int = 250  # steps
    validation_samples: int = 256  # at most, spread over the held-back ones
    save_every_s: float = 120.0  # what a killed run loses at most
    minutes: float | None = None  # stops, to be continued, when they are over
    workers: int = 0  # processes that load data, beside each that trains

    def __post_init__(self) -> None:
        for name in ('batch', 'rate', 'clip', 'accumulate', 'log_every', 'validate_every'):
            self._positive(name)
        for name in ('validation_samples', 'save_every_s'):
            self._positive(name)
        if self.minutes is not None:
            self._positive('minutes')
        for name in ('weight_decay', 'seed', 'workers'):
            if getattr(self, name) < 0:
                raise InputError(f'{name} is {getattr(self, name)}: it cannot be negative')
        if self.precision not in get_args(Precision):
            known = ', '.join(get_args(Precision))
            raise InputError(f'precision is {self.precision!r}: expected one of {known}')

    def _positive(self, name: str) -> None:
        if not getattr(self, name) > 0:
            raise InputError(f'{name} is {getattr(self, name)}: it must be positive')

    def check_split(self, processes: int) -> None:
        """Raise InputError unless a step's samples can be shared out equally."""
        parts = processes * self.accumulate
        if self.batch % parts:
            raise InputError(
                f'a batch of {self.batch} cannot be shared by {processes} processes in '
                f'{self.accumulate} parts each: give a multiple of {parts}'
            )

    @property
    def identity(self) -> dict[str, object]:
        """What a continued run must share, beside its stage's identity and its schedule so far."""
        shared = ('batch', 'rate', 'weight_decay', 'clip', 'seed', 'precision')
        return {name: value for name, value in dataclasses.asdict(self).items() if name in shared}

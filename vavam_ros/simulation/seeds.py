"""Which seeds there are, and which of them no training may see."""

from __future__ import annotations

from collections.abc import Iterable

from vavam_ros.errors import InputError

SEEDS = range(10_000)
HELD_OUT_SEEDS = range(9_000, 9_012)  # towns for evaluation, tests and the demo alone


def check_seed(seed: int) -> int:
    """The seed itself; InputError where there is no such town."""
    if seed not in SEEDS:
        raise InputError(f'there is no town of seed {seed}: seeds go from 0 to {SEEDS[-1]}')
    return seed


def check_trainable(seeds: Iterable[int]) -> None:
    """Raise InputError that names the first seed that is unknown, or held out from training."""
    for seed in seeds:
        if check_seed(seed) in HELD_OUT_SEEDS:
            raise InputError(
                f'seed {seed} is held out for evaluation (as are {HELD_OUT_SEEDS[0]} to '
                f'{HELD_OUT_SEEDS[-1]}): nothing may be trained on it'
            )

"""Which drives are held back from training: whole ones, by a hash of their names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from vavam_ros.errors import InputError

HELD_BACK_SHARE = 0.05

Split = Literal['train', 'validation']


def of_split(names: Sequence[str], split: Split) -> list[str]:
    """The names of one side, in the order given; every stage divides drives the same way.

    About one in twenty is held back, and at least one: where no hash says so, the lowest.
    Raises InputError for fewer than two drives, or another split.
    """
    if split not in get_args(Split):
        raise InputError(f'split {split!r}: it is one of {", ".join(get_args(Split))}')
    if len(names) < 2:
        raise InputError(
            f'{len(names)} drive is too few: whole drives are held back for validation, so give '
            'at least two'
        )
    held_back = _held_back(names)
    return [name for name in names if (name in held_back) == (split == 'validation')]


def _held_back(names: Iterable[str]) -> set[str]:
    by_place = sorted((_place(name), name) for name in names)
    return {name for place, name in by_place if place < HELD_BACK_SHARE} or {by_place[0][1]}


def _place(name: str) -> float:
    """0..1, evenly."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], 'big') / 2**64

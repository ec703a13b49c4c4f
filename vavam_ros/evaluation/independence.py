"""What counts as independent of one another: sequences, or blocks of them where they are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.records import NS_PER_S

LEAST_SEQUENCES = 5  # fewer are cut into blocks
LEAST_BLOCK_S, MOST_BLOCK_S = (
    3.0,
    10.0,
)  # the truths of a window and of one 3 s later do not overlap
WANTED_BLOCKS = 10  # if that makes no block shorter than the least

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Independent:
    """The groups to draw from."""

    groups: Integers  # [N] one number for each window's group, from 0
    kind: str  # for the reader of an interval: such as 'sequences' or 'blocks of 10 s'

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0

    @property
    def described(self) -> str:
        """Such as '1 block of 3 s'."""
        return described(self.count, self.kind)


def described(count: int, kind: str) -> str:
    """Groups with their number, such as '1 block of 3 s'."""
    one = kind.replace('blocks', 'block', 1).replace('sequences', 'sequence', 1)
    return f'{count} {one if count == 1 else kind}'


def independent(sequences: Integers, stamps_ns: Integers) -> Independent:
    """Groups for windows [N] of numbered sequences [N] with stamps [N].

    Five sequences or more are the groups themselves. Fewer are cut into blocks of 3 to 10 s, the
    longer the more there is to cut. Neighbouring blocks are not quite independent, and they tell
    nothing of other streets: such an interval holds for these drives, not for driving.
    """
    if len(sequences) != len(stamps_ns):
        raise ValueError(f'{len(sequences)} sequence numbers for {len(stamps_ns)} stamps')
    names, numbers = np.unique(sequences, return_inverse=True)
    if len(names) >= LEAST_SEQUENCES or not len(names):
        return Independent(numbers.astype(np.int64), 'sequences')
    rows_of = [np.flatnonzero(numbers == number) for number in range(len(names))]
    spans_s = [float(np.ptp(stamps_ns[rows])) / NS_PER_S for rows in rows_of]
    block_s = min(max(sum(spans_s) / WANTED_BLOCKS, LEAST_BLOCK_S), MOST_BLOCK_S)
    groups = np.zeros(len(sequences), np.int64)
    taken = 0
    for rows, span_s in zip(rows_of, spans_s, strict=True):
        count = max(1, int(span_s / block_s))
        groups[rows] = taken + _blocks(stamps_ns[rows], count)
        taken += count
    return Independent(np.unique(groups, return_inverse=True)[1], f'blocks of {block_s:.3g} s')


def _blocks(stamps_ns: Integers, count: int) -> Integers:
    """Numbers [N] of `count` equally long blocks."""
    since_ns = stamps_ns - stamps_ns.min()
    places = since_ns * count // max(int(since_ns.max()), 1)
    return np.asarray(np.minimum(places, count - 1))

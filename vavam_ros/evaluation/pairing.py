"""Windows of two runs, side by side: the same moment of the same recording, asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vavam_ros.errors import InputError
from vavam_ros.evaluation.window import Window

SAME_TRUTH_M = 0.001  # rounded and interpolated in another order, it is the same truth

Key = tuple[str, int]  # recording, stamp in ns


@dataclass(frozen=True, eq=False)
class Pairing:
    """Which windows two runs share, and which they do not."""

    before: tuple[Window, ...]  # [N], by recording and stamp
    after: tuple[Window, ...]  # [N], of the same moments
    only_before: tuple[Key, ...]
    only_after: tuple[Key, ...]
    other_truth: tuple[Key, ...]  # of both, but compared with another way
    other_command: tuple[Key, ...]  # of both, but planned under another command
    without_truth: int  # of both, but of recordings that have no poses

    def __len__(self) -> int:
        return len(self.before)


def paired(before: Sequence[Window], after: Sequence[Window]) -> Pairing:
    """Windows of the same recording and stamp, with the same truth and command.

    InputError where a run has a window twice.
    """
    old, new = _by_key(before, 'A'), _by_key(after, 'B')
    shared = sorted(old.keys() & new.keys())
    asked = [key for key in shared if old[key].truth is not None and new[key].truth is not None]
    other_truth = [key for key in asked if not _same_truth(old[key], new[key])]
    same = [key for key in asked if key not in set(other_truth)]
    other_command = [key for key in same if old[key].command != new[key].command]
    kept = [key for key in same if old[key].command == new[key].command]
    return Pairing(
        tuple(old[key] for key in kept),
        tuple(new[key] for key in kept),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(new.keys() - old.keys())),
        tuple(other_truth),
        tuple(other_command),
        len(shared) - len(asked),
    )


def _by_key(windows: Sequence[Window], run: str) -> dict[Key, Window]:
    found: dict[Key, Window] = {}
    for one in windows:
        key = (one.recording, one.stamp_ns)
        if key in found:
            raise InputError(
                f'{run} has the window of {one.recording} at {one.stamp_ns} ns twice: evaluate '
                'again'
            )
        found[key] = one
    return found


def _same_truth(before: Window, after: Window) -> bool:
    assert before.truth is not None
    assert after.truth is not None
    return before.truth.shape == after.truth.shape and bool(
        np.abs(before.truth - after.truth).max(initial=0.0) <= SAME_TRUTH_M
    )

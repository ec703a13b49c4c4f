"""Where a drive's frames follow each other at the model's rate, and where a new stretch begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import NS_PER_S

SLACK_S = 0.18  # the widest that a frame selector keeps together


def segment_starts(stamps_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """First frame of each stretch, [segments]; frames are apart where their stamps are."""
    if not len(stamps_ns):
        return np.zeros(0, np.int64)
    spacing_s = np.diff(stamps_ns) / NS_PER_S
    breaks = np.flatnonzero(np.abs(spacing_s - STEP_S) > SLACK_S) + 1
    return np.concatenate([[0], breaks]).astype(np.int64)


def window_starts(starts: NDArray[np.int64], count: int, frames: int) -> NDArray[np.int64]:
    """First frame of every window of so many frames that lies within a segment."""
    ends = np.append(starts[1:], count)
    windows = [np.arange(first, end - frames + 1) for first, end in zip(starts, ends, strict=True)]
    return np.concatenate([np.zeros(0, np.int64), *windows]).astype(np.int64)

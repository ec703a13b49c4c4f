"""Whether a model changes its mind: the plan of one moment against that of half a second later."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.deviation import along_and_across_m
from vavam_ros.evaluation.ego_motion import to_fixed, to_rig
from vavam_ros.evaluation.figure import LOWER, NEITHER, Floats, about
from vavam_ros.evaluation.kinematics import Plans, checked
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import NS_PER_S

TOLERANCE_NS = NS_PER_S // 20  # stamps half a second apart, more or less


@dataclass(frozen=True, eq=False)
class Consistency:
    """The five times that both plans are for, 1.0 .. 3.0 s after the earlier one; arrays [N]."""

    change_m: Floats = field(metadata=about('m', LOWER, 'mean distance between the two plans'))
    last_change_m: Floats = field(
        metadata=about('m', LOWER, "distance at the earlier plan's last time")
    )
    ahead_change_m: Floats = field(
        metadata=about('m', NEITHER, 'how much farther along the later plan is')
    )
    aside_change_m: Floats = field(
        metadata=about('m', NEITHER, 'how much farther left the later plan is')
    )


def consistency(
    plans: Plans, later_plans: Plans, poses: Floats, later_poses: Floats
) -> Consistency:
    """Plans [N, H, 2], those half a second later [N, H, 2], and the true poses [N, 3] of both.

    Compared in the earlier rig's frame; ahead and left are as the earlier plan leads.
    """
    earlier = checked(plans)
    later = to_rig(to_fixed(checked(later_plans, 'later plans'), later_poses), poses)[:, :-1]
    off_m = np.linalg.norm(later - earlier[:, 1:], axis=-1)
    padded = np.concatenate([earlier[:, :1], later], axis=1)  # its first time has no partner
    ahead_m, aside_m = (each[:, 1:].mean(axis=1) for each in along_and_across_m(padded, earlier))
    return Consistency(off_m.mean(axis=1), off_m[:, -1], ahead_m, aside_m)


def successive(
    stamps_ns: NDArray[np.int64],
    sequences: NDArray[np.int64],
    step_s: float = STEP_S,
    tolerance_ns: int = TOLERANCE_NS,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows [M] and the rows [M] half a second after them, of windows [N] in any order.

    The partner is the nearest window of the same sequence; a row without one is left out.
    """
    pairs: list[NDArray[np.int64]] = []
    for sequence in np.unique(sequences):
        rows = np.flatnonzero(sequences == sequence)
        rows = rows[np.argsort(stamps_ns[rows], kind='stable')]
        stamps = stamps_ns[rows]
        wanted = stamps + round(step_s * NS_PER_S)
        after = np.searchsorted(stamps, wanted).clip(max=len(stamps) - 1)
        before = (after - 1).clip(0)
        nearer = np.abs(stamps[before] - wanted) <= np.abs(stamps[after] - wanted)
        partners = np.where(nearer, before, after)
        close = np.abs(stamps[partners] - wanted) <= tolerance_ns
        pairs.append(np.stack([rows[close], rows[partners[close]]]))
    found = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), np.int64)
    return found[0], found[1]

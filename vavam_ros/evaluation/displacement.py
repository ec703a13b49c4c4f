"""How far plans end up from where the vehicle went: ADE, FDE, best of K, misses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vavam_ros.evaluation.figure import LOWER, Floats, about
from vavam_ros.evaluation.kinematics import Plans, checked, waypoints_until

MISS_M = 2.0


@dataclass(frozen=True, eq=False)
class Displacement:
    """Of one plan for each window; arrays [N]."""

    ade_1s_m: Floats = field(
        metadata=about('m', LOWER, 'mean distance of the waypoints up to 1 s')
    )
    ade_2s_m: Floats = field(
        metadata=about('m', LOWER, 'mean distance of the waypoints up to 2 s')
    )
    ade_3s_m: Floats = field(
        metadata=about('m', LOWER, 'mean distance of the waypoints up to 3 s')
    )
    fde_1s_m: Floats = field(metadata=about('m', LOWER, 'distance of the waypoint at 1 s'))
    fde_2s_m: Floats = field(metadata=about('m', LOWER, 'distance of the waypoint at 2 s'))
    fde_3s_m: Floats = field(metadata=about('m', LOWER, 'distance of the waypoint at 3 s'))
    missed: Floats = field(metadata=about('', LOWER, 'share of plans more than 2 m off at 3 s'))


@dataclass(frozen=True, eq=False)
class BestOfSamples:
    """Of K samples for each window; each minimum is taken on its own; arrays [N]."""

    min_ade_m: Floats = field(
        metadata=about('m', LOWER, 'ADE up to 3 s of the sample with the least')
    )
    min_fde_m: Floats = field(
        metadata=about('m', LOWER, 'FDE at 3 s of the sample with the least')
    )
    best_missed: Floats = field(
        metadata=about('', LOWER, 'share of windows with all samples > 2 m off at 3 s')
    )


def displacement(plans: Plans, truths: Plans) -> Displacement:
    """Plans [N, H, 2] against truths [N, H, 2].

    A miss is judged at 3 s alone, as Argoverse does (its miss rate is that of `best_missed`);
    nuScenes' prediction task calls it a miss as soon as any waypoint is more than 2 m off.
    """
    off_m = distances_m(plans, truths)
    one, two, three = (waypoints_until(seconds) for seconds in (1, 2, 3))
    return Displacement(
        ade_1s_m=off_m[:, :one].mean(axis=1),
        ade_2s_m=off_m[:, :two].mean(axis=1),
        ade_3s_m=off_m[:, :three].mean(axis=1),
        fde_1s_m=off_m[:, one - 1],
        fde_2s_m=off_m[:, two - 1],
        fde_3s_m=off_m[:, three - 1],
        missed=_over(off_m[:, three - 1]),
    )


def best_of_samples(samples: Plans, truths: Plans) -> BestOfSamples:
    """Samples [N, K, H, 2] against truths [N, H, 2].

    Both minima may be of different samples, as in nuScenes; Argoverse takes the ADE of the sample
    with the least FDE.
    """
    off_m = distances_m(samples, checked(truths, 'truths')[:, None])
    min_fde_m = off_m[..., -1].min(axis=1)
    return BestOfSamples(off_m.mean(axis=-1).min(axis=1), min_fde_m, _over(min_fde_m))


def distances_m(plans: Plans, truths: Plans) -> Floats:
    """[..., H, 2] and the same, or what broadcasts to it -> [..., H]."""
    apart = checked(plans) - checked(truths, 'truths')
    return np.asarray(np.linalg.norm(apart, axis=-1))


def _over(final_m: Floats) -> Floats:
    return (final_m > MISS_M).astype(np.float64)

"""How plans move: steps, speeds, directions and curvature of waypoints, many plans at once.

Plans [..., 6, 2] are m in the rig frame (x forward, y left) at +0.5, +1.0, ... +3.0 s; the rig
itself is at (0, 0) at 0 s, heading along x, and counts as the place before the first waypoint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.ego_track import HORIZON, STEP_S

Floats = NDArray[np.float64]
Plans = NDArray[np.floating[Any]]

STILL_M = 0.1  # a shorter step has no direction: it keeps that of the step before
NEAR_M = 1.0  # a waypoint nearer than this says nothing of curvature
ARC_S = 2.0  # how far ahead the curvature of a plan is taken
STRAIGHT_PER_M = 0.005  # a radius of 200 m: 2.25 m aside in 3 s at 10 m/s


def checked(plans: Plans, what: str = 'plans') -> Floats:
    """The same in float64; ValueError unless finite and [..., 6, 2]."""
    checked_plans = np.asarray(plans, np.float64)
    if checked_plans.shape[-2:] != (HORIZON, 2):
        raise ValueError(f'{what} of shape {checked_plans.shape}: expected [..., {HORIZON}, 2]')
    if not np.isfinite(checked_plans).all():
        raise ValueError(f'{what} hold a waypoint that is not finite')
    return checked_plans


def waypoints_until(seconds: float) -> int:
    """How many waypoints lie within so many seconds."""
    return round(seconds / STEP_S)


def steps_m(plans: Plans) -> Floats:
    """[..., H, 2] from each place to the next, the origin's first."""
    return np.diff(np.asarray(plans, np.float64), axis=-2, prepend=0.0)


def lengths_m(plans: Plans) -> Floats:
    """[..., H] of the steps."""
    return np.asarray(np.linalg.norm(steps_m(plans), axis=-1))


def speeds_mps(plans: Plans) -> Floats:
    """[..., H] mean speed within each step, so at 0.25, 0.75, ... 2.75 s."""
    return lengths_m(plans) / STEP_S


def headings_rad(plans: Plans) -> Floats:
    """[..., H] direction of each step, in -pi..pi; of one that stands still, the one before's.

    Before the first step it is 0, the rig's own.
    """
    steps = steps_m(plans)
    moving = np.linalg.norm(steps, axis=-1) >= STILL_M
    places = np.where(moving, np.arange(steps.shape[-2]), -1)
    last = np.maximum.accumulate(places, axis=-1)
    headings = np.arctan2(steps[..., 1], steps[..., 0])
    return np.where(last < 0, 0.0, np.take_along_axis(headings, last.clip(0), axis=-1))


def tangents_rad(plans: Plans) -> Floats:
    """[..., H] direction of travel at each waypoint: of the circle through it and its neighbours.

    A step's own direction would lag by half a step. At the last waypoint the circle is that of
    the last three places.
    """
    headings, lengths = headings_rad(plans), lengths_m(plans)
    turns = wrapped(np.diff(headings, axis=-1))
    both = np.maximum(lengths[..., :-1] + lengths[..., 1:], 1e-9)
    inner = headings[..., :-1] + turns * lengths[..., :-1] / both
    last = headings[..., -1:] + (turns * lengths[..., 1:] / both)[..., -1:]
    return np.concatenate([inner, last], axis=-1)


def arc_curvatures_per_m(plans: Plans, seconds: float = ARC_S) -> Floats:
    """[...] of the arc that leaves the rig straight ahead and passes the waypoint at `seconds`.

    That is 2 y / (x^2 + y^2), left positive; NaN where the waypoint is nearer than 1 m.
    """
    place = np.asarray(plans, np.float64)[..., waypoints_until(seconds) - 1, :]
    squares = (place**2).sum(axis=-1)
    far = squares >= NEAR_M**2
    return np.where(far, 2 * place[..., 1] / np.where(far, squares, 1.0), np.nan)


def side(curvatures: Floats, straight: float = STRAIGHT_PER_M) -> Floats:
    """1 left, -1 right, 0 straight (within the dead band `straight`); NaN stays NaN."""
    return np.where(np.abs(curvatures) <= straight, 0.0, np.sign(curvatures))


def wrapped(angles_rad: Floats) -> Floats:
    """In -pi..pi."""
    return (angles_rad + np.pi) % (2 * np.pi) - np.pi

"""A planned path in a fixed frame: a smooth line, and how far along it to be when."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, Plan

Array = NDArray[np.float64]

STANDING_M = 0.3  # a path that leads no farther means standing
_SAME_PLACE_M = 0.1  # nearer than this, a direction is noise
_STEP_M = 0.25  # of the smooth line
_WINDOW_S = 0.5  # over which speeds are taken: the models' own step


@dataclass(frozen=True, eq=False)
class TimedPath:
    """Waypoints with times, and the rig's pose when they were planned.

    InputError if there is none, one is not finite, or their times do not rise from the stamp on.
    """

    stamp_ns: int
    origin: Pose2  # of the rig at `stamp_ns`, in a fixed frame
    waypoints_m: Array  # [H, 2] in the fixed frame
    times_ns: NDArray[np.int64]  # [H] when to be there
    line: Line | None = field(init=False)  # smooth, from the origin on; None: it stands
    _times_s: Array = field(init=False)  # [H + 1] from the stamp on, the stamp first
    _lengths_m: Array = field(init=False)  # [H + 1] along the line at these times

    def __post_init__(self) -> None:
        _check(self)
        times_s = np.concatenate([[0.0], (self.times_ns - self.stamp_ns) / NS_PER_S])
        kept, place_of = _places(self.origin, self.waypoints_m)
        line, lengths_m = _smooth(kept, self.origin.yaw_rad)
        object.__setattr__(self, 'line', line)
        object.__setattr__(self, '_times_s', times_s)
        object.__setattr__(self, '_lengths_m', lengths_m[place_of])

    @classmethod
    def from_rig(
        cls, stamp_ns: int, origin: Pose2, waypoints_in_rig: Array, times_ns: NDArray[np.int64]
    ) -> TimedPath:
        """A plan made where the rig was at `origin`: [H, 2] m in the rig's frame there."""
        in_rig = np.asarray(waypoints_in_rig, np.float64).reshape(-1, 2)
        _check_finite(in_rig)
        return cls(stamp_ns, origin, origin.to_fixed(in_rig), times_ns)

    @classmethod
    def from_plan(cls, plan: Plan, origin: Pose2) -> TimedPath:
        """A plan of the model, made where the rig was at `origin`."""
        steps = np.arange(1, len(plan.waypoints_in_rig) + 1)
        times_ns = plan.stamp_ns + steps * round(plan.step_s * NS_PER_S)
        return cls.from_rig(
            plan.stamp_ns, origin, plan.waypoints_in_rig.astype(np.float64), times_ns
        )

    @property
    def end_ns(self) -> int:
        """When the last waypoint is due."""
        return int(self.times_ns[-1])

    @property
    def length_m(self) -> float:
        """From the origin to the end."""
        return float(self._lengths_m[-1])

    def length_at_m(self, now_ns: int) -> float:
        """How far along the path to be; before and beyond it goes on at its end's speed."""
        return self._length_m((now_ns - self.stamp_ns) / NS_PER_S)

    def speed_mps(self, now_ns: int) -> float:
        """The speed that its times mean at that moment, never negative."""
        return self._speed_mps((now_ns - self.stamp_ns) / NS_PER_S)

    def acceleration_mps2(self, now_ns: int) -> float:
        """The change of that speed."""
        now_s, half_s = (now_ns - self.stamp_ns) / NS_PER_S, _WINDOW_S / 2
        return (self._speed_mps(now_s + half_s) - self._speed_mps(now_s - half_s)) / _WINDOW_S

    def place_at(self, length_m: float) -> Array:
        """[2] m at that length; beyond the end straight on."""
        if self.line is None:
            return np.array([self.origin.x_m, self.origin.y_m])
        place = self.line.place_at(length_m)
        beyond_m = length_m - self.length_m
        if beyond_m <= 0:
            return place
        back = place - self.line.place_at(self.length_m - 2.0)  # a while: the very end is noisy
        return np.asarray(place + beyond_m * back / np.hypot(*back))

    def distance_m(self, pose: Pose2) -> float:
        """From the nearest place of the path to `pose`."""
        place = self.place_at(self.line.nearest_m(pose) if self.line else 0.0)
        return float(np.hypot(*(place - (pose.x_m, pose.y_m))))

    def _speed_mps(self, time_s: float) -> float:
        half_s = _WINDOW_S / 2
        return (self._length_m(time_s + half_s) - self._length_m(time_s - half_s)) / _WINDOW_S

    def _length_m(self, time_s: float) -> float:
        times_s, lengths_m = self._times_s, self._lengths_m
        if time_s < 0:
            first_mps = (lengths_m[1] - lengths_m[0]) / (times_s[1] - times_s[0])
            return float(time_s * first_mps)
        if time_s > times_s[-1]:
            last_mps = (lengths_m[-1] - lengths_m[-2]) / (times_s[-1] - times_s[-2])
            return float(lengths_m[-1] + (time_s - times_s[-1]) * last_mps)
        return float(np.interp(time_s, times_s, lengths_m))


def _check(path: TimedPath) -> None:
    shape, count = np.shape(path.waypoints_m), len(path.times_ns)
    if count == 0 or shape != (count, 2):
        raise InputError(f'a path has waypoints of shape {shape} for {count} times')
    _check_finite(path.waypoints_m)
    _check_finite(np.array([path.origin.x_m, path.origin.y_m, path.origin.yaw_rad]))
    if (np.diff(path.times_ns, prepend=path.stamp_ns) <= 0).any():
        raise InputError('the times of a path do not rise from its stamp on')


def _check_finite(numbers: Array) -> None:
    if not np.isfinite(numbers).all():
        raise InputError('a path has a waypoint or origin that is not finite')


def _places(origin: Pose2, waypoints_m: Array) -> tuple[Array, list[int]]:
    """Places [P, 2] that lead on, and for the origin and each waypoint its place's index.

    A waypoint at the place before it, or back from it, is that place: the vehicle waits there.
    """
    places, place_of = [np.array([origin.x_m, origin.y_m])], [0]
    heading = np.array([np.cos(origin.yaw_rad), np.sin(origin.yaw_rad)])
    for waypoint in waypoints_m:
        step = waypoint - places[-1]
        if np.hypot(*step) >= _SAME_PLACE_M and step @ heading > 0:
            places.append(waypoint)
            heading = step
        place_of.append(len(places) - 1)
    return np.array(places), place_of


def _smooth(places: Array, yaw_rad: float) -> tuple[Line | None, Array]:
    """A line through the places [P, 2] that starts towards `yaw_rad`; lengths [P] at them."""
    chords = np.diff(places, axis=0)
    spans = np.hypot(*chords.T)
    if spans.sum() < STANDING_M:
        return None, np.zeros(len(places))
    tangents = _tangents(chords / spans[:, None], spans, yaw_rad)
    pieces, knots = [places[:1]], [0]
    for index, span in enumerate(spans):
        t = np.linspace(0.0, 1.0, int(np.ceil(span / _STEP_M)) + 1)[1:, None]
        rise = t * t * (3 - 2 * t)
        pieces.append(
            places[index]
            + rise * chords[index]
            + span * t * (1 - t) * ((1 - t) * tangents[index] - t * tangents[index + 1])
        )
        knots.append(knots[-1] + len(t))
    line = Line(np.concatenate(pieces))
    return line, line.lengths_m[knots]


def _tangents(directions: Array, spans: Array, yaw_rad: float) -> Array:
    """Unit vectors [P, 2] at the places: as a circle through neighbours has them."""
    weights = (spans[1:] / (spans[:-1] + spans[1:]))[:, None]
    inner = weights * directions[:-1] + (1 - weights) * directions[1:]
    first = np.array([[np.cos(yaw_rad), np.sin(yaw_rad)]])
    inner = np.concatenate([first, inner / np.hypot(*inner.T)[:, None]])
    last = 2 * (directions[-1] @ inner[-1]) * directions[-1] - inner[-1]  # mirrored at the chord
    return np.concatenate([inner, last[None]])

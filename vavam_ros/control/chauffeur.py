"""Drives by the newest path while it may, stops within comfort where it may not, and says why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.control.ego_history import EgoHistory
from vavam_ros.control.follower import Follower, Tracking
from vavam_ros.control.settings import FollowerSettings, WatchSettings
from vavam_ros.control.timed_path import TimedPath
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, Actuation, EgoState

WAITING = 'WAITING'  # for the first odometry or path
DRIVING = 'DRIVING'
STOPPING = 'STOPPING'
STOPPED = 'STOPPED'
OVERRIDDEN = 'OVERRIDDEN'

JUMP_S = 1.0  # a step of time beyond this, or back by this, makes what was before worthless
_AHEAD_S = 0.5  # a stamp may be in the future by so much
_STANDS_MPS = 0.1


@dataclass(frozen=True)
class Decision:
    """What to do now, and why."""

    state: str
    reason: str  # empty while DRIVING
    actuation: Actuation
    path_age_s: float | None  # since the image that the path answers; None without a path
    tracking: Tracking | None  # None while no path is followed


@dataclass(frozen=True, eq=False)
class HeardPath:
    """A path as it came: in the rig's frame at its stamp, or in the frame of the ego states."""

    stamp_ns: int
    waypoints_m: NDArray[np.float64]  # [H, 2]
    times_ns: NDArray[np.int64]  # [H]
    in_rig: bool = True

    def from_pose(self, origin: Pose2) -> TimedPath:
        """The path of a rig that was there; InputError where it cannot be driven."""
        make = TimedPath.from_rig if self.in_rig else TimedPath
        return make(self.stamp_ns, origin, self.waypoints_m, self.times_ns)


class Chauffeur:
    """A follower, and the watch over what it needs. Times are of one clock, in nanoseconds."""

    def __init__(
        self,
        vehicle: VehicleParameters,
        follower: FollowerSettings | None = None,
        watch: WatchSettings | None = None,
    ) -> None:
        self._follower_settings, self._watch = follower, watch or WatchSettings()
        self._follower = Follower(vehicle, follower)
        self._history = EgoHistory()
        self._path: TimedPath | None = None
        self._coming: list[HeardPath] = []  # paths that are not yet in force
        self._began_ns: int | None = None  # the first ego state's stamp
        self._now_ns: int | None = None  # of the last decision
        self._without: str | None = None  # why there is no path any more; None: never was one
        self.refused = 0  # paths
        self.refusal = ''  # why the newest path was not taken; '' if it was
        self._overridden = False

    @property
    def ego(self) -> EgoState | None:
        """The newest ego state."""
        return self._history.newest

    @property
    def has_begun(self) -> bool:
        """Whether there ever was an ego state."""
        return self._began_ns is not None

    @property
    def overridden(self) -> bool:
        """Whether somebody else drives."""
        return self._overridden

    def drive(self, vehicle: VehicleParameters) -> None:
        """Another vehicle's parameters, from now on."""
        self._follower = Follower(vehicle, self._follower_settings)

    def override(self, overridden: bool) -> None:
        """Somebody else drives, or does so no more."""
        if overridden != self._overridden:
            self._follower.forget()
        self._overridden = overridden

    def see(self, ego: EgoState) -> None:
        """The vehicle is there; a state back by more than `JUMP_S` begins a new time."""
        newest = self._history.newest
        if newest is None:
            self._began_ns = ego.stamp_ns
        elif ego.stamp_ns < newest.stamp_ns - JUMP_S * NS_PER_S:
            self._jump((ego.stamp_ns - newest.stamp_ns) / NS_PER_S)
            self._history.forget()
            self._began_ns, self._now_ns = ego.stamp_ns, None
        self._history.add(ego)

    def take(self, path: HeardPath) -> None:
        """Drive by this path from its time on.

        One that cannot be driven stops the vehicle then, one that comes after a newer one is
        ignored; either is counted as refused.
        """
        newest_ns = self._newest_path_ns()
        if newest_ns is not None and path.stamp_ns <= newest_ns:
            self._refuse('it came after a newer one')
            return
        self._coming.append(path)

    def drop(self, reason: str) -> None:
        """There is no path from now on."""
        self._path, self._without = None, reason
        self._coming.clear()

    def lacks_path(self, now_ns: int, period_s: float) -> bool:
        """Whether one is missing at `now_ns`, if there is an image every `period_s`."""
        newest_ns = self._newest_path_ns()
        if newest_ns is None:
            newest_ns = (self._began_ns or 0) - round(period_s * NS_PER_S)
        due_s = period_s + self._watch.path_latency_s
        return now_ns >= newest_ns + round(due_s * NS_PER_S)

    def decide(self, now_ns: int) -> Decision:
        """Say what to do at `now_ns`."""
        self._notice_jump(now_ns)
        self._put_in_force(now_ns)
        path, ego = self._path, self._history.newest
        age_s = None if path is None else (now_ns - path.stamp_ns) / NS_PER_S
        state, reason = self._judge(now_ns)
        if state == DRIVING and path is not None and ego is not None:
            actuation = self._follower.follow(path, ego, now_ns)
        else:
            known = ego if ego and not self._odometry_problem(now_ns) else None
            actuation = self._follower.stop(known, now_ns)
        return Decision(state, reason, actuation, age_s, self._follower.tracking)

    def _judge(self, now_ns: int) -> tuple[str, str]:
        if self._overridden:
            return OVERRIDDEN, 'manual override: somebody else drives'
        ego = self._history.newest
        if ego is None and self._path is None and self._without is None:
            return WAITING, 'no odometry yet'
        problem = self._odometry_problem(now_ns) or self._path_problem(now_ns)
        if problem is None:
            return DRIVING, ''
        if self._path is None and self._without is None:
            return WAITING, problem
        stands = ego is not None and abs(ego.speed_mps) < _STANDS_MPS
        return (STOPPED if stands else STOPPING), problem

    def _odometry_problem(self, now_ns: int) -> str | None:
        ego = self._history.newest
        if ego is None:
            return 'no odometry'
        age_s, most_s = (now_ns - ego.stamp_ns) / NS_PER_S, self._watch.max_odometry_age_s
        if age_s > most_s:
            return f'the odometry is {age_s:.1f} s old (limit {most_s:g} s)'
        if age_s < -_AHEAD_S:
            return f'the odometry is {-age_s:.1f} s in the future: do the clocks differ?'
        return None

    def _path_problem(self, now_ns: int) -> str | None:
        path, most_s = self._path, self._watch.max_path_age_s
        refusal = f'; the newest was not taken: {self.refusal}' if self.refusal else ''
        if path is None:
            return (self._without or 'no path yet') + refusal
        age_s = (now_ns - path.stamp_ns) / NS_PER_S
        if age_s < -_AHEAD_S:
            return f'the path is {-age_s:.1f} s in the future: do the clocks differ?'
        if now_ns >= path.end_ns:
            past_s = (now_ns - path.end_ns) / NS_PER_S
            return f'all of the path lies in the past, its end by {past_s:.1f} s{refusal}'
        if age_s > most_s:
            return f'the path is {age_s:.1f} s old (limit {most_s:g} s){refusal}'
        return self._distance_problem(path)

    def _distance_problem(self, path: TimedPath) -> str | None:
        ego, most_m = self._history.newest, self._watch.max_path_distance_m
        if ego is None:
            return None
        away_m = path.distance_m(Pose2(ego.x_m, ego.y_m, ego.yaw_rad))
        if away_m > most_m:
            return f'the vehicle is {away_m:.1f} m from the path (limit {most_m:g} m)'
        return None

    def _newest_path_ns(self) -> int | None:
        newest = self._coming[-1] if self._coming else self._path
        return newest.stamp_ns if newest else None

    def _put_in_force(self, now_ns: int) -> None:
        for path in list(self._coming):
            if path.stamp_ns > now_ns + _AHEAD_S * NS_PER_S:
                ahead_s = (path.stamp_ns - now_ns) / NS_PER_S
                self._refuse(f'it is {ahead_s:.1f} s in the future: do the clocks differ?')
                self._coming.remove(path)
        latency_ns = round(self._watch.path_latency_s * NS_PER_S)
        while self._coming and self._coming[0].stamp_ns + latency_ns <= now_ns:
            path = self._coming.pop(0)
            ego = self._history.at(path.stamp_ns)
            if ego is None:
                self._refuse('there is no odometry at its stamp')
                continue
            try:
                self._path = path.from_pose(Pose2(ego.x_m, ego.y_m, ego.yaw_rad))
                self.refusal = ''
            except InputError as error:
                self._refuse('')
                self._path, self._without = None, f'the newest path cannot be driven: {error}'

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        self.refusal = reason

    def _notice_jump(self, now_ns: int) -> None:
        last_ns, self._now_ns = self._now_ns, now_ns
        step_s = 0.0 if last_ns is None else (now_ns - last_ns) / NS_PER_S
        if abs(step_s) <= JUMP_S:
            return
        self._jump(step_s)
        newest = self._history.newest
        if newest is not None and newest.stamp_ns > now_ns + _AHEAD_S * NS_PER_S:
            self._history.forget()

    def _jump(self, step_s: float) -> None:
        """Forget the path; what time does is the reason unless there never was one."""
        self._coming.clear()
        if self._path is not None or self._without is not None:
            way = 'forward' if step_s > 0 else 'back'
            self.drop(f'time jumped {way} by {abs(step_s):.1f} s, and no path has come since')
        self._follower.forget()

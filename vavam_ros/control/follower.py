"""From a path and where the vehicle is to what it should do now; or how it comes to a stop."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vavam_ros.control.pure_pursuit import lookahead_m, steer_towards
from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.speed import SpeedDemand, SpeedLaw
from vavam_ros.control.timed_path import STANDING_M, TimedPath
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, Actuation, EgoState

_LONGEST_STEP_S = 0.2  # between two calls: beyond it, it begins anew
_FIRST_STEP_S = 0.05  # assumed there
_FARTHEST_S = 0.5  # an ego state is carried on


@dataclass(frozen=True)
class Tracking:
    """How well the newest path is followed."""

    lateral_error_m: float  # of the rear axle, to the left of the path positive
    speed_error_mps: float  # positive: too slow


class Follower:
    """Pure pursuit on the path as it lies now, and speed by its times.

    Remembers what it asked for last, for the limits of rate.
    """

    def __init__(
        self, vehicle: VehicleParameters, settings: FollowerSettings | None = None
    ) -> None:
        self._vehicle, self._settings = vehicle, settings or FollowerSettings()
        self._speed_law = SpeedLaw(vehicle, self._settings)
        self._path: TimedPath | None = None
        self._steer_rad = 0.0
        self._now_ns: int | None = None  # of the last call
        self._knew_speed = False  # then
        self.tracking: Tracking | None = None  # None while no path is followed

    def follow(self, path: TimedPath, ego: EgoState, now_ns: int) -> Actuation:
        """Say what to do at `now_ns`; `ego` in the path's fixed frame, just before.

        Raises InputError for an ego state that is not finite.
        """
        pose, dt_s = self._pose_now(ego, now_ns), self._elapsed_s(now_ns, ego.speed_mps)
        self._path = path
        progress_m = _progress_m(path, pose)
        demand = self._speed_law.follow(path, progress_m, ego.speed_mps, now_ns, dt_s)
        self._steer(path, pose, progress_m, ego.speed_mps, dt_s, holds=demand.target_mps == 0)
        self.tracking = Tracking(
            _lateral_m(path, pose, progress_m), demand.target_mps - ego.speed_mps
        )
        return self._actuation(demand, now_ns)

    def stop(self, ego: EgoState | None, now_ns: int) -> Actuation:
        """Brake within comfort until standing, and hold; along the last path if there was one.

        Without an ego state the wheel stays where it is, and the speed is reckoned.
        """
        self.tracking = None
        dt_s = self._elapsed_s(now_ns, ego.speed_mps if ego else None)
        if ego and self._path:
            pose = self._pose_now(ego, now_ns)
            progress_m = _progress_m(self._path, pose)
            self._steer(self._path, pose, progress_m, ego.speed_mps, dt_s, holds=False)
        demand = self._speed_law.stop(ego.speed_mps if ego else None, dt_s)
        return self._actuation(demand, now_ns)

    def forget(self) -> None:
        """Drop the last path: what it was relative to is gone. The wheel stays where it is."""
        self._path, self._now_ns, self.tracking = None, None, None

    def _elapsed_s(self, now_ns: int, speed_mps: float | None) -> float:
        last_ns, self._now_ns = self._now_ns, now_ns
        knew, self._knew_speed = self._knew_speed, speed_mps is not None
        elapsed_s = math.inf if last_ns is None else (now_ns - last_ns) / NS_PER_S
        goes_on = 0 <= elapsed_s <= _LONGEST_STEP_S
        if speed_mps is not None and not (goes_on and knew):
            self._speed_law.start_from(speed_mps)
        return elapsed_s if goes_on else _FIRST_STEP_S

    def _pose_now(self, ego: EgoState, now_ns: int) -> Pose2:
        """The ego vehicle a moment later, on the circle that its wheel means."""
        if not np.isfinite([ego.x_m, ego.y_m, ego.yaw_rad, ego.speed_mps]).all():
            raise InputError(f'the ego state is not finite: {ego}')
        later_s = min(max((now_ns - ego.stamp_ns) / NS_PER_S, 0.0), _FARTHEST_S)
        way_m = ego.speed_mps * later_s
        turned_rad = way_m * math.tan(self._steer_rad) / self._vehicle.wheelbase_m
        middle_rad = ego.yaw_rad + turned_rad / 2
        return Pose2(
            ego.x_m + way_m * math.cos(middle_rad),
            ego.y_m + way_m * math.sin(middle_rad),
            ego.yaw_rad + turned_rad,
        )

    def _steer(
        self,
        path: TimedPath,
        pose: Pose2,
        progress_m: float,
        speed_mps: float,
        dt_s: float,
        holds: bool,
    ) -> None:
        """Turn the wheel, as fast as it can; it stays where the vehicle is to stand."""
        ends = path.length_m - progress_m < STANDING_M
        if path.line is None or ends or (holds and speed_mps < self._settings.stop_speed_mps):
            return
        aim_m = progress_m + lookahead_m(speed_mps, self._settings)
        wanted_rad = steer_towards(pose.to_rig(path.place_at(aim_m)[None])[0], self._vehicle)
        most_rad = self._vehicle.max_steer_rate_radps * dt_s
        turn_rad = min(max(wanted_rad - self._steer_rad, -most_rad), most_rad)
        self._steer_rad += turn_rad

    def _actuation(self, demand: SpeedDemand, now_ns: int) -> Actuation:
        return Actuation(now_ns, self._steer_rad, demand.acceleration_mps2, demand.speed_mps)


def _progress_m(path: TimedPath, pose: Pose2) -> float:
    return path.line.nearest_m(pose) if path.line else 0.0


def _lateral_m(path: TimedPath, pose: Pose2, progress_m: float) -> float:
    """How far left of the path the vehicle is; 0.0 on a path that stands."""
    if path.line is None:
        return 0.0
    here, ahead = path.place_at(progress_m - 0.5), path.place_at(progress_m + 0.5)
    along, aside = ahead - here, (pose.x_m, pose.y_m) - here
    return float(along[0] * aside[1] - along[1] * aside[0]) / float(np.hypot(*along))

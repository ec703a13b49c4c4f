"""The speed law: feed-forward from the path's times, PI on the speed error, limits, standing."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.timed_path import STANDING_M, TimedPath
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.records import NS_PER_S

_LEAD_MPS = 1.5  # at most this much is between the reckoned speed and the real one
_STANDS_MPS = 0.05
_SOON_S = 0.5  # a path that moves within this time is no reason to keep standing


@dataclass(frozen=True)
class SpeedDemand:
    """What is asked of engine and brakes."""

    acceleration_mps2: float
    speed_mps: float  # for vehicles that take a speed: what the acceleration leads to
    target_mps: float  # of the path; 0 to stand


class SpeedLaw:
    """Remembers the integral, the speed reckoned, and what was asked for last."""

    def __init__(self, vehicle: VehicleParameters, settings: FollowerSettings) -> None:
        self._vehicle, self._settings = vehicle, settings
        self._integral_m = 0.0
        self._reckoned_mps = 0.0
        self._last = SpeedDemand(0.0, 0.0, 0.0)

    def follow(
        self, path: TimedPath, progress_m: float, speed_mps: float, now_ns: int, dt_s: float
    ) -> SpeedDemand:
        """Drive by the path's times, from `progress_m` along it; `dt_s` since the last demand."""
        then_ns = now_ns + round(self._settings.speed_preview_s * NS_PER_S)
        target_mps = self._target_mps(path, progress_m, then_ns)
        least, most = -self._braking_limit(path, progress_m, speed_mps), self._most()
        error_mps = target_mps - speed_mps
        wanted = path.acceleration_mps2(then_ns) if target_mps > 0 else 0.0
        wanted += self._settings.speed_gain * error_mps
        wanted += self._settings.speed_integral_gain * self._integral_m
        if target_mps == 0:
            self._integral_m = 0.0
            wanted = min(wanted, -self._settings.hold_braking_mps2)
        elif least < wanted < most:
            self._integral_m += error_mps * dt_s
        wanted = min(max(wanted, least), most)
        return self._demand(self._eased(wanted, dt_s), target_mps, speed_mps, dt_s)

    def stop(self, speed_mps: float | None, dt_s: float) -> SpeedDemand:
        """Brake within comfort until standing, then hold; None: the speed is not known."""
        self._integral_m = 0.0
        wanted = -self._settings.comfort_braking_mps2
        if speed_mps is not None and speed_mps < _STANDS_MPS:
            wanted = -self._settings.hold_braking_mps2
        wanted = max(wanted, -self._vehicle.max_braking_mps2)
        return self._demand(self._eased(wanted, dt_s), 0.0, speed_mps, dt_s)

    def start_from(self, speed_mps: float) -> None:
        """Forget all; the vehicle has this speed now."""
        self._integral_m = 0.0
        self._reckoned_mps = speed_mps
        self._last = SpeedDemand(0.0, speed_mps, speed_mps)

    def _target_mps(self, path: TimedPath, progress_m: float, then_ns: int) -> float:
        speed_mps = path.speed_mps(then_ns)
        soon_mps = path.speed_mps(then_ns + round(_SOON_S * NS_PER_S))
        ended = path.length_m - progress_m < STANDING_M
        if ended or max(speed_mps, soon_mps) < self._settings.stop_speed_mps:
            return 0.0
        return min(speed_mps, self._vehicle.max_speed_mps)

    def _most(self) -> float:
        return min(self._settings.comfort_acceleration_mps2, self._vehicle.max_acceleration_mps2)

    def _braking_limit(self, path: TimedPath, progress_m: float, speed_mps: float) -> float:
        """Comfort, or what it takes to have the path's last speed at its end."""
        left_m = max(path.length_m - progress_m, STANDING_M)
        needed = (speed_mps**2 - path.speed_mps(path.end_ns) ** 2) / (2 * left_m)
        needed = min(needed, self._settings.emergency_braking_mps2)
        limit = max(needed, self._settings.comfort_braking_mps2)
        return min(limit, self._vehicle.max_braking_mps2)

    def _eased(self, wanted: float, dt_s: float) -> float:
        """Within the jerk limit, but for an emergency."""
        if wanted < -self._settings.comfort_braking_mps2:
            return wanted
        change = self._settings.max_jerk_mps3 * dt_s
        last = max(self._last.acceleration_mps2, -self._settings.comfort_braking_mps2)
        return min(max(wanted, last - change), last + change)

    def _demand(
        self, acceleration: float, target_mps: float, speed_mps: float | None, dt_s: float
    ) -> SpeedDemand:
        """Reckon where the acceleration leads; ask for more by what the vehicle lags behind."""
        reckoned_mps = self._reckoned_mps + acceleration * dt_s
        if speed_mps is not None:
            reckoned_mps = min(max(reckoned_mps, speed_mps - _LEAD_MPS), speed_mps + _LEAD_MPS)
        most_mps = self._vehicle.max_speed_mps
        self._reckoned_mps = min(max(reckoned_mps, 0.0), most_mps)
        asked_mps = self._reckoned_mps + acceleration * self._settings.speed_response_s
        stands = target_mps == 0 and speed_mps is not None and speed_mps < _STANDS_MPS
        asked_mps = 0.0 if stands else min(max(asked_mps, 0.0), most_mps)
        self._last = SpeedDemand(acceleration, asked_mps, target_mps)
        return self._last

"""A kinematic bicycle that a follower drives along a reference, on plans like a model's.

Written apart from the package's own simulator, so that one cannot hide the other's mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vavam_ros.control.ego_history import EgoHistory
from vavam_ros.control.follower import Follower
from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.timed_path import TimedPath
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, Actuation, EgoState

STEP_S = 0.05  # of the control, 20 Hz
PEDAL_LAG_S = 0.15


@dataclass
class Bicycle:
    """Rear axle, wheel and speed; the wheel and the pedals take their time."""

    vehicle: VehicleParameters
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    speed: float = 0.0
    steer: float = 0.0
    acceleration: float = 0.0
    speed_response: float | None = None  # s; it takes the speed asked for, not the acceleration

    def move(self, asked: Actuation, dt: float = STEP_S, pieces: int = 10) -> None:
        dt /= pieces
        for _ in range(pieces):
            most = self.vehicle.max_steer_rate_radps * dt
            self.steer += float(np.clip(asked.steer_rad - self.steer, -most, most))
            self._change_speed(asked, dt)
            self.x += self.speed * math.cos(self.yaw) * dt
            self.y += self.speed * math.sin(self.yaw) * dt
            self.yaw += self.speed * math.tan(self.steer) / self.vehicle.wheelbase_m * dt

    def _change_speed(self, asked: Actuation, dt: float) -> None:
        if self.speed_response is None:
            late = asked.acceleration_mps2 - self.acceleration
            self.acceleration += late * dt / PEDAL_LAG_S
            self.speed = max(self.speed + self.acceleration * dt, 0.0)
        elif self.speed_response == 0:
            self.speed = asked.speed_mps
        else:
            self.speed += (asked.speed_mps - self.speed) * dt / self.speed_response

    def state(self, stamp_ns: int) -> EgoState:
        yaw = math.remainder(self.yaw, 2 * math.pi)
        return EgoState(stamp_ns, self.x, self.y, yaw, self.speed)


@dataclass(frozen=True)
class Reference:
    """A track by its curvature [1/m at a length], and the speed wanted at a time and length."""

    curvature: Callable[[float], float]
    speed: Callable[[float, float], float]
    points: np.ndarray = field(init=False)  # [N, 3] x, y, yaw each 0.05 m

    def __post_init__(self) -> None:
        rows, (x, y, yaw) = [], (0.0, 0.0, 0.0)
        for index in range(8000):
            rows.append((x, y, yaw))
            x, y = x + 0.05 * math.cos(yaw), y + 0.05 * math.sin(yaw)
            yaw += 0.05 * self.curvature(0.05 * index)
        object.__setattr__(self, 'points', np.array(rows))

    def nearest(self, x: float, y: float, about: int) -> int:
        first = max(about - 200, 0)
        near = self.points[first : about + 400]
        return first + int(np.argmin(np.hypot(near[:, 0] - x, near[:, 1] - y)))

    def lateral(self, x: float, y: float, index: int) -> float:
        px, py, yaw = self.points[index]
        return float(-math.sin(yaw) * (x - px) + math.cos(yaw) * (y - py))

    def plan(
        self, start: float, place: int, origin: Pose2, speed: float, noise: np.ndarray
    ) -> TimedPath:
        """A model's answer at `start` s: waypoints at 2 Hz for 3 s, as an expert drives on.

        From the speed it has, towards the wanted one by 2 and 3 m/s^2 at most.
        """
        length, waypoints = 0.05 * place, []
        for index in range(60):
            wanted = self.speed(start + 0.05 * (index + 1), length)
            speed += float(np.clip(wanted - speed, -3.0 * 0.05, 2.0 * 0.05))
            length += speed * 0.05
            if index % 10 == 9:
                waypoints.append(self.points[min(round(length / 0.05), len(self.points) - 1), :2])
        in_rig = origin.to_rig(np.array(waypoints)) + noise
        stamp_ns = round(start * NS_PER_S)
        times = stamp_ns + np.arange(1, 7) * (NS_PER_S // 2)
        return TimedPath.from_rig(stamp_ns, origin, in_rig, times)


@dataclass
class Drive:
    """What happened, each 0.05 s."""

    lateral: list[float] = field(default_factory=list)  # m, left of the reference
    speed: list[float] = field(default_factory=list)
    steer: list[float] = field(default_factory=list)  # asked for
    acceleration: list[float] = field(default_factory=list)  # asked for
    asked_speed: list[float] = field(default_factory=list)


def drive(
    reference: Reference,
    duration: float,
    bicycle: Bicycle | None = None,
    latency: float = 0.2,
    noise_m: float = 0.0,
    settings: FollowerSettings | None = None,
) -> Drive:
    """Plans at 2 Hz that arrive late, control at 20 Hz."""
    car = bicycle or Bicycle(VehicleParameters())
    follower, history, seen = Follower(car.vehicle, settings), EgoHistory(), Drive()
    random, place, waiting, path = np.random.default_rng(0), 0, [], None
    for tick in range(round(duration / STEP_S)):
        now_ns = tick * NS_PER_S // 20
        ego = car.state(now_ns)
        history.add(ego)
        place = reference.nearest(car.x, car.y, place)
        if tick % 10 == 0:
            noise = noise_m * random.standard_normal((6, 2))
            pose = Pose2(ego.x_m, ego.y_m, ego.yaw_rad)
            plan = reference.plan(tick * STEP_S, place, pose, car.speed, noise)
            waiting.append((tick + round(latency / STEP_S), plan))
        while waiting and waiting[0][0] <= tick:
            path = waiting.pop(0)[1]
        asked = follower.follow(path, ego, now_ns) if path else follower.stop(ego, now_ns)
        seen.lateral.append(reference.lateral(car.x, car.y, place))
        seen.speed.append(car.speed)
        seen.steer.append(asked.steer_rad)
        seen.acceleration.append(asked.acceleration_mps2)
        seen.asked_speed.append(asked.speed_mps)
        car.move(asked)
    return seen

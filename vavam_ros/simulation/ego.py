"""The ego vehicle: a kinematic bicycle whose steering and brakes take their time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.pose import Pose2

PEDAL_LAG_S = 0.15  # until two thirds of an asked acceleration are there


@dataclass(frozen=True)
class EgoMotion:
    """How the ego vehicle stands and moves; positions are its rear axle's centre in `map`."""

    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float = 0.0
    steer_rad: float = 0.0  # of the front wheels, left is positive
    acceleration_mps2: float = 0.0

    @property
    def pose(self) -> Pose2:
        """The rig in `map`."""
        return Pose2(self.x_m, self.y_m, self.yaw_rad)

    def moved(
        self, steer_rad: float, acceleration_mps2: float, dt_s: float, vehicle: VehicleParameters
    ) -> EgoMotion:
        """After `dt_s` of asking for this steering and this acceleration (negative brakes).

        It never rolls backwards.
        """
        most_steer, most_turn = vehicle.max_steer_rad, vehicle.max_steer_rate_radps * dt_s
        wanted = min(max(steer_rad, -most_steer), most_steer)
        steer = self.steer_rad + min(max(wanted - self.steer_rad, -most_turn), most_turn)
        asked = min(
            max(acceleration_mps2, -vehicle.max_braking_mps2), vehicle.max_acceleration_mps2
        )
        share = 1 - math.exp(-dt_s / PEDAL_LAG_S)
        acceleration = self.acceleration_mps2 + share * (asked - self.acceleration_mps2)
        speed = min(max(self.speed_mps + acceleration * dt_s, 0.0), vehicle.max_speed_mps)
        way = (self.speed_mps + speed) / 2 * dt_s
        turned = way * math.tan(steer) / vehicle.wheelbase_m
        middle = self.yaw_rad + turned / 2
        yaw = self.yaw_rad + turned
        return replace(
            self,
            x_m=self.x_m + way * math.cos(middle),
            y_m=self.y_m + way * math.sin(middle),
            yaw_rad=math.atan2(math.sin(yaw), math.cos(yaw)),
            speed_mps=speed,
            steer_rad=steer,
            acceleration_mps2=acceleration if speed > 0 else min(max(acceleration, 0.0), asked),
        )

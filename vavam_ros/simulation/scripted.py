"""Cars that follow a script whatever happens, for safety scenarios."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vavam_ros.simulation.scene import CAR, Actor
from vavam_ros.simulation.town import Colour


@dataclass(frozen=True)
class ScriptedCar:
    """Stands at a place until its time comes, then drives straight on for good."""

    name: int  # 2000 and above, so that it is no one else's
    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float = 0.0
    starts_s: float = 0.0
    colour: Colour = (0.75, 0.1, 0.1)

    def actor(self, time_s: float) -> Actor:
        """As it is at that time."""
        way = max(time_s - self.starts_s, 0.0) * self.speed_mps
        return Actor(
            self.name,
            CAR,
            self.x_m + way * math.cos(self.yaw_rad),
            self.y_m + way * math.sin(self.yaw_rad),
            self.yaw_rad,
            self.speed_mps if time_s > self.starts_s else 0.0,
            4.5,
            1.8,
            1.5,
            self.colour,
        )

"""Acceleration <-> throttle and brake, by the simplest map that has an exact inverse.

What the pedals have to bring about is p = a + `COASTING_PER_S` v: the acceleration, and what a
coasting vehicle loses by itself. Then throttle = p / max_acceleration, or brake = -p / max_braking
where p is negative; never both. A vehicle that answers its pedals in another way (as CARLA's do,
which have gears and an engine) is a matter for the speed controller's integral term.
"""

from __future__ import annotations

from typing import NamedTuple

from vavam_ros.control.vehicle import VehicleParameters

COASTING_PER_S = 0.05  # deceleration without pedals over speed: 0.5 m/s2 at 10 m/s


class Pedals(NamedTuple):
    """How far they are pressed, each 0..1."""

    throttle: float
    brake: float


def pedals_from_acceleration(
    acceleration_mps2: float, speed_mps: float, vehicle: VehicleParameters
) -> Pedals:
    """What to press at the present speed; limited to fully pressed."""
    wanted = acceleration_mps2 + COASTING_PER_S * speed_mps
    if wanted >= 0:
        return Pedals(min(1.0, wanted / vehicle.max_acceleration_mps2), 0.0)
    return Pedals(0.0, min(1.0, -wanted / vehicle.max_braking_mps2))


def acceleration_from_pedals(
    pedals: Pedals, speed_mps: float, vehicle: VehicleParameters
) -> float:
    """What the pedals bring about at the present speed, in m/s2; both pressed: their sum."""
    pressed = (
        pedals.throttle * vehicle.max_acceleration_mps2 - pedals.brake * vehicle.max_braking_mps2
    )
    return pressed - COASTING_PER_S * speed_mps

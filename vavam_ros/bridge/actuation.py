"""Actuation <-> the control messages of CARLA, of Ackermann vehicles, and plain velocities.

The table in flavours.py says which side takes which. Directions of steering: an Actuation's is
the front wheels' angle, left positive; CarlaEgoVehicleControl has -1..1 of the largest angle,
right positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import Twist, Vector3
from std_msgs.msg import Header

from vavam_ros.bridge.flavours import Control
from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.pedals import Pedals, acceleration_from_pedals, pedals_from_acceleration
from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.records import Actuation

SPEED_RESPONSE_S = 0.3  # in which a vehicle that takes a speed makes up for the difference
TURNING_SPEED_MPS = 1.0  # below, a yaw rate would say too little of the steering angle
_STANDING_MPS = 1e-3


@dataclass(frozen=True)
class Motion:
    """A vehicle now, as far as the meaning of a control message depends on it."""

    stamp_ns: int
    speed_mps: float
    steer_rad: float  # where its front wheels are


def control_message(
    control: Control, actuation: Actuation, vehicle: VehicleParameters, speed_mps: float
) -> Any:
    """The message of `control` for a vehicle that drives at `speed_mps` now.

    Raises InputError, naming the package to install, where there is no such message class.
    """
    kind = optional_class(control.type_name)
    return _SENT[control.type_name](kind, actuation, vehicle, speed_mps)


def actuation_from_control(msg: Any, vehicle: VehicleParameters, motion: Motion) -> Actuation:
    """What a control message of any of the table's types asks of a vehicle that moves so.

    Messages without a stamp get that of `motion`. What is beyond the vehicle's limits is cut to
    them; InputError for numbers that are not finite, and for the reverse gear.
    """
    actuation = _RECEIVED[type(msg).__name__](msg, vehicle, motion)
    numbers = (actuation.steer_rad, actuation.acceleration_mps2, actuation.speed_mps)
    if not all(map(math.isfinite, numbers)):
        raise InputError(f'{type(msg).__name__} with numbers that are not finite: ignored')
    return Actuation(
        actuation.stamp_ns,
        _clipped(actuation.steer_rad, vehicle.max_steer_rad, vehicle.max_steer_rad),
        _clipped(
            actuation.acceleration_mps2, vehicle.max_braking_mps2, vehicle.max_acceleration_mps2
        ),
        actuation.speed_mps,
    )


def _carla(kind: Any, wanted: Actuation, vehicle: VehicleParameters, speed_mps: float) -> Any:
    pedals = pedals_from_acceleration(wanted.acceleration_mps2, speed_mps, vehicle)
    return kind(
        header=Header(stamp=time_from_ns(wanted.stamp_ns)),
        throttle=pedals.throttle,
        steer=-_clipped(wanted.steer_rad / vehicle.max_steer_rad, 1.0, 1.0),
        brake=pedals.brake,
    )


def _from_carla(msg: Any, vehicle: VehicleParameters, motion: Motion) -> Actuation:
    if msg.reverse and msg.throttle > 0:
        raise InputError('CarlaEgoVehicleControl in reverse gear: only forward driving is known')
    pedals = Pedals(msg.throttle, 1.0 if msg.hand_brake else msg.brake)
    acceleration = acceleration_from_pedals(pedals, motion.speed_mps, vehicle)
    # It names no speed: that to which the acceleration leads in the response time.
    speed = max(0.0, motion.speed_mps + acceleration * SPEED_RESPONSE_S)
    stamp_ns = ns_from_time(msg.header.stamp)
    return Actuation(stamp_ns, -msg.steer * vehicle.max_steer_rad, acceleration, speed)


def _ackermann(kind: Any, wanted: Actuation, vehicle: VehicleParameters, speed_mps: float) -> Any:
    """By its definition the acceleration is how fast to approach the speed, from either side."""
    return kind(
        steering_angle=float(wanted.steer_rad),
        speed=float(wanted.speed_mps),
        acceleration=abs(float(wanted.acceleration_mps2)),
    )


def _from_ackermann(msg: Any, vehicle: VehicleParameters, motion: Motion) -> Actuation:
    acceleration = (msg.speed - motion.speed_mps) / SPEED_RESPONSE_S
    if msg.acceleration > 0:  # 0 is "as fast as possible"
        acceleration = _clipped(acceleration, msg.acceleration, msg.acceleration)
    return Actuation(motion.stamp_ns, msg.steering_angle, acceleration, msg.speed)


def _stamped(kind: Any, wanted: Actuation, vehicle: VehicleParameters, speed_mps: float) -> Any:
    msg = kind(header=Header(stamp=time_from_ns(wanted.stamp_ns)))
    msg.drive = _ackermann(type(msg.drive), wanted, vehicle, speed_mps)
    return msg


def _from_stamped(msg: Any, vehicle: VehicleParameters, motion: Motion) -> Actuation:
    stamp_ns = ns_from_time(msg.header.stamp)
    return _from_ackermann(
        msg.drive, vehicle, Motion(stamp_ns, motion.speed_mps, motion.steer_rad)
    )


def _twist(kind: Any, wanted: Actuation, vehicle: VehicleParameters, speed_mps: float) -> Twist:
    """The speed that is wanted, and the yaw rate that the steering gives at the present speed.

    A vehicle about to start has no yaw rate yet; for its steering not to get lost, the yaw rate
    is then that at the wanted speed, at most `TURNING_SPEED_MPS`. Where it stands and is to stand
    the yaw rate is 0, so that no machine turns on the spot.
    """
    curvature = math.tan(wanted.steer_rad) / vehicle.wheelbase_m
    turning_mps = _turning_speed(speed_mps, wanted.speed_mps)
    return Twist(
        linear=Vector3(x=float(wanted.speed_mps)), angular=Vector3(z=turning_mps * curvature)
    )


def _from_twist(msg: Twist, vehicle: VehicleParameters, motion: Motion) -> Actuation:
    turning_mps = _turning_speed(motion.speed_mps, msg.linear.x)
    steer = motion.steer_rad
    if turning_mps > _STANDING_MPS:
        steer = math.atan(msg.angular.z / turning_mps * vehicle.wheelbase_m)
    acceleration = (msg.linear.x - motion.speed_mps) / SPEED_RESPONSE_S
    return Actuation(motion.stamp_ns, steer, acceleration, msg.linear.x)


def _turning_speed(speed_mps: float, wanted_mps: float) -> float:
    """The speed that a yaw rate belongs to; both ends of a Twist know the two."""
    return max(speed_mps, min(wanted_mps, TURNING_SPEED_MPS), 0.0)


def _clipped(value: float, below: float, above: float) -> float:
    return max(-below, min(above, value))


_SENT: Mapping[str, Callable[[Any, Actuation, VehicleParameters, float], Any]] = {
    'carla_msgs/msg/CarlaEgoVehicleControl': _carla,
    'ackermann_msgs/msg/AckermannDrive': _ackermann,
    'ackermann_msgs/msg/AckermannDriveStamped': _stamped,
    'geometry_msgs/msg/Twist': _twist,
}
_RECEIVED: Mapping[str, Callable[[Any, VehicleParameters, Motion], Actuation]] = {
    'CarlaEgoVehicleControl': _from_carla,
    'AckermannDrive': _from_ackermann,
    'AckermannDriveStamped': _from_stamped,
    'Twist': _from_twist,
}

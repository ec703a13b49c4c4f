"""What CARLA says of a vehicle and of itself: vehicle_info, vehicle_status and status messages.

carla_msgs is imported when one of them is made; reading needs no import.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from geometry_msgs.msg import Accel, Quaternion, Vector3
from numpy.typing import NDArray
from std_msgs.msg import Header

from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import quaternion_from_yaw
from vavam_ros.records import EgoState

_WHEELBASES_M = (0.3, 20.0)  # beyond, the positions are not in metres
_WHEEL_RADIUS_M = 0.35
_TRACK_SHARE = 0.85  # of the body's width


@dataclass(frozen=True)
class SimulationStatus:
    """How a simulation runs."""

    frame: int  # ticks since it began
    step_s: float
    lock_step: bool  # it waits for a control command before each tick
    running: bool


def vehicle_from_info(msg: Any, otherwise: VehicleParameters) -> VehicleParameters:
    """What a CarlaEgoVehicleInfo says of wheelbase, steering and rear axle; the rest as before.

    The steered wheels are the front ones. Only lengths between the wheels and the actor's centre
    enter, since bridges send the positions in the actor's axes or in the map's. Raises InputError
    for wheels from which that cannot be read.
    """
    steered = [wheel for wheel in msg.wheels if wheel.max_steer_angle > 0]
    others = [wheel for wheel in msg.wheels if not wheel.max_steer_angle > 0]
    if not steered or not others:
        raise InputError(
            f'vehicle_info of {msg.rolename!r} has {len(steered)} steered wheels and '
            f'{len(others)} others: it needs some of either'
        )
    front, rear = _middle(steered), _middle(others)
    wheelbase = math.dist(front, rear)
    if not _WHEELBASES_M[0] <= wheelbase <= _WHEELBASES_M[1]:
        raise InputError(
            f'vehicle_info of {msg.rolename!r} has a wheelbase of {wheelbase:g} m: '
            'are the wheel positions in metres?'
        )
    return replace(
        otherwise,
        wheelbase_m=wheelbase,
        max_steer_rad=max(float(wheel.max_steer_angle) for wheel in steered),
        rear_axle_to_centre_m=float(-rear @ (front - rear)) / wheelbase,
    )


def info_from_vehicle(vehicle: VehicleParameters, role: str, kind: str) -> Any:
    """CarlaEgoVehicleInfo of a vehicle of type `kind`, wheels in the actor's axes."""
    wheel = optional_class('carla_msgs/msg/CarlaEgoVehicleInfoWheel')
    rear_x = -vehicle.rear_axle_to_centre_m
    aside = vehicle.width_m * _TRACK_SHARE / 2
    wheels = [
        wheel(
            max_steer_angle=max_steer,
            radius=_WHEEL_RADIUS_M,
            position=Vector3(x=float(x), y=float(y), z=_WHEEL_RADIUS_M),
        )
        for x, max_steer in ((rear_x + vehicle.wheelbase_m, vehicle.max_steer_rad), (rear_x, 0.0))
        for y in (aside, -aside)
    ]
    info = optional_class('carla_msgs/msg/CarlaEgoVehicleInfo')
    return info(type=kind, rolename=role, wheels=wheels, use_gear_autobox=True)


def vehicle_status(
    state: EgoState, acceleration_mps2: float, frame_id: str, control: Any = None
) -> Any:
    """CarlaEgoVehicleStatus; `control` is the CarlaEgoVehicleControl in force, if there is one."""
    x, y, z, w = quaternion_from_yaw(state.yaw_rad)
    msg = optional_class('carla_msgs/msg/CarlaEgoVehicleStatus')(
        header=Header(stamp=time_from_ns(state.stamp_ns), frame_id=frame_id),
        velocity=float(state.speed_mps),
        acceleration=Accel(linear=Vector3(x=float(acceleration_mps2))),
        orientation=Quaternion(x=x, y=y, z=z, w=w),
    )
    if control is not None:
        msg.control = control
    return msg


def carla_status(status: SimulationStatus) -> Any:
    """CarlaStatus."""
    return optional_class('carla_msgs/msg/CarlaStatus')(
        frame=status.frame,
        fixed_delta_seconds=status.step_s,
        synchronous_mode=status.lock_step,
        synchronous_mode_running=status.running,
    )


def status_from_carla(msg: Any) -> SimulationStatus:
    """What a CarlaStatus says; the reverse of `carla_status`."""
    return SimulationStatus(
        int(msg.frame),
        float(msg.fixed_delta_seconds),
        bool(msg.synchronous_mode),
        bool(msg.synchronous_mode_running),
    )


def _middle(wheels: list[Any]) -> NDArray[np.float64]:
    places = [(wheel.position.x, wheel.position.y) for wheel in wheels]
    return np.asarray(np.mean(places, axis=0))

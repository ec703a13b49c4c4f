"""Stand-ins for message packages that are on no package registry: made here, not the real ones.

Fields, their order and their types are those of carla_msgs and ackermann_msgs, and a wrong type is
refused as by the real classes. They cannot be published; tests that publish need the real ones.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from geometry_msgs.msg import Accel, Quaternion, Vector3
from std_msgs.msg import Header


def _message(name: str, **fields: type) -> type:
    def build(self: Any, **given: Any) -> None:
        for field, kind in fields.items():
            setattr(self, field, given.pop(field) if field in given else kind())
        assert not given, f'{name} has no fields {sorted(given)}'

    def assign(self: Any, field: str, value: Any) -> None:
        assert field in fields, f'{name} has no field {field}'
        assert isinstance(value, fields[field]), f'{name}.{field} must be {fields[field]}'
        object.__setattr__(self, field, value)

    return type(name, (), {'__init__': build, '__setattr__': assign, 'stand_in': True})


CarlaEgoVehicleControl = _message(
    'CarlaEgoVehicleControl', header=Header, throttle=float, steer=float, brake=float,
    hand_brake=bool, reverse=bool, gear=int, manual_gear_shift=bool,
)  # fmt: skip
CarlaEgoVehicleStatus = _message(
    'CarlaEgoVehicleStatus', header=Header, velocity=float, acceleration=Accel,
    orientation=Quaternion, control=CarlaEgoVehicleControl,
)  # fmt: skip
CarlaEgoVehicleInfoWheel = _message(
    'CarlaEgoVehicleInfoWheel', tire_friction=float, damping_rate=float, max_steer_angle=float,
    radius=float, max_brake_torque=float, max_handbrake_torque=float, position=Vector3,
)  # fmt: skip
CarlaEgoVehicleInfo = _message(
    'CarlaEgoVehicleInfo', id=int, type=str, rolename=str, wheels=list, max_rpm=float, moi=float,
    damping_rate_full_throttle=float, damping_rate_zero_throttle_clutch_engaged=float,
    damping_rate_zero_throttle_clutch_disengaged=float, use_gear_autobox=bool,
    gear_switch_time=float, clutch_strength=float, mass=float, drag_coefficient=float,
    center_of_mass=Vector3,
)  # fmt: skip
CarlaStatus = _message(
    'CarlaStatus', frame=int, fixed_delta_seconds=float, synchronous_mode=bool,
    synchronous_mode_running=bool,
)  # fmt: skip
AckermannDrive = _message(
    'AckermannDrive', steering_angle=float, steering_angle_velocity=float, speed=float,
    acceleration=float, jerk=float,
)  # fmt: skip
AckermannDriveStamped = _message('AckermannDriveStamped', header=Header, drive=AckermannDrive)

_PACKAGES = {
    'carla_msgs': (
        CarlaEgoVehicleControl,
        CarlaEgoVehicleStatus,
        CarlaEgoVehicleInfoWheel,
        CarlaEgoVehicleInfo,
        CarlaStatus,
    ),
    'ackermann_msgs': (AckermannDrive, AckermannDriveStamped),
}


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let carla_msgs and ackermann_msgs be these stand-ins until the test's end."""
    for package, classes in _PACKAGES.items():
        module = ModuleType(f'{package}.msg')
        vars(module).update({kind.__name__: kind for kind in classes})
        monkeypatch.setitem(sys.modules, package, ModuleType(package))
        monkeypatch.setitem(sys.modules, f'{package}.msg', module)

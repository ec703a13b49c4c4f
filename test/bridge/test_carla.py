"""What CARLA says of its vehicle is read as the vehicle that it is."""

from __future__ import annotations

import math

import pytest

from vavam_ros.bridge.carla import (
    SimulationStatus,
    carla_status,
    info_from_vehicle,
    status_from_carla,
    vehicle_from_info,
    vehicle_status,
)
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.records import EgoState

OURS = VehicleParameters(
    wheelbase_m=2.6, max_steer_rad=1.0, rear_axle_to_centre_m=1.25, max_speed_mps=11.0
)
DEFAULT = VehicleParameters()

pytestmark = pytest.mark.usefixtures('vehicle_messages')


def the_info():
    return info_from_vehicle(OURS, 'hero', 'vehicle.test.car')


def test_wheels_tell_wheelbase_steering_and_rear_axle():
    info = the_info()
    assert (info.rolename, info.type, len(info.wheels)) == ('hero', 'vehicle.test.car', 4)
    read = vehicle_from_info(info, DEFAULT)
    assert read.wheelbase_m == pytest.approx(2.6)
    assert read.max_steer_rad == 1.0
    assert read.rear_axle_to_centre_m == pytest.approx(1.25)
    assert read.max_speed_mps == DEFAULT.max_speed_mps  # which wheels do not tell


def test_wheel_positions_in_the_maps_axes_tell_the_same():
    info = the_info()
    for wheel in info.wheels:
        x, y = wheel.position.x, wheel.position.y
        cos, sin = math.cos(2.0), math.sin(2.0)
        wheel.position.x, wheel.position.y = x * cos - y * sin, x * sin + y * cos
    read = vehicle_from_info(info, DEFAULT)
    assert read.wheelbase_m == pytest.approx(2.6)
    assert read.rear_axle_to_centre_m == pytest.approx(1.25)


def test_wheels_that_tell_nothing_are_refused():
    info = the_info()
    info.wheels = info.wheels[2:]
    with pytest.raises(InputError, match="of 'hero' has 0 steered wheels and 2 others"):
        vehicle_from_info(info, DEFAULT)
    info = the_info()
    for wheel in info.wheels:
        wheel.position.x *= 100.0
    with pytest.raises(InputError, match=r'wheelbase of 260 m: .* in metres'):
        vehicle_from_info(info, DEFAULT)


def test_a_status_has_speed_heading_and_the_control_in_force():
    state = EgoState(2_500_000_000, 1.0, 2.0, math.pi / 2, 6.0)
    control = type(vehicle_status(state, 0.0, 'map').control)(throttle=0.25)
    msg = vehicle_status(state, -1.5, 'map', control)
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (2, 500_000_000)
    assert (msg.velocity, msg.acceleration.linear.x) == (6.0, -1.5)
    assert (msg.orientation.z, msg.orientation.w) == pytest.approx((0.5**0.5, 0.5**0.5))
    assert msg.control.throttle == 0.25


def test_the_simulations_status_is_a_pair():
    status = SimulationStatus(frame=7, step_s=0.05, lock_step=True, running=False)
    assert status_from_carla(carla_status(status)) == status

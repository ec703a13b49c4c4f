"""Every control message says what the actuation says, and is read back as the same."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest
from geometry_msgs.msg import Twist, Vector3

from vavam_ros.bridge.actuation import Motion, actuation_from_control, control_message
from vavam_ros.bridge.flavours import CONTROLS, FLAVOURS, LEFT, RIGHT, control_of, flavour_of
from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.records import Actuation

VEHICLE = VehicleParameters(
    wheelbase_m=2.8, max_steer_rad=0.5, max_acceleration_mps2=4.0, max_braking_mps2=8.0
)
STAMP_NS = 12_345_678_901
LEFT_BRAKING = Actuation(STAMP_NS, steer_rad=0.25, acceleration_mps2=-2.0, speed_mps=6.0)
NOW = Motion(STAMP_NS, speed_mps=7.0, steer_rad=0.1)

pytestmark = pytest.mark.usefixtures('vehicle_messages')

# What users meet: flavour, output, topic of the vehicle `ego`, type, side of positive steering.
PUBLISHED = [
    ('carla_ros_bridge', 'carla', '/carla/ego/vehicle_control_cmd',
     'carla_msgs/msg/CarlaEgoVehicleControl', RIGHT, True),
    ('carla_ros_bridge', 'ackermann', '/carla/ego/ackermann_cmd',
     'ackermann_msgs/msg/AckermannDrive', LEFT, False),
    ('carla_ros_bridge', 'twist', '/carla/ego/cmd_vel', 'geometry_msgs/msg/Twist', LEFT, False),
    ('native', 'carla', '/carla/ego/vehicle_control_cmd',
     'carla_msgs/msg/CarlaEgoVehicleControl', RIGHT, True),
    ('native', 'ackermann_stamped', '/carla/ego/ackermann_control_cmd',
     'ackermann_msgs/msg/AckermannDriveStamped', LEFT, True),
    ('plain', 'ackermann', 'ackermann_cmd', 'ackermann_msgs/msg/AckermannDrive', LEFT, False),
    ('plain', 'ackermann_stamped', 'ackermann_cmd_stamped',
     'ackermann_msgs/msg/AckermannDriveStamped', LEFT, True),
    ('plain', 'twist', 'cmd_vel', 'geometry_msgs/msg/Twist', LEFT, False),
]  # fmt: skip
every_control = pytest.mark.parametrize(
    'control', CONTROLS, ids=[f'{c.flavour}-{c.output}' for c in CONTROLS]
)


def sent(output: str, actuation=LEFT_BRAKING, speed_mps=NOW.speed_mps, flavour=None):
    for control in CONTROLS:
        if control.output == output and flavour in (None, control.flavour):
            return control_message(control, actuation, VEHICLE, speed_mps)
    raise AssertionError(output)


@pytest.mark.usefixtures('real_messages')
def test_the_real_messages_are_tested_here_as_well(vehicle_messages):
    is_stand_in = hasattr(optional_class('carla_msgs/msg/CarlaStatus'), 'stand_in')
    assert is_stand_in == (vehicle_messages == 'stand-ins')


def test_the_table_is_what_users_meet():
    assert [
        (c.flavour, c.output, c.topic_of('ego'), c.type_name, c.positive, c.stamped)
        for c in CONTROLS
    ] == PUBLISHED


@every_control
def test_a_message_is_of_the_tables_type_sign_and_stamp(control):
    msg = control_message(control, LEFT_BRAKING, VEHICLE, NOW.speed_mps)
    assert isinstance(msg, optional_class(control.type_name))
    steering = {
        'CarlaEgoVehicleControl': lambda: msg.steer,
        'AckermannDrive': lambda: msg.steering_angle,
        'AckermannDriveStamped': lambda: msg.drive.steering_angle,
        'Twist': lambda: msg.angular.z,
    }[type(msg).__name__]()
    assert math.copysign(1, steering) == control.positive  # since LEFT_BRAKING turns left
    assert hasattr(msg, 'header') == control.stamped
    if control.stamped:
        assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (12, 345_678_901)


@every_control
@pytest.mark.parametrize('steer_rad', [-0.5, -0.1, 0.0, 0.3, 0.5])
@pytest.mark.parametrize('speed_mps', [0.0, 0.4, 7.0, 15.0])
def test_steering_is_read_back_at_any_speed(control, steer_rad, speed_mps):
    wanted = replace(LEFT_BRAKING, steer_rad=steer_rad, speed_mps=3.0)
    msg = control_message(control, wanted, VEHICLE, speed_mps)
    read = actuation_from_control(msg, VEHICLE, Motion(STAMP_NS, speed_mps, 0.0))
    assert read.steer_rad == pytest.approx(steer_rad, abs=1e-6)
    assert read.stamp_ns == STAMP_NS


@pytest.mark.parametrize('acceleration', [-7.0, -0.2, 0.0, 0.1, 3.0])
@pytest.mark.parametrize('speed_mps', [0.0, 7.0, 15.0])
def test_acceleration_goes_through_the_pedals_and_back(acceleration, speed_mps):
    wanted = replace(LEFT_BRAKING, acceleration_mps2=acceleration)
    msg = sent('carla', wanted, speed_mps)
    read = actuation_from_control(msg, VEHICLE, Motion(STAMP_NS, speed_mps, 0.0))
    assert read.acceleration_mps2 == pytest.approx(acceleration, abs=1e-6)
    assert min(msg.throttle, msg.brake) == 0.0
    assert 0.0 <= max(msg.throttle, msg.brake) <= 1.0


def test_the_pedals_hold_a_speed_against_coasting_and_brake_fully_at_the_limit():
    holding = sent('carla', replace(LEFT_BRAKING, acceleration_mps2=0.0), speed_mps=8.0)
    assert holding.throttle == pytest.approx(0.05 * 8.0 / 4.0)
    beyond = sent('carla', replace(LEFT_BRAKING, acceleration_mps2=-20.0, steer_rad=3.0))
    assert (beyond.throttle, beyond.brake, beyond.steer) == (0.0, 1.0, -1.0)
    standing = sent('carla', replace(LEFT_BRAKING, acceleration_mps2=0.0), speed_mps=0.0)
    assert (standing.throttle, standing.brake) == (0.0, 0.0)


def test_an_ackermann_acceleration_is_how_fast_to_approach_the_speed():
    msg = sent('ackermann')
    assert (msg.speed, msg.acceleration) == (6.0, 2.0)
    slower = actuation_from_control(msg, VEHICLE, NOW)
    faster = actuation_from_control(msg, VEHICLE, replace(NOW, speed_mps=3.0))
    assert (slower.acceleration_mps2, faster.acceleration_mps2) == (-2.0, 2.0)
    msg.acceleration = 0.0  # as fast as possible
    assert actuation_from_control(msg, VEHICLE, NOW).acceleration_mps2 == pytest.approx(-1 / 0.3)
    assert actuation_from_control(msg, VEHICLE, replace(NOW, speed_mps=0.0)).acceleration_mps2 == 4


def test_a_velocity_holds_speed_and_yaw_rate():
    msg = sent('twist')
    assert msg.linear.x == 6.0
    assert msg.angular.z == pytest.approx(7.0 * math.tan(0.25) / 2.8)
    assert actuation_from_control(msg, VEHICLE, NOW).acceleration_mps2 == pytest.approx(-1 / 0.3)


def test_a_velocity_at_standstill_starts_with_its_steering_and_never_turns_on_the_spot():
    starting = sent('twist', replace(LEFT_BRAKING, speed_mps=0.5), speed_mps=0.0)
    assert starting.angular.z == pytest.approx(0.5 * math.tan(0.25) / 2.8)
    staying = sent('twist', replace(LEFT_BRAKING, speed_mps=0.0), speed_mps=0.0)
    assert staying.angular.z == 0.0
    stood = Motion(STAMP_NS, speed_mps=0.0, steer_rad=0.2)
    assert actuation_from_control(staying, VEHICLE, stood).steer_rad == 0.2  # as it was


def test_the_hand_brake_stops_and_reverse_is_refused():
    msg = optional_class('carla_msgs/msg/CarlaEgoVehicleControl')(hand_brake=True)
    assert actuation_from_control(msg, VEHICLE, NOW).acceleration_mps2 == -8.0
    msg = type(msg)(throttle=0.5, reverse=True)
    with pytest.raises(InputError, match='reverse gear'):
        actuation_from_control(msg, VEHICLE, NOW)


def test_a_message_without_finite_numbers_is_refused():
    msg = Twist(linear=Vector3(x=math.nan))
    with pytest.raises(InputError, match='Twist with numbers that are not finite'):
        actuation_from_control(msg, VEHICLE, NOW)


def test_what_is_beyond_the_vehicle_is_cut_to_its_limits():
    msg = sent('ackermann')
    msg.steering_angle, msg.speed = -2.0, 100.0
    msg.acceleration = 50.0
    read = actuation_from_control(msg, VEHICLE, NOW)
    assert (read.steer_rad, read.acceleration_mps2) == (-0.5, 4.0)


def test_an_unknown_flavour_or_output_is_refused_with_what_there_is():
    with pytest.raises(InputError, match="'carla' is unknown: it is one of carla_ros_bridge, nat"):
        control_of('carla', 'twist')
    with pytest.raises(InputError, match=r'native takes no control output .*takes carla, acker'):
        control_of('native', 'twist')


def test_each_flavour_names_the_vehicles_topics():
    bridge, native, plain = FLAVOURS
    assert bridge.topic_of('odometry', 'hero') == '/carla/hero/odometry'
    assert bridge.topic_of('vehicle_info', 'hero') == '/carla/hero/vehicle_info'
    assert (bridge.odometry_frame, native.odometry_frame, plain.odometry_frame) == (
        'map', 'odom', 'odom',
    )  # fmt: skip
    assert [flavour.at_actor_centre for flavour in FLAVOURS] == [True, True, False]
    assert flavour_of('native').topic_of('vehicle_info', 'hero') == ''


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch):
    for module in ('carla_msgs', 'carla_msgs.msg', 'ackermann_msgs', 'ackermann_msgs.msg'):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r'package carla_msgs.*ros-carla-msgs with colcon'):
        sent('carla')
    with pytest.raises(InputError, match=r'apt install ros-\$ROS_DISTRO-ackermann-msgs'):
        sent('ackermann_stamped')

"""Odometry tells where the rear axle is, whichever place of the vehicle it is about."""

from __future__ import annotations

import math

import pytest
from nav_msgs.msg import Odometry

from vavam_ros.bridge.odometry import odometry_from_state, state_from_odometry
from vavam_ros.errors import InputError
from vavam_ros.records import EgoState

STATE = EgoState(12_345_678_901, x_m=10.0, y_m=20.0, yaw_rad=math.pi / 2, speed_mps=5.0)


def test_it_is_a_pair_for_any_place_of_the_vehicle():
    for ahead_m in (0.0, 1.4):
        msg = odometry_from_state(STATE, 'map', 'ego', ahead_m)
        read = state_from_odometry(msg, ahead_m)
        assert (read.stamp_ns, read.speed_mps) == (STATE.stamp_ns, 5.0)
        assert (read.x_m, read.y_m, read.yaw_rad) == pytest.approx((10.0, 20.0, math.pi / 2))


def test_the_message_has_the_actors_centre_and_its_velocity():
    msg = odometry_from_state(STATE, 'map', 'ego', ahead_m=1.5, yaw_rate_radps=0.2)
    assert (msg.header.frame_id, msg.child_frame_id) == ('map', 'ego')
    place = msg.pose.pose.position
    assert (place.x, place.y) == pytest.approx((10.0, 21.5))
    assert msg.twist.twist.linear.y == pytest.approx(0.3)  # it swings outwards, to the left
    assert msg.twist.twist.angular.z == pytest.approx(0.2)


def test_numbers_that_mean_nothing_are_refused():
    msg = odometry_from_state(STATE, 'map', 'ego')
    msg.pose.pose.position.y = math.nan
    with pytest.raises(InputError, match="odometry of 'ego' has numbers that are not finite"):
        state_from_odometry(msg)
    blank = Odometry()
    blank.pose.pose.orientation.w = 0.0
    with pytest.raises(InputError, match='no orientation'):
        state_from_odometry(blank)

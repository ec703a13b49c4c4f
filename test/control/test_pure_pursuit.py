"""Steering towards a place."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.control.pure_pursuit import lookahead_m, steer_towards
from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.vehicle import VehicleParameters

CAR = VehicleParameters(wheelbase_m=3.0, max_steer_rad=0.5)


@pytest.mark.parametrize(('angle', 'side'), [(0.1, 1), (0.1, -1), (0.6, 1)])
def test_a_place_on_a_circle_gives_that_circle(angle, side):
    place = 15 * np.array([math.sin(angle), side * (1 - math.cos(angle))])
    assert steer_towards(place, CAR) == pytest.approx(side * math.atan(3 / 15))


@pytest.mark.parametrize(
    ('place', 'steer'),
    [((5, 0), 0), ((1, 1), 0.5), ((1, -1), -0.5), ((0, 2), 0.5), ((-5, -0.01), -0.5), ((0, 0), 0)],
)
def test_beyond_the_wheels_limit_or_behind_it_is_full_lock(place, steer):
    assert steer_towards(np.array(place, float), CAR) == steer


def test_the_faster_the_farther_within_limits():
    settings = FollowerSettings(lookahead_time_s=1.0, lookahead_min_m=3.0, lookahead_max_m=10.0)
    assert [lookahead_m(speed, settings) for speed in (0, 2, 5, 40)] == [3, 3, 5, 10]

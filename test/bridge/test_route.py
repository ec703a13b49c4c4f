"""A route travels as a Path of places."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.bridge.path import waypoints_from_path
from vavam_ros.bridge.route import path_from_route, route_from_path
from vavam_ros.errors import InputError

POINTS = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]])


def test_points_and_path_are_a_pair():
    path = path_from_route(POINTS, 'map', 5_000_000_001)
    assert path.header.frame_id == 'map'
    assert (path.header.stamp.sec, path.header.stamp.nanosec) == (5, 1)
    np.testing.assert_array_equal(route_from_path(path), POINTS)


def test_poses_look_along_the_route():
    yaws = waypoints_from_path(path_from_route(POINTS, 'map', 0)).yaws_rad
    np.testing.assert_allclose(yaws, [0.0, math.pi / 2, math.pi / 2])


@pytest.mark.parametrize('count', [0, 1])
def test_a_route_of_hardly_any_points_stays_one(count):
    assert route_from_path(path_from_route(POINTS[:count], 'map', 0)).shape == (count, 2)


def test_a_route_with_a_point_that_is_not_finite_is_refused():
    path = path_from_route(POINTS, 'map', 0)
    path.poses[1].pose.position.x = math.inf
    with pytest.raises(InputError, match='a route of 3 points has some'):
        route_from_path(path)

import math

import numpy as np
import pytest

from vavam_ros.geometry.curves import (
    arc_lengths,
    beside,
    bezier,
    box_corners,
    boxes_overlap,
    evenly,
)


def test_a_bezier_curve_between_square_directions_follows_a_circle():
    points = bezier(np.array([0.0, 0.0]), 0.0, np.array([10.0, 10.0]), math.pi / 2)
    radii = np.hypot(points[:, 0] - 0, points[:, 1] - 10)
    assert radii == pytest.approx(10.0, abs=0.05)
    assert arc_lengths(points)[-1] == pytest.approx(10 * math.pi / 2, rel=0.01)


def test_points_become_evenly_spaced_and_keep_their_ends():
    bent = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    points = evenly(bent, 1.0)
    assert len(points) == 8
    assert np.allclose(points[[0, -1]], bent[[0, -1]])
    assert np.diff(arc_lengths(points)) == pytest.approx(1.0)


def test_a_line_is_moved_to_its_left_where_positive():
    line = np.stack([np.zeros(5), np.arange(5.0)], axis=1)  # north
    assert beside(line, 2.0)[:, 0] == pytest.approx(-2.0)
    assert beside(line, -2.0)[:, 0] == pytest.approx(2.0)


def test_corners_go_round_from_the_front_left():
    corners = box_corners(1.0, 2.0, math.pi / 2, 4.0, 2.0)
    expected = [(0.0, 4.0), (0.0, 0.0), (2.0, 0.0), (2.0, 4.0)]
    assert np.array(corners) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    ('x', 'y', 'yaw', 'overlaps'),
    [
        (4.1, 0.0, 0.0, False),
        (3.9, 0.0, 0.0, True),
        (3.3, 0.0, math.pi / 2, False),
        (2.9, 0.0, math.pi / 2, True),
        (0.0, 0.0, 0.3, True),
        (3.4, 2.6, math.pi / 4, False),  # bounding boxes overlap, the boxes do not
    ],
)
def test_boxes_overlap_where_they_share_ground(x, y, yaw, overlaps):
    one, other = box_corners(0.0, 0.0, 0.0, 4.0, 2.0), box_corners(x, y, yaw, 4.0, 2.0)
    assert boxes_overlap(one, other) is overlaps
    assert boxes_overlap(other, one) is overlaps

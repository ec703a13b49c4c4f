"""How far along a line something is, also where the line crosses itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.pose import Pose2


def corner() -> Line:
    """60 m along x, then 60 m to the left, a point each metre."""
    ahead = [(float(x), 0.0) for x in range(61)]
    return Line(np.array(ahead + [(60.0, 1.0 + y) for y in range(60)]))


def test_progress_is_that_of_the_nearest_place():
    line = corner()
    assert line.progress_m(Pose2(12.3, 4.0, 0.2)) == pytest.approx(12.3)
    assert line.progress_m(Pose2(61.0, 7.5, math.pi / 2)) == pytest.approx(67.5)
    assert line.progress_m(Pose2(-5, 0, 0)) == 0.0
    assert line.progress_m(Pose2(60, 999, math.pi / 2)) == line.lengths_m[-1] == 120.0


def eight() -> Line:
    """A figure of eight that crosses itself at (0, 0), at 0 and half of its length."""
    t = np.linspace(0, 2 * np.pi, 400)
    return Line(50 * np.stack([np.sin(t), np.sin(t) * np.cos(t)], axis=1))


def test_on_a_route_that_crosses_itself_heading_and_last_progress_decide():
    line = eight()
    half_m = line.lengths_m[-1] / 2
    first, second = Pose2(1, 1, math.pi / 4), Pose2(-1, 1, 3 * math.pi / 4)
    assert line.progress_m(first) == pytest.approx(math.sqrt(2), abs=0.1)
    assert line.progress_m(second) == pytest.approx(half_m + math.sqrt(2), abs=0.1)
    doubtful = Pose2(0, 1, math.pi / 2)
    assert line.progress_m(doubtful, last_m=2.0) < 10
    assert line.progress_m(doubtful, last_m=half_m - 2) == pytest.approx(half_m, abs=2)


def test_a_vehicle_set_down_elsewhere_is_found_again():
    assert corner().progress_m(Pose2(60, 50, 1.5), last_m=5.0) == pytest.approx(110)


def test_progress_follows_a_drive_round_a_crossing_route():
    line, last_m, seen = eight(), 0.0, []
    headings = np.diff(line.points_m, axis=0)
    for (x, y), (dx, dy) in zip(line.points_m[:-1], headings, strict=True):
        last_m = line.progress_m(Pose2(x + 0.3, y - 0.3, math.atan2(dy, dx)), last_m)
        seen.append(last_m)
    assert np.diff(seen).min() > -0.5
    assert np.abs(np.array(seen) - line.lengths_m[:-1]).max() < 1.0


def test_a_vehicle_that_turned_away_is_still_where_it_is():
    """What agrees with its heading is far away."""
    assert corner().progress_m(Pose2(5.0, 12.0, -math.pi + 0.3), last_m=5.0) == pytest.approx(5.0)


def test_the_nearest_place_may_lead_the_other_way():
    assert corner().nearest_m(Pose2(12.3, 4.0, math.pi)) == pytest.approx(12.3)


def test_a_place_between_points_and_beyond_the_ends():
    line = corner()
    assert line.place_at(59.5).tolist() == [59.5, 0]
    assert line.place_at(61.25).tolist() == [60, 1.25]
    assert (line.place_at(-1).tolist(), line.place_at(500).tolist()) == ([0, 0], [60, 60])


@pytest.mark.parametrize(
    ('points', 'said'),
    [
        (np.zeros((0, 2)), '0 places'),
        (np.zeros((5, 2)), '1 places'),
        (np.array([[0, 0], [np.nan, 1]]), 'not finite'),
    ],
)
def test_a_line_that_is_none_is_refused(points, said):
    with pytest.raises(InputError, match=said):
        Line(points)

import numpy as np

from vavam_ros.geometry.stretches import Stretches, interpolated

S = 1_000_000_000


def test_times_within_a_hole_belong_nowhere():
    stretches = Stretches(np.array([0, 1, 2, 5, 6]) * S, most_hole_s=1.0)
    asked = np.array([-1, 0, 1.5, 2, 2.1, 4.9, 5, 6, 6.1]) * S // 1
    assert stretches.of(asked.astype(np.int64)).tolist() == [-1, 0, 0, 0, -1, -1, 1, 1, -1]
    assert stretches.holes_ns().tolist() == [[2 * S, 5 * S]]
    first, last = stretches.bounds_ns()
    assert (first // S).tolist() == [0, 0, 0, 5, 5]
    assert (last // S).tolist() == [2, 2, 2, 6, 6]


def test_no_times_hold_nothing():
    assert Stretches(np.array([], np.int64), 1.0).of(np.array([0])).tolist() == [-1]


def test_values_between_times_keep_nanoseconds_apart():
    """Stamps of this century do not fit a float."""
    start = 1_531_884_156_948_944_001
    rows = interpolated(
        np.array([start, start + 4]), np.array([[0.0], [8.0]]), np.array([start + 1])
    )
    assert rows.tolist() == [[2.0]]

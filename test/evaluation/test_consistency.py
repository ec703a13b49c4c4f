import numpy as np
import pytest

from vavam_ros.evaluation.consistency import consistency, successive
from vavam_ros.evaluation.ego_motion import to_rig
from vavam_ros.records import NS_PER_S

HALF_S = NS_PER_S // 2


def on_circle(times_s, radius_m=25.0, speed_mps=10.0):
    """Poses [T, 3] of a drive to the left."""
    angles = np.asarray(times_s) * speed_mps / radius_m
    return np.stack([radius_m * np.sin(angles), radius_m * (1 - np.cos(angles)), angles], axis=-1)


def planned_at(time_s):
    """Pose [1, 3] then, and the way [1, 6, 2] that follows."""
    pose = on_circle([time_s])
    ahead = on_circle(time_s + 0.5 * np.arange(1, 7))
    return pose, to_rig(ahead[None, :, :2], pose)


def test_two_plans_of_the_same_way_do_not_differ():
    (pose, plan), (later_pose, later) = planned_at(3.0), planned_at(3.5)
    found = consistency(plan, later, pose, later_pose)
    np.testing.assert_allclose(found.change_m, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.last_change_m, 0.0, atol=1e-9)


def test_a_plan_moved_to_the_left_of_itself_changes_aside():
    (pose, plan), (later_pose, later) = planned_at(3.0), planned_at(3.5)
    angles = 0.4 * 0.5 * np.arange(1, 7)  # in the later rig's frame
    moved = later + 0.7 * np.stack([-np.sin(angles), np.cos(angles)], axis=-1)
    found = consistency(plan, moved, pose, later_pose)
    assert found.change_m == pytest.approx([0.7])
    assert found.aside_change_m == pytest.approx([0.7])
    assert found.ahead_change_m == pytest.approx([0.0], abs=1e-9)


def test_a_later_plan_that_goes_faster_is_farther_ahead():
    ahead = np.arange(1, 7) * np.array([[1.0]]).T
    plan = np.stack([4.0 * ahead, 0 * ahead], axis=-1)
    later = np.stack([5.0 * ahead, 0 * ahead], axis=-1)
    found = consistency(plan, later, np.zeros((1, 3)), np.array([[4.0, 0.0, 0.0]]))
    assert found.ahead_change_m == pytest.approx([3.0])
    assert found.last_change_m == pytest.approx([5.0])
    assert found.aside_change_m == pytest.approx([0.0])


def test_pairs_are_half_a_second_apart_and_of_one_sequence():
    stamps = np.array([0, 100, 480, 530, 1000, 520], np.int64) * (NS_PER_S // 1000)
    sequences = np.array([0, 0, 0, 0, 0, 1])
    rows, later = successive(stamps, sequences)
    assert list(zip(rows.tolist(), later.tolist(), strict=True)) == [(0, 2), (2, 4), (3, 4)]


def test_the_order_of_the_windows_does_not_matter():
    stamps = np.arange(8)[::-1] * HALF_S
    rows, later = successive(stamps, np.zeros(8, np.int64))
    np.testing.assert_array_equal(stamps[later] - stamps[rows], np.full(7, HALF_S))


def test_no_window_has_no_pair():
    rows, later = successive(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert (len(rows), len(later)) == (0, 0)
    assert len(successive(np.zeros(1, np.int64), np.zeros(1, np.int64))[0]) == 0

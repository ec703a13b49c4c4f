import numpy as np

from vavam_ros.evaluation.command_effect import command_effect


def to(x_m, y_m):
    return np.linspace((0.0, 0.0), (x_m, y_m), 7)[1:]


def test_offsets_ways_and_order():
    left = np.stack([to(8.0, 6.0), to(20.0, 0.5)])
    straight = np.stack([to(20.0, 0.0), to(20.0, 1.0)])
    right = np.stack([to(4.0, -3.0), to(20.0, -1.0)])
    found = command_effect(left, straight, right)
    np.testing.assert_allclose(found.left_aside_m, [6.0, -0.5])
    np.testing.assert_allclose(found.right_aside_m, [-3.0, -2.0])
    np.testing.assert_allclose(found.left_to_right_m, [9.0, 1.5])
    np.testing.assert_allclose(found.left_way_m[0], -10.0)
    np.testing.assert_allclose(found.right_way_m[0], -15.0)
    np.testing.assert_array_equal(found.ordered, [1, 0])


def test_plans_that_ignore_the_command_are_not_in_order():
    same = to(20.0, 1.0)[None]
    found = command_effect(same, same, same)
    assert (found.left_to_right_m[0], found.ordered[0]) == (0.0, 0.0)


def test_a_right_plan_left_of_straight_is_not_in_order():
    found = command_effect(*(to(20.0, aside)[None] for aside in (2.0, 0.0, 1.0)))
    assert (found.left_to_right_m[0], found.ordered[0]) == (1.0, 0.0)

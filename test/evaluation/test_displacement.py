import numpy as np
import pytest

from vavam_ros.evaluation.displacement import best_of_samples, displacement
from vavam_ros.evaluation.figure import figures_of


def test_errors_that_grow_evenly():
    """The waypoint i is i * (0.3, 0.4) off, so i * 0.5 m."""
    truths = np.random.default_rng(0).normal(size=(2, 6, 2))
    plans = truths + np.arange(1, 7)[:, None] * (0.3, 0.4)
    found = displacement(plans, truths)
    for values, expected in (
        (found.ade_1s_m, 0.75),
        (found.ade_2s_m, 1.25),
        (found.ade_3s_m, 1.75),
        (found.fde_1s_m, 1.0),
        (found.fde_2s_m, 2.0),
        (found.fde_3s_m, 3.0),
        (found.missed, 1.0),
    ):
        np.testing.assert_allclose(values, [expected, expected])


def test_a_miss_is_judged_at_three_seconds_alone_and_exactly_two_metres_is_none():
    truths = np.zeros((3, 6, 2))
    plans = np.zeros((3, 6, 2))
    plans[0, :5, 0] = 9.0
    plans[1, 5, 1] = 2.0
    plans[2, 5, 1] = -2.001
    np.testing.assert_array_equal(displacement(plans, truths).missed, [0, 0, 1])


def test_each_minimum_is_taken_on_its_own():
    samples = np.zeros((1, 2, 6, 2))
    samples[0, 0, :, 0] = 1.0  # always 1 m off
    samples[0, 1, :5, 0], samples[0, 1, 5, 0] = 3.0, 0.5  # better only at the end
    found = best_of_samples(samples, np.zeros((1, 6, 2)))
    assert found.min_ade_m == pytest.approx([1.0])
    assert found.min_fde_m == pytest.approx([0.5])


def test_the_best_is_missed_only_if_all_samples_are():
    samples = np.zeros((2, 3, 6, 2))
    samples[..., 5, 0] = [[5.0, 1.9, 3.0], [5.0, 2.1, 3.0]]
    np.testing.assert_array_equal(
        best_of_samples(samples, np.zeros((2, 6, 2))).best_missed, [0, 1]
    )


def test_golden_min_ade(goldens):
    with np.load(goldens / 'min_ade.npz') as golden:
        found = best_of_samples(golden['pred'], golden['gt'])
        np.testing.assert_allclose(found.min_ade_m, golden['per_sample'], rtol=1e-6)
        best = golden['pred'][np.arange(len(golden['best'])), golden['best']]
        np.testing.assert_allclose(
            displacement(best, golden['gt']).ade_3s_m, golden['per_sample'], rtol=1e-6
        )
        ade = figures_of(found)[0]
        assert (ade.name, ade.lower_is_better) == ('min_ade_m', True)
        assert ade.value == pytest.approx(float(golden['mean']), rel=1e-6)


def test_plans_that_are_not_finite_are_refused_rather_than_left_out():
    plans = np.zeros((1, 6, 2))
    plans[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match='not finite'):
        displacement(plans, np.zeros((1, 6, 2)))

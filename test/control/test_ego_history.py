"""Where the vehicle was when an image was taken."""

from __future__ import annotations

import math

import pytest

from vavam_ros.control.ego_history import EgoHistory
from vavam_ros.records import NS_PER_S, EgoState


def state(seconds: float, x: float = 0.0, yaw: float = 0.0, speed: float = 0.0) -> EgoState:
    return EgoState(round(seconds * NS_PER_S), x, 2 * x, yaw, speed)


def history(*states: EgoState) -> EgoHistory:
    kept = EgoHistory()
    for each in states:
        kept.add(each)
    return kept


def at(kept: EgoHistory, seconds: float) -> EgoState | None:
    return kept.at(round(seconds * NS_PER_S))


def test_between_two_states_it_is_in_proportion():
    found = at(history(state(1.0, 1.0, 0.1, 3.0), state(1.1, 2.0, 0.2, 5.0)), 1.025)
    assert (found.x_m, found.y_m) == pytest.approx((1.25, 2.5))
    assert (found.yaw_rad, found.speed_mps) == pytest.approx((0.125, 3.5))
    assert found.stamp_ns == 1_025_000_000


def test_the_heading_takes_the_short_way_round():
    found = at(history(state(0, yaw=math.pi - 0.1), state(0.1, yaw=-math.pi + 0.1)), 0.05)
    assert abs(found.yaw_rad) == pytest.approx(math.pi)


def test_shortly_beyond_the_ends_it_goes_on_at_its_speed():
    kept = history(state(1.0, 1.0, 0.0, 4.0), state(1.1, 1.4, 0.0, 4.0))
    assert at(kept, 1.2).x_m == pytest.approx(1.8)
    assert at(kept, 0.9).x_m == pytest.approx(0.6)
    assert at(kept, 1.31) is None
    assert at(kept, 0.79) is None
    assert at(history(), 1.0) is None


def test_within_a_gap_nobody_knows():
    kept = history(state(1.0, 0.0, 0.0, 4.0), state(3.0, 50.0, 1.0, 4.0))
    assert at(kept, 2.0) is None
    assert at(kept, 1.1).x_m == pytest.approx(0.4)


def test_states_that_are_no_newer_are_left_out_and_old_ones_forgotten():
    kept = EgoHistory(span_s=2.0)
    added = [kept.add(state(s)) for s in (0, 1, 1, 0.5, 2, 2.9)]
    assert added == [True, True, False, False, True, True]
    assert at(kept, 0.0) is None
    assert at(kept, 1.0) is not None
    assert kept.newest == state(2.9)
    kept.forget()
    assert kept.newest is None

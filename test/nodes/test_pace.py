"""Bag time runs beside wall time, faster or slower."""

from __future__ import annotations

import time

import pytest

from vavam_ros.nodes.pace import Lateness, Pace

START_NS = 1_700_000_000_000_000_000


@pytest.mark.parametrize(('rate', 'wall_s'), [(1.0, 8.0), (4.0, 2.0), (0.5, 16.0)])
def test_a_stamp_is_due_after_its_offset_divided_by_the_rate(rate, wall_s):
    pace = Pace(START_NS, rate)
    assert pace.seconds_until(START_NS + 8 * 10**9) == pytest.approx(wall_s, abs=0.1)


def test_what_is_past_is_late():
    pace = Pace(START_NS, 1.0, started_s=time.monotonic() - 5.0)
    assert pace.seconds_until(START_NS + 2 * 10**9) == pytest.approx(-3.0, abs=0.1)


@pytest.mark.parametrize('rate', [0.5, 1.0, 10.0])
def test_the_bag_time_now_is_due_now(rate):
    pace = Pace(START_NS, rate, started_s=time.monotonic() - 7.0)
    now_ns = pace.now_ns()
    assert now_ns == pytest.approx(START_NS + 7 * rate * 1e9, abs=rate * 1e8)
    assert pace.seconds_until(now_ns) == pytest.approx(0.0, abs=0.1)


def test_lateness_sums_up_in_milliseconds():
    lateness = Lateness()
    assert str(lateness) == 'nothing sent'
    for late_s in [0.001] * 99 + [0.5]:
        lateness.add(late_s)
    assert lateness.messages == 100
    assert str(lateness) == 'late p95 1.0 ms, max 500.0 ms'

"""Counting causes, durations and rates."""

from __future__ import annotations

import time

import pytest

from vavam_ros.nodes.planning.tally import Latencies, Rate, Tally


def test_texts_that_differ_in_numbers_only_are_one_cause():
    tally = Tally()
    for text in ('70.1 m/s is over 45 m/s', '69.0 m/s is over 45 m/s', 'not finite'):
        tally.add(text)
    counts = {cause: trouble.count for cause, trouble in tally.by_cause.items()}
    assert counts == {'# m/s is over # m/s': 2, 'not finite': 1}
    assert tally.total() == 3


def test_of_a_cause_the_newest_text_is_kept():
    tally = Tally()
    tally.add('5 bytes', 'undecodable')
    trouble = tally.add('no pixels', 'undecodable', count=3)
    assert (trouble.count, trouble.text) == (4, 'no pixels')
    assert tally.count('undecodable') == 4
    assert tally.count('future') == 0


def test_the_newest_trouble_is_that_of_whatever_cause():
    tally = Tally()
    assert tally.newest() is None
    tally.add('a')
    time.sleep(0.001)
    tally.add('b')
    time.sleep(0.001)
    tally.add('a')
    assert tally.newest().text == 'a'


def test_since_asks_for_causes_that_came_up_lately():
    tally = Tally()
    tally.add('old')
    time.sleep(0.001)
    then_s = time.monotonic()
    tally.add('new')
    assert [trouble.cause for trouble in tally.since(then_s)] == ['new']


def test_causes_beyond_fifty_share_one():
    """A text that never repeats must not fill the memory of a node that runs for days."""
    tally = Tally()
    for index in range(1000):
        tally.add('x' * index)
    assert len(tally.by_cause) == 51
    assert tally.by_cause['other'].count == 950
    assert tally.total() == 1000


def test_the_first_and_each_hundredth_is_worth_a_line_in_the_log():
    tally = Tally()
    logged = [count for count in range(1, 302) if tally.add('again').worth_logging]
    assert logged == [1, 101, 201, 301]


def test_latencies_are_percentiles_of_the_latest_hundred():
    latencies = Latencies()
    for ms in range(1, 201):
        latencies.add('plan', ms / 1000)
    values = latencies.values()
    assert values['plan_ms_p50'] == pytest.approx(150.5)
    assert values['plan_ms_p95'] == pytest.approx(195.05)
    assert values['plan_ms_max'] == pytest.approx(200)
    assert latencies.median_ms('plan', latest=5) == pytest.approx(198)
    assert latencies.median_ms('decode', latest=5) == 0.0


def test_a_rate_is_that_of_the_intervals():
    rate = Rate()
    assert rate.hz() == 0.0
    rate.count()
    assert rate.hz() == 0.0
    for _ in range(4):
        time.sleep(0.02)
        rate.count()
    assert 20 < rate.hz() <= 50

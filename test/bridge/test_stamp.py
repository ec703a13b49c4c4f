"""Stamps survive the message, before and after the epoch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vavam_ros.bridge.stamp import duration_from_ns, ns_from_time, time_from_ns
from vavam_ros.errors import InputError

LIMIT_NS = 2**31 * 10**9


@given(st.integers(-LIMIT_NS, LIMIT_NS - 1))
def test_time_and_nanoseconds_are_a_pair(stamp_ns):
    time = time_from_ns(stamp_ns)
    assert 0 <= time.nanosec < 10**9
    assert ns_from_time(time) == stamp_ns


def test_a_duration_counts_seconds_and_nanoseconds():
    duration = duration_from_ns(2_500_000_000)
    assert (duration.sec, duration.nanosec) == (2, 500_000_000)


@pytest.mark.parametrize('stamp_ns', [LIMIT_NS, -LIMIT_NS - 1])
def test_a_stamp_beyond_the_message_is_an_error(stamp_ns):
    with pytest.raises(InputError, match=str(stamp_ns)):
        time_from_ns(stamp_ns)

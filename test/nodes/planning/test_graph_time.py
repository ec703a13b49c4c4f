"""Time by two clocks: simulated time may be slow, fast, stand still or jump."""

from __future__ import annotations

import re
import time

import pytest
from rclpy.clock import ROSClock
from rclpy.time import Time

from vavam_ros.nodes.planning.graph_time import GraphTime, Instant
from vavam_ros.records import NS_PER_S

pytestmark = pytest.mark.dds


class SimulatedTime:
    """A real ROS clock that follows what is set, as with use_sim_time and a /clock."""

    def __init__(self) -> None:
        self.clock = ROSClock()
        self.clock._set_ros_time_is_active(True)

    def set(self, seconds: float) -> None:
        time_ns = round(seconds * NS_PER_S)
        self.clock.set_ros_time_override(
            Time(nanoseconds=time_ns, clock_type=self.clock.clock_type)
        )


@pytest.fixture
def simulated() -> SimulatedTime:
    return SimulatedTime()


def ago(graph_time: GraphTime, wall_s: float, ros_s: float) -> Instant:
    now = graph_time.now()
    return Instant(now.wall_s - wall_s, now.ros_ns - round(ros_s * NS_PER_S))


def test_real_time_runs_and_has_no_problem():
    graph_time = GraphTime(ROSClock())
    assert graph_time.now().ros_ns == pytest.approx(time.time_ns(), abs=NS_PER_S)
    assert graph_time.problem() is None
    assert graph_time.since(ago(graph_time, 3.0, 3.0)) == pytest.approx(3.0, abs=0.1)


def test_no_clock_message_yet_is_a_problem_of_its_own(simulated):
    graph_time = GraphTime(simulated.clock)
    assert graph_time.now().ros_ns == 0
    assert graph_time.problem() == 'use_sim_time is true, but no /clock has come'


def test_of_a_slow_and_a_fast_clock_the_lesser_time_has_passed(simulated):
    simulated.set(1000.0)
    graph_time = GraphTime(simulated.clock)
    assert graph_time.since(ago(graph_time, 5.0, 0.5)) == pytest.approx(0.5, abs=0.1)
    assert graph_time.since(ago(graph_time, 0.5, 5.0)) == pytest.approx(0.5, abs=0.1)


def test_after_a_jump_back_the_wall_counts(simulated):
    simulated.set(1000.0)
    graph_time = GraphTime(simulated.clock)
    before = graph_time.now()
    simulated.set(10.0)
    assert graph_time.since(before) == pytest.approx(0.0, abs=0.1)
    assert graph_time.problem() is None


def test_a_clock_that_stands_still_is_a_problem_and_the_wall_counts(simulated):
    simulated.set(1000.0)
    graph_time = GraphTime(simulated.clock)
    before = graph_time.now()
    time.sleep(1.55)
    assert re.fullmatch(r'the /clock has stood still for 1\.\d s', graph_time.problem())
    assert graph_time.since(before) == pytest.approx(1.55, abs=0.2)
    simulated.set(1000.1)
    assert graph_time.problem() is None
    assert graph_time.since(before) == pytest.approx(0.1)

"""In lock-step each odometry gets exactly one command, and it may wait for the path."""

from __future__ import annotations

import math
import time

import pytest

from vavam_ros.bridge.optional_messages import is_there
from vavam_ros.bridge.stamp import ns_from_time

pytestmark = pytest.mark.dds

START_NS = 1000 * 10**9
TICK_NS = 50_000_000


def test_each_odometry_gets_one_command_whatever_comes(run, road, graph):
    """Driving, a path that is not finite, time that jumps."""
    run('controller', lock_step=True)
    here = road()
    here.wait_for_controller()
    here.commands.clear()
    here.statuses.clear()
    now_ns, ticks, sent = START_NS, 0, 0

    def play(count: int, paths: bool = True) -> None:
        nonlocal now_ns, ticks, sent
        for _ in range(count):
            if paths and ticks % 10 == 0:
                here.plan(now_ns)
            here.tick(now_ns)
            now_ns, ticks, sent = now_ns + TICK_NS, ticks + 1, sent + 1

    play(60)
    assert here.car.speed == pytest.approx(5.0, abs=0.2)
    here.heard('DRIVING')
    here.plan(now_ns, aside=math.nan)
    for _ in range(20):  # until it is there
        play(1, paths=False)
        if any('cannot be driven: a path has a waypoint' in s.message for s in here.statuses):
            break
    here.heard('STOPPING: the newest path cannot be driven: a path has a waypoint or origin')
    ticks -= ticks % 10
    play(20)
    here.heard('DRIVING')
    now_ns += 5 * 10**9
    play(70, paths=False)
    here.heard('STOPPED: time jumped forward by 5')
    assert here.car.speed < 0.05
    graph.spin_for(0.2)
    assert len(here.commands) == sent
    assert all(math.isfinite(one.linear.x) for one in here.commands)


def test_a_command_waits_for_the_path_that_is_due(run, road, graph):
    run('controller', lock_step=True, path_period_s=0.5, path_latency_s=0.1, path_timeout_s=1.0)
    here = road()
    here.wait_for_controller()
    for tick in range(2):
        here.tick(START_NS + tick * TICK_NS)
    here.commands.clear()
    here.say_where(START_NS + 2 * TICK_NS)
    graph.spin_for(0.3)
    assert not here.commands
    here.plan(START_NS)
    graph.spin_until(lambda: here.commands)
    for tick in range(3, 12):
        here.tick(START_NS + tick * TICK_NS)
    begun_s = time.monotonic()
    here.tick(START_NS + 12 * TICK_NS)  # the path of 10 is due, and does not come
    assert 0.9 < time.monotonic() - begun_s < 4.5
    here.status('waits for a path in vain: none within 1 s of 1000.60')


@pytest.mark.parametrize(
    ('flavour', 'output', 'stamped'),
    [
        ('carla_ros_bridge', 'carla', True),
        ('carla_ros_bridge', 'ackermann', False),
        ('native', 'ackermann_stamped', True),
    ],
)
def test_with_the_real_messages_commands_carry_the_odometrys_stamp(
    run, road, flavour, output, stamped
):
    for name in ('carla_msgs/msg/CarlaEgoVehicleControl', 'ackermann_msgs/msg/AckermannDrive'):
        if not is_there(name):
            pytest.skip(f'{name} is not installed here (docs/carla.md says how)')
    run('controller', lock_step=True, flavour=flavour, output=output)
    here = road(flavour=flavour, output=output)
    here.wait_for_controller()
    for tick in range(40):
        now_ns = START_NS + tick * TICK_NS
        if tick % 10 == 0:
            here.plan(now_ns, aside=2.0)
        command = here.tick(now_ns)
        assert not stamped or ns_from_time(command.header.stamp) == now_ns
    assert here.car.speed == pytest.approx(5.0, abs=0.4)
    assert here.car.yaw > 0.1

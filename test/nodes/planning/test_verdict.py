"""From facts to one word, one line and a level: waiting, degraded and dead look different."""

from __future__ import annotations

import time

import numpy as np
import pytest
from rclpy.clock import ROSClock

from vavam_ros.nodes.planning.graph_time import GraphTime, Instant
from vavam_ros.nodes.planning.health import FAULTS, PlannerHealth
from vavam_ros.nodes.planning.verdict import (
    ERROR,
    OK,
    WARN,
    Surroundings,
    Verdict,
    judge,
    values,
)
from vavam_ros.perception.history import Admission
from vavam_ros.records import NS_PER_S, DriveCommand, Plan

pytestmark = pytest.mark.dds

HINT = 'nobody publishes on /image'


def plan(context_frames: int = 8) -> Plan:
    waypoints = np.zeros((6, 2), np.float32)
    spread = np.zeros(6, np.float32)
    return Plan(0, DriveCommand.LEFT, waypoints, waypoints[None], spread, context_frames)


@pytest.fixture
def health() -> PlannerHealth:
    """Of a planner that is active, and has seen nothing yet."""
    health = PlannerHealth(GraphTime(ROSClock()))
    health.identify({'weights': 'abc'}, trained=True, context_frames=8)
    health.enters('active')
    return health


@pytest.fixture
def driving(health) -> PlannerHealth:
    """An image, and the path that answers it from a full context."""
    sees(health)
    plans(health)
    return health


def sees(health: PlannerHealth, cause: str = 'kept', reset: str | None = None) -> None:
    health.receive(health.time.now())
    health.admit(Admission(cause == 'kept', cause, 0, reset))


def plans(health: PlannerHealth, context_frames: int = 8, took_s: float = 0.1) -> None:
    health.plan(plan(context_frames), 'default', time.monotonic() - took_s)


def ago(health: PlannerHealth, seconds: float) -> Instant:
    now = health.time.now()
    return Instant(now.wall_s - seconds, now.ros_ns - round(seconds * NS_PER_S))


def verdict(health: PlannerHealth, **around: object) -> Verdict:
    return judge(health, Surroundings(**around))


def test_a_planner_that_plans_is_ok(driving):
    assert verdict(driving) == Verdict(OK, 'OK', '8 of 8 frames')


@pytest.mark.parametrize('state', ['unconfigured', 'configuring', 'inactive'])
def test_an_idle_planner_warns_and_says_its_state(health, state):
    health.enters(state)
    assert verdict(health) == Verdict(WARN, state.upper(), 'no paths until it is active')


def test_a_refused_transition_is_an_error_until_the_next_one(health):
    health.enters('unconfigured', 'weights is not set')
    assert verdict(health) == Verdict(ERROR, 'UNCONFIGURED', 'weights is not set')
    health.enters('configuring')
    assert verdict(health).level == WARN


def test_without_any_image_it_waits_and_hints(health):
    health.activated = ago(health, 12)
    said = verdict(health, image_hint=HINT, clock='no /clock has come', complaints=['/a is deaf'])
    assert (said.level, said.state) == (WARN, 'WAITING')
    assert said.reason == f'no image yet, for 12 s; no /clock has come; {HINT}; /a is deaf'


def test_after_the_images_stop_it_is_stale(driving):
    driving.newest_image = ago(driving, 1.4)
    assert verdict(driving).state == 'OK'
    driving.newest_image = ago(driving, 2.0)
    said = verdict(driving, image_hint=HINT)
    assert (said.level, said.state) == (ERROR, 'STALE')
    assert said.reason == f'no image for 2.0 s; {HINT}'


def test_images_without_paths_are_an_error_soon(driving):
    driving.newest_plan = driving.images_since = ago(driving, 1.6)
    sees(driving)
    said = verdict(driving)
    assert (said.level, said.state) == (ERROR, 'ERROR')
    assert 'no path for 1.6 s: the newest plan is still being made' in said.reason


def test_the_first_plan_has_time_from_the_first_image_on(health):
    health.activated = ago(health, 100)
    sees(health)
    assert verdict(health).state == 'WARMING UP'


def test_after_a_pause_of_the_camera_the_next_plan_has_time_again(driving):
    driving.newest_plan = driving.newest_image = driving.images_since = ago(driving, 30)
    sees(driving)
    assert verdict(driving).state == 'OK'


def test_a_withheld_plan_degrades_at_once_and_is_an_error_if_it_lasts(driving):
    driving.withhold(plan(), '50.0 m/s is over 45 m/s')
    said = verdict(driving)
    assert (said.level, said.state) == (WARN, 'DEGRADED')
    assert 'no path for the newest image: the plan was withheld: 50.0 m/s' in said.reason
    driving.newest_plan = driving.images_since = ago(driving, 2)
    assert verdict(driving).level == ERROR
    assert '50.0 m/s is over' in verdict(driving).reason
    plans(driving)
    assert verdict(driving).reason == '1 plans withheld: 50.0 m/s is over 45 m/s'


def test_a_failure_is_told_at_once_and_forgotten_ten_seconds_after_the_next_path(driving):
    driving.fail('RuntimeError: boom')
    assert 'inference failed: RuntimeError: boom' in verdict(driving).reason
    plans(driving)
    assert verdict(driving) == Verdict(WARN, 'DEGRADED', 'failed 1 times: RuntimeError: boom')
    age(driving.failures, 10.1)
    assert verdict(driving).state == 'OK'
    assert values(driving)['failures'] == 1


def age(tally, seconds: float) -> None:
    for cause, trouble in tally.by_cause.items():
        tally.by_cause[cause] = type(trouble)(
            cause, trouble.count, trouble.last_s - seconds, trouble.text
        )


@pytest.mark.parametrize(
    ('cause', 'remedy'),
    [
        ('duplicate', 'does the camera driver set header.stamp?'),
        ('out_of_order', 'do two cameras publish on this topic?'),
        ('future', 'synchronise the clocks, or set use_sim_time with a bag'),
    ],
)
def test_a_rejected_stamp_degrades_with_its_remedy(driving, cause, remedy):
    sees(driving, cause)
    sees(driving, cause)
    said = verdict(driving)
    assert said.state == 'DEGRADED'
    assert f'2 images dropped ({cause})' in said.reason
    assert remedy in said.reason
    shown = values(driving)
    assert (shown['dropped'], shown[f'dropped_{cause}'], shown['received']) == (2, 2, 3)


def test_images_that_are_all_rejected_say_why_there_is_no_path(driving):
    driving.newest_plan = driving.images_since = ago(driving, 5)
    sees(driving, 'future')
    assert 'no path for 5.0 s: future: a stamp of the future' in verdict(driving).reason


def test_images_between_the_models_steps_are_no_fault(driving):
    sees(driving, 'between')
    assert verdict(driving).state == 'OK'
    assert (values(driving)['between'], values(driving)['dropped']) == (1, 0)


def test_an_undecodable_image_has_no_path_until_the_next_one_has(driving):
    driving.drop('undecodable', 'image 4x4: its encoding is yuv422')
    assert 'no path for the newest image: image 4x4' in verdict(driving).reason
    plans(driving)
    assert verdict(driving).reason.startswith('1 images dropped (undecodable): image 4x4')


def test_every_fault_is_counted_by_name(driving):
    for cause in FAULTS:
        driving.drop(cause, 'why', 3)
    shown = values(driving)
    assert {name: shown[f'dropped_{name}'] for name in FAULTS} == dict.fromkeys(FAULTS, 3)
    assert shown['dropped'] == 3 * len(FAULTS)


def test_while_the_context_fills_it_says_after_which_reset(health):
    sees(health, reset='time jumped back 4.0 s: a bag loop?')
    plans(health, context_frames=3)
    said = verdict(health)
    assert (said.level, said.state) == (WARN, 'WARMING UP')
    expected = '3 of 8 frames of context after a reset: time jumped back 4.0 s: a bag loop?'
    assert said.reason == expected


def test_complaints_are_told_while_the_context_fills_too(health):
    """A camera whose faults keep the context short would never get beyond warming up."""
    sees(health)
    plans(health, context_frames=3)
    sees(health, 'duplicate')
    reason = verdict(health, complaints=['/rviz gets nothing of ~/path']).reason
    assert reason.startswith('3 of 8 frames of context; 1 images dropped (duplicate)')
    assert reason.endswith('/rviz gets nothing of ~/path')


def test_slow_plans_are_told_by_their_median(driving):
    for took_s in (0.6, 0.7, 0.1, 0.1):
        plans(driving, took_s=took_s)
    assert verdict(driving).state == 'OK'
    for _ in range(3):
        plans(driving, took_s=0.7)
    assert 'cannot keep up: image to path takes 700 ms' in verdict(driving).reason


def test_what_is_wrong_around_degrades_a_planner_that_plans(driving):
    assert verdict(driving, clock='the /clock has stood still for 2.0 s').state == 'DEGRADED'
    assert verdict(driving, complaints=['/rviz gets nothing']).reason == '/rviz gets nothing'
    driving.remember(None, 'image 300x100 is wider')
    assert verdict(driving).reason == 'image 300x100 is wider'


def test_what_costs_no_path_is_counted_apart(driving):
    driving.fail_aside("command 'U-turn' is unknown")
    assert verdict(driving).state == 'DEGRADED'
    shown = values(driving)
    assert (shown['failures'], shown['failures_aside']) == (0, 1)
    assert shown['last_failure_aside'] == "command 'U-turn' is unknown"


def test_values_have_rates_latencies_context_command_surprise_and_model(driving):
    plans(driving, took_s=0.2)
    with driving.timed('decode'):
        pass
    driving.surprise = 1.5
    shown = values(driving)
    assert shown['image_to_path_ms_p50'] == pytest.approx(150, abs=5)
    assert shown['image_to_path_ms_max'] == pytest.approx(200, abs=5)
    assert 0 <= shown['decode_ms_p95'] < 5
    assert (shown['context_frames'], shown['command']) == ('8/8', 'left (default)')
    assert (shown['surprise_nats_per_token'], shown['weights']) == (1.5, 'abc')
    assert {'image_rate_hz', 'plan_rate_hz', 'resets', 'last_reset'} <= shown.keys()


def test_activation_forgets_the_drive_before_but_not_the_model(driving):
    sees(driving, 'future')
    driving.enters('inactive')
    driving.enters('active')
    shown = values(driving)
    assert (shown['received'], shown['plans'], shown['dropped']) == (0, 0, 0)
    assert shown['weights'] == 'abc'
    assert verdict(driving).state == 'WAITING'


def test_a_model_that_was_freed_is_no_longer_shown(driving):
    driving.forget_model()
    assert 'weights' not in values(driving)


def test_a_stage_that_raises_is_no_measurement(health):
    with pytest.raises(KeyError), health.timed('plan'):
        raise KeyError
    assert health.latencies.values() == {}
    with health.timed('plan'):
        pass
    assert health.latencies.values().keys() == {'plan_ms_p50', 'plan_ms_p95', 'plan_ms_max'}

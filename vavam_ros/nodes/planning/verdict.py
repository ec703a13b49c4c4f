"""Facts about the planner -> what to say of it. Waiting, degraded and dead look different."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from vavam_ros.nodes.planning.health import FAULTS, STALE_S, PlannerHealth
from vavam_ros.nodes.status import ERROR, OK, WARN, Verdict

RECENT_S = 10.0  # for how long a trouble is worth a warning
SLOW_MS = 500.0  # image to path; beyond it, the next image is there already
_LATEST = 5  # plans whose latency is looked at


@dataclass(frozen=True)
class Surroundings:
    """What only the graph knows."""

    image_hint: str = ''  # why no image may be arriving
    clock: str | None = None  # what is wrong with simulated time
    complaints: Sequence[str] = ()  # connections that failed


def judge(health: PlannerHealth, around: Surroundings) -> Verdict:
    """Judge the facts of this moment; the first that applies, worst first."""
    with health.lock:
        if health.lifecycle != 'active':
            return _idle(health)
        return (
            _without_images(health, around) or _without_paths(health) or _planning(health, around)
        )


def _idle(health: PlannerHealth) -> Verdict:
    state = health.lifecycle.upper()
    if health.refusal:
        return Verdict(ERROR, state, health.refusal)
    ended = health.lifecycle == 'finalized'
    return Verdict(WARN, state, 'no more paths' if ended else 'no paths until it is active')


def _without_images(health: PlannerHealth, around: Surroundings) -> Verdict | None:
    if health.newest_image is None:
        waited_s = health.time.since(health.activated)
        reasons = [f'no image yet, for {waited_s:.0f} s', around.clock, around.image_hint]
        reasons += around.complaints
        return Verdict(WARN, 'WAITING', '; '.join(filter(None, reasons)))
    silent_s = health.time.since(health.newest_image)
    if silent_s <= STALE_S:
        return None
    reasons = [f'no image for {silent_s:.1f} s', around.clock, around.image_hint]
    reasons += around.complaints
    return Verdict(ERROR, 'STALE', '; '.join(filter(None, reasons)))


def _without_paths(health: PlannerHealth) -> Verdict | None:
    begun = filter(None, (health.newest_plan, health.images_since))
    silent_s = min(health.time.since(instant) for instant in begun)
    reason = health.pathless or _pathless_by_drops(health, silent_s)
    if silent_s > STALE_S:
        return Verdict(
            ERROR, 'ERROR', f'images arrive, but no path for {silent_s:.1f} s: {reason}'
        )
    if health.pathless:
        return Verdict(WARN, 'DEGRADED', f'no path for the newest image: {reason}')
    return None


def _pathless_by_drops(health: PlannerHealth, silent_s: float) -> str:
    recent = health.drops.since(time.monotonic() - silent_s)
    if recent:
        return '; '.join(f'{one.cause}: {one.text}' for one in recent)
    return 'the newest plan is still being made: this machine is too slow for these weights'


def _planning(health: PlannerHealth, around: Surroundings) -> Verdict:
    complaints = _complaints(health, around)
    if health.context < health.context_frames:
        return Verdict(WARN, 'WARMING UP', '; '.join([_filling(health), *complaints]))
    if complaints:
        return Verdict(WARN, 'DEGRADED', '; '.join(complaints))
    return Verdict(OK, 'OK', f'{health.context} of {health.context_frames} frames')


def _filling(health: PlannerHealth) -> str:
    reason = f'{health.context} of {health.context_frames} frames of context'
    reset = health.resets.newest()
    if reset and time.monotonic() - reset.last_s < RECENT_S:
        reason += f' after a reset: {reset.text}'
    return reason


def _complaints(health: PlannerHealth, around: Surroundings) -> list[str]:
    then_s = time.monotonic() - RECENT_S
    complaints = [
        f'{one.count} images dropped ({one.cause}): {one.text}'
        for one in health.drops.since(then_s)
    ]
    complaints += [
        f'{one.count} plans withheld: {one.text}' for one in health.withheld.since(then_s)
    ]
    complaints += [
        f'failed {one.count} times: {one.text}' for one in health.failures.since(then_s)
    ]
    complaints += [f'failed {one.count} times: {one.text}' for one in health.asides.since(then_s)]
    latency_ms = health.latencies.median_ms('image_to_path', _LATEST)
    if latency_ms > SLOW_MS:
        complaints.append(f'cannot keep up: image to path takes {latency_ms:.0f} ms')
    complaints += filter(None, (health.lens_problem, health.image_note))
    complaints += [around.clock] if around.clock else []
    return [*complaints, *around.complaints]


def values(health: PlannerHealth) -> dict[str, object]:
    """Everything worth showing, by stable names."""
    with health.lock:
        return {
            **_counts(health),
            'image_rate_hz': health.images.hz(),
            'plan_rate_hz': health.plans.hz(),
            **health.latencies.values(),
            'context_frames': f'{health.context}/{health.context_frames}',
            'surprise_nats_per_token': health.surprise,
            'command': health.command,
            'camera_info': health.camera_info,
            'camera_lens': health.lens,
            'camera_coverage': None if health.coverage is None else f'{health.coverage:.1%}',
            **health.model,
        }


def _counts(health: PlannerHealth) -> dict[str, object]:
    reset, failure, aside = (
        tally.newest() for tally in (health.resets, health.failures, health.asides)
    )
    return {
        'received': health.received,
        'used': health.used,
        'between': health.between,
        'caught_up': health.caught_up,
        'dropped': health.drops.total(),
        **{f'dropped_{cause}': health.drops.count(cause) for cause in FAULTS},
        'plans': health.planned,
        'withheld': health.withheld.total(),
        **{f'withheld ({one.cause})': one.count for one in health.withheld.by_cause.values()},
        'failures': health.failures.total(),
        'last_failure': failure.text if failure else '',
        'failures_aside': health.asides.total(),
        'last_failure_aside': aside.text if aside else '',
        'resets': health.resets.total(),
        'last_reset': reset.text if reset else '',
    }

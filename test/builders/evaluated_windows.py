"""Windows of evaluations that nobody ran: plans around the truth, with the noise of a sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vavam_ros.evaluation.window import Frame, Repeat, Window
from vavam_ros.records import NS_PER_S, DriveCommand

TIMES_S = 0.5 * np.arange(1, 7)
SPEED_MPS, SPREAD_M = 8.0, (0.55, 0.22)  # of samples ahead and aside, in the middle of a plan
START_NS = 1_500_000_000 * NS_PER_S


def windows(recordings: int = 4, each: int = 10, world: int = 0, seed: int = 0) -> list[Window]:
    """The same `world` has the same streets and errors; `seed` is of the sampling."""
    streets, noise = np.random.default_rng([world, 0]), np.random.default_rng([world, 1, seed])
    found = []
    for recording in range(recordings):
        lasting = streets.normal(0, (0.8, 0.3))
        for number in range(each):
            bend, off = streets.normal(0, 0.01), lasting + streets.normal(0, (0.8, 0.4))
            way = SPEED_MPS * TIMES_S
            truth = np.stack([way, bend * way**2 / 2], axis=-1)
            plans = [_plan(truth, off, noise) for _ in range(3)]
            found.append(_window(f'drive-{recording}', number, truth, plans, streets))
    return found


def moved(windows: list[Window], aside_m: float = 0.0, ahead_m: float = 0.0) -> list[Window]:
    """All plans, to the left and ahead."""
    return [_with(one, lambda plans: plans + (ahead_m, aside_m)) for one in windows]


def nearer(windows: list[Window], share: float = 0.5) -> list[Window]:
    """All plans, by a share of the way to the truth."""
    return [
        _with(one, lambda plans, truth=one.truth: plans + share * (truth - plans))
        for one in windows
    ]


def _with(window: Window, change) -> Window:
    repeats = tuple(Repeat(change(one.plan), change(one.samples)) for one in window.repeats)
    return replace(
        window, plan=change(window.plan), samples=change(window.samples), repeats=repeats
    )


def _plan(truth, off, noise) -> Repeat:
    samples = truth + (off + noise.normal(0, SPREAD_M, (6, 2)))[:, None] * TIMES_S[:, None] / 1.75
    apart = np.linalg.norm(samples[:, None] - samples, axis=-1).sum(axis=(1, 2))
    return Repeat(samples[apart.argmin()], samples)


def _window(recording, number, truth, plans, streets) -> Window:
    return Window(
        recording=recording,
        stamp_ns=START_NS + number * NS_PER_S // 2,
        command=DriveCommand.STRAIGHT,
        context_frames=8,
        pose=np.array([SPEED_MPS * number / 2, 0.0, 0.0]),
        speed_mps=SPEED_MPS,
        yaw_rate_radps=0.0,
        truth=truth,
        steering=None,
        plan=plans[0].plan,
        samples=plans[0].samples,
        what_ifs={},
        repeats=tuple(plans[1:]),
        frame=Frame(5 + streets.normal(0, 0.3), 0.2, 6.0, 7.0, 0.3),
        objection=None,
    )

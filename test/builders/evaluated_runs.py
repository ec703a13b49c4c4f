"""Evaluations of drives that never were, made of numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.commands.evaluating.judge import judged
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.run import Evaluated, RecordingResult
from vavam_ros.commands.evaluating.summary import Judged
from vavam_ros.commands.evaluating.windows import Sampling
from vavam_ros.driving.assembly import ModelIdentity
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.evaluation.tally import Tally
from vavam_ros.evaluation.window import Frame, Repeat, Window
from vavam_ros.records import NS_PER_S, DriveCommand

FIRST_NS = 1_700_000_000_123_456_789
TIMES_S = 0.5 * np.arange(1, 7)
SAMPLES, SEEDS = 6, 3
SKIPPED = 'fewer frames before it than the model sees'


def drive(name: str, windows: int, seed: int = 0, wheel_only: bool = False) -> list[Window]:
    """Windows every half second on a winding road, planned with some noise."""
    random = np.random.default_rng(seed)
    times_s = 0.5 * np.arange(windows)
    speeds = 7.0 + 3.0 * np.sin(times_s / 9.0)
    rates = 0.25 * np.sin(times_s / 4.0 + seed)
    yaws = np.concatenate([[0.3], 0.3 + 0.5 * np.cumsum(rates)])[:windows]
    steps = 0.5 * speeds[:, None] * np.stack([np.cos(yaws), np.sin(yaws)], axis=1)
    places = np.array([400_000.0, 5_000_000.0]) + np.cumsum(steps, axis=0)
    return [
        _window(name, at, random, places[at], yaws[at], speeds[at], rates[at], wheel_only)
        for at in range(windows)
    ]


def _window(
    name: str, at: int, random: np.random.Generator, place: np.ndarray, yaw: float, speed: float,
    rate: float, wheel_only: bool,
) -> Window:  # fmt: skip
    def way(by: float) -> np.ndarray:
        turned = (rate + by) * TIMES_S
        return np.stack(
            [speed * TIMES_S * np.cos(turned / 2), speed * TIMES_S * np.sin(turned / 2)], axis=1
        )

    def drawn(by: float) -> np.ndarray:
        noise = random.normal(0, 0.12, (SAMPLES, 1, 2)) * TIMES_S[None, :, None] ** 1.3
        return way(by)[None] * random.normal(1.06, 0.03) + noise

    command = (
        DriveCommand.LEFT if rate > 0.12 else DriveCommand.RIGHT if rate < -0.12
        else DriveCommand.STRAIGHT
    )  # fmt: skip
    bends = {DriveCommand.LEFT: 0.2, DriveCommand.STRAIGHT: 0.0, DriveCommand.RIGHT: -0.2}
    samples, again = drawn(0.0), [drawn(0.0) for _ in range(SEEDS - 1)]
    nats = random.normal(4.0, 0.3)
    return Window(
        recording=name,
        stamp_ns=FIRST_NS + at * NS_PER_S // 2,
        command=command,
        context_frames=8,
        pose=None if wheel_only else np.array([*place, yaw]),
        speed_mps=None if wheel_only else speed,
        yaw_rate_radps=None if wheel_only else rate,
        truth=None if wheel_only else way(0.0),
        steering=4.0 * rate + random.normal(0, 0.2) if wheel_only else None,
        plan=samples[0],
        samples=samples,
        what_ifs={one: drawn(by - rate) for one, by in bends.items() if one != command},
        repeats=tuple(Repeat(one[0], one) for one in again),
        frame=Frame(nats, 0.2, nats + 0.5, nats + 0.9, 0.3),
        objection='the first waypoint is 4.2 m aside' if at == 3 else None,
    )


def evaluated(
    windows: Sequence[Window], failures: Iterable[str] = (), names: Sequence[str] = (),
) -> Evaluated:  # fmt: skip
    """Of recordings `names`, or those of the windows; the failures are of the first."""
    results = []
    for name in names or sorted({one.recording for one in windows}):
        count = sum(one.recording == name for one in windows)
        tally = Tally(count + 7, count, Counter({SKIPPED: 7}))
        about = (f'bags/{name}: a bag of 60.0 s', 'images: /camera, 600', 'poses: /odom')
        results.append(
            RecordingResult(name, Path('bags') / name, about, (), tally, 600, 3.0 + count / 2)
        )
    for cause in failures:
        results[0].tally.expected += 1
        results[0].tally.failed[cause] += 1
    lines = tuple(one.line() for one in windows)
    return Evaluated(tuple(results), lines, tuple(windows), ((8, 2.4), (8, 2.9), (8, 2.2)), 0)


def run_of(found: Evaluated, trained: bool = True) -> Judged:
    """Judged as a run of the package's weights."""
    how = How(
        PilotSettings(weights='tiny', samples=SAMPLES), RecordingTopics(), Stride(),
        Sampling(SEEDS),
    )  # fmt: skip
    identity = ModelIdentity('5389f0fcc046', 'e540007897ff', trained, (2.0, 3.0), {'steps': 1500})
    return judged(found, how, identity, 'vavam evaluate bags --weights tiny --out <here>')

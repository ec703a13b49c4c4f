"""Whatever a camera does: properties of the selection, and the stamps of real clips."""

import csv
import itertools
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vavam_ros.perception.history import Admission, FrameSelector, TokenHistory
from vavam_ros.records import FrameTokens

SECOND = 1_000_000_000
STEP = SECOND // 2
TOLERANCE = 120_000_000
EPOCH_2024 = 1_704_067_200 * SECOND

few_examples = settings(derandomize=True, max_examples=20, deadline=None, database=None)


def ns(seconds: float) -> int:
    return round(seconds * SECOND)


def admit_all(stamps: list[int]) -> list[Admission]:
    selector = FrameSelector()
    return [selector.admit(stamp, 'front') for stamp in stamps]


def kept(stamps: list[int]) -> list[int]:
    return [s for s, a in zip(stamps, admit_all(stamps), strict=True) if a.kept]


def kept_by_epoch(stamps: list[int]) -> list[list[int]]:
    decided = zip(stamps, admit_all(stamps), strict=True)
    used = [(admission.epoch, stamp) for stamp, admission in decided if admission.kept]
    return [
        [s for _, s in group] for _, group in itertools.groupby(used, key=lambda pair: pair[0])
    ]


def resets(admissions: list[Admission]) -> list[str]:
    return [a.reset for a in admissions if a.reset is not None]


@dataclass(frozen=True)
class Camera:
    """A stream of a made-up camera: `jitter` is a fraction of its period."""

    hz: int
    jitter: float
    stamps: list[int]


@st.composite
def cameras(draw, rates=(10, 11, 20, 30), jitter=0.15, drops=0.0, seconds=15.0) -> Camera:
    hz = draw(st.sampled_from(rates))
    fraction = draw(st.floats(0.0, jitter))
    rate = draw(st.floats(0.0, drops)) if drops else 0.0
    start = draw(st.sampled_from([0, -3 * SECOND, EPOCH_2024]))
    rng = random.Random(draw(st.integers(0, 2**32)))
    noise = [rng.uniform(-fraction, fraction) for _ in range(round(seconds * hz))]
    stamps = [start + ns((i + n) / hz) for i, n in enumerate(noise) if rng.random() >= rate]
    return Camera(hz, fraction, stamps)


@few_examples
@given(cameras(drops=0.4))
def test_spacing_stays_near_the_step_within_an_epoch(camera: Camera) -> None:
    slack = TOLERANCE + SECOND // camera.hz
    for epoch in kept_by_epoch(camera.stamps):
        for earlier, later in itertools.pairwise(epoch):
            assert abs(later - earlier - STEP) <= slack
            assert later - earlier <= FrameSelector().max_spacing_ns


@few_examples
@given(cameras())
def test_without_drops_each_kept_frame_is_the_nearest_to_its_time_and_nothing_drifts(
    camera: Camera,
) -> None:
    used = kept(camera.stamps)
    assert not resets(admit_all(camera.stamps))
    assert len(used) in (29, 30)  # 15 s; the last wanted time may fall after the last frame
    blur = ns(4 * camera.jitter / camera.hz)  # two jittered intervals: the median's, the next
    for n, stamp in enumerate(used):
        wanted = used[0] + n * STEP
        nearest = min(abs(received - wanted) for received in camera.stamps)
        assert abs(stamp - wanted) <= nearest + blur + n  # n: rounding to ns
        assert abs(stamp - wanted) <= TOLERANCE


@few_examples
@given(cameras(rates=(10, 20, 30), jitter=0.05), st.data())
def test_one_lost_frame_leaves_the_grid_within_the_tolerance(camera: Camera, data) -> None:
    lost = data.draw(st.integers(1, len(camera.stamps) - 1))
    received = camera.stamps[:lost] + camera.stamps[lost + 1 :]
    used = kept(received)
    assert not resets(admit_all(received))
    assert len(used) >= 29
    for n, stamp in enumerate(used):
        assert abs(stamp - used[0] - n * STEP) <= TOLERANCE


@few_examples
@given(cameras(drops=0.4))
def test_the_same_stamps_give_the_same_decisions(camera: Camera) -> None:
    assert admit_all(camera.stamps) == admit_all(camera.stamps)


@few_examples
@given(cameras(drops=0.2, seconds=4.0), st.integers(2, 4))
def test_every_loop_of_a_bag_resets_and_no_epoch_goes_back(camera: Camera, loops: int) -> None:
    admissions = admit_all(camera.stamps * loops)
    jumps = [reason for reason in resets(admissions) if 'time jumped back' in reason]
    assert len(jumps) == loops - 1
    for i in range(1, loops):
        first = admissions[i * len(camera.stamps)]
        assert first.kept
        assert first.reset in jumps
    for epoch in kept_by_epoch(camera.stamps * loops):
        assert epoch == sorted(set(epoch))


@few_examples
@given(st.lists(st.tuples(st.integers(-3 * SECOND, 3 * SECOND), st.sampled_from('ab'))))
def test_any_input_keeps_epochs_consistent(received: list[tuple[int, str]]) -> None:
    selector = FrameSelector()
    epoch, newest = 0, None
    for i, (stamp, camera) in enumerate(received):
        admission = selector.admit(stamp, camera)
        assert admission.kept == (admission.cause == 'kept')
        assert admission.epoch == epoch + (admission.reset is not None)
        assert admission.kept or i > 0
        if admission.kept:
            assert admission.reset or newest is None or stamp > newest[0]
            assert admission.reset or newest is None or camera == newest[1]
            newest = (stamp, camera)
        epoch = admission.epoch


@few_examples
@given(cameras(seconds=4.0), st.integers(1, 10**18), st.sampled_from(['front', 'other']))
def test_a_frame_from_the_future_leaves_no_trace(camera: Camera, ahead: int, name: str) -> None:
    selector = FrameSelector()
    admissions = []
    for stamp in camera.stamps:
        early = selector.admit(stamp + ns(0.1) + ahead, name, now_ns=stamp)
        assert (early.kept, early.cause, early.reset) == (False, 'future', None)
        admissions.append(selector.admit(stamp, 'front', now_ns=stamp))
    assert admissions == admit_all(camera.stamps)


def frame(stamp: int) -> FrameTokens:
    return FrameTokens(stamp, 'front', np.full((2, 3), abs(stamp) % 1000, np.int32))


@few_examples
@given(cameras(drops=0.4), st.floats(0.0, 0.3))
def test_no_window_ever_has_a_hole(camera: Camera, overload: float) -> None:
    selector, rng = FrameSelector(), random.Random(len(camera.stamps))
    memory, lost, holes = TokenHistory(max_spacing_ns=selector.max_spacing_ns), 0, 0
    used: list[int] = []  # what the window must end with: stamps since the last loss or reset
    for stamp in camera.stamps:
        admission = selector.admit(stamp, 'front')
        used = [] if admission.reset else used
        if not admission.kept:
            continue
        if rng.random() < overload:
            lost, used = lost + 1, []
            continue
        holes += memory.remember(frame(stamp), admission.epoch).reset is not None
        used.append(stamp)
        window = memory.window()
        assert window is not None
        assert [f.stamp_ns for f in window.frames] == used[-8:]
    assert holes <= lost


@pytest.mark.parametrize(
    ('clip', 'frames'), [('nuscenes_scene0006', 40), ('kitti_0005', 32), ('udacity_ch2_30s', 60)]
)
def test_real_clips_are_used_without_a_reset(clips: Path, clip: str, frames: int) -> None:
    with (clips / clip / 'frames.csv').open(newline='') as file:
        stamps = [int(Decimal(row['stamp']) * SECOND) for row in csv.DictReader(file)]
    assert not resets(admit_all(stamps))
    assert len(kept(stamps)) == frames
    assert kept(stamps)[-1] - stamps[0] == pytest.approx((frames - 1) * STEP, abs=TOLERANCE)

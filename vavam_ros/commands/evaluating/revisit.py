"""Recordings of a run, read once more: what the model saw at some of its windows, and pictures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vavam_ros.bags.recorded_frames import RecordedFrame
from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.commands.evaluating.moments import Moments
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.frame_prediction import FramePredictor, Pixels, Tokens
from vavam_ros.driving.pilot import Pilot
from vavam_ros.errors import InputError
from vavam_ros.evaluation.tally import Tally
from vavam_ros.evaluation.window import Window
from vavam_ros.geometry.mounted_camera import MountedCamera
from vavam_ros.perception.virtual_camera import VirtualCamera, resize
from vavam_ros.records import NS_PER_S, CameraFrame, FrameTokens, TokenWindow

LEAST_ACROSS_PX = 640  # of pictures that are painted on
Chosen = TypeVar('Chosen')


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame as the model sees it: cut, resampled, resized."""

    view: Pixels  # [H, W, 3] at the model's size
    sharp: Pixels  # the same, larger
    camera: MountedCamera  # behind `sharp`
    assumed: str  # about that camera, or where the picture comes from; empty: nothing


@dataclass(frozen=True, eq=False)
class Visit:
    """One recording of a run, and the windows of it that are looked at."""

    recording: Recording
    windows: tuple[Window, ...]

    @property
    def stamps_ns(self) -> list[int]:
        """Of the windows."""
        return [one.stamp_ns for one in self.windows]


def visits(evaluated: Evaluated, how: How, windows: Iterable[Window]) -> Iterator[Visit]:
    """Open again what these windows are of, in the run's order."""
    by_name: dict[str, list[Window]] = {}
    for one in windows:
        by_name.setdefault(one.recording, []).append(one)
    for result in evaluated.recordings:
        if found := by_name.get(result.name):
            yield Visit(open_recording(result.path, how.topics), tuple(found))


def spread_out(items: Sequence[Chosen], count: int) -> list[Chosen]:
    """Up to `count` of them, evenly spread from the first to the last; the same each time."""
    if len(items) <= count:
        return list(items)
    places = np.linspace(0, len(items) - 1, count).round().astype(int)
    return [items[place] for place in sorted(set(places.tolist()))]


def token_windows(
    recording: Recording, how: How, pilot: Pilot, stamps_ns: Collection[int]
) -> dict[int, TokenWindow]:
    """What the pilot remembered at these stamps, as when they were planned for."""
    wanted = set(stamps_ns)
    found: dict[int, TokenWindow] = {}
    moments = Moments(recording, pilot, how.stride, wanted.__contains__, Tally())
    with suppress(InputError):  # where a damaged recording ends: the run has counted that
        for moment in moments:
            found[moment.window.stamp_ns] = moment.window
            if len(found) == len(wanted):
                break
    return found


def nearest_frames(
    recording: Recording, times_ns: Iterable[int], tolerance_ns: int
) -> Iterator[tuple[int, RecordedFrame]]:
    """For each time the frame nearest to it (the earlier of two), where there is one so near."""
    waiting = sorted(set(times_ns), reverse=True)
    best: dict[int, RecordedFrame] = {}
    with suppress(InputError):  # as above
        for frame in recording.frames():
            while waiting and waiting[-1] <= frame.stamp_ns + tolerance_ns:
                best.setdefault(waiting.pop(), frame)
            for time_ns, before in list(best.items()):
                off_ns = abs(frame.stamp_ns - time_ns)
                if off_ns < abs(before.stamp_ns - time_ns):
                    best[time_ns] = frame
                elif frame.stamp_ns > time_ns and off_ns > abs(before.stamp_ns - time_ns):
                    yield from _near(best, time_ns, tolerance_ns)
            if not waiting and not best:
                return
    for time_ns in list(best):
        yield from _near(best, time_ns, tolerance_ns)


def _near(
    best: dict[int, RecordedFrame], time_ns: int, tolerance_ns: int
) -> Iterator[tuple[int, RecordedFrame]]:
    frame = best.pop(time_ns)
    if abs(frame.stamp_ns - time_ns) <= tolerance_ns:
        yield time_ns, frame


class Viewer:
    """Turns frames of recordings into pictures as the pilot sees them."""

    def __init__(self, pilot: Pilot) -> None:
        self._pilot, self._camera = pilot, pilot.camera
        times = math.ceil(LEAST_ACROSS_PX / self._camera.width_px)
        self._sharp = VirtualCamera(
            self._camera.height_px * times,
            self._camera.width_px * times,
            self._camera.crop_top_px,
            self._camera.mount,
        )

    def view(self, frame: CameraFrame) -> Pixels:
        """At the model's size."""
        return self._camera.view(frame.image, frame.calibration)

    def pictures(
        self, recording: Recording, times_ns: Iterable[int]
    ) -> Iterator[tuple[int, CameraFrame]]:
        """Frames near these times; of tokens, what they decode to."""
        tolerance_ns = round(self._pilot.settings.step_tolerance_s * NS_PER_S)
        for time_ns, frame in nearest_frames(recording, times_ns, tolerance_ns):
            with suppress(InputError):  # one that cannot be decoded, which the run has counted
                yield (
                    time_ns,
                    self.decoded(frame.tokens()) if recording.has_tokens else (frame.image()),
                )

    def decoded(self, frame: FrameTokens) -> CameraFrame:
        """The picture of a frame's tokens; InputError where the tokenizer only encodes."""
        image = self._pilot.tokenizer.decode(frame.tokens)
        assert image is not None, 'nothing interrupts'
        return CameraFrame(frame.stamp_ns, frame.camera, image)

    def picture(self, frame: CameraFrame, from_tokens: bool = False) -> Picture:
        """The frame, and the camera that is to be drawn for."""
        calibration, mount = frame.calibration, self._sharp.mount
        if from_tokens:
            size = (self._sharp.height_px, self._sharp.width_px)
            sharp, assumed = resize(frame.image, *size), 'decoded from tokens'
        else:
            sharp = self._sharp.view(frame.image, calibration)
            assumed = '' if calibration else 'no camera_info: taken for the training camera'
        if calibration and not self._sharp.is_training_camera(calibration):
            mount = replace(mount, pitch_rad=0.0)  # the view is a level camera's
        camera = MountedCamera(self._sharp.pinhole, mount)
        return Picture(self.view(frame), sharp, camera, assumed)


def predictor_of(pilot: Pilot) -> FramePredictor:
    """Predicts frames with the pilot's own video model."""
    grid = pilot.planner.video.config.grid
    assert grid is not None, 'a pilot knows how its frames are laid out'
    return FramePredictor(pilot.planner.video, pilot.tokenizer, grid)


def cannot_foresee(pilot: Pilot) -> str | None:
    """Why there are no predicted pictures; None where there are."""
    if not pilot.tokenizer.can_decode:
        return 'the tokenizer only encodes: no frames are predicted (give its decoder as well)'
    if pilot.planner.video.config.nb_timesteps < 2:
        return 'a video model with a context of one frame predicts none'
    return None


def stacked(windows: Iterable[TokenWindow]) -> Tokens:
    """[N, T, h, w] of windows that are equally long."""
    return np.stack([one.tokens for one in windows])


def in_batches(items: Sequence[Chosen], size: int) -> Iterator[Sequence[Chosen]]:
    """So many at a time."""
    for first in range(0, len(items), size):
        yield items[first : first + size]

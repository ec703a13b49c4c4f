"""The moments of a recording that a plan is wanted for, and what the pilot remembers then."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vavam_ros.bags.recorded_frames import RecordedFrame
from vavam_ros.bags.recording import Recording
from vavam_ros.commands.evaluating.truth import Known, Truths
from vavam_ros.driving.pilot import Pilot
from vavam_ros.errors import InputError
from vavam_ros.evaluation.tally import Tally
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.perception.history import Admission
from vavam_ros.records import NS_PER_S, TokenWindow

TOO_FEW = 'fewer frames before it than the model sees'
LEAST_S = 0.01  # between windows: each part of 0.5 s is a pass over the recording
ALWAYS = (-(2**63), 2**63)


@dataclass(frozen=True)
class Stride:
    """Every how many seconds there is a moment: a multiple of 0.5 s, or an equal part of it."""

    seconds: float = STEP_S

    def __post_init__(self) -> None:
        possible = LEAST_S <= self.seconds < math.inf
        ratios = (self.seconds / STEP_S, STEP_S / self.seconds) if possible else ()
        if not any(n > 1 - 1e-6 and abs(n - round(n)) < 1e-6 for n in ratios):
            raise InputError(
                f'--stride is {self.seconds:g} s: give {STEP_S:g} s, a multiple of it such as '
                f'{2 * STEP_S:g}, or an equal part such as {STEP_S / 5:g}'
            )

    @property
    def every(self) -> int:
        """Of the frames that the model sees, every so many."""
        return max(1, round(self.seconds / STEP_S))

    @property
    def phases_ns(self) -> tuple[int, ...]:
        """How long after the first frame each pass over the recording begins."""
        parts = max(1, round(STEP_S / self.seconds))
        return tuple(round(part * self.seconds * NS_PER_S) for part in range(parts))


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame that a plan is wanted for."""

    window: TokenWindow
    known: Known


class Moments:
    """Goes through a recording as a node would, and counts what it finds on the way.

    A frame is decoded only when a window needs it: neither where there is nothing to compare a
    plan with, nor where the plan is there already.
    """

    def __init__(
        self,
        recording: Recording,
        pilot: Pilot,
        stride: Stride,
        wanted: Callable[[int], bool],
        tally: Tally,
        within_ns: tuple[int, int] = ALWAYS,
    ) -> None:
        """`wanted` is asked by stamp; moments that are not wanted are counted by the caller.

        Moments outside of `within_ns`, a first stamp and one past the last, are not this part's.
        """
        self._recording, self._pilot, self._stride = recording, pilot, stride
        self._wanted, self._tally = wanted, tally
        self._within_ns = within_ns
        self._truths = Truths(recording)
        self._seen: set[int] = set()  # stamps of moments, which passes may share

    def __iter__(self) -> Iterator[Moment]:
        first_ns: int | None = None
        for phase_ns in self._stride.phases_ns:
            self._pilot.forget()
            run = _Run(self._pilot, self._recording.has_tokens)
            for frame in self._recording.frames():
                if frame.stamp_ns >= self._within_ns[1]:
                    break
                first_ns = frame.stamp_ns if first_ns is None else first_ns
                if frame.stamp_ns >= first_ns + phase_ns and run.admits(frame):
                    yield from self._moment(frame, run)

    def _moment(self, frame: RecordedFrame, run: _Run) -> Iterator[Moment]:
        if (run.length - 1) % self._stride.every or frame.stamp_ns in self._seen:
            return
        self._seen.add(frame.stamp_ns)
        if not self._within_ns[0] <= frame.stamp_ns < self._within_ns[1]:
            return
        self._tally.expected += 1
        known = self._truths.at(frame.stamp_ns, frame.command)
        if run.length < self._pilot.settings.context_frames:
            self._tally.skipped[TOO_FEW] += 1
        elif isinstance(known, str):
            self._tally.skipped[known] += 1
        elif self._wanted(frame.stamp_ns):
            try:
                yield Moment(run.window(), known)
            except InputError as error:
                self._tally.failed[str(error)] += 1
                run.start_anew()


class _Run:
    """One pass: the frames that the model would see, tokenised as late as possible."""

    def __init__(self, pilot: Pilot, has_tokens: bool) -> None:
        self._pilot, self._has_tokens = pilot, has_tokens
        self._waiting: deque[tuple[RecordedFrame, Admission]] = deque(
            maxlen=pilot.settings.context_frames
        )
        self.length = 0  # frames in a row

    def admits(self, frame: RecordedFrame) -> bool:
        """Whether the model would see it."""
        admission = self._pilot.admit(frame.stamp_ns, frame.camera, calibration=frame.calibration)
        if admission.kept:
            self.length = 1 if admission.reset else self.length + 1
            self._waiting.append((frame, admission))
        return admission.kept

    def start_anew(self) -> None:
        """Count no frame so far: one of them could not be read."""
        self._waiting.clear()
        self.length = 0

    def window(self) -> TokenWindow:
        """Up to the newest frame; InputError where one of its frames cannot be decoded."""
        while self._waiting:
            frame, admission = self._waiting.popleft()
            self._pilot.remember(frame.tokens() if self._has_tokens else frame.image(), admission)
        window = self._pilot.window()
        assert window is not None
        return window

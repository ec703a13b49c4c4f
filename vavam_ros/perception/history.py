"""Which camera frames the model sees (by stamp), and the window of them that it sees now.

`FrameSelector` runs where images arrive and decides from stamps alone, so that only frames which
the history will keep are decoded and tokenised. `TokenHistory` holds what came of them.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S, FrameTokens, TokenWindow

Cause = Literal['kept', 'between', 'duplicate', 'out_of_order', 'future']

PERIOD_INTERVALS = 7  # the median of these takes up a camera's new rate after four frames
MIN_LIMIT_S = 0.001  # less is a mistaken unit: no camera is that fast
DISORDER_FRAMES = 32  # a second of a 30 Hz camera: no transport mixes up more in a row
SEEN_STAMPS = 128  # only names a rejected frame 'duplicate' or 'out_of_order'; both are rejected


@dataclass(frozen=True)
class Admission:
    """What the selector decided about one received frame."""

    kept: bool
    cause: Cause  # 'between': not the frame nearest to a wanted time
    epoch: int  # counts the resets; frames of different epochs never share a window
    reset: str | None  # why the history starts anew with this frame; None where it does not


@dataclass(frozen=True)
class Remembered:
    """What the history did with one frame's tokens."""

    kept: bool  # False: the frame came from an older epoch, or is no newer than the newest
    reset: str | None  # why the history started over with this frame; None where it did not


class FrameSelector:
    """Keeps the frames nearest to a grid of `step_s`, whatever the camera's rate. Thread-safe.

    The grid starts at an epoch's first frame. A frame is nearest if the one expected after it (one
    median camera period later) would be farther from the wanted time, or too late. How far the
    kept frame missed the wanted time is taken off the next step, up to half the tolerance: so an
    11 Hz camera still averages the wanted rate, and a camera slightly off 2 Hz keeps all frames.
    A kept frame lies within `tolerance_s` of the wanted time or of one step after the last one,
    or of any time between these two; if a frame is later than that, the history starts anew.

    A camera that never sets its stamps shows as 'duplicate'. A loop shorter than `jump_s` looks
    like disorder at first, until more than `DISORDER_FRAMES` frames in a row went back.
    """

    def __init__(
        self,
        step_s: float = 0.5,
        tolerance_s: float = 0.12,
        future_s: float = 0.1,
        jump_s: float = 1.0,
    ) -> None:
        """Take the model's step and the limits, all in seconds; raises InputError if unusable."""
        self._step_ns = _nanoseconds('step_s', step_s)
        self._tolerance_ns = _nanoseconds('tolerance_s', tolerance_s, below_s=step_s)
        self._future_ns = _nanoseconds('future_s', future_s, least_s=0.0)
        self._jump_ns = _nanoseconds('jump_s', jump_s)
        self._lock = threading.Lock()
        self._epoch = 0
        self._camera: str | None = None  # None until the first frame
        self._newest_ns = 0  # newest stamp received in this epoch, kept or not
        self._kept_ns = 0  # newest stamp kept
        self._target_ns = 0  # wanted time of the next kept frame
        self._backward_frames = 0  # frames older than the newest, since time last went on
        self._intervals: deque[int] = deque(maxlen=PERIOD_INTERVALS)  # ns, all above zero
        self._seen: deque[int] = deque(maxlen=SEEN_STAMPS)

    @property
    def max_spacing_ns(self) -> int:
        """Longest time between two frames kept in one epoch: step, tolerance, carried error."""
        return self._step_ns + self._tolerance_ns + self._tolerance_ns // 2

    def admit(self, stamp_ns: int, camera: str, now_ns: int | None = None) -> Admission:
        """Decide about a frame received from `camera`; all times on one clock, in nanoseconds.

        Give `now_ns` to reject stamps of the future, which leave no trace; None skips the test
        (right for a simulated clock that has not started). The same calls give the same answers.
        """
        with self._lock:
            if now_ns is not None and stamp_ns > now_ns + self._future_ns:
                return self._rejected('future')
            if self._camera is None:
                self._camera = camera
                return self._start(stamp_ns)
            if camera != self._camera:
                return self._change_camera(stamp_ns, camera)
            if stamp_ns <= self._newest_ns:
                return self._admit_backward(stamp_ns)
            return self._admit_forward(stamp_ns)

    def _rejected(self, cause: Cause) -> Admission:
        return Admission(False, cause, self._epoch, None)

    def _start(self, stamp_ns: int, reset: str | None = None) -> Admission:
        self._epoch += reset is not None
        self._newest_ns = self._kept_ns = stamp_ns
        self._target_ns = stamp_ns + self._step_ns
        self._backward_frames = 0
        self._seen.append(stamp_ns)
        return Admission(True, 'kept', self._epoch, reset)

    def _change_camera(self, stamp_ns: int, camera: str) -> Admission:
        reset = f'camera changed from {self._camera} to {camera}'
        self._camera = camera
        self._seen.clear()
        self._intervals.clear()
        return self._start(stamp_ns, reset)

    def _admit_backward(self, stamp_ns: int) -> Admission:
        back_ns = self._newest_ns - stamp_ns
        # A frozen camera repeats its newest frame for ever: that is no step back.
        self._backward_frames += back_ns > 0
        if back_ns >= self._jump_ns:
            guess = 'a bag loop' if stamp_ns > 0 else 'a bag loop, or a frame without a stamp'
            return self._jump_back(
                stamp_ns, f'time jumped back {back_ns / NS_PER_S:.1f} s: {guess}?'
            )
        if self._backward_frames > DISORDER_FRAMES:
            limit = f'{self._jump_ns / NS_PER_S:.1f} s'
            return self._jump_back(
                stamp_ns, f'time keeps going back by less than {limit}: a loop shorter than that?'
            )
        duplicate = stamp_ns in self._seen
        self._seen.append(stamp_ns)
        return self._rejected('duplicate' if duplicate else 'out_of_order')

    def _jump_back(self, stamp_ns: int, reset: str) -> Admission:
        self._seen.clear()
        return self._start(stamp_ns, reset)

    def _admit_forward(self, stamp_ns: int) -> Admission:
        self._intervals.append(stamp_ns - self._newest_ns)
        self._newest_ns = stamp_ns
        self._backward_frames = 0
        self._seen.append(stamp_ns)
        latest_ns = max(self._target_ns, self._kept_ns + self._step_ns) + self._tolerance_ns
        if stamp_ns > latest_ns:
            return self._start(stamp_ns, self._gap_reason(stamp_ns, latest_ns))
        if not self._is_nearest(stamp_ns, latest_ns):
            return self._rejected('between')
        limit_ns = self._tolerance_ns // 2
        carried_ns = max(-limit_ns, min(limit_ns, stamp_ns - self._target_ns))
        self._kept_ns = stamp_ns
        self._target_ns = stamp_ns + self._step_ns - carried_ns
        return Admission(True, 'kept', self._epoch, None)

    def _is_nearest(self, stamp_ns: int, latest_ns: int) -> bool:
        earliest_ns = min(self._target_ns, self._kept_ns + self._step_ns) - self._tolerance_ns
        following_ns = stamp_ns + self._period_ns()
        is_nearer = self._target_ns - stamp_ns <= following_ns - self._target_ns
        return stamp_ns >= earliest_ns and (is_nearer or following_ns > latest_ns)

    def _period_ns(self) -> int:
        """Camera period; the low median ignores drops. Known from the second frame on."""
        return statistics.median_low(self._intervals) if self._intervals else self._step_ns

    def _gap_reason(self, stamp_ns: int, latest_ns: int) -> str:
        gap_ns, limit_ns = stamp_ns - self._kept_ns, latest_ns - self._kept_ns
        return (
            f'gap of {_excess(gap_ns, limit_ns)} fits'
            f" the model's {self._step_ns / NS_PER_S:.2f} s step{self._rate_remark()}"
        )

    def _rate_remark(self) -> str:
        """Blame the camera's rate where no frame can be in time; one interval may be a pause."""
        period_ns = self._period_ns()
        steps = max(1, round(self._step_ns / period_ns))
        fits = abs(steps * period_ns - self._step_ns) <= self._tolerance_ns
        if fits or len(self._intervals) < 2:
            return ''
        verdict = 'is too slow' if period_ns > self._step_ns else 'has no frame in time'
        needed_hz = NS_PER_S / self._step_ns
        return (
            f': the camera at {NS_PER_S / period_ns:.1f} Hz {verdict}'
            f' (use {needed_hz:.1f} Hz or a multiple)'
        )


class TokenHistory:
    """The newest frames of the newest epoch, as tokens. Thread-safe.

    A frame that was admitted but never tokenised leaves a hole: the history then starts over.
    """

    def __init__(self, length: int = 8, *, max_length: int = 8, max_spacing_ns: int) -> None:
        """Hold `length` frames, at most the model's `max_length`, else InputError.

        `max_spacing_ns` is the longest time between two frames without a hole, as the selector's
        property of that name gives it.
        """
        if not 1 <= length <= max_length:
            raise InputError(
                f'history length is {length}: give 1 to {max_length} frames, as the model takes'
            )
        self._max_spacing_ns = max_spacing_ns
        self._lock = threading.Lock()
        self._epoch: int | None = None  # None until the first frame
        self._frames: deque[FrameTokens] = deque(maxlen=length)

    def remember(self, tokens: FrameTokens, epoch: int) -> Remembered:
        """Append a frame admitted in `epoch`; a newer epoch drops the older frames silently.

        The selector has already given the reason for a new epoch; `reset` speaks of holes only.
        """
        with self._lock:
            if self._epoch is not None and epoch < self._epoch:
                return Remembered(False, None)
            if epoch != self._epoch:
                self._epoch = epoch
                self._frames.clear()
            return self._append(tokens)

    def window(self) -> TokenWindow | None:
        """Up to `length` frames of the newest epoch, oldest first; None while there are none."""
        with self._lock:
            return TokenWindow(tuple(self._frames)) if self._frames else None

    def clear(self) -> None:
        """Forget everything, the epoch too: a new selector counts its epochs from zero again."""
        with self._lock:
            self._epoch = None
            self._frames.clear()

    def _append(self, tokens: FrameTokens) -> Remembered:
        reset = None
        if self._frames:
            spacing_ns = tokens.stamp_ns - self._frames[-1].stamp_ns
            if spacing_ns <= 0:
                return Remembered(False, None)
            if spacing_ns > self._max_spacing_ns:
                reset = self._hole_reason(spacing_ns)
                self._frames.clear()
        self._frames.append(tokens)
        return Remembered(True, reset)

    def _hole_reason(self, spacing_ns: int) -> str:
        excess = _excess(spacing_ns, self._max_spacing_ns)
        return f'gap of {excess} fits: a frame was kept but not tokenised'


def _excess(gap_ns: int, limit_ns: int) -> str:
    """Say by how much; rounded apart, else a gap just over the limit would read as equal."""
    gap_s, limit_s = math.ceil(gap_ns / 1e7) / 100, math.floor(limit_ns / 1e7) / 100
    return f'{gap_s:.2f} s between used frames, at most {limit_s:.2f} s'


def _nanoseconds(
    name: str, seconds: float, least_s: float = MIN_LIMIT_S, below_s: float = math.inf
) -> int:
    if not least_s <= seconds < below_s:  # false for NaN too
        raise InputError(
            f'{name} is {seconds:g} s: it must be {least_s:g} s or more, below {below_s:g} s'
        )
    return round(seconds * NS_PER_S)

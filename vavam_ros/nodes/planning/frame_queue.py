"""Images on their way from the executor's thread to the worker's, in order, never too many."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from sensor_msgs.msg import CompressedImage, Image

from vavam_ros.perception.history import Admission
from vavam_ros.records import CameraCalibration


@dataclass(frozen=True)
class WaitingFrame:
    """An image that the history wants, not decoded yet."""

    msg: Image | CompressedImage
    stamp_ns: int
    admission: Admission
    received_s: float  # time.monotonic()
    calibration: CameraCalibration | None = None  # the newest when it came


class FrameQueue:
    """A bounded queue for one producer and one consumer, that can be closed."""

    def __init__(self, capacity: int) -> None:
        """Hold up to `capacity` frames, at least one."""
        self._frames: deque[WaitingFrame] = deque()
        self._capacity = capacity
        self._changed = threading.Condition()
        self._closed = False

    @property
    def urgent(self) -> bool:
        """Whether `take` would return at once: for work that gives way to frames."""
        return self._closed or bool(self._frames)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def put(self, frame: WaitingFrame) -> WaitingFrame | None:
        """Append a frame; returns the oldest one where that had to make room."""
        with self._changed:
            self._frames.append(frame)
            self._changed.notify()
            return self._frames.popleft() if len(self._frames) > self._capacity else None

    def take(self) -> WaitingFrame | None:
        """Wait for the oldest frame; None once the queue is closed, whatever it still holds."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._frames)
            return None if self._closed else self._frames.popleft()

    def keep_newest(self) -> int:
        """Drop all frames but the newest; returns how many that were."""
        with self._changed:
            older = max(0, len(self._frames) - 1)
            for _ in range(older):
                self._frames.popleft()
            return older

    def close(self) -> None:
        """End `take`, now and from now on."""
        with self._changed:
            self._closed = True
            self._frames.clear()
            self._changed.notify_all()

"""What a demo recorded, as records: paths, overlays, predicted frames, the planner's account."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.reader import BagReader
from vavam_ros.records import NS_PER_S, CameraFrame

PATH, OVERLAY = '/planner/path', '/planner/overlay'
PREDICTED, DIAGNOSTICS = '/planner/predicted_image', '/diagnostics'
SIMULATOR = '/simulator/status'
MOST_PICTURES = 80  # that are kept; a film of more would be too large to show
_AHEAD_NS = NS_PER_S // 2  # from a camera frame to the frame predicted from it
_AHEAD_SUFFIX = '/plus_0.5s'  # of its frame_id
_TOLERANCE_NS = NS_PER_S // 4  # a predicted frame is shown beside the real one nearest in time
_IDENTITY = ('weights', 'tokenizer', 'training', 'width_mult', 'device', 'dtype')
_STATUS_NAME = 'planner: planning'
_STAGE = re.compile(r'(.*)_ms_(p50|p95|max)')
_WITHHELD = re.compile(r'withheld \((.*)\)')


@dataclass(frozen=True)
class RecordedPath:
    """One planned path."""

    stamp_ns: int  # of the camera frame that it answers
    waypoints_in_rig: NDArray[np.float64]  # [H, 2] m
    horizon_s: float  # from the stamp to the last waypoint


@dataclass(frozen=True)
class PlannerAccount:
    """The planner's own counts and latencies, as its diagnostics gave them last."""

    said: Mapping[str, str] = field(default_factory=dict)  # empty: it never said anything

    def count(self, name: str) -> int:
        """A count by its name in the diagnostics; 0 where it said nothing."""
        return int(self.said.get(name, 0))

    @property
    def random(self) -> bool:
        """Whether its weights are random."""
        return self.said.get('training') == 'RANDOM'

    @property
    def model(self) -> dict[str, str]:
        """Which weights planned, and how."""
        return {key: self.said.get(key, '') for key in _IDENTITY}

    @property
    def weights_line(self) -> str:
        """The weights in words."""
        training = 'random' if self.random else 'trained'
        return f'weights {self.said.get("weights", "unknown")} ({training})'

    @property
    def withheld_by_cause(self) -> dict[str, int]:
        """Plans that the output gate held back."""
        found = {key: _WITHHELD.fullmatch(key) for key in self.said}
        return {match[1]: self.count(key) for key, match in found.items() if match}

    @property
    def dropped_by_cause(self) -> dict[str, int]:
        """Images that got lost."""
        return {
            key.removeprefix('dropped_'): self.count(key)
            for key in self.said
            if key.startswith('dropped_')
        }

    @property
    def latency_ms(self) -> dict[str, dict[str, float]]:
        """Milliseconds by stage, as p50, p95 and max."""
        stages: dict[str, dict[str, float]] = {}
        for key, value in self.said.items():
            if match := _STAGE.fullmatch(key):
                stages.setdefault(match[1], {})[match[2]] = float(value)
        return stages


@dataclass(frozen=True)
class DemoRecording:
    """A recorded bag's contents, as far as pictures and report need them."""

    messages: Mapping[str, int]  # by topic, in alphabetical order
    paths: Sequence[RecordedPath]
    overlays: Sequence[CameraFrame]  # the first MOST_PICTURES
    predictions: Mapping[int, CameraFrame]  # by the time that they are for, ns
    account: PlannerAccount
    simulator: Mapping[str, str] = field(default_factory=dict)  # its last status, if it ran

    @property
    def pairs(self) -> list[tuple[CameraFrame, CameraFrame | None]]:
        """Each overlay with what was predicted for that moment half a second before."""
        return [(one, self._predicted_for(one.stamp_ns)) for one in self.overlays]

    @property
    def repeats(self) -> bool:
        """Whether the same again gives the same: no answer came too late.

        A plan that the gate withheld never comes, in any run: the simulator waited for its path
        in vain, which it counts as late.
        """
        counts = self.simulator
        if not counts:
            return False
        late_paths = int(counts['late_paths']) - self.account.count('withheld')
        others = (int(counts[name]) for name in ('late_turns', 'timeouts', 'braked_ticks'))
        return late_paths == 0 and not any(others)

    def _predicted_for(self, stamp_ns: int) -> CameraFrame | None:
        nearest_ns = min(self.predictions, key=lambda ns: abs(ns - stamp_ns), default=None)
        if nearest_ns is None or abs(nearest_ns - stamp_ns) > _TOLERANCE_NS:
            return None
        return self.predictions[nearest_ns]


def read_recording(bag: Path) -> DemoRecording:
    """Read what `vavam record` left; InputError where it is damaged, or no bag."""
    paths: list[RecordedPath] = []
    overlays: list[CameraFrame] = []
    predictions: dict[int, CameraFrame] = {}
    account = PlannerAccount()
    simulator: dict[str, str] = {}
    with BagReader(bag) as reader:
        messages = {name: topic.count for name, topic in reader.topics.items()}
        wanted = {PATH, OVERLAY, PREDICTED, DIAGNOSTICS, SIMULATOR} & reader.topics.keys()
        for message in reader.messages(wanted):
            content = reader.deserialize(message)
            if message.topic == PATH:
                paths.append(_path(content))
            elif message.topic == DIAGNOSTICS:
                account = _account(content) or account
            elif message.topic == SIMULATOR:
                simulator = _values(content)
            elif len(overlays) < MOST_PICTURES:
                frame = _frame(content)
                if message.topic == OVERLAY:
                    overlays.append(frame)
                elif frame.camera.endswith(_AHEAD_SUFFIX):
                    predictions[frame.stamp_ns + _AHEAD_NS] = frame
    return DemoRecording(messages, paths, overlays, predictions, account, simulator)


def _path(message: Any) -> RecordedPath:
    stamp_ns = _ns(message.header.stamp)
    points = [(one.pose.position.x, one.pose.position.y) for one in message.poses]
    last_ns = _ns(message.poses[-1].header.stamp)
    return RecordedPath(stamp_ns, np.array(points, np.float64), (last_ns - stamp_ns) / NS_PER_S)


def _frame(message: Any) -> CameraFrame:
    pixels = message.data.reshape(message.height, message.width, 3)
    return CameraFrame(_ns(message.header.stamp), message.header.frame_id, pixels)


def _account(message: Any) -> PlannerAccount | None:
    for status in message.status:
        if status.name == _STATUS_NAME:
            return PlannerAccount(_values(status))
    return None


def _values(status: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}


def _ns(stamp: Any) -> int:
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)

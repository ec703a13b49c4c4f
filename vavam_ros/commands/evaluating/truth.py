"""What is known of a recorded drive at a moment: what a plan is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.recording import Recording
from vavam_ros.evaluation.ego_motion import past_motion
from vavam_ros.evaluation.steering import mean_ahead
from vavam_ros.geometry.ego_track import HORIZON, STEP_S, EgoTrack, commands_by_pose
from vavam_ros.records import NS_PER_S, DriveCommand

STEERING_COLUMN = 'steering_wheel_angle_rad'  # of frames.csv, left positive

NO_POSE = 'no pose at the frame'
NO_PAST = f'no pose {STEP_S:g} s before the frame'
NO_FUTURE = f'not {HORIZON * STEP_S:g} s of poses after the frame'
NO_STEERING = 'not 2 s of steering after the frame'


@dataclass(frozen=True, eq=False)
class Known:
    """Of one moment; see evaluation.window.Window."""

    command: DriveCommand
    pose: NDArray[np.float64] | None = None
    speed_mps: float | None = None
    yaw_rate_radps: float | None = None
    truth: NDArray[np.float64] | None = None
    steering: float | None = None


class Truths:
    """Of a recording: by its poses, or by its steering wheel where that is all there is."""

    def __init__(self, recording: Recording) -> None:
        self._track: EgoTrack | None = recording.truth.track if recording.truth else None
        self._columns = recording.columns

    def at(self, stamp_ns: int, told: DriveCommand | None) -> Known | str:
        """What is known at a frame, or why there is nothing to compare a plan with.

        `told` is the command on a topic; without one, it follows from the way that was driven.
        """
        if self._track is None:
            return self._by_wheel(stamp_ns, told)
        stamps = np.array([stamp_ns], np.int64)
        states, known = self._track.at(stamps)
        if not known[0]:
            return NO_POSE
        if not self._track.covers(stamps, STEP_S, 0.0)[0]:
            return NO_PAST
        targets, known = self._track.targets(stamps)
        if not known[0]:
            return NO_FUTURE
        before, _ = self._track.at(stamps - round(STEP_S * NS_PER_S))
        motion = past_motion(before[:, :3], states[:, :3])
        by_pose = DriveCommand(int(commands_by_pose(targets, known)[0]))
        return Known(
            command=by_pose if told is None else told,
            pose=states[0, :3],
            speed_mps=float(motion.speeds_mps[0]),
            yaw_rate_radps=float(motion.yaw_rates_radps[0]),
            truth=targets[0].astype(np.float64),
        )

    def _by_wheel(self, stamp_ns: int, told: DriveCommand | None) -> Known | str:
        columns = self._columns
        if columns is None or STEERING_COLUMN not in columns.by_name:
            return f'neither poses nor a column {STEERING_COLUMN}'
        readings = columns.by_name[STEERING_COLUMN]
        [mean] = mean_ahead(columns.stamps_ns, readings, np.array([stamp_ns], np.int64))
        if np.isnan(mean):
            return NO_STEERING
        return Known(DriveCommand.STRAIGHT if told is None else told, steering=float(mean))

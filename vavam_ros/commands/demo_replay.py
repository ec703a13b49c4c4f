"""The drive of a demo once more, from its command log: what no topic tells is seen there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.decoding import state_from_message
from vavam_ros.bags.reader import BagReader
from vavam_ros.commands.demo_drive_nodes import ODOMETRY, Trip
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.errors import InputError
from vavam_ros.evaluation.closed_loop import JudgedDrive
from vavam_ros.evaluation.drive_record import DriveEvent, DriveRecord
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S
from vavam_ros.simulation.command_log import CommandLog, read_command_log
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.repeated_drive import RepeatedDrive

_SAME_M = 1e-3  # between a recorded place and the same one now


class DriveReplay:
    """A world that moves as the recorded one did, which is checked against the odometry."""

    def __init__(self, trip: Trip, folder: DemoFolder) -> None:
        """Read log and bag of a demo's folder."""
        self.world = trip.world()
        self.start = self.world.ego.pose
        self.poses: dict[int, Pose2] = {}  # by stamp, as far as it has driven
        self._actuations = list(read_command_log(folder.command_log))
        self._drive = RepeatedDrive(self.world, self._actuations)
        self._recorded = _recorded_places(folder, self.world.vehicle.rear_axle_to_centre_m)
        self._log = CommandLog()
        self._trip = trip

    @property
    def ticks(self) -> int:
        """Of the drive."""
        return len(self._actuations)

    @property
    def digest(self) -> str:
        """The command log's hash, as the simulator has said it."""
        return self._log.digest

    def stamps_ns(self) -> Iterator[int]:
        """Each tick's stamp, while the world is as it was then; then the world goes on."""
        for actuation in self._drive.steps():
            stamp_ns = actuation.stamp_ns
            self._log.add(stamp_ns, actuation)
            self.poses[stamp_ns] = self.world.ego.pose
            self._check(stamp_ns)
            yield stamp_ns

    @property
    def events(self) -> Sequence[DriveEvent]:
        """What has gone wrong by now."""
        return self._drive.events

    def record(self) -> DriveRecord:
        """Of what has been driven by now."""
        return self._drive.record()

    def judged(self) -> JudgedDrive:
        """The drive, beside one of the expert from the same start in the same time."""
        world = self._trip.world()
        expert, begin_m = Expert(world), world.progress_m
        for _ in self._actuations:
            world.step(expert.actuation())
        return JudgedDrive(self.record(), world.progress_m - begin_m)

    def _check(self, stamp_ns: int) -> None:
        place, pose = self._recorded.get(stamp_ns), self.world.ego.pose
        if place is None:
            return
        apart_m = float(np.hypot(*(place - (pose.x_m, pose.y_m))))
        if apart_m > _SAME_M:
            raise InputError(
                f'at {stamp_ns / NS_PER_S:.2f} s the drive that is repeated from the command log '
                f'is {apart_m:.2g} m from the recorded one: nothing is drawn of it'
            )


def _recorded_places(folder: DemoFolder, ahead_m: float) -> dict[int, NDArray[np.float64]]:
    """Places of the rear axle by stamp."""
    places = {}
    with BagReader(folder.recording) as reader:
        for message in reader.messages([ODOMETRY]):
            state = state_from_message(reader.deserialize(message), ahead_m)
            places[state.stamp_ns] = np.array((state.x_m, state.y_m))
    return places

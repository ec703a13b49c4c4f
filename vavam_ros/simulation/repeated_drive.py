"""A drive that has been, once more, from its commands: the world answers as it did before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from vavam_ros.evaluation.drive_record import DriveEvent, DriveRecord
from vavam_ros.records import Actuation
from vavam_ros.simulation.safety_driver import LOST_M, SafetyDriver, must_take_over
from vavam_ros.simulation.supervised_drive import DriveLog
from vavam_ros.simulation.world import World


class RepeatedDrive:
    """Drives a fresh world by the commands of a drive in another one of its seed and settings.

    Nobody takes over: what would have ended a supervised drive is noted once for each time.
    """

    def __init__(self, world: World, actuations: Iterable[Actuation]) -> None:
        self.world = world
        self._actuations = actuations
        self._safety, self._log = SafetyDriver(world), DriveLog(world)
        self._astray = False

    def steps(self) -> Iterator[Actuation]:
        """The command of each step, while the world is still as it was when it was given."""
        for actuation in self._actuations:
            yield actuation
            self._step(actuation)

    @property
    def events(self) -> Sequence[DriveEvent]:
        """What has gone wrong by now."""
        return self._log.events

    def record(self) -> DriveRecord:
        """Of the steps that have been; beside the route nothing is gained along it."""
        record = self._log.record(self._safety)
        on_route = np.abs(record.aside_m) <= LOST_M
        return replace(record, gains_m=np.where(on_route, record.gains_m, 0.0))

    def _step(self, actuation: Actuation) -> None:
        events = self.world.step(actuation)
        noticed = self._safety.noticed(events)
        beyond = [] if self._astray else noticed[len(events) :]
        if not must_take_over(events):  # else nobody has looked beyond them
            self._astray = len(noticed) > len(events)
        self._log.add(events + beyond)

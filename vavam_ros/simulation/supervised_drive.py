"""A drive in lock-step with a safety driver beside: who drives, what the world answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.drive_record import DriveEvent, DriveRecord, JunctionPassage
from vavam_ros.simulation.collection import FRAME_STEPS, Driver, Sample
from vavam_ros.simulation.events import Event
from vavam_ros.simulation.expert import HORIZON
from vavam_ros.simulation.safety_driver import SafetyDriver, must_take_over
from vavam_ros.simulation.scene import Scene
from vavam_ros.simulation.world import MOVING, STEP_S, World

Camera = Callable[[Scene], NDArray[np.uint8]]

NOBODY_KNOWS = np.full((HORIZON, 2), np.nan, np.float32)  # no expert is asked


class LockStep:
    """A driver and a world that take turns: a frame every 0.5 s, a command every 0.05 s."""

    def __init__(
        self,
        world: World,
        camera: Camera,
        driver: Driver,
        at_frame: Callable[[], None] | None = None,
    ) -> None:
        self._world, self._camera, self._driver = world, camera, driver
        self._at_frame = at_frame
        self._until_frame = 0
        driver.forget()

    def step(self) -> list[Event]:
        """0.05 s on; what went wrong in them."""
        if self._until_frame == 0:
            self._driver.sees(_sample(self._world, self._camera))
            self._until_frame = FRAME_STEPS
            if self._at_frame is not None:
                self._at_frame()
        self._until_frame -= 1
        return self._world.step(self._driver.actuation(self._world.ego_state()))

    def begin_anew(self) -> None:
        """The vehicle was put elsewhere: the driver forgets, and gets a frame at once."""
        self._driver.forget()
        self._until_frame = 0


def supervised_drive(
    world: World,
    seconds: float,
    camera: Camera,
    driver: Driver,
    at_frame: Callable[[], None] | None = None,
    start: str = MOVING,
) -> DriveRecord:
    """Drive; the same for the same arguments. `at_frame` is called after each frame.

    The vehicle starts, as world.start says, and goes on after each take-over at the place's limit
    speed, in the middle of its lane.
    """
    world.start(start)
    turns = LockStep(world, camera, driver, at_frame)
    safety, log = SafetyDriver(world), DriveLog(world)
    for _ in range(round(seconds / STEP_S)):
        events = safety.noticed(turns.step())
        log.add(events)
        if must_take_over(events):
            safety.take_over()
            turns.begin_anew()
            log.begin_leg()
    return log.record(safety)


def _sample(world: World, camera: Camera) -> Sample:
    image = camera(world.scene())
    return Sample(world.stamp_ns, image, world.ego_state(), world.command(), NOBODY_KNOWS)


class DriveLog:
    """The rows of a record as they come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._progress_m = world.progress_m
        self._leg = 0
        self._rows: list[tuple[float, ...]] = []
        self.events: list[DriveEvent] = []

    def add(self, events: list[Event]) -> None:
        """One step."""
        world, ego, placement = self._world, self._world.ego, self._world.placement()
        gain_m = world.progress_m - self._progress_m
        self._progress_m = world.progress_m
        on_lane = (float(not placement.on_road), float(placement.wrong_lane), float(self._leg))
        way = (ego.x_m, ego.y_m, ego.yaw_rad, ego.speed_mps, gain_m, world.aside_m)
        self._rows.append((*way, *on_lane))
        self.events += [DriveEvent(**asdict(event)) for event in events]

    def begin_leg(self) -> None:
        """The vehicle was put back: how far that took it along the route is no progress."""
        self._leg += 1
        self._progress_m = self._world.progress_m

    def record(self, safety: SafetyDriver) -> DriveRecord:
        """All of it."""
        rows = np.array(self._rows, np.float64).reshape(-1, 9)
        return DriveRecord(
            STEP_S,
            places_m=rows[:, :2],
            yaws_rad=rows[:, 2],
            speeds_mps=rows[:, 3],
            gains_m=rows[:, 4],
            aside_m=rows[:, 5],
            off_road=rows[:, 6] > 0,
            wrong_lane=rows[:, 7] > 0,
            legs=rows[:, 8].astype(np.int64),
            events=tuple(self.events),
            junctions=tuple(JunctionPassage(**asdict(one)) for one in safety.judged),
        )

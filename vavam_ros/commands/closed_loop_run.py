"""One drive of one policy: what a worker of `vavam closed-loop` does."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vavam_ros.commands.drivers import ConstantVelocity, ExpertDriver, PilotDriver
from vavam_ros.commands.work_pool import still_wanted
from vavam_ros.driving.assembly import Assembled, assemble
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.evaluation.drive_record import DriveRecord
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.collection import Driver
from vavam_ros.simulation.supervised_drive import Camera, supervised_drive
from vavam_ros.simulation.world import MOVING, World, WorldSettings

VAVAM, BLIND, CONSTANT_VELOCITY, EXPERT = 'vavam', 'blind', 'constant-velocity', 'expert'
POLICIES = (VAVAM, BLIND, CONSTANT_VELOCITY, EXPERT)
WITH_MODEL = (VAVAM, BLIND)
GREY = 128
IMAGE_PX = (512, 288)  # width, height


@dataclass(frozen=True)
class DriveRun:
    """Which drive: who, where, with which noise."""

    policy: str  # one of POLICIES
    seed: int
    seconds: float
    world: WorldSettings
    pilot: PilotSettings | None = None  # of those with a model; its seed is the noise seed
    latency_s: float = 0.1
    start: str = MOVING

    @property
    def name(self) -> str:
        """The policy, with its frames of context where it has a model and sees."""
        if self.policy == VAVAM and self.pilot is not None:
            return f'{VAVAM}-{self.pilot.context_frames}'
        return self.policy

    @property
    def cost(self) -> int:
        """How long it takes, roughly, against other drives."""
        return round(self.seconds * (6 if self.policy in WITH_MODEL else 1))

    @property
    def noise_seed(self) -> int | None:
        """None where nothing is drawn."""
        return None if self.pilot is None else self.pilot.seed


@dataclass(frozen=True, eq=False)
class DriveOutcome:
    """What came of it."""

    run: DriveRun
    record: DriveRecord
    plans_withheld: int
    took_s: float


def drive(run: DriveRun, at_frame: Callable[[], None] | None = None) -> DriveOutcome:
    """The whole drive; `at_frame` is called twice a second of it."""
    started = time.perf_counter()
    world = World(run.seed, run.world)
    with ExitStack() as opened:
        driver = driver_of(run.policy, world, run.pilot, run.latency_s)
        camera = camera_of(run.policy, world, opened)
        record = supervised_drive(world, run.seconds, camera, driver, at_frame, run.start)
    withheld = driver.withheld if isinstance(driver, PilotDriver) else 0
    return DriveOutcome(run, record, withheld, time.perf_counter() - started)


def driver_of(
    policy: str, world: World, settings: PilotSettings | None, latency_s: float
) -> Driver:
    """Who drives this world."""
    if policy == EXPERT:
        return ExpertDriver(world)
    if policy == CONSTANT_VELOCITY:
        return ConstantVelocity()
    assert settings is not None, 'a policy with a model needs its settings'
    return PilotDriver(pilot_of(settings), world.vehicle, latency_s)


def camera_of(policy: str, world: World, opened: ExitStack) -> Camera:
    """What the policy sees: the town, or grey for those that do not look."""
    if policy == VAVAM:
        return opened.enter_context(SceneCamera(world.town, *IMAGE_PX)).image
    width, height = IMAGE_PX
    grey = np.full((height, width, 3), GREY, np.uint8)
    return lambda scene: grey


def drive_in_worker(run: DriveRun) -> DriveOutcome:
    """`drive`, ended by an error where nobody waits for it any more."""
    return drive(run, still_wanted)


_loaded: dict[str, Any] = {}  # the weights of this process, once loaded


def pilot_of(settings: PilotSettings) -> Pilot:
    """A pilot of its own, of weights that are loaded once in a process."""
    key = replace(settings, seed=0, context_frames=1, samples=1, flow_steps=0, noise='fresh')
    if _loaded.get('key') != key:
        _loaded.update(key=key, model=assemble(key))
    model: Assembled = _loaded['model']
    loaded = model.pilot
    return Pilot(loaded.planner, loaded.tokenizer, loaded.camera, settings)

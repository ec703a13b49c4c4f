"""One drive in the embedded world, recorded to a file: what a worker of `vavam collect` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vavam_ros import __version__
from vavam_ros.commands.closed_loop_run import pilot_of
from vavam_ros.commands.drivers import PilotDriver
from vavam_ros.commands.work_pool import still_wanted
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.config import PATCH_PX
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.collection import Disturbances, Sample, collect_drive
from vavam_ros.simulation.scene import Scene
from vavam_ros.simulation.world import World, WorldSettings
from vavam_ros.training.drives import (
    SUFFIX,
    Drive,
    DriveOrigin,
    PackedFrames,
    encoded,
    write_drive,
)
from vavam_ros.training.manifest import Entry, file_entry

FINER = (2, 2, 4, 2)  # how much the camera's picture is than the model's, from seed to seed
_NEVER_S = 1e12
UNDISTURBED = Disturbances(
    steering_every_s=_NEVER_S, pedals_every_s=_NEVER_S, elsewhere_every_s=_NEVER_S
)


@dataclass(frozen=True)
class DriveJob:
    """Which drive to record, and where."""

    folder: Path
    seed: int
    seconds: float
    world: WorldSettings
    disturbances: Disturbances
    grid: tuple[int, int]  # rows, columns of tokens: the size of the pictures
    pilot: PilotSettings | None = None  # the model that drives; None: the expert does

    @property
    def path(self) -> Path:
        """The drive's file."""
        variant = f'-{self.world.variant}' if self.world.variant else ''
        return self.folder / f'town-{self.seed:04d}{variant}{SUFFIX}'

    @property
    def cost(self) -> int:
        """Seconds of driving."""
        return round(self.seconds)

    @property
    def settings(self) -> dict[str, Any]:
        """All that the pictures and the driving follow from, but the seed; JSON values."""
        return {
            'seconds': self.seconds,
            'world': asdict(self.world),
            'disturbances': {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self.disturbances).items()
            },
            'grid': list(self.grid),
            **({'driver': self._driver()} if self.pilot else {}),
        }

    def _driver(self) -> dict[str, Any]:
        """The model that drives, by its files' content."""
        assert self.pilot is not None
        paths = {'weights': self.pilot.weights, 'tokenizer': self.pilot.tokenizer}
        return {name: read_checkpoint(path).identity for name, path in paths.items()}


def record(job: DriveJob) -> Entry:
    """Drive, write the file, say what it holds; ends early where nobody waits for it any more."""
    drive = driven(job)
    write_drive(job.path, drive)
    return file_entry(job.path, drive.commands, seed=job.seed)


def driven(job: DriveJob, at_frame: Callable[[Scene], object] = lambda scene: None) -> Drive:
    """The drive itself; `at_frame` is shown the scene of each frame."""
    files, samples = [], []
    for picture, sample in _pictures(job, at_frame):
        still_wanted()
        files.append(encoded(picture))
        samples.append(sample)
    return _drive(job, PackedFrames.of_files(files), samples)


def _pictures(job: DriveJob, at_frame: Callable[[Scene], object]) -> Iterator[tuple[Any, Sample]]:
    """Frames as the model's camera shows them."""
    world = World(job.seed, job.world)
    rows, columns = job.grid
    view = VirtualCamera(rows * PATCH_PX, columns * PATCH_PX)
    finer = FINER[job.seed % len(FINER)]  # then smoothed, as a camera's pixels are
    size = (finer * view.width_px, finer * view.height_px)
    with SceneCamera(world.town, *size) as camera:
        driver = PilotDriver(pilot_of(job.pilot), world.vehicle) if job.pilot else None
        for sample in collect_drive(world, job.seconds, camera.image, job.disturbances, driver):
            at_frame(world.scene())
            yield view.view(sample.image), sample


def _drive(job: DriveJob, frames: PackedFrames, samples: list[Sample]) -> Drive:
    states = [sample.state for sample in samples]
    origin = DriveOrigin('simulation', job.seed, job.world.command_rule, __version__, job.settings)
    return Drive(
        frames,
        stamps_ns=np.array([sample.stamp_ns for sample in samples], np.int64),
        poses=np.array([(one.x_m, one.y_m, one.yaw_rad) for one in states], np.float64),
        speeds=np.array([one.speed_mps for one in states], np.float32),
        commands=np.array([int(sample.command) for sample in samples], np.int64),
        targets=np.stack([sample.target_in_rig for sample in samples]).astype(np.float32),
        target_valid=np.ones(len(samples), np.bool_),
        origin=origin,
    )

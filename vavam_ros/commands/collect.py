"""Record drives for training: the expert in the embedded world, disturbed so that it recovers.

With --weights the model drives, into its own mistakes, and each frame is recorded with what the
expert would do from there (Ross et al., A Reduction of Imitation Learning, 2011: DAgger).

OUT gets one file a seed, and manifest.json with counts, checksums and settings. Drives that are
there already are kept, so the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vavam_ros import __version__
from vavam_ros.commands.drive_recording import UNDISTURBED, DriveJob, record
from vavam_ros.commands.work_pool import results_of
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.model.config import PRESETS
from vavam_ros.simulation.collection import Disturbances
from vavam_ros.simulation.panda import core
from vavam_ros.simulation.seeds import check_trainable
from vavam_ros.simulation.world import WorldSettings
from vavam_ros.training.drives import SUFFIX, read_drive
from vavam_ros.training.manifest import Entry, file_entry, known_entries, write_manifest

_POLL_S = 1.0
_PROGRESS_S = 10.0  # between two lines
MOST_SEEDS = 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    defaults = WorldSettings()
    add = parser.add_argument
    add('out', metavar='OUT', type=Path, help='folder of drives; made if it is not there')
    add('--seeds', metavar='A-B,C', required=True, help='towns, such as 0-99 or 0-9,50')
    add('--seconds', metavar='S', type=float, default=200.0, help='of each; default: 200')
    add('--workers', metavar='N', type=int, default=1, help='processes; default: 1')
    add('--variant', metavar='N', type=int, default=0, help='another route and traffic; default 0')
    add('--cars', metavar='N', type=int, default=defaults.cars, help=f'default: {defaults.cars}')
    add('--lights', action='store_true', help='with traffic lights')
    add('--preset', metavar='SIZE', default='tiny', help='whose picture size; default: tiny')
    add('--undisturbed', action='store_true', help='let the driver drive as it wants')
    add('--weights', metavar='FILE', help='a model that drives, where the expert only says how')
    add('--tokenizer', metavar='FILE', help="the model's tokenizer")


def run(arguments: argparse.Namespace) -> int:
    """Record what is missing; 0 when all drives are there, 130 after Ctrl-C."""
    jobs = _jobs(arguments)
    core()  # says that panda3d is missing once, not in each worker
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f'{arguments.out} cannot be made ({error.strerror or error})') from error
    collection = _Collection(arguments.out, jobs)
    missing = [job for job in jobs if job.path.name not in collection.entries]
    kept = len(jobs) - len(missing)
    print(f'{arguments.out}: {len(missing)} drives to record, {kept} are there', flush=True)
    finished = not missing or bool(
        results_of(record, missing, arguments.workers, 'drives', collection.add)
    )
    collection.write()
    print(collection.summary())
    return 0 if finished else 130


def parse_seeds(text: str, option: str = '--seeds') -> list[int]:
    """'0-9,50' -> the seeds, in order, each once; InputError for anything else."""
    seeds: dict[int, None] = {}
    for part in text.split(','):
        match = re.fullmatch(r'\s*(\d{1,6})(?:-(\d{1,6}))?\s*', part)
        if not match:
            raise InputError(f'{option} is {text!r}: expected numbers and ranges, such as 0-9,50')
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first >= MOST_SEEDS:
            raise InputError(f'{option} has the range {part.strip()}: its end is before its start')
        seeds |= dict.fromkeys(range(first, last + 1))
    return list(seeds)


def _jobs(arguments: argparse.Namespace) -> list[DriveJob]:
    seeds = parse_seeds(arguments.seeds)
    check_trainable(seeds)
    if not arguments.seconds >= 4:
        raise InputError(f'--seconds is {arguments.seconds:g}: a window alone takes 4 s')
    if arguments.workers < 1:
        raise InputError(f'--workers is {arguments.workers}: at least one is needed')
    if arguments.preset not in PRESETS:
        raise InputError(f'--preset is {arguments.preset!r}: one of {", ".join(PRESETS)}')
    grid = PRESETS[arguments.preset].video.grid
    assert grid is not None
    world = WorldSettings(variant=arguments.variant, cars=arguments.cars, lights=arguments.lights)
    habits = UNDISTURBED if arguments.undisturbed else Disturbances()
    pilot = _pilot(arguments)
    return [
        DriveJob(arguments.out, seed, arguments.seconds, world, habits, grid, pilot)
        for seed in seeds
    ]


def _pilot(arguments: argparse.Namespace) -> PilotSettings | None:
    """The model that drives, if one does; one sample a plan, as quick as it goes."""
    if (arguments.weights is None) != (arguments.tokenizer is None):
        raise InputError('--weights and --tokenizer belong together: give both, or neither')
    if arguments.weights is None:
        return None
    return PilotSettings(arguments.weights, arguments.tokenizer, samples=1)


class _Collection:
    """The drives of a folder, those of earlier runs too, and how fast new ones come."""

    def __init__(self, folder: Path, jobs: list[DriveJob]) -> None:
        self.folder, self.settings = folder, jobs[0].settings
        self.entries = dict(self._present())

    def write(self) -> None:
        """Bring the manifest up to date."""
        about = {
            'kind': 'drives',
            'package_version': __version__,
            'command_rule': self.settings['world']['command_rule'],
            'settings': self.settings,
            'seeds': sorted({entry['seed'] for entry in self.entries.values()}),
        }
        write_manifest(self.folder, self.entries.values(), about)

    def add(self, entry: Entry) -> None:
        """One more drive is there."""
        self.entries[str(entry['file'])] = entry
        self.write()

    def summary(self) -> str:
        """What there is, for a person."""
        entries = list(self.entries.values())
        frames = sum(entry['frames'] for entry in entries)
        size_mb = sum(entry['bytes'] for entry in entries) / 1e6
        counts = [f'{name} {self._frames_with(name)}' for name in ('right', 'left', 'straight')]
        return (
            f'{self.folder}: {len(entries)} drives, {frames} frames ({", ".join(counts)}), '
            f'{size_mb:.0f} MB'
        )

    def _frames_with(self, command: str) -> int:
        return sum(int(entry['commands'][command]) for entry in self.entries.values())

    def _present(self) -> Iterator[tuple[str, Entry]]:
        """Drives that are there; InputError where they were made with other settings."""
        known = known_entries(self.folder)
        for path in sorted(self.folder.glob(f'*{SUFFIX}')):
            drive = read_drive(path)
            if drive.origin.settings != self.settings:
                raise InputError(
                    f'{path} was recorded with other settings '
                    f'({_difference(drive.origin.settings, self.settings)}): give the same ones, '
                    'or another folder'
                )
            entry = known.get(path.name)
            yield path.name, entry or file_entry(path, drive.commands, seed=drive.origin.seed)


def _difference(found: Any, wanted: Any, name: str = '') -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = [key for key in {**wanted, **found} if found.get(key) != wanted.get(key)]
        return _difference(found.get(names[0]), wanted.get(names[0]), names[0])
    return f'{name} {found}, now {wanted}'

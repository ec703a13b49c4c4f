"""Where a demo leaves what it made: a folder that it knows again and replaces, and no other."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vavam_ros.errors import InputError

_MAKER = 'vavam demo'


@dataclass(frozen=True)
class DemoFolder:
    """The places in a demo's folder."""

    path: Path

    @property
    def recording(self) -> Path:
        """The bag that was recorded."""
        return self.path / 'recording'

    @property
    def film(self) -> Path:
        """Of a clip: the overlay beside the predicted frames."""
        return self.path / 'demo.gif'

    @property
    def plot(self) -> Path:
        """Of a clip: all planned paths, and the driven one."""
        return self.path / 'paths.png'

    @property
    def drive_film(self) -> Path:
        """Of a drive: camera and path, predicted frames, the map."""
        return self.path / 'drive.mp4'

    @property
    def still(self) -> Path:
        """One picture of that film."""
        return self.path / 'drive.png'

    @property
    def route_plot(self) -> Path:
        """Of a drive: the driven way against the lane's middle."""
        return self.path / 'route.png'

    @property
    def report(self) -> Path:
        """Counts and latencies; a folder that has it is a demo's."""
        return self.path / 'report.json'

    @property
    def logs(self) -> Path:
        """What the processes said; it stays only where something went wrong."""
        return self.path / 'logs'

    @property
    def work(self) -> Path:
        """What is needed while the demo runs: the clip as a bag, fresh weights."""
        return self.path / 'work'

    @property
    def parameters(self) -> Path:
        """The nodes' parameters."""
        return self.work / 'parameters.yaml'

    @property
    def command_log(self) -> Path:
        """What the simulated vehicle was told at each tick."""
        return self.work / 'commands'

    def start_anew(self) -> None:
        """Remove an earlier demo's results; InputError when that cannot be."""
        partial = self.recording.with_name('recording.partial')
        with writing(self.path):
            self.write_report({'finished': False})  # before all else: it marks the folder
            for place in (self.recording, partial, self.logs):
                if place.exists():
                    shutil.rmtree(place)
            for place in (self.film, self.plot, self.drive_film, self.still, self.route_plot):
                place.unlink(missing_ok=True)
            self.logs.mkdir()

    def write_report(self, report: Mapping[str, object]) -> None:
        """Replace the report; InputError when the disk is full or gone."""
        text = json.dumps({'made_by': _MAKER, **report}, indent=2)
        with writing(self.report):
            self.report.write_text(text + '\n', encoding='utf-8')

    def write_failure(self, error: str) -> None:
        """Say in the report what did not work, beside what it has already."""
        with writing(self.report):
            report = json.loads(self.report.read_text(encoding='utf-8'))
        self.write_report({**report, 'finished': False, 'error': error})


@contextmanager
def demo_folder(path: Path) -> Iterator[DemoFolder]:
    """Make the folder, or take over an earlier demo's with its results, and keep other demos out.

    Raises InputError, having touched nothing, where it holds something else, another demo is
    writing to it, or it cannot be written. What is only needed meanwhile is removed at the end.
    """
    folder = DemoFolder(path)
    _check(folder)
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = _locked(path)
    try:
        with writing(folder.work):
            shutil.rmtree(folder.work, ignore_errors=True)
            folder.work.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder.work, ignore_errors=True)
        with suppress(OSError):
            path.rmdir()  # if nothing has come into it
        os.close(lock)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the disk's errors into one line."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f'{error.filename or path} cannot be written: {error.strerror or error}: free some '
            'space or choose another --out'
        ) from error


def _check(folder: DemoFolder) -> None:
    path = folder.path
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise InputError(f'{path} is a file: choose another --out')
    with writing(path):
        others = {place for place in path.iterdir() if place != folder.work}  # of one cut off
    if others and not _is_a_demos(folder):
        raise InputError(
            f'{path} holds something else than an earlier demo, which is left alone: '
            'choose another --out'
        )


def _is_a_demos(folder: DemoFolder) -> bool:
    try:
        report = json.loads(folder.report.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and report.get('made_by') == _MAKER


def _locked(path: Path) -> int:
    """A handle that keeps other demos out until it is closed, or this process ends."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise InputError(
            f'another demo is writing to {path}: wait for it, or choose another --out'
        ) from None
    return handle

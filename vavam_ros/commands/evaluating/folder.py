"""Where an evaluation leaves what it made, and finds again what it had made when it was killed."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vavam_ros.errors import InputError
from vavam_ros.evaluation.window import Window, window_of
from vavam_ros.training.table_file import write_bytes


@dataclass(frozen=True)
class EvaluationFolder:
    """The places in it."""

    path: Path

    @property
    def results(self) -> Path:
        """One row for each window."""
        return self.path / 'results.jsonl'

    @property
    def summary(self) -> Path:
        """All figures; a folder that has it is finished."""
        return self.path / 'summary.json'

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / 'report.html'

    @property
    def bags(self) -> Path:
        """Of --write-bag: a bag for each recording."""
        return self.path / 'bags'

    @property
    def trajectories(self) -> Path:
        """TUM files."""
        return self.path / 'tum'

    @property
    def parts(self) -> Path:
        """Rows of a run that is not finished."""
        return self.path / 'parts'

    @property
    def _about(self) -> Path:
        return self.parts / 'run.json'

    def begin(self, about: Mapping[str, Any]) -> dict[str, dict[int, str]]:
        """Make it, or find the rows of a killed run of the same kind: lines by name and stamp.

        `about` is all that rows depend on. InputError where the folder holds anything else.
        """
        if self._is_free():
            self._make(about)
            return {}
        before = self._before()
        differs = sorted(key for key in {*before, *about} if before.get(key) != about.get(key))
        rows = self._rows()
        if differs and not rows:  # it came to nothing, as with a topic that is not there
            write_bytes(self._about, json.dumps(about, indent=1).encode())
        elif differs:
            raise InputError(
                f'{self.path} holds an unfinished evaluation with other {", ".join(differs)}: '
                'give another --out, or remove it'
            )
        return rows

    def part(self) -> Path:
        """A new file for the rows of one piece of this attempt.

        Never one of an attempt before, whose last line may be cut off: in a container every
        attempt can have the same process number.
        """
        names = (f'{os.getpid()}-{number:05d}.jsonl' for number in itertools.count())
        return next(path for path in map(self.parts.joinpath, names) if not path.exists())

    def finish(self, lines: Iterable[str], summary: Mapping[str, Any]) -> None:
        """Write the results, then the summary; the parts are done with."""
        write_bytes(self.results, ''.join(f'{line}\n' for line in lines).encode())
        write_bytes(self.summary, f'{json.dumps(summary, indent=1)}\n'.encode())
        for path in sorted(self.parts.iterdir()):
            path.unlink()
        self.parts.rmdir()

    def _is_free(self) -> bool:
        """Whether nothing is there but what a full disk left of an attempt that did not begin."""
        if not os.path.exists(self.path):  # unlike Path.exists, it takes names of any length
            return True
        if not self.path.is_dir():
            raise InputError(f'{self.path} is a file: give another --out')
        try:
            inside = list(self.path.rglob('*'))
        except OSError as error:
            raise InputError(f'{self.path} cannot be read: {error.strerror}') from error
        return all(one == self.parts or one.name.endswith('.part') for one in inside)

    def _before(self) -> dict[str, Any]:
        """What the rows of the attempt before were made with."""
        if not self._about.exists():
            holds = 'a finished evaluation' if self.summary.exists() else 'something else'
            raise InputError(
                f'{self.path} exists and holds {holds}: give another --out, or remove it'
            )
        try:
            return dict(json.loads(self._about.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f'{self._about} is damaged ({error}): give another --out, or remove {self.path}'
            ) from error

    def _make(self, about: Mapping[str, Any]) -> None:
        make_folder(self.parts)
        write_bytes(self._about, json.dumps(about, indent=1).encode())

    def _rows(self) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        for path in sorted(self.parts.glob('*.jsonl')):
            for line, window in whole_lines(path):
                found.setdefault(window.recording, {})[window.stamp_ns] = line
        return found


def make_folder(path: Path) -> None:
    """Where there is none; InputError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{path} cannot be made: {error.strerror}: make room, or give another --out'
        ) from error


def whole_lines(path: Path) -> Iterator[tuple[str, Window]]:
    """Lines of a file and their windows; one that a kill cut off at its end does not count."""
    text = path.read_text()
    *whole, _ = text.split('\n')
    for number, line in enumerate(whole, 1):
        yield line, window_of(line, f'{path}, line {number}')


def read_results(path: Path) -> list[Window]:
    """The windows of a finished evaluation's folder, or of its results.jsonl."""
    file = path / 'results.jsonl' if path.is_dir() else path
    if not file.is_file():
        raise InputError(f'{path} holds no results.jsonl: expected what vavam evaluate made')
    return [window for _, window in whole_lines(file)]

"""What a person sees of a run: metrics.csv, loss.png, and a line now and then."""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from vavam_ros.errors import InputError

METRICS, CURVE = 'metrics.csv', 'loss.png'
LINE_EVERY_S = 15.0
COLUMNS = ('step', 'loss', 'rate', 'grad_norm', 'seconds', 'per_second')
VALIDATION = 'validation_'

Row = dict[str, float]


class Progress:
    """The rows of a run, on disk and on the terminal; seconds count over interruptions."""

    def __init__(self, folder: Path, steps: int, unit: str) -> None:
        self.folder, self.steps, self.unit = folder, steps, unit
        self.rows: list[Row] = []
        self._started = self._shown_at = time.monotonic()
        self._first_step, self._seconds_before = 0, 0.0
        self._columns: list[str] = []

    def resume(self, step: int) -> None:
        """Read the rows up to a step; later ones were made by steps that are lost."""
        path = self.folder / METRICS
        if path.exists():
            with path.open(newline='') as file:
                rows = [
                    {k: _number(v) for k, v in row.items() if v} for row in csv.DictReader(file)
                ]
            self.rows = [row for row in rows if row['step'] <= step]
        self._first_step = step
        self._seconds_before = self.rows[-1]['seconds'] if self.rows else 0.0

    @property
    def seconds(self) -> float:
        """Spent on the run so far."""
        return self._seconds_before + time.monotonic() - self._started

    def add(self, row: Row, validation: Mapping[str, float]) -> None:
        """One more row."""
        new = {**row, **{f'{VALIDATION}{name}': value for name, value in validation.items()}}
        self.rows.append(new)
        if set(new) <= set(self._columns):
            self._append(new)
        else:
            self._rewrite()
        if validation:
            draw(self.rows, self.folder / CURVE)
        if validation or time.monotonic() - self._shown_at > LINE_EVERY_S:
            print(self.line(new), flush=True)
            self._shown_at = time.monotonic()

    def line(self, row: Row) -> str:
        """A row for a person."""
        done = int(row['step'])
        parts = [f'step {done}/{self.steps}', f'loss {row["loss"]:.4f}']
        parts += [
            f'{name.removeprefix(VALIDATION)} {value:.4f}'
            for name, value in row.items()
            if name.startswith(VALIDATION)
        ]
        if len(parts) > 2:
            parts[2] = f'held back: {parts[2]}'
        if done > self._first_step:
            pace = (time.monotonic() - self._started) / (done - self._first_step)
            parts.append(f'{row["per_second"]:.0f} {self.unit}/s')
            parts.append(f'{_duration(pace * (self.steps - done))} left')
        return '  '.join(parts)

    def _append(self, row: Row) -> None:
        with _writing(self.folder / METRICS, 'a') as file:
            csv.DictWriter(file, self._columns).writerow(row)

    def _rewrite(self) -> None:
        extra = sorted({name for row in self.rows for name in row} - set(COLUMNS))
        self._columns = [*COLUMNS, *extra]
        part = self.folder / f'.{METRICS}.part'
        with _writing(part, 'w') as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(self.rows)
        part.replace(self.folder / METRICS)


def draw(rows: list[Row], path: Path) -> None:
    """The curves of training and held-back loss, and of every other held-back measure."""
    others = sorted(
        {name for row in rows for name in row if name.startswith(VALIDATION)}
        - {f'{VALIDATION}loss'}
    )
    figure = Figure(figsize=(7, 3.5 + 2 * len(others)), dpi=100, layout='constrained')
    ratios = [3.0, *[2.0] * len(others)]
    axes = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    for name, label in (('loss', 'training'), (f'{VALIDATION}loss', 'held back')):
        points = [(row['step'], row[name]) for row in rows if name in row and row['step'] > 0]
        if points:
            axes[0].plot(*zip(*points, strict=True), label=label, linewidth=1)
    axes[0].set_ylabel('loss')
    if axes[0].lines:
        axes[0].legend()
    for axis, name in zip(axes[1:], others, strict=True):
        points = [(row['step'], row[name]) for row in rows if name in row and row['step'] > 0]
        if points:
            axis.plot(*zip(*points, strict=True), linewidth=1, color='tab:orange')
        axis.set_ylabel(name.removeprefix(VALIDATION))
    axes[-1].set_xlabel('step')
    part = path.with_name(f'.{path.name}.part')
    figure.savefig(part, format='png')
    os.replace(part, path)


class _writing:  # noqa: N801  (reads as a word)
    """Open a text file of the run; what goes wrong is said with its name."""

    def __init__(self, path: Path, mode: str) -> None:
        self.path = path
        try:
            self.file = path.open(mode, newline='')
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self):  # type: ignore[no-untyped-def]
        return self.file

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            self.file.close()
        except OSError as late:
            raise _unwritable(self.path, late) from late
        if isinstance(error, OSError):
            raise _unwritable(self.path, error) from error


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f'{path} cannot be written ({error.strerror or error})')


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 1:
        return f'{seconds:.0f} s'
    return f'{minutes:.0f} min' if minutes < 90 else f'{minutes / 60:.1f} h'


def say(line: str) -> None:
    """One line about the run, where its progress goes."""
    print(line, file=sys.stdout, flush=True)

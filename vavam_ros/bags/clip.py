"""Clip folders: frames.csv beside the images it names, with the driven truth where there is one.

frames.csv has a header with `stamp` (s) and `file` (relative to the folder); then, all four or
none, `x`, `y` (m), `yaw` (rad, counter-clockwise), `v` (m/s); any other column is kept as extra.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from vavam_ros.bags.still import Still, read_still
from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S, EgoState

POSE_COLUMNS = ('x', 'y', 'yaw', 'v')
MAX_STAMP_NS = 2**31 * NS_PER_S  # a ROS stamp counts seconds in a signed 32-bit integer
_NUMBER = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?', re.ASCII)

Row = dict[str, str]


@dataclass(frozen=True)
class ClipFrame:
    """One row of frames.csv."""

    stamp_ns: int  # the csv's decimal seconds, exactly
    path: Path  # of the image
    ego: EgoState | None  # the truth, in the csv's own fixed frame; None where there is none
    extra: Mapping[str, float | str]  # other columns; text where the column's first row is text
    row: str  # "path/frames.csv line 12", for messages

    def read_still(self) -> Still:
        """Decode the image; InputError names the row and the file when that fails."""
        try:
            return read_still(self.path)
        except InputError as error:
            raise InputError(f'{self.row}: {error}') from error


@dataclass(frozen=True)
class Clip:
    """A drive as a folder of images."""

    name: str
    frames: tuple[ClipFrame, ...]  # stamps increase; never empty; all with ego or none
    meta: Mapping[str, object]  # meta.json, empty where there is none

    @property
    def has_poses(self) -> bool:
        """Whether every frame carries the truth."""
        return self.frames[0].ego is not None

    @property
    def duration_s(self) -> float:
        """From the first stamp to the last."""
        return (self.frames[-1].stamp_ns - self.frames[0].stamp_ns) / NS_PER_S


def read_clip(folder: Path | str) -> Clip:
    """Read and check every row of `folder`/frames.csv; images are decoded later, one by one.

    Raises InputError with file and line when the csv or an image is missing, a column is
    missing or doubled, a row has a wrong number of fields or something that is no finite
    number, stamps do not increase, or there is no frame at all.
    """
    folder = Path(folder)
    table = folder / 'frames.csv'
    frames: list[ClipFrame] = []
    text_columns: set[str] = set()
    for place, row in _rows(table):
        if not frames:
            text_columns = {name for name in _extras(row) if not _NUMBER.fullmatch(row[name])}
        frame = _frame(folder, place, row, text_columns)
        if frames and frame.stamp_ns <= frames[-1].stamp_ns:
            raise InputError(
                f'{place}: stamp {row["stamp"]} is not after the row before: stamps must increase'
            )
        frames.append(frame)
    if not frames:
        raise InputError(f'{table}: no frames under the header: give at least one row')
    return Clip(folder.resolve().name, tuple(frames), _meta(folder / 'meta.json'))


def _rows(table: Path) -> Iterator[tuple[str, Row]]:
    """Where each row is, for messages, and its cells by column; blank lines are no rows."""
    reader = csv.reader(io.StringIO(_text(table)), skipinitialspace=True, strict=True)
    header: list[str] = []
    line = 0
    try:
        for cells in reader:
            place, line = f'{table} line {line + 1}', reader.line_num
            if cells in ([], ['']):
                continue
            if not header:
                header = _checked_header(place, cells)
                continue
            if len(cells) != len(header):
                raise InputError(
                    f'{place}: {len(cells)} fields, but the header names {len(header)} columns '
                    f'({",".join(header)}): mend or remove the row'
                )
            yield place, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    except csv.Error as error:
        raise InputError(f'{table} line {line + 1}: not readable as csv: {error}') from error
    if not header:
        raise InputError(f'{table}: empty: expected a header with at least stamp,file')


def _text(table: Path) -> str:
    try:
        text = table.read_text(encoding='utf-8-sig')
    except FileNotFoundError:
        raise InputError(
            f'{table.parent} is no clip folder: it has no frames.csv (columns stamp,file,...)'
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'{table} cannot be read as text: {error}') from error
    if '\0' in text:
        raise InputError(f'{table} line {text[: text.index(chr(0))].count(chr(10)) + 1}: NUL byte')
    return text


def _checked_header(place: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'{place}: column {name!r} is there twice: rename or remove one')
    missing = [name for name in ('stamp', 'file') if name not in names]
    if any(name in names for name in ('x', 'y', 'yaw')):
        missing += [name for name in POSE_COLUMNS if name not in names]
    if missing:
        raise InputError(
            f'{place}: no column {", ".join(missing)} (found {",".join(names)}): expected '
            f'stamp,file and, for poses, all of {",".join(POSE_COLUMNS)}'
        )
    return names


def _frame(folder: Path, place: str, row: Row, text_columns: set[str]) -> ClipFrame:
    stamp_ns = _stamp_ns(place, row['stamp'])
    extra: dict[str, float | str] = {
        name: row[name] if name in text_columns else _number(place, name, row[name])
        for name in _extras(row)
    }
    image = _image_path(folder, place, row)
    return ClipFrame(stamp_ns, image, _ego(place, stamp_ns, row), extra, place)


def _has_poses(row: Row) -> bool:
    return all(name in row for name in POSE_COLUMNS)


def _extras(row: Row) -> list[str]:
    known = {'stamp', 'file', *(POSE_COLUMNS if _has_poses(row) else ())}
    return [name for name in row if name not in known]


def _ego(place: str, stamp_ns: int, row: Row) -> EgoState | None:
    if not _has_poses(row):
        return None
    x_m, y_m, yaw_rad, speed_mps = (_number(place, name, row[name]) for name in POSE_COLUMNS)
    return EgoState(stamp_ns, x_m, y_m, yaw_rad, speed_mps)


def _stamp_ns(place: str, text: str) -> int:
    """Nanoseconds from decimal text, never through a float, which would lose the last digits."""
    if not _NUMBER.fullmatch(text):
        raise InputError(f'{place}: stamp {text!r} is not a number of seconds')
    seconds = Decimal(text)
    stamp_ns = int(seconds.scaleb(9).to_integral_value(ROUND_HALF_EVEN))
    if not 0 <= stamp_ns < MAX_STAMP_NS:
        raise InputError(
            f'{place}: stamp {text} s is outside 0..{2**31 - 1}: stamps are seconds, '
            'not milli-, micro- or nanoseconds'
        )
    return stamp_ns


def _number(place: str, name: str, text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise InputError(f'{place}: {name} is {text!r}: expected a finite number')
    return number


def _image_path(folder: Path, place: str, row: Row) -> Path:
    if not row['file']:
        raise InputError(f'{place}: no image file is named')
    path = folder / row['file']
    if not os.path.isfile(path):  # unlike Path.is_file, it takes names that no disk can hold
        raise InputError(f'{place}: image {path} is not there')
    return path


def _meta(path: Path) -> Mapping[str, object]:
    if not path.exists():
        return {}
    try:
        meta = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise InputError(f'{path} cannot be read as JSON: {error}: mend or remove it') from error
    if not isinstance(meta, dict):
        raise InputError(f'{path}: expected a JSON object, found {type(meta).__name__}')
    return meta

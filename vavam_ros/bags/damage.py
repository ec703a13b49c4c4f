"""How far a storage file that does not open is whole."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from vavam_ros.records import NS_PER_S

_MCAP_MAGIC = b'\x89MCAP0\r\n'
_MCAP_FOOTER, _MCAP_MESSAGE, _MCAP_CHUNK = 2, 5, 6
_ROS1_MAGIC = b'#ROSBAG V2.0\n'

STORAGE_SUFFIXES = ('.mcap', '.db3', '.bag')


def storage_files(folder: Path) -> list[Path]:
    """The storage files in a bag's folder, by name."""
    return sorted(file for file in folder.iterdir() if file.suffix in STORAGE_SUFFIXES)


def how_far(path: Path) -> str | None:
    """What is whole, and what saves it, as a clause; None where nothing of this kind is wrong."""
    measure = _MEASURES.get(path.suffix)
    return measure(path) if measure else None


def _mcap(path: Path) -> str | None:
    size = path.stat().st_size
    times_ns: list[int] = []
    with path.open('rb') as file:
        whole = len(_MCAP_MAGIC) if file.read(8) == _MCAP_MAGIC else 0
        while whole and (record := _mcap_record(file, whole, size)):
            kind, whole, record_times_ns = record
            times_ns += record_times_ns
            if kind == _MCAP_FOOTER:
                return None
    if not times_ns:
        return f'cut off: whole up to byte {whole} of {size}, before the first message'
    return (
        f'cut off: whole up to byte {whole} of {size}, {_span_s(times_ns):.3f} s of messages '
        '(mcap recover saves them)'
    )


def _mcap_record(file: BinaryIO, start: int, size: int) -> tuple[int, int, list[int]] | None:
    """Kind, end, and message times of the record at `start`; None where it is cut off."""
    file.seek(start)
    head = file.read(9 + 22)
    if len(head) < 9:
        return None
    kind, length = struct.unpack_from('<BQ', head)
    end = start + 9 + length
    if end > size:
        return None
    if kind == _MCAP_CHUNK and length >= 16:
        return kind, end, list(struct.unpack_from('<QQ', head, 9))
    if kind == _MCAP_MESSAGE and length >= 22:
        return kind, end, list(struct.unpack_from('<Q', head, 9 + 6))
    return kind, end, []


def _sqlite3(path: Path) -> str | None:
    connection = sqlite3.connect(f'{path.resolve().as_uri()}?immutable=1', uri=True)
    with contextlib.closing(connection):
        times_ns = _sqlite3_times_ns(connection)
        if _sqlite3_is_sound(connection):
            return None
    if not times_ns:
        return 'damaged: no message can be read'
    return (
        f'damaged: {len(times_ns)} messages, of {_span_s(times_ns):.3f} s, can be saved '
        '(by .recover of sqlite3)'
    )


def _sqlite3_times_ns(connection: sqlite3.Connection) -> list[int]:
    """Bag times of the messages that can be reached."""
    times_ns: list[int] = []
    with contextlib.suppress(sqlite3.Error):  # where they end is the answer
        connection.execute('PRAGMA writable_schema=ON')  # else a cut off file is refused whole
        for (stamp_ns,) in connection.execute(
            "SELECT timestamp FROM messages WHERE typeof(timestamp) = 'integer' ORDER BY id"
        ):
            times_ns.append(stamp_ns)
    return times_ns


def _sqlite3_is_sound(connection: sqlite3.Connection) -> bool:
    try:
        return bool(connection.execute('PRAGMA quick_check(1)').fetchone() == ('ok',))
    except sqlite3.Error:
        return False


def _ros1(path: Path) -> str | None:
    size = path.stat().st_size
    with path.open('rb') as file:
        whole = len(_ROS1_MAGIC) if file.read(13) == _ROS1_MAGIC else 0
        while whole and whole < size:
            end = whole
            for _ in ('header', 'data'):
                file.seek(end)
                length = file.read(4)
                end += 4 + (struct.unpack('<I', length)[0] if len(length) == 4 else size)
            if end > size:
                break
            whole = end
    if whole == size:
        return None
    return f'cut off: whole up to byte {whole} of {size} (rosbag reindex saves that part)'


def _span_s(times_ns: list[int]) -> float:
    return (max(times_ns) - min(times_ns)) / NS_PER_S


_MEASURES: dict[str, Callable[[Path], str | None]] = {
    '.mcap': _mcap,
    '.db3': _sqlite3,
    '.bag': _ros1,
}

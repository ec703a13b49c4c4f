"""Poses as messages tell them, before they are joined to a track."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vavam_ros.bags.decoding import stamp_ns
from vavam_ros.bags.reader import BagReader
from vavam_ros.errors import InputError
from vavam_ros.geometry.spatial import Poses, TimedPoses
from vavam_ros.records import NS_PER_S

_UNIT = 0.01  # how far a quaternion's length may be from 1

Row = tuple[float, ...]  # x, y, z, and the rotation's x, y, z, w
Stamps = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PosesFound:
    """What one source says of the vehicle; nothing is joined or moved yet."""

    topics: tuple[str, ...]
    stamps_ns: NDArray[np.int64]  # [N] as recorded
    in_plane: NDArray[np.float64]  # [N, 3] x m, y m, yaw rad in a fixed frame
    speeds: NDArray[np.float64] | None  # [N] m/s forward, where the source tells them
    of: str  # whose poses, in which frame, for a person
    notes: tuple[str, ...] = ()  # how they were made
    warnings: tuple[str, ...] = ()  # what may make them wrong


def contents(reader: BagReader, topics: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Topic and decoded message of each message, in the bag's order."""
    for message in reader.messages(topics):
        yield message.topic, reader.deserialize(message)


def pose_row(position: Any, orientation: Any) -> Row:
    """geometry_msgs' position and orientation, as they are."""
    return (position.x, position.y, position.z, *rotation_row(orientation))


def rotation_row(orientation: Any) -> Row:
    """geometry_msgs' quaternion, as it is."""
    return (orientation.x, orientation.y, orientation.z, orientation.w)


def checked_poses(rows: ArrayLike, stamps_ns: Stamps, source: str) -> Poses:
    """Rows [N, 7] as poses; InputError for the first that is no place, or no rotation."""
    table = np.array(rows, np.float64).reshape(-1, 7)
    places, rotations = table[:, :3], table[:, 3:]
    lengths = np.linalg.norm(rotations, axis=1)
    turned = np.abs(lengths - 1) <= _UNIT  # false for NaN too
    bad = np.flatnonzero(~(np.isfinite(places).all(axis=1) & turned))
    if len(bad):
        first = int(bad[0])
        where = f'{source} at {seconds(int(stamps_ns[first]))}'
        if turned[first]:
            raise InputError(f'{where}: the position {_listed(places[first])} is not finite')
        raise InputError(
            f'{where}: the orientation {_listed(rotations[first])} is no rotation '
            f'(of length {lengths[first]:.3g})'
        )
    return Poses(places, rotations / lengths[:, None])


def _listed(numbers: NDArray[np.float64]) -> str:
    return f'({", ".join(f"{one:.6g}" for one in numbers)})'


def source_of(reader: BagReader, topic: str) -> str:
    """Bag and topic, for complaints."""
    return f'{reader.path}, {topic}'


def place_of(header: Any, source: str) -> str:
    """Where a message is, for complaints."""
    return f'{source} at {seconds(stamp_ns(header))}'


def seconds(time_ns: int) -> str:
    """A time for a person, to the millisecond."""
    return f'{time_ns / NS_PER_S:.3f} s'


def plain_frame(name: str) -> str:
    """A frame's name as ROS 2 writes it, without the slash of ROS 1."""
    return name.removeprefix('/')


def check_order(stamps_ns: Stamps, what: str) -> None:
    """InputError for the first stamp before the one that came before it."""
    back = np.flatnonzero(np.diff(np.asarray(stamps_ns, np.int64)) < 0)
    if len(back):
        first = int(back[0])
        raise InputError(
            f'{what}: stamps run backwards: number {first + 2} of {len(stamps_ns)} is stamped '
            f'{seconds(int(stamps_ns[first + 1]))}, the one before it '
            f'{seconds(int(stamps_ns[first]))}: split the bag there'
        )


def check_joined(stamps_ns: NDArray[np.int64], most_hole_s: float, what: str) -> None:
    """InputError where no two of the increasing stamps are near enough to make a track."""
    if len(stamps_ns) == 1:
        raise InputError(f'{what}: there is one pose only, at {seconds(int(stamps_ns[0]))}')
    if (np.diff(stamps_ns) > most_hole_s * NS_PER_S).all():
        apart_s = float(np.median(np.diff(stamps_ns))) / NS_PER_S
        raise InputError(
            f'{what}: the poses are {apart_s:.3g} s apart (median of {len(stamps_ns)}): more than '
            f'{most_hole_s:g} s is not bridged, so there is no track'
        )


def timed(stamps_ns: Stamps, rows: ArrayLike, source: str) -> TimedPoses:
    """Rows [N, 7] in the order of their stamps, checked; of equal stamps the first counts."""
    poses = checked_poses(rows, stamps_ns, source)
    stamps, first = np.unique(np.array(stamps_ns, np.int64), return_index=True)
    return TimedPoses(stamps, Poses(poses.places_m[first], poses.rotations[first]))

"""GNSS places and an IMU's headings as poses of the vehicle."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.decoding import stamp_ns
from vavam_ros.bags.pose_messages import (
    PosesFound,
    Row,
    check_joined,
    check_order,
    contents,
    place_of,
    plain_frame,
    rotation_row,
    source_of,
    timed,
)
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.bags.tf_tree import read_fixed
from vavam_ros.errors import InputError
from vavam_ros.geometry.local_plane import east_north
from vavam_ros.geometry.spatial import NOT_MOVED, Poses, rotated
from vavam_ros.geometry.stretches import Stretches, interpolated
from vavam_ros.records import NS_PER_S

IMU_TYPE = 'sensor_msgs/msg/Imu'
COURSE_MPS = 2.0  # below it the course over ground is no heading
COURSE_REACH_S = 0.25  # before and after a fix, for its course

_NO_FIX = -1  # NavSatStatus.STATUS_NO_FIX
_PROJECTION = (
    'places: metres east and north, each step by the WGS 84 radii at its middle: lengths are true '
    'to 1 mm in 1 km; 1 km off, north has turned so far that a point is 8 cm * tan(latitude) '
    'beside the plane that touches the earth at the first fix'
)


@dataclass
class _Fixes:
    """Fixes as recorded, those without a place left out."""

    frame: str = ''
    stamps_ns: list[int] = field(default_factory=list)
    rows: list[tuple[float, float, float]] = field(default_factory=list)  # deg, deg, m
    without_place: int = 0


@dataclass
class _Headings:
    """An IMU's orientations as recorded."""

    frame: str = ''
    stamps_ns: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    why_none: str = ''


def read_gnss(
    reader: BagReader, topic: str, imu: str | None, choice: RecordingTopics
) -> PosesFound:
    """sensor_msgs/NavSatFix, with the heading of sensor_msgs/Imu where it tells one (ENU)."""
    fixes = _read_fixes(reader, topic)
    headings = _read_headings(reader, imu) if imu else _Headings(why_none='there is no Imu')
    if choice.strict:
        check_order(fixes.stamps_ns, source_of(reader, topic))
        check_order(headings.stamps_ns, source_of(reader, imu or ''))
    stamps_ns, first = np.unique(np.array(fixes.stamps_ns, np.int64), return_index=True)
    if choice.strict:
        check_joined(stamps_ns, choice.most_hole_s, source_of(reader, topic))
    latitudes, longitudes, heights = np.array(fixes.rows)[first].T
    finite = heights[np.isfinite(heights)]
    height_m = float(np.median(finite)) if len(finite) else 0.0
    places = east_north(latitudes, longitudes, height_m)
    notes = (_PROJECTION, *_left_out(fixes, topic))
    topics = (topic, imu) if imu else (topic,)
    if headings.why_none:
        turned, known = _by_course(stamps_ns, places, choice.most_hole_s)
        warnings = _course_warnings(source_of(reader, topic), headings.why_none, known)
        mounting = _mounting(reader, choice.body_frame, fixes.frame, choice)
    else:
        told = timed(headings.stamps_ns, headings.rows, source_of(reader, imu or ''))
        turned, known = told.at(stamps_ns, choice.most_hole_s)
        warnings = ()
        mounting = _mounting(reader, headings.frame, fixes.frame, choice)
    return PosesFound(
        topics=topics,
        stamps_ns=stamps_ns[known],
        in_plane=mounting.undone(places, turned)[known],
        speeds=None,
        of='the vehicle, east and north of the first fix',
        notes=notes,
        warnings=(*warnings, *mounting.warnings),
    )


def _read_fixes(reader: BagReader, topic: str) -> _Fixes:
    fixes = _Fixes()
    for _, message in contents(reader, [topic]):
        row = (message.latitude, message.longitude, message.altitude)
        fixes.frame = plain_frame(message.header.frame_id)
        if message.status.status == _NO_FIX or not np.isfinite(row[:2]).all():
            fixes.without_place += 1
            continue
        if not (abs(row[0]) < 90 and abs(row[1]) <= 360):
            raise InputError(
                f'{place_of(message.header, source_of(reader, topic))}: latitude {row[0]} and '
                f'longitude {row[1]} are no degrees'
            )
        fixes.stamps_ns.append(stamp_ns(message.header))
        fixes.rows.append(row)
    if not fixes.rows:
        raise InputError(
            f'{source_of(reader, topic)} never has a fix: {fixes.without_place} messages without'
        )
    return fixes


def _read_headings(reader: BagReader, topic: str) -> _Headings:
    headings = _Headings()
    for _, message in contents(reader, [topic]):
        headings.frame = plain_frame(message.header.frame_id)
        if message.orientation_covariance[0] == -1:
            headings.why_none = f'{topic} has no orientation (orientation_covariance[0] is -1)'
            return headings
        headings.rows.append((0.0, 0.0, 0.0, *rotation_row(message.orientation)))
        headings.stamps_ns.append(stamp_ns(message.header))
    return headings


def _left_out(fixes: _Fixes, topic: str) -> tuple[str, ...]:
    return (f'{fixes.without_place} messages of {topic} without a fix',) * (
        fixes.without_place > 0
    )


@dataclass(frozen=True)
class _Mounting:
    """Where the IMU and the antenna are on the vehicle, and what of it was taken for granted."""

    body_on_imu: Poses
    antenna_on_body: Poses
    warnings: tuple[str, ...]

    def undone(self, places: NDArray[np.float64], imu: Poses) -> NDArray[np.float64]:
        """Poses [N, 3] of the body, from the antenna's places [N, 2] and the IMU's rotations."""
        turned = imu.then(self.body_on_imu).rotations
        lever_m = rotated(turned, self.antenna_on_body.places_m)
        return Poses(np.column_stack([places, np.zeros(len(places))]) - lever_m, turned).in_plane()


def _mounting(reader: BagReader, imu: str, antenna: str, choice: RecordingTopics) -> _Mounting:
    tree, body, source = read_fixed(reader), choice.body_frame, source_of(reader, '/tf_static')
    told = choice.centre_to_rear_axle_m is not None
    body_on_imu, antenna_on_body = tree.offset(imu, body, source), None
    if not told:
        antenna_on_body = tree.offset(body, antenna, source)
    warnings = []
    if not body_on_imu:
        warnings.append(
            f"the IMU's frame {imu!r} is not joined to {body!r} by /tf_static: it is taken to be "
            'mounted with x forward and z up'
        )
    if not antenna_on_body and not told:
        warnings.append(
            f"the antenna's frame {antenna!r} is not joined to {body!r} by /tf_static: it is "
            'taken to be above the rear axle; if it is ahead of that, say how far (centre to '
            'rear axle)'
        )
    return _Mounting(body_on_imu or NOT_MOVED, antenna_on_body or NOT_MOVED, tuple(warnings))


def _by_course(
    stamps_ns: NDArray[np.int64], places: NDArray[np.float64], most_hole_s: float
) -> tuple[Poses, NDArray[np.bool_]]:
    """The direction of travel as a rotation at each place, and where it is known [N]."""
    reach_ns = round(COURSE_REACH_S * NS_PER_S)
    before_ns, after_ns = stamps_ns - reach_ns, stamps_ns + reach_ns
    moved = interpolated(stamps_ns, places, after_ns) - interpolated(stamps_ns, places, before_ns)
    course = np.arctan2(moved[:, 1], moved[:, 0])
    first_ns, last_ns = Stretches(stamps_ns, most_hole_s).bounds_ns()
    central = (before_ns >= first_ns) & (after_ns <= last_ns)  # else it would be late or early
    fast = np.hypot(*moved.T) >= COURSE_MPS * 2 * COURSE_REACH_S
    nothing = np.zeros(len(course))
    turned = np.column_stack([nothing, nothing, np.sin(course / 2), np.cos(course / 2)])
    return Poses(np.zeros((len(course), 3)), turned), central & fast


def _course_warnings(source: str, why: str, known: NDArray[np.bool_]) -> tuple[str, ...]:
    if not known.any():
        raise InputError(
            f'{source}: {why}, and the vehicle never drives {COURSE_MPS:g} m/s, from which on '
            'the course over ground can stand for the heading: there are no poses'
        )
    return (
        f'{why}: THE HEADING IS THE COURSE OVER GROUND from {COURSE_MPS:g} m/s on '
        f'({2 * COURSE_REACH_S:g} s about each fix); the {(~known).sum()} of {len(known)} fixes '
        'that are slower, or too near to a hole, are left out; reversing would look like driving '
        'ahead, and an antenna ahead of the rear axle swings out in turns',
    )

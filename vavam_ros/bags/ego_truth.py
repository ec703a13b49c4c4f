"""What a vehicle really did, as one track, whatever told it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.pose_messages import PosesFound, check_joined, seconds
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import SPEED_REACH_S, EgoTrack, forward_speeds
from vavam_ros.records import NS_PER_S, EgoState

SPEEDS_AGREE_MPS, SPEEDS_AGREE = 0.5, 0.2  # of told speeds and the poses', the larger of both
MOVING_MPS = 2.0  # from which on the direction of travel shows the heading
WARN_DEG, REFUSE_DEG = 10.0, 45.0  # between heading and direction of travel, in the median


@dataclass(frozen=True, eq=False)
class EgoTruth:
    """The rear axle's track in a fixed frame."""

    topics: tuple[str, ...]  # or files
    track: EgoTrack
    description: tuple[str, ...]  # what was found and how it was made, for a person
    warnings: tuple[str, ...]  # what may make it wrong


def truth_of(found: PosesFound, choice: RecordingTopics, where: str) -> EgoTruth:
    """Joined, with speeds, at the rear axle; InputError where the poses are no vehicle's track."""
    source = f'{where}, {" + ".join(found.topics)}'
    if not len(found.stamps_ns):
        raise InputError(f'{source}: there is no time at which a pose is known')
    stamps_ns, first = np.unique(found.stamps_ns, return_index=True)
    poses = found.in_plane[first]
    measured = forward_speeds(stamps_ns, poses, choice.most_hole_s)
    told = None if found.speeds is None else found.speeds[first]
    speeds, note, warnings = _speeds(told, measured, choice)
    known = np.isfinite(speeds)
    if choice.strict:
        check_joined(stamps_ns, choice.most_hole_s, source)
        warnings += _check_heading(source, stamps_ns, poses, measured, choice)
    track = EgoTrack(
        (
            _at_rear_axle(int(stamp_ns), pose, float(speed), choice.ahead_m)
            for stamp_ns, pose, speed in zip(
                stamps_ns[known], poses[known], speeds[known], strict=True
            )
        ),
        choice.most_hole_s,
    )
    description = (
        f'{" + ".join(found.topics)}: {len(track)} poses of {found.of}, {_span(track)}',
        *found.notes,
        note,
        *_ahead(choice),
        _holes(track),
    )
    return EgoTruth(found.topics, track, description, (*found.warnings, *warnings))


def why_no_pose(track: EgoTrack, stamps_ns: NDArray[np.int64]) -> str:
    """Why none of some images, in order, has a pose, as a clause."""
    images, poses = (f'{span[0] / NS_PER_S:.1f} to {span[-1] / NS_PER_S:.1f} s' for span in (
        stamps_ns, track.stamps_ns
    ))  # fmt: skip
    return (
        f'no image has a pose: images are stamped {images}, poses {poses}, and poses more than '
        f'{track.most_hole_s:g} s apart are not joined'
    )


def _speeds(
    told: NDArray[np.float64] | None, measured: NDArray[np.float64], choice: RecordingTopics
) -> tuple[NDArray[np.float64], str, tuple[str, ...]]:
    """Speeds that count [N] m/s, how they came to be, and what is odd about them."""
    by_poses = f'speed: central differences of the poses over {2 * SPEED_REACH_S:g} s'
    if told is None:
        return measured, by_poses, ()
    known = np.isfinite(measured)
    if not choice.strict or not known.any():
        return told, 'speed: as told', ()
    off_mps = float(np.median(np.abs(told - measured)[known]))
    usual_mps = float(np.median(np.abs(measured[known])))
    if off_mps <= max(SPEEDS_AGREE_MPS, SPEEDS_AGREE * usual_mps):
        return told, 'speed: as told', ()
    warning = (
        f'the speed that is told is {off_mps:.1f} m/s off the {usual_mps:.1f} m/s of the poses '
        '(medians): it is not used, the poses are'
    )
    return measured, by_poses, (warning,)


def _at_rear_axle(
    stamp_ns: int, pose: NDArray[np.float64], speed_mps: float, ahead_m: float
) -> EgoState:
    x_m, y_m, yaw_rad = map(float, pose)
    return EgoState(
        stamp_ns,
        x_m - ahead_m * math.cos(yaw_rad),
        y_m - ahead_m * math.sin(yaw_rad),
        yaw_rad,
        speed_mps,
    )


def _check_heading(
    source: str,
    stamps_ns: NDArray[np.int64],
    poses: NDArray[np.float64],
    measured: NDArray[np.float64],
    choice: RecordingTopics,
) -> tuple[str, ...]:
    """A vehicle drives where it heads; else the poses are another frame's."""
    known = np.isfinite(measured)
    sideways = forward_speeds(stamps_ns, poses + (0.0, 0.0, math.pi / 2), choice.most_hole_s)
    moving = known & (np.hypot(measured, np.where(known, sideways, 0.0)) > MOVING_MPS)
    if not moving.any():
        return ()
    aside = np.degrees(np.arctan2(sideways[moving], measured[moving]))
    off_deg = float(np.median(np.abs(aside)))
    said = (
        f'the heading is {off_deg:.0f} deg off the direction of travel (median of '
        f'{moving.sum()} poses above {MOVING_MPS:g} m/s)'
    )
    if off_deg > REFUSE_DEG:
        raise InputError(
            f"{source}: {said}: it is not the vehicle's (x forward, z up; counter-clockwise from "
            "east or the fixed frame's x)"
        )
    return (f'{said}: the frame may be another than the rear axle',) if off_deg > WARN_DEG else ()


def _span(track: EgoTrack) -> str:
    if not len(track):
        return 'none with a speed'
    first, last = (int(track.stamps_ns[place]) for place in (0, -1))
    return f'{seconds(first)} to {seconds(last)}'


def _ahead(choice: RecordingTopics) -> tuple[str, ...]:
    if choice.centre_to_rear_axle_m is None:
        return ()
    return (f'moved {choice.ahead_m:g} m back to the rear axle',)


def _holes(track: EgoTrack) -> str:
    holes = track.holes_ns()
    if not len(holes):
        return f'no hole of more than {track.most_hole_s:g} s'
    longest = holes[np.argmax(holes[:, 1] - holes[:, 0])]
    length_s = (longest[1] - longest[0]) / NS_PER_S
    return (
        f'{len(holes)} holes of more than {track.most_hole_s:g} s, the longest {length_s:.2f} s '
        f'from {seconds(int(longest[0]))}'
    )

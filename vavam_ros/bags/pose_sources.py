"""Odometry, TF and PoseStamped as poses of the vehicle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vavam_ros.bags.decoding import stamp_ns
from vavam_ros.bags.pose_messages import (
    PosesFound,
    Row,
    check_order,
    checked_poses,
    contents,
    place_of,
    plain_frame,
    pose_row,
    source_of,
)
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.bags.tf_tree import Step, TfTree, read_fixed, read_tree
from vavam_ros.errors import InputError
from vavam_ros.geometry.spatial import Poses

FIXED_FRAMES = ('map', 'odom')


class NoChainError(InputError):
    """No transforms lead from a fixed frame to the body."""


def read_odometry(reader: BagReader, topic: str, choice: RecordingTopics) -> PosesFound:
    """nav_msgs/Odometry. Its child frame must be the body, or a known way from it."""
    stamps_ns: list[int] = []
    rows: list[Row] = []
    speeds: list[float] = []
    frames: set[tuple[str, str]] = set()
    source = source_of(reader, topic)
    for _, message in contents(reader, [topic]):
        pose, speed = message.pose.pose, message.twist.twist.linear.x
        if not math.isfinite(speed):
            raise InputError(
                f'{place_of(message.header, source)}: the speed is {speed}: it is not finite'
            )
        rows.append(pose_row(pose.position, pose.orientation))
        speeds.append(speed)
        stamps_ns.append(stamp_ns(message.header))
        frames.add((plain_frame(message.child_frame_id), plain_frame(message.header.frame_id)))
    if choice.strict:
        check_order(stamps_ns, source)
    child, parent = _only(frames, source) if choice.strict else next(iter(frames))
    offset, note = _to_body(reader, topic, child, choice)
    poses = checked_poses(rows, stamps_ns, source)
    in_plane = poses.then(offset).in_plane() if offset else poses.in_plane()
    return PosesFound(
        topics=(topic,),
        stamps_ns=np.array(stamps_ns, np.int64),
        in_plane=in_plane,
        speeds=None if offset else np.array(speeds),
        of=f'{child!r} in {parent!r}',
        notes=note,
    )


def _only(frames: set[tuple[str, str]], source: str) -> tuple[str, str]:
    if len(frames) > 1:
        listing = ', '.join(f'{child!r} in {parent!r}' for child, parent in sorted(frames))
        raise InputError(f'{source} has poses of several frames ({listing}): one is needed')
    return next(iter(frames))


def _to_body(
    reader: BagReader, topic: str, child: str, choice: RecordingTopics
) -> tuple[Poses | None, tuple[str, ...]]:
    """The body in the frame that odometry tells of, None where that serves as it is."""
    body = choice.body_frame
    if child == body or choice.centre_to_rear_axle_m is not None:
        return None, ()
    offset = read_fixed(reader).offset(child, body, source_of(reader, '/tf_static'))
    if offset is None:
        raise InputError(
            f'{source_of(reader, topic)} gives the pose of {child!r}, not of {body!r} (the centre '
            f'of the rear axle), and no /tf_static says where {body!r} is on it: say how far '
            f'{child!r} is ahead of the rear axle (--centre-to-rear-axle; 0 if it is there), or '
            'name it as the body frame (--body-frame)'
        )
    x_m, y_m, z_m = offset.places_m[0]
    note = f'{body!r} is at ({x_m:.3f}, {y_m:.3f}, {z_m:.3f}) m in {child!r} by /tf_static'
    return offset, (note,)


def read_tf(reader: BagReader, topic: str, choice: RecordingTopics) -> PosesFound:
    """tf2_msgs/TFMessage: the chain from a fixed frame to the body, which must move."""
    tree, source = read_tree(reader, topic), source_of(reader, topic)
    fixed, chain = _moving_chain(tree, choice)
    if not chain:
        asked = [choice.fixed_frame] if choice.fixed_frame else FIXED_FRAMES
        raise NoChainError(
            f'{source} has no moving chain of transforms from {" or ".join(asked)} to '
            f'{choice.body_frame}: it has {tree.described()}; name the fixed or the body frame'
        )
    if choice.strict:
        tree.check_order(chain, source)
    stamps_ns, poses = tree.joined(chain, choice.most_hole_s, source)
    way = [fixed, *(step.edge[0] if step.upward else step.edge[1] for step in chain)]
    return PosesFound(
        topics=(topic,),
        stamps_ns=stamps_ns,
        in_plane=poses.in_plane(),
        speeds=None,
        of=f'{choice.body_frame!r} in {fixed!r}',
        notes=(f'chain: {" > ".join(way)}',),
    )


def _moving_chain(tree: TfTree, choice: RecordingTopics) -> tuple[str, list[Step]]:
    """The first fixed frame that a moving chain leads from, and the chain; empty for none."""
    for frame in [choice.fixed_frame] if choice.fixed_frame else FIXED_FRAMES:
        chain = tree.chain(frame, choice.body_frame)
        if chain and tree.moves(chain):
            return frame, chain
    return '', []


def read_pose_stamped(reader: BagReader, topic: str, choice: RecordingTopics) -> PosesFound:
    """geometry_msgs/PoseStamped, which does not say what it is the pose of."""
    stamps_ns: list[int] = []
    rows: list[Row] = []
    parents: set[str] = set()
    source = source_of(reader, topic)
    for _, message in contents(reader, [topic]):
        rows.append(pose_row(message.pose.position, message.pose.orientation))
        stamps_ns.append(stamp_ns(message.header))
        parents.add(plain_frame(message.header.frame_id))
    if choice.strict:
        check_order(stamps_ns, source)
        if len(parents) > 1:
            raise InputError(f'{source} has poses in several frames ({_listed(sorted(parents))})')
    said = choice.centre_to_rear_axle_m is not None
    return PosesFound(
        topics=(topic,),
        stamps_ns=np.array(stamps_ns, np.int64),
        in_plane=checked_poses(rows, stamps_ns, source).in_plane(),
        speeds=None,
        of=f'the vehicle in {_listed(sorted(parents))}',
        warnings=() if said else (f'{topic} does not say whose pose it is: {_TAKEN}',),
    )


_TAKEN = (
    "it is taken as the rear axle's; if it is of a place ahead of that, say how far "
    '(centre to rear axle)'
)


def _listed(frames: Sequence[str]) -> str:
    return ', '.join(repr(one) for one in frames)

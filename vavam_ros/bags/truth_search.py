"""Finds what a bag has of the ego truth, by topic or by type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vavam_ros.bags.ego_truth import EgoTruth, truth_of
from vavam_ros.bags.gnss import IMU_TYPE, read_gnss
from vavam_ros.bags.pose_messages import PosesFound, source_of
from vavam_ros.bags.pose_sources import (
    FIXED_FRAMES,
    NoChainError,
    read_odometry,
    read_pose_stamped,
    read_tf,
)
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording_topics import NO_IMU, NO_TRUTH, RecordingTopics, TruthKind
from vavam_ros.bags.tf_tree import moving_topics
from vavam_ros.errors import InputError


def find_truth(reader: BagReader, choice: RecordingTopics) -> EgoTruth | None:
    """The truth as chosen, else the first of `choice.kinds` that the bag has.

    None where the choice is to have none. Raises InputError when there are no poses (saying what
    was looked for), several topics of the first kind that is there, or poses that are of no use.
    """
    if choice.truth == NO_TRUTH:
        return None
    if choice.truth is not None:
        return _read(reader, choice.truth, _kind_of(reader, choice.truth), choice, 'as named')
    without_chain = ''
    for kind in choice.kinds:
        is_tf = kind is TruthKind.TF
        topics = moving_topics(reader) if is_tf else reader.topics_of(kind.value)
        if len(topics) > 1:
            raise InputError(
                f'{reader.path} has several topics of {kind.value}, and poses are taken from one: '
                f'name it (--truth-topic): {", ".join(topics)}'
            )
        if topics:
            why = _why_found(reader, kind, choice) + without_chain
            try:
                return _read(reader, topics[0], kind, choice, why)
            except NoChainError as error:
                without_chain = f'; {error}'
    raise InputError(
        f'{reader.path} has no poses: looked for {_wanted(choice)}; it has {reader.described()}'
        f'{without_chain}'
    )


def _kind_of(reader: BagReader, topic: str) -> TruthKind:
    reader.messages([topic])  # raises where it is not there, naming those that are
    for kind in TruthKind:
        if reader.topics[topic].type == kind.value:
            if not reader.topics[topic].count:
                raise InputError(f'{source_of(reader, topic)} has no messages: there are no poses')
            return kind
    raise InputError(
        f'{source_of(reader, topic)} is {reader.topics[topic].type}: poses are read from '
        f'{", ".join(kind.value for kind in TruthKind)}'
    )


def _read(
    reader: BagReader, topic: str, kind: TruthKind, choice: RecordingTopics, why: str
) -> EgoTruth:
    found = _READ[kind](reader, topic, choice)
    found = replace(found, notes=(f'chosen: {why}', *found.notes))
    return truth_of(found, choice, str(reader.path))


def _why_found(reader: BagReader, kind: TruthKind, choice: RecordingTopics) -> str:
    """Why this kind: the order, and what else is there of the later ones."""
    if len(choice.kinds) == 1:
        return f'the only {kind.value}'
    order = ' > '.join(one.name for one in choice.kinds)
    later = choice.kinds[choice.kinds.index(kind) + 1 :]
    others = reader.topics_of(*(one.value for one in later))
    also = f'; also there: {", ".join(others)}' if others else ''
    return f'{kind.name} is the first that is there of {order}{also}'


def _wanted(choice: RecordingTopics) -> str:
    frames = choice.fixed_frame or ' or '.join(FIXED_FRAMES)
    notes = {
        TruthKind.TF: f' with a moving chain from {frames} to {choice.body_frame}',
        TruthKind.GNSS: f' with {IMU_TYPE}',
    }
    return ', '.join(f'{kind.value}{notes.get(kind, "")}' for kind in choice.kinds)


def _gnss(reader: BagReader, topic: str, choice: RecordingTopics) -> PosesFound:
    return read_gnss(reader, topic, _imu(reader, choice), choice)


def _imu(reader: BagReader, choice: RecordingTopics) -> str | None:
    if choice.imu == NO_IMU:
        return None
    topics = reader.topics_of(IMU_TYPE)
    if choice.imu is not None:
        reader.messages([choice.imu])  # raises where it is not there, naming those that are
        if choice.imu not in topics:
            raise InputError(f'{source_of(reader, choice.imu)} has no messages of {IMU_TYPE}')
        return choice.imu
    if len(topics) > 1:
        raise InputError(
            f'{reader.path} has several topics of {IMU_TYPE}, and the heading is taken from one: '
            f'name it (--imu-topic): {", ".join(topics)}'
        )
    return topics[0] if topics else None


_READ: dict[TruthKind, Callable[[BagReader, str, RecordingTopics], PosesFound]] = {
    TruthKind.ODOMETRY: read_odometry,
    TruthKind.TF: read_tf,
    TruthKind.POSE: read_pose_stamped,
    TruthKind.GNSS: _gnss,
}

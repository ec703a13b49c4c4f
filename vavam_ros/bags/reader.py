"""Reads rosbag2 (mcap, sqlite3) and ROS 1 bags alike, as serialised ROS 2 messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from rosbags.interfaces import Connection, ConnectionExtRosbag1, ConnectionExtRosbag2, Qos
from rosbags.serde import SerdeError
from rosbags.typesys.store import Typestore

from vavam_ros.bags.message_types import type_name, types_for
from vavam_ros.bags.opening import BROKEN, open_bag, reason
from vavam_ros.bags.qos import LATCHED, OfferedQos, qos_from_rosbags
from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S

IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')


class BagMessage(NamedTuple):
    """One message as the bag has it."""

    topic: str
    type: str  # for example 'sensor_msgs/msg/Image'
    stamp_ns: int  # bag time; the header's stamp may differ
    cdr: bytes | memoryview  # serialised for ROS 2, ready to be published


@dataclass(frozen=True)
class Topic:
    """What a bag holds of one topic."""

    name: str
    type: str  # ' | ' between the types of a topic that has several
    count: int  # messages
    qos: OfferedQos | None  # None where the bag does not say


class BagReader:
    """An open bag: a rosbag2 folder, one .mcap or .db3 file of it, or a ROS 1 .bag file.

    Messages come in the order of their bag time (of a split bag, file after file). ROS 1 messages
    are turned into ROS 2's, so that nothing behind the reader sees a difference.
    """

    def __init__(self, path: Path | str) -> None:
        """Open and index the bag.

        Raises InputError when nothing is at `path`, it is no bag, or it is cut off or damaged:
        then with how far it is whole.
        """
        self.path = Path(path)
        self._reader = open_bag(self.path)
        self.topics = _topics(self._reader.connections)  # by name, in alphabetical order
        self._types: dict[str, Typestore] = {}

    @property
    def start_ns(self) -> int:
        """Bag time of the first message; InputError when there is none."""
        self._check_not_empty()
        return self._reader.start_time

    @property
    def end_ns(self) -> int:
        """Bag time of the last message; InputError when there is none."""
        self._check_not_empty()
        return self._reader.end_time - 1  # rosbags' end is past the last one

    @property
    def duration_ns(self) -> int:
        """From the first message to the last; InputError when there is none."""
        return self.end_ns - self.start_ns

    def topics_of(self, *types: str) -> list[str]:
        """Names of the topics of these types that have messages, in alphabetical order."""
        return [one.name for one in self.topics.values() if one.type in types and one.count]

    def described(self, names: Iterable[str] | None = None) -> str:
        """Topics (default: all) with their types, for a person."""
        topics = self.topics.values() if names is None else [self.topics[one] for one in names]
        return ', '.join(f'{one.name} ({one.type})' for one in topics) or 'no topics'

    def messages(
        self, topics: Iterable[str] | None = None, start_ns: int | None = None
    ) -> Iterator[BagMessage]:
        """Messages of `topics` (default: all) from bag time `start_ns` on (default: all).

        Raises InputError at once for a topic that the bag does not have, and while iterating
        where the bag turns out to be damaged: then with how far it was read.
        """
        wanted = set(self.topics if topics is None else topics)
        for topic in sorted(wanted - self.topics.keys()):
            raise InputError(f'{self.path} has no topic {topic}: it has {self.described()}')
        connections = [one for one in self._reader.connections if one.topic in wanted]
        return self._messages(connections, start_ns) if connections else iter(())

    def definitions(self, topic: str) -> Typestore:
        """What the messages of a topic are laid out by; InputError where it is not known."""
        return self._types_of(next(one for one in self._reader.connections if one.topic == topic))

    def deserialize(self, message: BagMessage) -> Any:
        """The message as an object with the fields of its type; arrays are numpy.

        Raises InputError when its type is not known or its bytes do not fit the type.
        """
        types = self._types_of(self._connection_of(message))
        try:
            return types.deserialize_cdr(message.cdr, message.type)
        except SerdeError as error:
            raise InputError(
                f'{self.path}: the message of {message.topic} at {message.stamp_ns} ns '
                f'cannot be decoded: {error}'
            ) from error

    def close(self) -> None:
        """Close the files."""
        self._reader.close()

    def __enter__(self) -> BagReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _messages(
        self, connections: list[Connection], start_ns: int | None
    ) -> Iterator[BagMessage]:
        stored = self._stored(connections, start_ns)
        for connection, stamp_ns, data in stored:
            cdr = self._as_cdr(connection, data)
            yield BagMessage(connection.topic, type_name(connection), stamp_ns, cdr)

    def _stored(
        self, connections: list[Connection], start_ns: int | None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        count, until_ns = 0, self._reader.start_time
        try:
            for connection, stamp_ns, data in self._reader.messages(connections, start_ns):
                yield connection, stamp_ns, data
                count, until_ns = count + 1, stamp_ns
        except BROKEN as error:
            seconds = (until_ns - self._reader.start_time) / NS_PER_S
            raise InputError(
                f'{self.path} cannot be read past {count} messages, {seconds:.3f} s into the bag: '
                f'{reason(self.path, error)}'
            ) from error
        expected = sum(connection.msgcount for connection in connections)
        if start_ns is None and count < expected:
            raise InputError(
                f'{self.path} is damaged: its index counts {expected} messages of '
                f'{", ".join(sorted({one.topic for one in connections}))}, but {count} are there'
            )

    def _as_cdr(self, connection: Connection, data: bytes) -> bytes | memoryview:
        if not isinstance(connection.ext, ConnectionExtRosbag1):
            return data
        try:
            return self._types_of(connection).ros1_to_cdr(data, type_name(connection))
        except SerdeError as error:
            raise InputError(
                f'{self.path}: a message of {connection.topic} cannot be decoded: {error}'
            ) from error

    def _connection_of(self, message: BagMessage) -> Connection:
        return next(
            one
            for one in self._reader.connections
            if one.topic == message.topic and type_name(one) == message.type
        )

    def _types_of(self, connection: Connection) -> Typestore:
        if connection.msgtype not in self._types:
            try:
                self._types[connection.msgtype] = types_for(connection)
            except InputError as error:
                raise InputError(f'{self.path}: {error}') from error
        return self._types[connection.msgtype]

    def _check_not_empty(self) -> None:
        if not any(topic.count for topic in self.topics.values()):
            raise InputError(f'{self.path} holds no messages')


def find_image_topic(reader: BagReader) -> str:
    """The bag's only topic with camera images, raw or compressed, that has messages.

    Raises InputError naming the candidates when there are several, and all topics when none is.
    """
    images = reader.topics_of(*IMAGE_TYPES)
    if not images:
        raise InputError(f'{reader.path} has no camera images: it has {reader.described()}')
    if len(images) > 1:
        raise InputError(
            f'{reader.path} has several image topics, name one of them (--image-topic): '
            f'{reader.described(images)}'
        )
    return images[0]


def _topics(connections: Sequence[Connection]) -> dict[str, Topic]:
    topics = {}
    for name in sorted({one.topic for one in connections}):
        same = [one for one in connections if one.topic == name]
        types = ' | '.join(sorted({type_name(one) for one in same}))
        topics[name] = Topic(name, types, sum(one.msgcount for one in same), _qos(same))
    return topics


def _qos(connections: Sequence[Connection]) -> OfferedQos | None:
    offered: list[Qos] = []
    for one in connections:
        if isinstance(one.ext, ConnectionExtRosbag2):
            offered += one.ext.offered_qos_profiles
        elif one.ext.latching:
            return LATCHED
    return qos_from_rosbags(offered)

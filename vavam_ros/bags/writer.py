"""Writes a rosbag2 that every ROS 2 from Humble on reads."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Protocol

from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys.store import Typestore

from vavam_ros.bags import messages
from vavam_ros.bags.message_types import standard_types
from vavam_ros.bags.qos import LATCHED, OfferedQos, rosbags_from_qos
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.pose import Transform
from vavam_ros.records import CameraFrame, EgoState, FrameTokens, Plan

STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}


class Message(Protocol):
    """An object of rosbags' message classes."""

    __msgtype__: ClassVar[str]


class BagWriter:
    """A bag under construction, in `partial` beside `path` until `close` renames it into place.

    As a context manager it is all or nothing: leaving by an exception discards what was written.
    A recorder, whose messages cannot be made again, calls `close` itself. Where that fails, or
    the process is killed, `partial` stays: its mcap then holds all but the last megabyte of
    messages and lacks only its index (repairable by any mcap tool); its sqlite3 holds none.
    """

    def __init__(self, path: Path | str, storage: str = 'mcap') -> None:
        """Start the bag folder `path`, with `storage` 'mcap' or 'sqlite3'.

        Raises InputError, having touched nothing, when `path` or its `partial` exists, when it
        cannot be created, and for another storage.
        """
        self.path = Path(path)
        _check_target(self.path, storage)
        self.partial = self.path.with_name(f'{self.path.name}.partial')
        if os.path.exists(self.partial):
            raise InputError(
                f'{self.partial} exists: another process is writing this bag, or one was cut off: '
                'wait for it, or move its folder away'
            )
        self.counts: dict[str, int] = {}  # messages written, by topic
        self._connections: dict[str, Connection] = {}
        with self._storage_errors():
            # The storage file is named after its folder, so that has its final name already.
            # Version 8, because Humble does not parse 9.
            self._writer = Writer(
                self.partial / self.path.name, version=8, storage_plugin=STORAGES[storage]
            )
        self._open()

    def add_topic(
        self,
        topic: str,
        type_name: str,
        qos: OfferedQos | None = None,
        types: Typestore | None = None,
    ) -> None:
        """Announce a topic, of a standard type such as 'sensor_msgs/msg/Image', or one of `types`.

        Raises InputError when the type is not among them, or the topic has another already.
        """
        types = types or standard_types()
        known = self._connections.get(topic)
        if known is not None:
            if known.msgtype != type_name:
                raise InputError(f'{topic} is {known.msgtype} in {self.path}, not {type_name}')
            return
        if type_name not in types.fielddefs:
            raise InputError(
                f'{topic}: the definition of {type_name} is not known, so it cannot be recorded: '
                'leave the topic out'
            )
        with self._storage_errors():
            self._connections[topic] = self._writer.add_connection(
                topic,
                type_name,
                typestore=types,
                offered_qos_profiles=[rosbags_from_qos(qos or OfferedQos())],
            )
        self.counts[topic] = 0

    def write(self, topic: str, stamp_ns: int, cdr: bytes | memoryview) -> None:
        """Append one serialised message of a topic that was added, at bag time `stamp_ns` >= 0.

        Raises InputError when the disk is full or gone.
        """
        with self._storage_errors():
            self._writer.write(self._connections[topic], stamp_ns, cdr)
        self.counts[topic] += 1

    def write_image(self, topic: str, frame: CameraFrame) -> None:
        """sensor_msgs/Image, rgb8."""
        self._write_message(topic, frame.stamp_ns, messages.image_from_frame(frame))

    def write_compressed_image(
        self, topic: str, stamp_ns: int, camera: str, encoding: str, encoded: bytes
    ) -> None:
        """sensor_msgs/CompressedImage with the bytes as given; `encoding` is 'jpeg' or 'png'."""
        message = messages.compressed_image(stamp_ns, camera, encoding, encoded)
        self._write_message(topic, stamp_ns, message)

    def write_camera_info(self, topic: str, stamp_ns: int, camera: str, pinhole: Pinhole) -> None:
        """sensor_msgs/CameraInfo."""
        message = messages.camera_info_from_pinhole(pinhole, stamp_ns, camera)
        self._write_message(topic, stamp_ns, message)

    def write_odometry(self, topic: str, ego: EgoState, parent: str, child: str) -> None:
        """nav_msgs/Odometry of the frame `child` in the frame `parent`."""
        message = messages.odometry_from_ego(ego, parent, child)
        self._write_message(topic, ego.stamp_ns, message)

    def write_tokens(self, topic: str, tokens: FrameTokens, bag_ns: int) -> None:
        """sensor_msgs/Image, 16UC1: one pixel per codebook index."""
        self._write_message(topic, bag_ns, messages.image_from_tokens(tokens))

    def write_string(self, topic: str, stamp_ns: int, text: str, latched: bool = False) -> None:
        """std_msgs/String."""
        qos = LATCHED if latched else None
        self._write_message(topic, stamp_ns, messages.string(text), qos)

    def write_tf(self, stamp_ns: int, transforms: Sequence[Transform]) -> None:
        """Moving transforms, on /tf."""
        self._write_message('/tf', stamp_ns, messages.tf_from_transforms(transforms, stamp_ns))

    def write_static_tf(self, stamp_ns: int, transforms: Sequence[Transform]) -> None:
        """Transforms that hold for the whole bag, on /tf_static, latched."""
        message = messages.tf_from_transforms(transforms, stamp_ns)
        self._write_message('/tf_static', stamp_ns, message, LATCHED)

    def write_path(self, topic: str, plan: Plan, rig_frame: str) -> None:
        """nav_msgs/Path of the chosen waypoints."""
        self._write_message(topic, plan.stamp_ns, messages.path_from_plan(plan, rig_frame))

    def write_candidates(self, topic: str, plan: Plan, rig_frame: str) -> None:
        """visualization_msgs/MarkerArray of all samples and what-ifs."""
        self._write_message(topic, plan.stamp_ns, messages.candidates_from_plan(plan, rig_frame))

    def close(self) -> None:
        """Finish the bag and move it to `path`; InputError (and `partial` stays) if that fails."""
        try:
            self._finish()
        except InputError as error:
            raise InputError(f'{error} (what was written is in {self.partial})') from error
        self._move()

    def discard(self) -> None:
        """Remove what was written."""
        # A full disk fails once more while the storage closes; the file goes all the same.
        with contextlib.suppress(OSError, sqlite3.Error):
            self._writer.abort()
        shutil.rmtree(self.partial)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            self._finish()
        except InputError:
            self.discard()
            raise
        self._move()

    def _open(self) -> None:
        try:
            with self._storage_errors():
                self._writer.open()
        except InputError:
            shutil.rmtree(self.partial, ignore_errors=True)  # it may not even be there
            raise

    def _finish(self) -> None:
        with self._storage_errors():
            self._writer.close()

    def _move(self) -> None:
        if self.path.exists():
            raise InputError(f'{self.path} has appeared meanwhile: the bag is in {self.partial}')
        with self._storage_errors():
            (self.partial / self.path.name).rename(self.path)
            self.partial.rmdir()

    def _write_message(
        self, topic: str, stamp_ns: int, message: Message, qos: OfferedQos | None = None
    ) -> None:
        self.add_topic(topic, message.__msgtype__, qos)
        cdr = standard_types().serialize_cdr(message, message.__msgtype__, little_endian=True)
        self.write(topic, stamp_ns, cdr)

    @contextlib.contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, 'strerror', None) or error
            raise InputError(
                f'{self.path} cannot be written: {reason}: free some space or choose another place'
            ) from error


def _check_target(path: Path, storage: str) -> None:
    if storage not in STORAGES:
        raise InputError(f'storage {storage!r} is not known: choose one of {", ".join(STORAGES)}')
    if os.path.exists(path):  # unlike Path.exists, it takes names that no disk can hold
        raise InputError(f'{path} exists already: choose another name or remove it')
    if storage == 'sqlite3' and set(str(path)) & set('?#%'):
        raise InputError(f'{path}: sqlite3 files cannot have ?, # or % in their path: rename')

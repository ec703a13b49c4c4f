"""Frames and the transforms between them, as /tf and /tf_static tell them."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.decoding import stamp_ns
from vavam_ros.bags.pose_messages import (
    Row,
    check_order,
    checked_poses,
    contents,
    plain_frame,
    pose_row,
    timed,
)
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording_topics import TruthKind
from vavam_ros.geometry.spatial import NOT_MOVED, Poses, TimedPoses

_STATIC = '_static'  # how the topic of fixed transforms ends

Edge = tuple[str, str]  # parent, child


class Step(NamedTuple):
    """One transform of a chain."""

    edge: Edge
    upward: bool  # from the child to its parent: turned round


@dataclass
class _Told:
    """One transform as recorded, flat, since a bag may hold millions."""

    stamps_ns: array[int] = field(default_factory=lambda: array('q'))
    rows: array[float] = field(default_factory=lambda: array('d'))


class TfTree:
    """Transforms of a bag; of a fixed one that is told again the last counts.

    Only those of a chain that is asked for are looked at more closely.
    """

    def __init__(self) -> None:
        self.fixed: dict[Edge, tuple[int, Row]] = {}  # with its stamp
        self._moving: dict[Edge, _Told] = {}

    def add(self, edge: Edge, time_ns: int, row: Row, fixed: bool) -> None:
        """Note one transform."""
        if fixed:
            self.fixed[edge] = (time_ns, row)
            return
        told = self._moving.setdefault(edge, _Told())
        told.stamps_ns.append(time_ns)
        told.rows.extend(row)

    @property
    def edges(self) -> list[Edge]:
        """All, fixed ones first."""
        return [*self.fixed, *(edge for edge in self._moving if edge not in self.fixed)]

    def described(self) -> str:
        """Its frames, for a person."""
        return ', '.join(f'{parent} to {child}' for parent, child in self.edges) or 'none'

    def chain(self, outer: str, inner: str, fixed_only: bool = False) -> list[Step] | None:
        """The shortest way from one frame to another; None where there is none."""
        neighbours: dict[str, list[tuple[str, Step]]] = {}
        for edge in self.fixed if fixed_only else self.edges:
            parent, child = edge
            neighbours.setdefault(parent, []).append((child, Step(edge, False)))
            neighbours.setdefault(child, []).append((parent, Step(edge, True)))
        ways: dict[str, list[Step]] = {outer: []}
        waiting = deque([outer])
        while waiting and inner not in ways:
            frame = waiting.popleft()
            for other, step in neighbours.get(frame, []):
                if other not in ways:
                    ways[other] = [*ways[frame], step]
                    waiting.append(other)
        return ways.get(inner)

    def moves(self, chain: Iterable[Step]) -> bool:
        """Whether any transform of it is not fixed."""
        return any(step.edge not in self.fixed for step in chain)

    def offset(self, outer: str, inner: str, source: str) -> Poses | None:
        """Where `inner` is fixed in `outer`; None where no fixed transforms say so."""
        chain = self.chain(outer, inner, fixed_only=True)
        if chain is None:
            return None
        pose = NOT_MOVED
        for step in chain:
            pose = pose.then(_turned(self._fixed_link(step.edge, source), step))
        return pose

    def check_order(self, chain: Iterable[Step], source: str) -> None:
        """InputError where a moving transform's stamps run backwards."""
        for step in chain:
            if step.edge not in self.fixed:
                stamps_ns = np.array(self._moving[step.edge].stamps_ns)
                check_order(stamps_ns, _named(step.edge, source))

    def joined(
        self, chain: Sequence[Step], most_hole_s: float, source: str
    ) -> tuple[NDArray[np.int64], Poses]:
        """The inner frame in the outer one, whenever the most frequent transform is told.

        The others are interpolated at its stamps, and it is left out where one is not known.
        """
        moving = {
            step.edge: self._moving_link(step.edge, source)
            for step in chain
            if step.edge not in self.fixed
        }
        stamps_ns = max(moving.values(), key=lambda one: len(one.stamps_ns)).stamps_ns
        known = np.ones(len(stamps_ns), np.bool_)
        pose = NOT_MOVED
        for step in chain:
            if step.edge in moving:
                link, link_known = moving[step.edge].at(stamps_ns, most_hole_s)
                known &= link_known
            else:
                link = self._fixed_link(step.edge, source)
            pose = pose.then(_turned(link, step))
        return stamps_ns[known], Poses(pose.places_m[known], pose.rotations[known])

    def _fixed_link(self, edge: Edge, source: str) -> Poses:
        stamp_ns, row = self.fixed[edge]
        return checked_poses([row], [stamp_ns], _named(edge, source))

    def _moving_link(self, edge: Edge, source: str) -> TimedPoses:
        told = self._moving[edge]
        return timed(told.stamps_ns, np.array(told.rows), _named(edge, source))


def _named(edge: Edge, source: str) -> str:
    return f'{source}, {edge[0]} to {edge[1]}'


def _turned(pose: Poses, step: Step) -> Poses:
    return pose.inverse() if step.upward else pose


def moving_topics(reader: BagReader) -> list[str]:
    """Topics with moving transforms, such as /tf."""
    return [name for name in _tf_topics(reader) if not name.endswith(_STATIC)]


def read_fixed(reader: BagReader) -> TfTree:
    """All fixed transforms of a bag."""
    return _read(reader, [name for name in _tf_topics(reader) if name.endswith(_STATIC)])


def read_tree(reader: BagReader, topic: str) -> TfTree:
    """The transforms of one topic, with the fixed ones that go with it."""
    static = f'{topic}{_STATIC}'
    return _read(reader, [topic, *(name for name in _tf_topics(reader) if name == static)])


def _tf_topics(reader: BagReader) -> list[str]:
    return reader.topics_of(TruthKind.TF.value)


def _read(reader: BagReader, topics: list[str]) -> TfTree:
    tree = TfTree()
    for topic, content in contents(reader, topics):
        for one in content.transforms:
            parent, child = plain_frame(one.header.frame_id), plain_frame(one.child_frame_id)
            row = pose_row(one.transform.translation, one.transform.rotation)
            tree.add((parent, child), stamp_ns(one.header), row, topic.endswith(_STATIC))
    return tree

"""Which images of a bag are meant, and what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.calibrations import Size
from vavam_ros.bags.decoding import frame_from_message
from vavam_ros.bags.reader import IMAGE_TYPES, BagReader, find_image_topic
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.bags.token_image import TOKEN_ENCODING, tokens_from_message
from vavam_ros.bags.token_origin import ORIGIN_TYPE, TokenOrigin, origin_of, origin_topic
from vavam_ros.errors import InputError

COMMAND_TYPE = 'std_msgs/msg/String'


def image_topic_of(reader: BagReader, choice: RecordingTopics) -> str:
    """The chosen topic, else the only one with images; InputError where that cannot be."""
    if choice.image is None:
        return find_image_topic(reader)
    reader.messages([choice.image])  # raises where it is not there, naming those that are
    topic = reader.topics[choice.image]
    if topic.type not in IMAGE_TYPES:
        raise InputError(f'{reader.path}, {topic.name} is {topic.type}: it has no camera images')
    if not topic.count:
        raise InputError(f'{reader.path}, {topic.name} has no messages')
    return topic.name


def check_commands(reader: BagReader, choice: RecordingTopics) -> None:
    """InputError where commands are wanted from a topic that has none."""
    if choice.command is None:
        return
    reader.messages([choice.command])  # raises where it is not there, naming those that are
    kind = reader.topics[choice.command].type
    if kind != COMMAND_TYPE:
        raise InputError(f'{reader.path}, {choice.command} is {kind}: commands are {COMMAND_TYPE}')


def first_message(reader: BagReader, topic: str) -> Any | None:
    """The first message of a topic, deserialised; None where there is none."""
    message = next(iter(reader.messages([topic])), None)
    return None if message is None else reader.deserialize(message)


def size_of(read: Callable[[], NDArray[np.uint8]]) -> Size | None:
    """Of the image that `read` gives; None where it cannot be decoded."""
    try:
        height_px, width_px = read().shape[:2]
    except InputError:
        return None  # that frame is complained of when it is needed
    return height_px, width_px


def checked_kind(first: Any, source: str) -> tuple[str, bool]:
    """How the first image is encoded, for a person, and whether it carries tokens."""
    try:
        if not hasattr(first, 'encoding'):
            return f'compressed ({first.format})', False
        if first.encoding == TOKEN_ENCODING:
            rows, columns = tokens_from_message(first).shape
            return f'tokens, {rows} rows of {columns}', True
        frame_from_message(first)
    except InputError as error:
        raise InputError(f'{source}: {error}') from error
    return f'{first.encoding} {first.width}x{first.height}', False


def token_origin_of(reader: BagReader, image_topic: str) -> TokenOrigin | None:
    """What the bag says of its tokens; None where it says nothing."""
    topic = origin_topic(image_topic)
    if topic not in reader.topics_of(ORIGIN_TYPE):
        return None
    first = first_message(reader, topic)
    return origin_of(first and first.data, f'{reader.path}, {topic}')

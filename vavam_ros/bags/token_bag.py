"""Writes a recording again, with tokens in place of its images."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from vavam_ros.bags.clip import read_clip
from vavam_ros.bags.clip_bag import ClipCamera, write_ego
from vavam_ros.bags.reader import IMAGE_TYPES, BagReader
from vavam_ros.bags.recorded_frames import RecordedFrame
from vavam_ros.bags.recording import Recording
from vavam_ros.bags.token_origin import TokenOrigin, origin_topic
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.records import FrameTokens

Tokenize = Callable[[RecordedFrame], FrameTokens]


@dataclass
class Written:
    """What became of the topics."""

    image_topic: str
    left_out: dict[str, str] = field(default_factory=dict)  # topic: why it is not there


def write_token_bag(
    recording: Recording,
    keep: Collection[int],
    tokenize: Tokenize,
    origin: TokenOrigin,
    writer: BagWriter,
) -> Written:
    """Every message as it was but for images: of those `keep` by number, as tokens.

    Other cameras' images are left out, and so is what cannot be written, with the reason. Raises
    InputError where a frame cannot be decoded.
    """
    if recording.image_topic is None:
        return _of_clip(recording, keep, tokenize, origin, writer)
    return _of_bag(recording, recording.image_topic, keep, tokenize, origin, writer)


def _of_bag(
    recording: Recording, topic: str, keep: Collection[int], tokenize: Tokenize,
    origin: TokenOrigin, writer: BagWriter,
) -> Written:  # fmt: skip
    frames = enumerate(recording.frames())
    with BagReader(recording.path) as reader:
        written = Written(topic)
        _add_topics(reader, writer, written)
        writer.write_string(origin_topic(topic), reader.start_ns, origin.text(), latched=True)
        wanted = [name for name in reader.topics if name not in written.left_out]
        for message in reader.messages(wanted):
            if message.topic != topic:
                writer.write(message.topic, message.stamp_ns, message.cdr)
                continue
            number, frame = next(frames)
            if number in keep:
                writer.write_tokens(topic, tokenize(frame), message.stamp_ns)
    return written


def _add_topics(reader: BagReader, writer: BagWriter, written: Written) -> None:
    image = written.image_topic
    for name, topic in reader.topics.items():
        if name == origin_topic(image):
            raise InputError(f'{reader.path} has the topic {name} already: leave it out')
        if name == image:
            continue
        if topic.type in IMAGE_TYPES:
            written.left_out[name] = 'other images'
            continue
        try:
            writer.add_topic(name, topic.type, topic.qos, reader.definitions(name))
        except InputError as error:
            written.left_out[name] = str(error)


def _of_clip(
    recording: Recording, keep: Collection[int], tokenize: Tokenize, origin: TokenOrigin,
    writer: BagWriter,
) -> Written:  # fmt: skip
    clip, topic = read_clip(recording.path), ClipCamera().image_topic
    if not clip.has_poses:
        raise InputError(
            f'{recording.path} has no poses, and a bag has no place for other columns of '
            'frames.csv: its tokens could be compared with nothing'
        )
    written = Written(topic)
    written.left_out = {name: 'a column, which no topic is for' for name in clip.frames[0].extra}
    first_ns = clip.frames[0].stamp_ns
    writer.write_string(origin_topic(topic), first_ns, origin.text(), latched=True)
    for number, (row, frame) in enumerate(zip(clip.frames, recording.frames(), strict=True)):
        assert row.ego
        write_ego(row.ego, writer)
        if number in keep:
            writer.write_tokens(topic, tokenize(frame), frame.stamp_ns)
    return written

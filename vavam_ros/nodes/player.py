"""Play a bag into the live graph: its messages at their times, and /clock.

Ends with 0 at the end of the bag, or when it is asked to stop by Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import rclpy

from vavam_ros.bags.reader import IMAGE_TYPES, BagReader
from vavam_ros.errors import InputError
from vavam_ros.nodes.large_images import allow_large_images
from vavam_ros.nodes.lifetime import StopRequest, add_ros_arguments, ros, stop_at_signals
from vavam_ros.nodes.message_types import message_class
from vavam_ros.nodes.options import positive, seconds
from vavam_ros.nodes.playback import Playback
from vavam_ros.nodes.settings import declared_settings
from vavam_ros.records import NS_PER_S
from vavam_ros.settings_fields import setting

_LOOP_PAUSE_S = 0.1  # so that the last and the first image are not one burst
_CLOCK_TOPIC = '/clock'
_WAIT = 'wait at most that long for subscribers of the images (default 5, 0 not at all)'
_SUBSCRIBERS = 'how many of them, such as 2 for planner and recorder (default 1)'
_EPILOG = """\
The same with ROS's own tool (same topics, same clock):
  ros2 bag play BAG --clock 100 --rate RATE --start-offset SECONDS --loop
                    --topics TOPIC ... --remap OLD:=NEW ...
Large images then need config/fastdds.xml in FASTRTPS_DEFAULT_PROFILES_FILE and
FASTDDS_DEFAULT_PROFILES_FILE, which this command sets by itself.
"""


@dataclass(frozen=True)
class PlayerSettings:
    """What launch files can set as a parameter, since they cannot leave a flag out."""

    loop: bool = setting(False, 'start again at the end, as with --loop')


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `vavam replay`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add('bag', type=Path, metavar='BAG', help='rosbag2 folder, .mcap, .db3 or ROS 1 .bag')
    add('--rate', type=positive, default=1.0, help='speed; 2 is twice as fast (default 1)')
    add('--loop', action='store_true', help='start again at the end; the clock jumps back')
    add('--start', type=seconds, default=0.0, metavar='SECONDS', help='skip that much of the bag')
    add('--topics', nargs='+', metavar='TOPIC', help='play only these (default: all)')
    add('--remap', nargs='+', default=[], metavar='OLD:=NEW', help='publish under another name')
    add('--no-clock', action='store_true', help='do not publish /clock')
    add('--wait', type=seconds, default=5.0, metavar='SECONDS', help=_WAIT)
    add('--subscribers', type=int, default=1, metavar='N', help=_SUBSCRIBERS)
    add_ros_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play the bag; InputError for a bag, a topic, a name or a start that does not fit."""
    stop = stop_at_signals()
    with BagReader(arguments.bag) as reader:
        start_ns = _start_ns(reader, arguments.start)
        names = _names(reader, arguments)
        if warning := allow_large_images():
            _warn(warning)
        with ros(arguments.ros_args):
            node = rclpy.create_node('player', start_parameter_services=False)
            arguments.loop |= declared_settings(node, PlayerSettings).loop
            playback = Playback(node, reader, names, stop, with_clock=not arguments.no_clock)
            if not _wait_for_subscribers(playback, reader, names, arguments):
                _warn('nobody, or too few, subscribed to the images; playing all the same')
            _play(playback, reader, start_ns, arguments, stop)
            node.destroy_node()
    return 0


def _play(
    playback: Playback,
    reader: BagReader,
    start_ns: int,
    arguments: argparse.Namespace,
    stop: StopRequest,
) -> None:
    progress = _Progress(reader, playback)
    playback.play(start_ns, arguments.rate, progress.at_time)
    while arguments.loop and not stop.wait(_LOOP_PAUSE_S):
        playback.play(start_ns, arguments.rate, progress.at_time)
    if not stop.requested:
        playback.finish()
    progress.finish(stop.reason)


def _wait_for_subscribers(
    playback: Playback, reader: BagReader, names: Mapping[str, str], arguments: argparse.Namespace
) -> bool:
    images = [topic for topic in names if reader.topics[topic].type in IMAGE_TYPES]
    if not images or not arguments.wait:
        return True
    published = ' or '.join(names[topic] for topic in images)
    _say(f'up to {arguments.wait:g} s for {arguments.subscribers} subscribers on {published}')
    return playback.wait_for_subscribers(images, arguments.subscribers, arguments.wait)


def _start_ns(reader: BagReader, start_s: float) -> int:
    start_ns = reader.start_ns + round(start_s * NS_PER_S)
    if start_ns > reader.end_ns:
        raise InputError(
            f'{reader.path} is {reader.duration_ns / NS_PER_S:.3f} s long: '
            f'--start {start_s:g} is past its end'
        )
    return start_ns


def _names(reader: BagReader, arguments: argparse.Namespace) -> dict[str, str]:
    """Topics to play, by their names in the bag, and the names to publish them under."""
    chosen = list(arguments.topics or reader.topics)
    renamed = _remaps(arguments.remap)
    for topic in (*chosen, *renamed):
        if topic not in reader.topics:
            raise InputError(
                f'{reader.path} has no topic {topic}: it has {_listed(reader.topics)}'
            )
    names = {topic: renamed.get(topic, topic) for topic in chosen if _playable(reader, topic)}
    if not arguments.no_clock and _CLOCK_TOPIC in names.values():
        _warn("the bag's /clock is skipped, since /clock is published here (see --no-clock)")
        names = {topic: name for topic, name in names.items() if name != _CLOCK_TOPIC}
    if not names:
        raise InputError(
            f'nothing of {reader.path} can be played: it has {_listed(reader.topics)}'
        )
    if len(set(names.values())) < len(names):
        raise InputError(f'--remap gives two topics one name: {_listed(sorted(names.values()))}')
    return names


def _remaps(pairs: Iterable[str]) -> dict[str, str]:
    remaps = {}
    for pair in pairs:
        old, separator, new = pair.partition(':=')
        if not (old and separator and new):
            raise InputError(f'--remap {pair} is not of the form OLD:=NEW, such as /a:=/b')
        remaps[old] = new
    return remaps


def _playable(reader: BagReader, topic: str) -> bool:
    try:
        message_class(reader.topics[topic].type)
    except InputError as error:
        _warn(f'{topic} is skipped: {error}')
        return False
    return True


class _Progress:
    """One line a second in a terminal; elsewhere one in ten seconds, and always one at the end."""

    def __init__(self, reader: BagReader, playback: Playback) -> None:
        self._reader = reader
        self._playback = playback
        self._in_terminal = sys.stdout.isatty()
        self._period_s = 1.0 if self._in_terminal else 10.0
        self._next_s = time.monotonic() + self._period_s
        self._now_ns = reader.start_ns

    def at_time(self, bag_ns: int) -> None:
        """Take note of the bag time, and show it now and then."""
        self._now_ns = bag_ns
        if time.monotonic() >= self._next_s:
            self._next_s += self._period_s
            _say(self._line(), end='\r' if self._in_terminal else '\n')

    def finish(self, stopped_by: str | None) -> None:
        """Sum up."""
        _say(f'{self._line()} ({f"stopped by {stopped_by}" if stopped_by else "done"})')

    def _line(self) -> str:
        now_s = (self._now_ns - self._reader.start_ns) / NS_PER_S
        lateness = self._playback.lateness
        return (
            f'{now_s:.1f} of {self._reader.duration_ns / NS_PER_S:.1f} s, '
            f'{lateness.messages} messages, {lateness}'
        )


def _listed(topics: Iterable[str]) -> str:
    return ', '.join(topics) or 'none'


def _say(text: str, end: str = '\n') -> None:
    print(f'vavam replay: {text}', end=end, flush=True)


def _warn(text: str) -> None:
    print(f'vavam replay: WARNING: {text}', file=sys.stderr, flush=True)

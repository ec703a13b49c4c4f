"""A bag is played into the live graph: as recorded, at its times, with a clock."""

from __future__ import annotations

import itertools
import os
import re
import signal
import time

import pytest
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from vavam_ros.__main__ import main
from vavam_ros.bags.writer import BagWriter

pytestmark = pytest.mark.dds

START_NS = 1_700_000_000_000_000_000  # of small_bag
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def stamp_s(time_message) -> float:
    """Seconds since the bag's start."""
    return time_message.sec - START_NS // 10**9 + time_message.nanosec / 1e9


class Ears:
    """What a subscriber hears, and when."""

    def __init__(self, graph, kind, topic: str, qos=10) -> None:
        self.messages: list = []
        self.times_s: list[float] = []
        self._node = graph.node(f'ears_{topic.replace("/", "_")}')
        self._node.create_subscription(kind, topic, self._hear, qos)

    def _hear(self, message) -> None:
        self.messages.append(message)
        self.times_s.append(time.monotonic())

    def stamps_s(self) -> list[float]:
        return [stamp_s(message.header.stamp) for message in self.messages]


def test_messages_come_in_order_at_the_bags_pace_with_a_running_clock(graph, start, small_bag):
    images, clock = Ears(graph, Image, '/camera/image_raw'), Ears(graph, Clock, '/clock', 100)
    player = start('replay', small_bag, '--wait', 90, '--rate', 2)
    graph.spin_until(lambda: len(images.messages) == 8)
    assert images.stamps_s() == [0.25 * index for index in range(8)]
    assert images.times_s[-1] - images.times_s[0] == pytest.approx(7 * 0.25 / 2, abs=0.5)
    assert player.wait() == 0
    shown_s = [stamp_s(message.clock) for message in clock.messages]
    assert shown_s == sorted(shown_s)
    assert shown_s[0] == 0.0
    playing = [one for one in shown_s if 0 < one < 1.75]
    assert len(playing) > 50 * 1.75 / 2 or was_late(player.out)  # at least 50 Hz of wall time
    assert '24 messages' in player.out or '25 messages' in player.out
    assert 'late p95' in player.out
    assert '(done)' in player.out


def was_late(said: str) -> bool:
    """Whether the machine was too busy to judge a pace by."""
    return float(re.search(r'late p95 ([\d.]+) ms', said)[1]) > 20


def test_a_loop_jumps_the_clock_back_and_ctrl_c_ends_it_quietly(graph, start, small_bag):
    images, clock = Ears(graph, Image, '/camera/image_raw'), Ears(graph, Clock, '/clock', 100)
    player = start('replay', small_bag, '--wait', 90, '--rate', 8, '--loop')
    graph.spin_until(lambda: len(images.messages) >= 18)
    assert images.stamps_s()[:16] == 2 * [0.25 * index for index in range(8)]
    shown_s = [stamp_s(message.clock) for message in clock.messages]
    backwards = [b - a for a, b in itertools.pairwise(shown_s) if b < a]
    assert backwards[0] < -1.5
    player.send(signal.SIGINT)
    player.send(signal.SIGINT)
    player.send(signal.SIGTERM)
    assert player.wait() == 0
    assert 'stopped by SIGINT' in player.out
    assert 'Traceback' not in player.said


def test_sigterm_while_it_waits_for_a_subscriber_ends_it(start, small_bag):
    player = start('replay', small_bag, '--wait', 60)
    player.wait_until_said('up to 60 s')
    player.send(signal.SIGTERM)
    assert player.wait() == 0
    assert 'stopped by SIGTERM' in player.out
    assert 'Traceback' not in player.said


def test_an_offset_skips_what_is_before_except_what_is_latched(graph, start, small_bag):
    images = Ears(graph, Image, '/camera/image_raw')
    latched = Ears(graph, Header, '/latched', LATCHED)
    player = start('replay', small_bag, '--wait', 90, '--rate', 8, '--start', 1.0)
    graph.spin_until(lambda: len(images.messages) == 4 and latched.messages)
    assert images.stamps_s() == [1.0, 1.25, 1.5, 1.75]
    assert [message.frame_id for message in latched.messages] == ['early']
    assert player.wait() == 0


def test_latched_messages_reach_those_who_come_late(graph, start, small_bag):
    images = Ears(graph, Image, '/camera/image_raw')
    player = start('replay', small_bag, '--wait', 90, '--rate', 0.05, '--loop')
    graph.spin_until(lambda: images.messages)
    late = Ears(graph, Header, '/latched', LATCHED)
    graph.spin_until(lambda: late.messages, 30.0)  # before the loop publishes it anew
    assert late.messages[0].frame_id == 'early'
    player.send(signal.SIGTERM)
    assert player.wait() == 0


def test_topics_are_chosen_and_renamed_and_the_clock_left_out(graph, start, small_bag):
    renamed = Ears(graph, Image, '/front/image')
    player = start(
        'replay', small_bag, '--wait', 90, '--rate', 8, '--no-clock',
        '--topics', '/camera/image_raw', '/odom', '--remap', '/camera/image_raw:=/front/image',
    )  # fmt: skip
    odometry = Ears(graph, Odometry, '/odom')
    graph.spin_until(lambda: len(renamed.messages) >= 1)
    topics = dict(renamed._node.get_topic_names_and_types())
    assert '/front/image' in topics
    assert not {'/clock', '/camera/image_raw', '/camera/camera_info', '/latched'} & topics.keys()
    graph.spin_until(lambda: len(renamed.messages) == 8 and len(odometry.messages) == 8)
    assert player.wait() == 0


def test_ros_arguments_rename_too_as_launch_files_do(graph, start, small_bag):
    images = Ears(graph, Image, '/car/camera')
    player = start(
        'replay', small_bag, '--wait', 90, '--rate', 8,
        '--ros-args', '-r', '/camera/image_raw:=/car/camera', '-r', '__node:=drive',
    )  # fmt: skip
    graph.spin_until(lambda: len(images.messages) == 8)
    assert player.wait() == 0


def test_without_a_subscriber_it_says_so_and_plays(start, small_bag):
    player = start('replay', small_bag, '--wait', 0.2, '--rate', 20)
    assert player.wait() == 0
    assert 'nobody, or too few, subscribed' in player.err
    assert '(done)' in player.out


def test_it_waits_for_as_many_subscribers_as_asked(graph, start, small_bag):
    images = Ears(graph, Image, '/camera/image_raw')
    player = start('replay', small_bag, '--wait', 90, '--rate', 8, '--subscribers', 2)
    player.wait_until_said('for 2 subscribers')
    with pytest.raises(pytest.fail.Exception):
        graph.spin_until(lambda: images.messages, 2.0)
    second = Ears(graph, Image, '/camera/image_raw')
    graph.spin_until(lambda: len(images.messages) == len(second.messages) == 8)
    assert player.wait() == 0


def test_a_type_that_is_not_installed_is_skipped_by_name(start, small_bag, tmp_path, contents):
    bag = tmp_path / 'mixed'
    raw = contents(small_bag)['/latched'][0]
    with BagWriter(bag) as writer:
        writer.add_topic('/header', 'std_msgs/msg/Header')
        writer.write('/header', 0, raw)
        writer.add_topic('/markers', 'stereo_msgs/msg/DisparityImage')  # no wheel has it
    player = start('replay', bag)
    assert player.wait() == 0
    assert '/markers is skipped: stereo_msgs/msg/DisparityImage' in player.err
    assert '1 messages' in player.out


def test_a_recorded_clock_gives_way_to_the_players(start, small_bag, tmp_path, contents):
    bag = tmp_path / 'clocked'
    with BagWriter(bag) as writer:
        for topic, kind in (
            ('/header', 'std_msgs/msg/Header'),
            ('/clock', 'rosgraph_msgs/msg/Clock'),
        ):
            writer.add_topic(topic, kind)
            writer.write(topic, 10**9, contents(small_bag)['/latched'][0])
    player = start('replay', bag)
    assert player.wait() == 0
    assert "the bag's /clock is skipped" in player.err
    assert '1 messages' in player.out


@pytest.fixture
def handlers_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures('handlers_restored')
@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (
            ['--topics', '/nope'],
            'has no topic /nope: it has /camera/camera_info, /camera/image_raw',
        ),
        (['--topics', 'camera/image_raw'], 'has no topic camera/image_raw'),
        (['--remap', '/nope:=/a'], 'has no topic /nope'),
        (['--remap', '/odom'], '--remap /odom is not of the form OLD:=NEW'),
        (['--remap', '/odom:=/latched'], 'gives two topics one name'),
        (['--remap', '/odom:=/a b'], '/a b cannot be a topic'),
        (['--start', '1.76'], 'is 1.750 s long: --start 1.76 is past its end'),
        (['--ros-args', '-r', 'bad'], 'ROS 2 does not start'),
        (['--ros-args', '-p', 'loop:=yes please'], "parameter 'loop'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_2(small_bag, capsys, arguments, said):
    assert main(['replay', str(small_bag), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith('vavam replay: error: ')
    assert error.count('\n') == 1


@pytest.mark.usefixtures('handlers_restored')
def test_a_missing_bag_and_a_damaged_one_are_told(tmp_path, small_bag, capsys):
    assert main(['replay', str(tmp_path / 'nowhere')]) == 2
    assert 'nowhere is not there' in capsys.readouterr().err
    storage = next(small_bag.glob('*.mcap'))
    os.truncate(storage, storage.stat().st_size // 2)
    assert main(['replay', str(small_bag)]) == 2
    assert 'cut off' in capsys.readouterr().err


@pytest.mark.parametrize(
    'arguments',
    [['--rate', '0'], ['--rate', 'nan'], ['--rate', 'x'], ['--start', '-1'], ['--wait', 'inf']],
)
def test_a_wrong_number_is_refused_by_the_parser(small_bag, capsys, arguments):
    with pytest.raises(SystemExit, match='2'):
        main(['replay', str(small_bag), *arguments])
    assert f'argument {arguments[0]}: {arguments[1]!r} is not a number' in capsys.readouterr().err

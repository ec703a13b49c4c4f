"""What is in the graph goes into a bag, as it is and complete."""

from __future__ import annotations

import signal

import pytest
from nav_msgs.msg import Odometry, Path
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from vavam_ros.__main__ import main
from vavam_ros.bags.reader import BagReader

pytestmark = pytest.mark.dds

START_NS = 1_700_000_000_000_000_000  # of small_bag
RELIABLE = QoSProfile(depth=200)
BEST_EFFORT = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def header(text: str) -> Header:
    return Header(frame_id=text)


def texts(messages: list[bytes]) -> list[str]:
    """The frame_id of each serialised Header: 12 bytes of CDR header and stamp, length, text."""
    return [cdr[16:].rstrip(b'\0').decode() for cdr in messages]


def padded(messages: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """With zeros up to a multiple of four bytes, which DDS appends on the wire."""
    return {
        topic: [cdr + bytes(-len(cdr) % 4) for cdr in serialised]
        for topic, serialised in messages.items()
    }


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_played_bag_is_recorded_byte_by_byte_at_its_own_times(
    start, small_bag, tmp_path, contents, storage
):
    played = contents(small_bag)
    out = tmp_path / 'again'
    recorder = start('record', out, '--storage', storage, '--use-sim-time', '--topics', *played)
    recorder.wait_until_said('Ctrl-C ends')
    player = start('replay', small_bag, '--wait', 90, '--rate', 2)
    assert player.wait() == 0
    recorder.send(signal.SIGINT)
    assert recorder.wait() == 0
    assert padded(contents(out)) == padded(played)
    with BagReader(out) as reader:
        times_s = [(m.stamp_ns - START_NS) / 1e9 for m in reader.messages(['/camera/image_raw'])]
        assert reader.topics['/latched'].qos.latched
        assert not reader.topics['/odom'].qos.latched
    assert times_s == pytest.approx([0.25 * index for index in range(8)], abs=0.2)
    assert '25 messages' in recorder.out


def test_a_burst_just_before_ctrl_c_is_kept_and_a_second_ctrl_c_disturbs_nothing(
    graph, start, tmp_path, contents
):
    out = tmp_path / 'burst'
    publisher = graph.node('source').create_publisher(Header, '/burst', RELIABLE)
    recorder = start('record', out, '--topics', '/burst')
    graph.wait_for_subscriber(publisher)
    for index in range(200):
        publisher.publish(header(str(index)))
    recorder.send(signal.SIGINT)
    recorder.send(signal.SIGINT)
    recorder.send(signal.SIGTERM)
    assert recorder.wait() == 0
    assert texts(contents(out)['/burst']) == [str(index) for index in range(200)]
    assert 'Traceback' not in recorder.said
    assert '200 messages' in recorder.out


def test_what_the_planner_hears_and_says_is_the_default(graph, start, tmp_path, contents):
    planner, world = graph.node('planner', namespace='/car'), graph.node('world')
    planner.create_subscription(Image, '/cam/image', lambda message: None, BEST_EFFORT)
    path = planner.create_publisher(Path, '~/path', 10)
    image = world.create_publisher(Image, '/cam/image', BEST_EFFORT)
    odometry = world.create_publisher(Odometry, '/odom', 10)
    other = world.create_publisher(Header, '/other', 10)
    out = tmp_path / 'planner'
    recorder = start('record', out, '--planner', '/car/planner')
    graph.wait_for_subscriber(path)
    graph.wait_for_subscriber(odometry)
    graph.wait_for_subscriber(image, 2)
    for publisher, message in ((image, Image()), (path, Path()), (odometry, Odometry())):
        publisher.publish(message)
    other.publish(header('not asked for'))
    recorder.send(signal.SIGTERM)
    assert recorder.wait() == 0
    recorded = contents(out)
    assert recorded.keys() == {'/cam/image', '/car/planner/path', '/odom'}
    assert other.get_subscription_count() == 0


def test_every_kind_of_publisher_is_matched(graph, start, tmp_path, contents):
    world = graph.node('world')
    latched = world.create_publisher(Header, '/latched', LATCHED)
    latched.publish(header('long ago'))
    hasty = world.create_publisher(Header, '/hasty', BEST_EFFORT)
    out = tmp_path / 'kinds'
    recorder = start('record', out, '--topics', '/latched', '/hasty', '/mixed')
    graph.wait_for_subscriber(hasty)
    hasty.publish(header('best effort'))
    reliable = world.create_publisher(Header, '/mixed', RELIABLE)
    graph.wait_for_subscriber(reliable)
    reliable.publish(header('reliable'))
    weaker = graph.node('later').create_publisher(Header, '/mixed', BEST_EFFORT)
    graph.wait_for_subscriber(weaker)
    graph.wait_for_subscriber(reliable)
    weaker.publish(header('weaker'))
    reliable.publish(header('reliable still'))
    recorder.send(signal.SIGINT)
    assert recorder.wait() == 0
    recorded = {topic: texts(messages) for topic, messages in contents(out).items()}
    assert sorted(recorded.pop('/mixed')) == ['reliable', 'reliable still', 'weaker']
    assert recorded == {'/latched': ['long ago'], '/hasty': ['best effort']}


def test_messages_before_the_clock_get_its_first_time(graph, start, tmp_path):
    world = graph.node('world')
    publisher = world.create_publisher(Header, '/early', LATCHED)
    publisher.publish(header('before any clock'))
    clock = world.create_publisher(Clock, '/clock', 10)
    out = tmp_path / 'early'
    recorder = start('record', out, '--topics', '/early', '--use-sim-time')
    graph.wait_for_subscriber(clock)
    graph.wait_for_subscriber(publisher)  # what is latched arrives after the match
    now = Clock()
    now.clock.sec = 7
    clock.publish(now)
    graph.spin_for(0.5)  # the clock and the topic have no common order
    publisher.publish(header('after'))
    recorder.send(signal.SIGINT)
    assert recorder.wait() == 0
    with BagReader(out) as reader:
        assert [message.stamp_ns for message in reader.messages()] == [7 * 10**9, 7 * 10**9]


def test_without_any_clock_simulated_time_is_complained_about(graph, start, tmp_path, contents):
    publisher = graph.node('world').create_publisher(Header, '/early', LATCHED)
    publisher.publish(header('before any clock'))
    out = tmp_path / 'early'
    recorder = start('record', out, '--topics', '/early', '--use-sim-time')
    graph.wait_for_subscriber(publisher)  # what is latched arrives after the match
    recorder.send(signal.SIGINT)
    assert recorder.wait() == 0
    assert 'no /clock came: 1 messages' in recorder.err
    assert texts(contents(out)['/early']) == ['before any clock']


def test_a_topic_that_never_came_is_named_and_an_empty_bag_is_not_left(start, tmp_path):
    out = tmp_path / 'empty'
    recorder = start('record', out, '--topics', '/nope', '--duration', 0.3)
    assert recorder.wait() == 1
    assert '/nope never had a publisher' in recorder.err
    assert 'there is no bag (stopped by --duration)' in recorder.out
    assert not list(tmp_path.glob('empty*'))


@pytest.fixture
def handlers_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures('handlers_restored')
def test_an_existing_bag_is_left_alone(small_bag, capsys, contents):
    before = contents(small_bag)
    assert main(['record', str(small_bag)]) == 2
    assert 'exists already' in capsys.readouterr().err
    assert contents(small_bag) == before


@pytest.mark.usefixtures('handlers_restored')
def test_a_place_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main(['record', str(tmp_path / 'file' / 'bag')]) == 2
    error = capsys.readouterr().err
    assert error.startswith('vavam record: error: ')
    assert error.count('\n') == 1

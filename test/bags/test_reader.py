import sqlite3

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from vavam_ros.bags.qos import LATCHED
from vavam_ros.bags.reader import BagReader, find_image_topic
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.records import CameraFrame, EgoState

START_NS = 1_531_884_156_948_944_000
STEP_NS = 100_000_000
IMAGE = 'sensor_msgs/msg/Image'
STRING = 'std_msgs/msg/String'
HELLO = b'\x00\x01\x00\x00\x06\x00\x00\x00hello\x00'


def write_ros1(path):
    """The bag of `write_bag` as ROS 1 would have recorded it."""
    types = get_typestore(Stores.ROS1_NOETIC)
    image, header, time = (
        types.types[name] for name in (IMAGE, 'std_msgs/msg/Header', 'builtin_interfaces/msg/Time')
    )
    with Ros1Writer(path) as writer:
        connection = writer.add_connection('/image', IMAGE, typestore=types, latching=1)
        for i in range(12):
            stamp_ns = START_NS + i * STEP_NS
            stamp = time(*divmod(stamp_ns, 10**9))
            pixels = np.full(8 * 8 * 3, i, np.uint8)
            message = image(header(i, stamp, 'cam'), 8, 8, 'rgb8', 0, 24, pixels)
            writer.write(connection, stamp_ns, types.serialize_ros1(message, IMAGE))
    return path


@pytest.fixture(params=['mcap', 'sqlite3', 'mcap file', 'db3 file', 'ROS 1'])
def bag(request, write_bag, tmp_path):
    if request.param == 'ROS 1':
        return write_ros1(tmp_path / 'drive.bag')
    if request.param == 'mcap file':
        return write_bag('mcap') / 'bag_mcap.mcap'
    if request.param == 'db3 file':
        return write_bag('sqlite3') / 'bag_sqlite3.db3'
    return write_bag(request.param)


def test_every_kind_of_bag_reads_alike(bag):
    with BagReader(bag) as reader:
        assert list(reader.topics) == ['/image']
        assert (reader.topics['/image'].type, reader.topics['/image'].count) == (IMAGE, 12)
        assert reader.start_ns == START_NS
        assert reader.end_ns == START_NS + 11 * STEP_NS
        assert reader.duration_ns == 11 * STEP_NS
        messages = list(reader.messages())
        assert [one.stamp_ns for one in messages] == [START_NS + i * STEP_NS for i in range(12)]
        assert {(one.topic, one.type) for one in messages} == {('/image', IMAGE)}
        image = reader.deserialize(messages[7])
    assert (image.width, image.height, image.encoding, image.step) == (8, 8, 'rgb8', 24)
    assert (image.header.stamp.sec, image.header.stamp.nanosec) == (1531884157, 648944000)
    assert image.header.frame_id == 'cam'
    assert set(image.data) == {7}


def test_ros1_messages_become_the_very_bytes_of_ros2(write_bag, tmp_path):
    with (
        BagReader(write_ros1(tmp_path / 'drive.bag')) as old,
        BagReader(write_bag('mcap')) as new,
    ):
        assert old.topics['/image'].qos == LATCHED
        for before, after in zip(old.messages(), new.messages(), strict=True):
            assert bytes(before.cdr) == bytes(after.cdr)


def test_reading_can_start_late(bag):
    with BagReader(bag) as reader:
        stamps_ns = [one.stamp_ns for one in reader.messages(start_ns=START_NS + 9 * STEP_NS)]
        assert stamps_ns == [START_NS + i * STEP_NS for i in (9, 10, 11)]
        assert list(reader.messages(start_ns=reader.end_ns + 1)) == []


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_topics_come_mixed_in_time_order_and_can_be_chosen(tmp_path, storage):
    with BagWriter(tmp_path / 'drive', storage) as writer:
        for name, stamps_ns in (('/late', (40, 60)), ('/early', (10, 50))):
            writer.add_topic(name, STRING)
            for stamp_ns in stamps_ns:
                writer.write(name, stamp_ns, HELLO)
    with BagReader(tmp_path / 'drive') as reader:
        everything = [(one.topic, one.stamp_ns) for one in reader.messages()]
        assert everything == [('/early', 10), ('/late', 40), ('/early', 50), ('/late', 60)]
        assert [one.stamp_ns for one in reader.messages(['/early'])] == [10, 50]
        assert list(reader.messages([])) == []


def test_a_topic_that_is_not_there_is_answered_with_those_that_are(bag):
    with (
        BagReader(bag) as reader,
        pytest.raises(InputError, match=r'no topic /imgae: it has /image \(sensor_msgs/msg/Im'),
    ):
        reader.messages(['/image', '/imgae'])


def test_an_empty_bag_has_no_times(tmp_path):
    with BagWriter(tmp_path / 'drive') as writer:
        writer.add_topic('/chatter', STRING)
    with BagReader(tmp_path / 'drive') as reader:
        assert list(reader.messages()) == []
        with pytest.raises(InputError, match=r'drive holds no messages'):
            _ = reader.start_ns


@pytest.mark.parametrize(
    ('storage', 'mode'),
    [
        (StoragePlugin.MCAP, CompressionMode.STORAGE),
        (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
        (StoragePlugin.SQLITE3, CompressionMode.FILE),
    ],
)
def test_compressed_bags_are_read(tmp_path, storage, mode):
    writer = Writer(tmp_path / 'drive', version=9, storage_plugin=storage)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        types = get_typestore(Stores.ROS2_JAZZY)
        writer.write(writer.add_connection('/chatter', STRING, typestore=types), 5, HELLO)
    with BagReader(tmp_path / 'drive') as reader:
        (message,) = reader.messages()
        assert reader.deserialize(message).data == 'hello'


def test_a_database_without_definitions_is_read_by_the_standard_ones(tmp_path):
    """As Humble records: no message_definitions table."""
    path = tmp_path / 'drive.db3'
    database = sqlite3.connect(path)
    database.executescript("""
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
          serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
        CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
          timestamp INTEGER NOT NULL, data BLOB NOT NULL);
        INSERT INTO topics VALUES(1, '/chatter', 'std_msgs/msg/String', 'cdr', '');
        INSERT INTO topics VALUES(2, '/odd', 'my_msgs/msg/Odd', 'cdr', '');
    """)
    database.execute('INSERT INTO messages VALUES(1, 1, 5, ?)', (HELLO,))
    database.execute('INSERT INTO messages VALUES(2, 2, 6, ?)', (HELLO,))
    database.commit()
    database.close()
    with BagReader(path) as reader:
        assert reader.topics['/chatter'].qos is None
        known, unknown = reader.messages()
        assert reader.deserialize(known).data == 'hello'
        assert bytes(unknown.cdr) == HELLO  # a player needs no definition
        with pytest.raises(InputError, match=r'/odd: the bag does not define .*my_msgs/msg/Odd'):
            reader.deserialize(unknown)


def test_a_type_that_only_the_bag_knows_is_read(tmp_path):
    digest = 'RIHS01_' + '0' * 64
    with Writer(tmp_path / 'drive', version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(
            '/odd', 'my_msgs/msg/Odd', msgdef='string note\n', rihs01=digest
        )
        writer.write(connection, 5, HELLO)
    with BagReader(tmp_path / 'drive') as reader:
        (message,) = reader.messages()
        assert reader.deserialize(message).note == 'hello'


def test_ros1_messages_laid_out_otherwise_are_refused(tmp_path):
    types = get_typestore(Stores.ROS1_NOETIC)
    marker = 'visualization_msgs/msg/MarkerArray'
    with Ros1Writer(tmp_path / 'drive.bag') as writer:
        writer.write(writer.add_connection('/marks', marker, typestore=types), 5, b'\0' * 4)
    with (
        BagReader(tmp_path / 'drive.bag') as reader,
        pytest.raises(InputError, match=r'drive.bag: /marks: .*MarkerArray .*: leave the topic'),
    ):
        list(reader.messages())


def test_a_message_that_does_not_fit_its_type_is_named(tmp_path):
    with BagWriter(tmp_path / 'drive') as writer:
        writer.add_topic('/image', IMAGE)
        writer.write('/image', 5, HELLO)
    with BagReader(tmp_path / 'drive') as reader:
        (message,) = reader.messages()
        with pytest.raises(InputError, match=r'message of /image at 5 ns cannot be decoded'):
            reader.deserialize(message)


@pytest.mark.parametrize(
    ('name', 'complaint'),
    [
        ('gone', 'is not there'),
        ('long' * 100, 'is not there'),
        ('notes.txt', r'notes.txt is no bag: expected a rosbag2 folder or a file that ends in'),
        ('text.mcap', r'text.mcap is cut off: whole up to byte 0 of 5, before the first message'),
        ('text.db3', r'text.db3 is damaged: no message can be read'),
        ('text.bag', r'text.bag is cut off: whole up to byte 0 of 5'),
        ('empty.mcap', r'empty.mcap cannot be read'),
        ('empty.db3', r'empty.db3 cannot be read'),
        ('empty.bag', r'empty.bag cannot be read'),
        ('folder', r'folder has no metadata.yaml: it is no bag'),
        ('clip', r'clip is a clip folder: make a bag of it with vavam make-bag'),
        ('cut', r'cut has no metadata.yaml: its recording was cut off: try .*cut_0.mcap'),
        ('typo', r'typo cannot be read: A metadata key is missing'),
        ('split', r'split cannot be read: Some database files are missing: .*split_0\.mcap'),
    ],
)
def test_what_is_no_bag_is_named(tmp_path, name, complaint):
    (tmp_path / 'notes.txt').write_text('hello')
    for suffix in ('mcap', 'db3', 'bag'):
        (tmp_path / f'text.{suffix}').write_text('hello')
        (tmp_path / f'empty.{suffix}').touch()
    for folder in ('folder', 'clip', 'cut', 'typo', 'split'):
        (tmp_path / folder).mkdir()
    (tmp_path / 'clip' / 'frames.csv').touch()
    (tmp_path / 'cut' / 'cut_0.mcap').touch()
    (tmp_path / 'typo' / 'metadata.yaml').write_text('rosbag2_bagfile_information: {version: 5}')
    (tmp_path / 'split' / 'metadata.yaml').write_text(
        'rosbag2_bagfile_information: {version: 5, relative_file_paths: [split_0.mcap]}'
    )
    with pytest.raises(InputError, match=complaint) as raised:
        BagReader(tmp_path / name)
    assert '\n' not in str(raised.value)


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3', 'ROS 1'])
@pytest.mark.parametrize('share', [0.05, 0.5, 0.95])
def test_a_file_cut_off_is_named_with_how_far_it_is_whole(write_bag, tmp_path, storage, share):
    if storage == 'ROS 1':
        path = file = write_ros1(tmp_path / 'drive.bag')
    else:
        path = write_bag(storage)
        (file,) = (one for one in path.iterdir() if one.suffix != '.yaml')
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    expected = {
        'mcap': r'bag_mcap.mcap is cut off: whole up to byte \d+ of \d+',
        'sqlite3': r'bag_sqlite3.db3 is damaged: (no message can be read|\d+ messages, of)',
        'ROS 1': r'drive.bag is cut off: whole up to byte \d+ of \d+',
    }
    with pytest.raises(InputError, match=expected[storage]) as raised, BagReader(path) as reader:
        list(reader.messages())
    assert str(path) in str(raised.value)


def test_damage_in_the_middle_is_reported_with_how_far_it_was_read(tmp_path):
    with BagWriter(tmp_path / 'drive') as writer:
        for i in range(4):  # more than a megabyte each: a chunk each
            image = np.full((600, 600, 3), i, np.uint8)
            writer.write_image('/image', CameraFrame(i * STEP_NS, 'cam', image))
    file = tmp_path / 'drive' / 'drive.mcap'
    content = bytearray(file.read_bytes())
    third = content.index(b'\x02' * 1000)
    content[third - 200 : third] = b'\xff' * 200
    file.write_bytes(content)
    with BagReader(tmp_path / 'drive') as reader:
        messages = reader.messages()
        assert [next(messages).stamp_ns for _ in range(2)] == [0, STEP_NS]
        with pytest.raises(
            InputError, match=r'cannot be read past 2 messages, 0.100 s into the bag: '
        ):
            next(messages)


def test_fewer_messages_than_the_index_counts_are_no_success(write_bag):
    path = write_bag('sqlite3')
    database = sqlite3.connect(path / 'bag_sqlite3.db3')
    database.execute('DELETE FROM messages WHERE id > 9')
    database.commit()
    database.close()
    with (
        BagReader(path) as reader,
        pytest.raises(InputError, match=r'counts 12 messages of /image, but 9 are there'),
    ):
        list(reader.messages())


def write_cameras(path, **counts):
    image = np.zeros((2, 2, 3), np.uint8)
    with BagWriter(path) as writer:
        writer.write_odometry('/odom', EgoState(0, 0, 0, 0, 0), 'odom', 'base_link')
        for camera, count in counts.items():
            writer.add_topic(f'/{camera}', IMAGE)
            for stamp_ns in range(count):
                writer.write_image(f'/{camera}', CameraFrame(stamp_ns, camera, image))
    return BagReader(path)


def test_the_only_camera_is_found(tmp_path):
    with write_cameras(tmp_path / 'drive', front=2, silent=0) as reader:
        assert find_image_topic(reader) == '/front'


def test_a_compressed_camera_is_found(tmp_path):
    with BagWriter(tmp_path / 'drive') as writer:
        writer.write_compressed_image('/front/compressed', 5, 'cam', 'jpeg', b'...')
    with BagReader(tmp_path / 'drive') as reader:
        assert find_image_topic(reader) == '/front/compressed'


def test_several_cameras_are_listed(tmp_path):
    with (
        write_cameras(tmp_path / 'drive', front=1, rear=1) as reader,
        pytest.raises(InputError, match=r'several image topics.*: /front \(.*Image\), /rear \('),
    ):
        find_image_topic(reader)


def test_without_a_camera_the_topics_are_listed(tmp_path):
    with (
        write_cameras(tmp_path / 'drive') as reader,
        pytest.raises(InputError, match=r'no camera images: it has /odom \(nav_msgs/msg/Odo'),
    ):
        find_image_topic(reader)

import signal
import subprocess
import sys

import numpy as np
import pytest
from full_disk import largest_file
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader
from ruamel.yaml import YAML

from vavam_ros.bags.qos import LATCHED, OfferedQos
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.records import CameraFrame

STORAGES = [('mcap', 'mcap'), ('sqlite3', 'db3')]
STRING = 'std_msgs/msg/String'
HELLO = b'\x00\x01\x00\x00\x06\x00\x00\x00hello\x00'


def write_noise(writer, count=40):
    image = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    for i in range(count):
        writer.write_image('/image', CameraFrame(i, 'cam', image))


@pytest.mark.parametrize(('storage', 'suffix'), STORAGES)
def test_the_folder_is_what_ros2_bag_expects(tmp_path, storage, suffix):
    with BagWriter(tmp_path / 'drive', storage) as writer:
        writer.add_topic('/chatter', STRING)
        writer.write('/chatter', 5, HELLO)
        writer.write('/chatter', 25, HELLO)
    assert sorted(file.name for file in (tmp_path / 'drive').iterdir()) == [
        f'drive.{suffix}',
        'metadata.yaml',
    ]
    metadata = YAML(typ='safe').load(tmp_path / 'drive' / 'metadata.yaml')
    information = metadata['rosbag2_bagfile_information']
    assert information['version'] == 8  # Humble reads no newer one
    assert information['storage_identifier'] == storage
    assert information['relative_file_paths'] == [f'drive.{suffix}']
    assert information['message_count'] == 2
    assert information['duration']['nanoseconds'] == 20
    assert not (tmp_path / 'drive.partial').exists()


@pytest.mark.parametrize(('storage', 'suffix'), STORAGES)
def test_serialised_messages_come_back_bit_for_bit(tmp_path, storage, suffix):
    with BagWriter(tmp_path / 'drive', storage) as writer:
        writer.add_topic('/chatter', STRING)
        writer.write('/chatter', 1_700_000_000_123_456_789, memoryview(HELLO))
        assert writer.counts == {'/chatter': 1}
    with Reader(tmp_path / 'drive' / f'drive.{suffix}') as reader:
        ((connection, stamp_ns, data),) = reader.messages()
    assert (connection.topic, connection.msgtype) == ('/chatter', STRING)
    assert (stamp_ns, bytes(data)) == (1_700_000_000_123_456_789, HELLO)


@pytest.mark.parametrize(('storage', 'suffix'), STORAGES)
def test_quality_of_service_is_kept(tmp_path, storage, suffix):
    best_effort = OfferedQos(reliable=False, depth=3)
    with BagWriter(tmp_path / 'drive', storage) as writer:
        writer.add_topic('/latched', STRING, LATCHED)
        writer.add_topic('/lossy', STRING, best_effort)
        writer.add_topic('/plain', STRING)
    with Reader(tmp_path / 'drive') as reader:
        (stored,) = reader.topics['/latched'].connections[0].ext.offered_qos_profiles
    assert stored.durability is QosDurability.TRANSIENT_LOCAL
    for path in (tmp_path / 'drive', tmp_path / 'drive' / f'drive.{suffix}'):
        with BagReader(path) as reader:
            assert {name: topic.qos for name, topic in reader.topics.items()} == {
                '/latched': LATCHED,
                '/lossy': best_effort,
                '/plain': OfferedQos(),
            }


def test_missing_folders_above_the_bag_are_made(tmp_path):
    with BagWriter(tmp_path / 'today' / 'drive'):
        pass
    assert (tmp_path / 'today' / 'drive' / 'metadata.yaml').exists()


@pytest.mark.parametrize('kind', ['file', 'folder'])
def test_what_exists_is_never_touched(tmp_path, kind):
    path = tmp_path / 'drive'
    path.write_text('precious') if kind == 'file' else path.mkdir()
    with pytest.raises(InputError, match=r'drive exists already'):
        BagWriter(path)
    assert [file.name for file in tmp_path.iterdir()] == ['drive']
    assert path.is_dir() or path.read_text() == 'precious'


@pytest.mark.parametrize('path', ['.', '..', '/'])
def test_folders_without_a_name_of_their_own_exist(path):
    with pytest.raises(InputError, match=r'exists already'):
        BagWriter(path)


def test_another_unfinished_bag_is_never_touched(tmp_path):
    unfinished = BagWriter(tmp_path / 'drive')
    with pytest.raises(InputError, match=r'drive.partial exists'):
        BagWriter(tmp_path / 'drive')
    unfinished.close()
    assert (tmp_path / 'drive' / 'drive.mcap').exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match=r'file/drive cannot be written: Not a directory'):
        BagWriter(tmp_path / 'file' / 'drive')


def test_a_name_that_is_too_long_is_named(tmp_path):
    with pytest.raises(InputError, match=r'cannot be written: File name too long'):
        BagWriter(tmp_path / ('long' * 100))


def test_an_unknown_storage_is_named(tmp_path):
    with pytest.raises(InputError, match=r"'rosbag' is not known: choose one of mcap, sqlite3"):
        BagWriter(tmp_path / 'drive', 'rosbag')


def test_sqlite_cannot_take_every_path(tmp_path):
    with pytest.raises(InputError, match=r'cannot have \?, # or %'):
        BagWriter(tmp_path / '100%', 'sqlite3')


def test_a_type_without_a_known_definition_is_refused(tmp_path):
    with (
        pytest.raises(InputError, match=r'/car: the definition of my_msgs/msg/Car is not known'),
        BagWriter(tmp_path / 'drive') as writer,
    ):
        writer.add_topic('/car', 'my_msgs/msg/Car')


def test_a_topic_has_one_type(tmp_path):
    with BagWriter(tmp_path / 'drive') as writer:
        writer.add_topic('/chatter', STRING)
        writer.add_topic('/chatter', STRING)
        with pytest.raises(InputError, match=r'/chatter is std_msgs/msg/String .* not .*Bool'):
            writer.add_topic('/chatter', 'std_msgs/msg/Bool')


def write_and_interrupt(path, storage):
    with BagWriter(path, storage) as writer:
        write_noise(writer)
        raise KeyboardInterrupt


@pytest.mark.parametrize(('storage', '_'), STORAGES)
def test_leaving_by_an_exception_leaves_nothing(tmp_path, storage, _):
    with pytest.raises(KeyboardInterrupt):
        write_and_interrupt(tmp_path / 'drive', storage)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('storage', '_'), STORAGES)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, storage, _):
    with (
        largest_file(500_000),
        pytest.raises(InputError, match=r'drive cannot be written: .*: free some space') as raised,
        BagWriter(tmp_path / 'drive', storage) as writer,
    ):
        write_noise(writer)
    assert '\n' not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_very_end_leaves_nothing(tmp_path):
    with (
        largest_file(300_000),
        pytest.raises(InputError, match=r'drive cannot be written'),
        BagWriter(tmp_path / 'drive') as writer,
    ):
        write_noise(writer, count=5)  # less than mcap keeps in memory: it all comes with close
    assert list(tmp_path.iterdir()) == []


def test_what_a_recorder_cannot_finish_stays(tmp_path):
    writer = BagWriter(tmp_path / 'drive')
    with largest_file(1_500_000):
        with pytest.raises(InputError, match=r'drive cannot be written'):
            write_noise(writer)
        with pytest.raises(InputError, match=r'what was written is in .*drive.partial'):
            writer.close()
    assert (writer.partial / 'drive' / 'drive.mcap').stat().st_size > 1_000_000
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_bag_is_not_put_over_one_that_appeared_meanwhile(tmp_path):
    writer = BagWriter(tmp_path / 'drive')
    write_noise(writer, count=1)
    (tmp_path / 'drive').mkdir()
    with pytest.raises(InputError, match=r'appeared meanwhile: the bag is in .*drive.partial'):
        writer.close()
    assert list((tmp_path / 'drive').iterdir()) == []
    with BagReader(writer.partial / 'drive') as reader:
        assert reader.topics['/image'].count == 1


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from vavam_ros.bags.writer import BagWriter
from vavam_ros.records import CameraFrame
writer = BagWriter(sys.argv[1], sys.argv[3])
for i in range(40):
    writer.write_image('/image', CameraFrame(i * 10**8, 'cam', np.zeros((200, 200, 3), np.uint8)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ('storage', 'complaint'),
    [
        ('mcap', r'drive.mcap is cut off: .* 3\.\d+ s of messages'),
        ('sqlite3', r'drive.db3 is being written, or its recording was cut off'),
    ],
)
def test_a_killed_recording_is_clearly_partial(tmp_path, pytestconfig, storage, complaint):
    arguments = [str(tmp_path / 'drive'), str(pytestconfig.rootpath), storage]
    killed = subprocess.run([sys.executable, '-c', KILLED, *arguments], timeout=240, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == ['drive.partial']
    folder = tmp_path / 'drive.partial' / 'drive'
    with pytest.raises(InputError, match=r'has no metadata.yaml: its recording was cut off'):
        BagReader(folder)
    (file,) = (one for one in folder.iterdir() if one.suffix in ('.mcap', '.db3'))
    with pytest.raises(InputError, match=complaint):
        BagReader(file)

"""Recordings of every kind, read the same way."""

import numpy as np
import pytest
from message_bags import SPEED_MPS, START_NS, STORAGES, MessageBag, S, on_circle, stamps
from PIL import Image

from vavam_ros.__main__ import main
from vavam_ros.bags.recording import info_topic_of, open_recording
from vavam_ros.bags.recording_topics import NO_TRUTH, RecordingTopics
from vavam_ros.errors import InputError
from vavam_ros.records import DriveCommand

IMAGE = '/camera/image_raw'


def drive(path, storage='mcap', duration_s=2.0, **image):
    """Images at 2 Hz of one grey each, odometry at 20 Hz."""
    with MessageBag(path, storage) as bag:
        for count, (since, stamp_ns) in enumerate(stamps(duration_s, 20)):
            bag.odometry(stamp_ns, *on_circle(since), SPEED_MPS)
            if count % 10 == 0:
                bag.image(stamp_ns, np.full((2, 3, 3), count // 10, np.uint8), **image)
    return bag.path


@pytest.mark.parametrize('storage', STORAGES)
def test_every_storage_gives_frames_and_the_way_driven(tmp_path, storage):
    recording = open_recording(drive(tmp_path / 'drive', storage))
    assert (recording.name, recording.image_topic) == ('drive', IMAGE)
    assert (recording.frame_count, recording.duration_ns) == (5, 2 * S)
    frames = list(recording.frames())
    assert [one.stamp_ns for one in frames] == [START_NS + n * S // 2 for n in range(5)]
    assert {one.camera for one in frames} == {'camera'}
    assert [one.image().image.mean() for one in frames] == [0, 1, 2, 3, 4]
    states, known = recording.truth.track.at(np.array([one.stamp_ns for one in frames]))
    assert known.all()
    expected = [(*on_circle(n / 2), SPEED_MPS) for n in range(5)]
    np.testing.assert_allclose(states, expected, atol=1e-6)


def test_what_was_found_is_said(tmp_path):
    said = '\n'.join(open_recording(drive(tmp_path / 'drive')).description)
    for part in (
        'a bag of 2.0 s',
        'images: /camera/image_raw (sensor_msgs/msg/Image), 5, rgb8 3x2: the only image topic',
        'camera info: none on /camera/camera_info',
        "poses: /odom: 41 poses of 'base_link' in 'odom', 1531884156.949 s to 1531884158.949 s",
        'chosen: ODOMETRY is the first that is there of ODOMETRY > TF > POSE > GNSS',
        'speed: as told',
        'no hole of more than 0.7 s',
    ):
        assert part in said


def test_frames_can_be_skipped_without_being_decoded(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for _, stamp_ns in stamps(1, 2):
            encoding = 'rgb8' if stamp_ns == START_NS else '24-bit'
            bag.image(stamp_ns, encoding=encoding)
    recording = open_recording(tmp_path / 'drive', RecordingTopics(truth=NO_TRUTH))
    frames = list(recording.frames())
    assert len(frames) == 3
    with pytest.raises(
        InputError, match=r"drive, /camera/image_raw at 1531884157\.449 s: .*encoding '24-bit'"
    ):
        frames[1].image()


@pytest.mark.parametrize(('order', 'is_bigendian'), [('<u2', 0), ('>u2', 1)])
def test_a_token_bag_gives_tokens(tmp_path, order, is_bigendian):
    tokens = np.arange(6).reshape(2, 3) * 10_000
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(5 * S, tokens.astype(order), encoding='16UC1', is_bigendian=is_bigendian)
    recording = open_recording(tmp_path / 'drive', RecordingTopics(truth=NO_TRUTH))
    assert recording.has_tokens
    assert 'tokens, 2 rows of 3' in '\n'.join(recording.description)
    (frame,) = recording.frames()
    np.testing.assert_array_equal(frame.tokens().tokens, tokens)
    assert (frame.tokens().stamp_ns, frame.tokens().camera) == (5 * S, 'camera')
    with pytest.raises(InputError, match=r"at 5\.000 s: .*encoding '16UC1'"):
        frame.image()


def test_pictures_are_no_tokens(tmp_path):
    frame = next(open_recording(drive(tmp_path / 'drive')).frames())
    with pytest.raises(InputError, match=r"encoding 'rgb8': tokens are 16UC1"):
        frame.tokens()


def test_each_frame_has_the_newest_command(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(1 * S)
        bag.string(2 * S, ' Left')
        bag.image(3 * S)
        bag.string(4 * S, 'straight')
        bag.image(5 * S)
    choice = RecordingTopics(truth=NO_TRUTH, command='/command')
    commands = [one.command for one in open_recording(tmp_path / 'drive', choice).frames()]
    assert commands == [None, DriveCommand.LEFT, DriveCommand.STRAIGHT]


@pytest.mark.parametrize(
    ('image', 'info'),
    [
        ('/camera/image_raw', '/camera/camera_info'),
        ('/camera/image_raw/compressed', '/camera/camera_info'),
        ('/carla/hero/rgb_front/image', '/carla/hero/rgb_front/camera_info'),
        ('/image', '/camera_info'),
    ],
)
def test_camera_info_is_beside_the_images(image, info):
    assert info_topic_of(image) == info


@pytest.mark.parametrize('storage', STORAGES)
def test_the_first_camera_info_is_passed_on(tmp_path, storage):
    with MessageBag(tmp_path / 'drive', storage) as bag:
        for count, focal_px in enumerate((4.0, 5.0)):
            bag.image(count * S)
            bag.camera_info(count * S, focal_px)
            bag.camera_info(count * S, 9.0, topic='/other/camera_info')
    recording = open_recording(bag.path, RecordingTopics(truth=NO_TRUTH))
    calibrations = [one.calibration for one in recording.frames()]
    assert recording.calibration == calibrations[0]
    assert [(one.camera, one.k[0], one.width_px) for one in calibrations] == [
        ('camera', 4.0, 3), ('camera', 4.0, 3)
    ]  # fmt: skip
    assert 'camera info: /camera/camera_info, plumb_bob' in recording.description


GREY = 'stamp,file{columns}\n1.0,0.png{first}\n1.5,1.png{second}\n2.0,2.png{third}\n'
POSED = GREY.format(
    columns=',x,y,yaw,v,wheel_rad,note',
    first=',0,0,0.5,2,0.1,dry',
    second=',0.88,0.48,0.5,2,0.2,dry',
    third=',1.76,0.96,0.5,2,0.3,wet',
)
STEERED = GREY.format(columns=',wheel_rad', first=',0.1', second=',0.2', third=',0.3')
BARE = GREY.format(columns='', first='', second='', third='')


def test_a_clip_is_read_as_a_bag_is(write_clip):
    recording = open_recording(write_clip(POSED))
    assert (recording.name, recording.frame_count, recording.has_tokens) == ('drive', 3, False)
    assert [one.image().image.mean() for one in recording.frames()] == [0, 1, 2]
    np.testing.assert_allclose(recording.truth.track.rows[1], [0.88, 0.48, 0.5, 2.0])
    assert list(recording.columns.by_name) == ['wheel_rad']
    assert [one.extra['note'] for one in recording.frames()] == ['dry', 'dry', 'wet']


def test_steering_alone_is_truth_too(write_clip):
    recording = open_recording(write_clip(STEERED))
    assert recording.truth is None
    np.testing.assert_array_equal(recording.columns.by_name['wheel_rad'], [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(recording.columns.stamps_ns, np.array([1.0, 1.5, 2.0]) * S)


def test_a_clip_that_tells_nothing_is_refused_unless_that_is_wanted(write_clip):
    folder = write_clip(BARE)
    with pytest.raises(InputError, match=r'frames\.csv has no poses .* and no other column'):
        open_recording(folder)
    assert open_recording(folder, RecordingTopics(truth=NO_TRUTH)).truth is None


def same_drive(folder, bag, every):
    """Frames, pixels of each `every`-th, and the truth of a clip and the bag made of it."""
    choice = RecordingTopics(truth=None if open_recording(folder).truth else NO_TRUTH)
    clip, made = open_recording(folder, choice), open_recording(bag, choice)
    pairs = list(zip(clip.frames(), made.frames(), strict=True))
    for one, other in pairs:
        assert (one.stamp_ns, one.camera) == (other.stamp_ns, other.camera)
    for one, other in pairs[::every]:
        np.testing.assert_array_equal(one.image().image, other.image().image)
    assert made.calibration.camera == pairs[0][0].camera
    assert clip.warnings == made.warnings == ()
    if clip.truth:
        np.testing.assert_array_equal(clip.truth.track.stamps_ns, made.truth.track.stamps_ns)
        apart = clip.truth.track.rows - made.truth.track.rows
        apart[:, 2] -= np.round(apart[0, 2] / (2 * np.pi)) * 2 * np.pi
        np.testing.assert_allclose(apart, 0, atol=1e-9)
    return len(pairs)


@pytest.mark.parametrize('options', [[], ['--compressed', '--storage', 'sqlite3']])
def test_the_bag_of_a_clip_is_the_clip(write_clip, tmp_path, options):
    folder = write_clip(POSED)
    assert main(['make-bag', str(folder), str(tmp_path / 'bag'), *options]) == 0
    assert same_drive(folder, tmp_path / 'bag', every=1) == 3


def beginning(clip, folder, rows):
    """The first rows of a real clip."""
    folder.mkdir()
    (folder / 'frames').symlink_to(clip / 'frames')
    table = (clip / 'frames.csv').read_text().splitlines(keepends=True)
    (folder / 'frames.csv').write_text(''.join(table[: rows + 1]))
    return folder


@pytest.mark.parametrize(
    ('name', 'options'),
    [
        ('nuscenes_scene0006', ['--storage', 'sqlite3']),
        ('kitti_0005', []),
        ('udacity_ch2_30s', ['--compressed']),
    ],
)
def test_the_bag_of_a_real_clip_is_the_clip(clips, tmp_path, name, options):
    folder = beginning(clips / name, tmp_path / 'clip', 12)
    assert main(['make-bag', str(folder), str(tmp_path / 'bag'), *options]) == 0
    assert same_drive(folder, tmp_path / 'bag', every=5) == 12


def test_a_split_second_camera_is_named(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(1 * S, frame='front')
        bag.image(2 * S, frame='rear')
    frames = open_recording(tmp_path / 'drive', RecordingTopics(truth=NO_TRUTH)).frames()
    assert next(frames).camera == 'front'
    with pytest.raises(
        InputError, match=r"at 2\.000 s: two cameras .* frame 2 is of 'rear', .* of 'front'"
    ):
        next(frames)


def backwards(path):
    with MessageBag(path) as bag:
        for stamp_ns in (1 * S, 3 * S, 2 * S):
            bag.bag_ns = None if stamp_ns == S else 4 * S
            bag.image(stamp_ns)
    return path


def test_images_whose_stamps_run_backwards_are_refused_there(tmp_path):
    frames = open_recording(
        backwards(tmp_path / 'drive'), RecordingTopics(truth=NO_TRUTH)
    ).frames()
    with pytest.raises(
        InputError, match=r'at 2\.000 s: stamps run backwards: frame 3 .* stamped 3\.000 s'
    ):
        list(frames)


def test_a_reader_that_sorts_out_disorder_itself_gets_all(tmp_path):
    choice = RecordingTopics(truth=NO_TRUTH, strict=False)
    frames = open_recording(backwards(tmp_path / 'drive'), choice).frames()
    assert [one.stamp_ns // S for one in frames] == [1, 3, 2]


@pytest.mark.parametrize(
    ('choice', 'complaint'),
    [
        ({'image': '/camera'}, r'no topic /camera: it has /camera/image_raw \(sensor_msgs/msg'),
        ({'image': '/odom'}, r'/odom is nav_msgs/msg/Odometry: it has no camera images'),
        ({'command': '/go'}, r'no topic /go: it has'),
        ({'command': '/odom'}, r'/odom is nav_msgs/msg/Odometry: commands are std_msgs/msg/Str'),
        (
            {'truth': '/camera/image_raw'},
            r'image_raw is sensor_msgs/msg/Image: poses are rea',
        ),
        ({'truth': '/gps'}, r'no topic /gps: it has'),
    ],
)
def test_a_topic_that_cannot_be_meant_is_named(tmp_path, choice, complaint):
    with pytest.raises(InputError, match=complaint) as raised:
        open_recording(drive(tmp_path / 'drive'), RecordingTopics(**choice))
    assert '\n' not in str(raised.value)
    assert str(tmp_path / 'drive') in str(raised.value)


def test_two_image_topics_are_listed(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(1 * S, topic='/left')
        bag.image(1 * S, topic='/right')
    with pytest.raises(InputError, match=r'several image topics.*: /left \(.*\), /right \('):
        open_recording(tmp_path / 'drive')
    assert (
        open_recording(
            tmp_path / 'drive', RecordingTopics(image='/right', truth=NO_TRUTH)
        ).image_topic
        == '/right'
    )


def test_an_unknown_encoding_is_refused_at_once(tmp_path):
    with pytest.raises(
        InputError, match=r"drive, /camera/image_raw: .* encoding 'yuv422': supported are rgb8"
    ):
        open_recording(drive(tmp_path / 'drive', encoding='yuv422'))


def test_an_unknown_command_is_named(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.string(1 * S, 'up')
        bag.image(2 * S)
    choice = RecordingTopics(truth=NO_TRUTH, command='/command')
    with pytest.raises(InputError, match=r"drive, /command: command 'up' is unknown: .* left"):
        list(open_recording(tmp_path / 'drive', choice).frames())


@pytest.mark.parametrize('storage', STORAGES)
def test_a_bag_cut_off_is_refused_with_how_far_it_is_whole(tmp_path, storage):
    path = drive(tmp_path / 'drive', storage, duration_s=10)
    (file,) = (
        [path] if path.is_file() else [one for one in path.iterdir() if one.suffix != '.yaml']
    )
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError, match=r'drive.*(cut off: whole up to byte|damaged: )'):
        list(open_recording(path).frames())


def test_a_damaged_picture_of_a_clip_is_named_when_it_is_read(write_clip):
    folder = write_clip(POSED)
    (folder / '1.png').write_bytes(b'no picture')
    frames = list(open_recording(folder).frames())
    with pytest.raises(InputError, match=r'^[^:]*frames.csv line 3: image .*1.png cannot be'):
        frames[1].image()


def test_compressed_images_are_decoded(tmp_path):
    folder = tmp_path / 'clip'
    folder.mkdir()
    Image.fromarray(np.full((8, 8, 3), 77, np.uint8)).save(folder / '0.jpg')
    (folder / 'frames.csv').write_text('stamp,file\n1,0.jpg\n')
    assert main(['make-bag', str(folder), str(tmp_path / 'bag'), '--compressed']) == 0
    recording = open_recording(tmp_path / 'bag', RecordingTopics(truth=NO_TRUTH))
    assert 'compressed (jpeg)' in '\n'.join(recording.description)
    assert next(recording.frames()).image().image.mean() == 77

import math

import numpy as np
import pytest
from PIL import Image

from vavam_ros.__main__ import main
from vavam_ros.bags.clip import read_clip
from vavam_ros.bags.reader import BagReader, find_image_topic
from vavam_ros.geometry.pose import Quaternion, yaw_from_quaternion

WIDTH, HEIGHT = 16, 8
TABLE = """stamp,file,x,y,yaw,v
100.000000001,0.png,683.1729,1470.3559,-0.1386,10.2929
100.5,1.png,688.0935,1469.6603,3.0,-1.5
"""


@pytest.fixture
def clip(tmp_path):
    folder = tmp_path / 'drive'
    folder.mkdir()
    random = np.random.default_rng(0)
    for name in ('0.png', '1.png'):
        pixels = random.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / 'frames.csv').write_text(TABLE)
    return folder


def decoded(bag, topic):
    with BagReader(bag) as reader:
        return [(one.stamp_ns, reader.deserialize(one)) for one in reader.messages([topic])]


def stamp_ns(header):
    return header.stamp.sec * 10**9 + header.stamp.nanosec


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_images_are_the_files_pixels_at_the_clips_stamps(clip, tmp_path, storage):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), '--storage', storage]) == 0
    images = decoded(tmp_path / 'bag', '/camera/image_raw')
    assert [bag_ns for bag_ns, _ in images] == [100_000_000_001, 100_500_000_000]
    for i, (bag_ns, image) in enumerate(images):
        assert stamp_ns(image.header) == bag_ns
        assert image.header.frame_id == 'camera_optical_frame'
        assert (image.encoding, image.step, image.is_bigendian) == ('rgb8', 3 * WIDTH, 0)
        pixels = image.data.reshape(image.height, image.width, 3)
        np.testing.assert_array_equal(pixels, np.asarray(Image.open(clip / f'{i}.png')))


def test_compressed_images_are_the_files_bytes(clip, tmp_path):
    Image.open(clip / '1.png').save(clip / '1.jpg')
    (clip / 'frames.csv').write_text(TABLE.replace('1.png', '1.jpg'))
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), '--compressed']) == 0
    images = [image for _, image in decoded(tmp_path / 'bag', '/camera/image_raw/compressed')]
    assert [image.format for image in images] == ['png', 'jpeg']
    for image, name in zip(images, ('0.png', '1.jpg'), strict=True):
        assert image.data.tobytes() == (clip / name).read_bytes()


def test_intrinsics_follow_the_field_of_view(clip, tmp_path):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), '--hfov', '90']) == 0
    infos = decoded(tmp_path / 'bag', '/camera/camera_info')
    assert [bag_ns for bag_ns, _ in infos] == [100_000_000_001, 100_500_000_000]
    info = infos[0][1]
    assert stamp_ns(info.header) == 100_000_000_001
    assert info.header.frame_id == 'camera_optical_frame'
    assert (info.width, info.height, info.distortion_model) == (WIDTH, HEIGHT, 'plumb_bob')
    assert list(info.d) == [0] * 5
    np.testing.assert_allclose(info.k, [8, 0, 7.5, 0, 8, 3.5, 0, 0, 1])
    np.testing.assert_allclose(info.p, [8, 0, 7.5, 0, 0, 8, 3.5, 0, 0, 0, 1, 0])
    np.testing.assert_allclose(info.r, np.eye(3).ravel())


def test_the_training_cameras_field_of_view_is_said_to_be_assumed(clip, tmp_path, capsys):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    ((_, info), _) = decoded(tmp_path / 'bag', '/camera/camera_info')
    assert info.k[0] == pytest.approx(WIDTH / 2 / math.tan(math.radians(32.3)))
    assert "64.6 deg (assumed, the training camera's" in capsys.readouterr().out


def test_odometry_and_tf_are_the_clips_truth(clip, tmp_path):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    odometry = decoded(tmp_path / 'bag', '/odom')
    moving = decoded(tmp_path / 'bag', '/tf')
    truth = [frame.ego for frame in read_clip(clip).frames]
    for ego, (bag_ns, odom), (tf_ns, tf) in zip(truth, odometry, moving, strict=True):
        assert bag_ns == stamp_ns(odom.header) == tf_ns == ego.stamp_ns
        assert (odom.header.frame_id, odom.child_frame_id) == ('odom', 'base_link')
        pose, twist = odom.pose.pose, odom.twist.twist
        assert (pose.position.x, pose.position.y) == (ego.x_m, ego.y_m)
        assert twist.linear.x == ego.speed_mps
        (one,) = tf.transforms
        assert stamp_ns(one.header) == ego.stamp_ns
        assert (one.header.frame_id, one.child_frame_id) == ('odom', 'base_link')
        assert (one.transform.translation.x, one.transform.translation.y) == (ego.x_m, ego.y_m)
        for turn in (pose.orientation, one.transform.rotation):
            rotation = Quaternion(turn.x, turn.y, turn.z, turn.w)
            assert yaw_from_quaternion(rotation) == pytest.approx(ego.yaw_rad)


def test_the_camera_is_mounted_once_and_latched(clip, tmp_path):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    ((bag_ns, message),) = decoded(tmp_path / 'bag', '/tf_static')
    assert bag_ns == 100_000_000_001
    (mount,) = message.transforms
    assert (mount.header.frame_id, mount.child_frame_id) == ('base_link', 'camera_optical_frame')
    place, turn = mount.transform.translation, mount.transform.rotation
    assert (place.x, place.y, place.z) == (1.70, 0.0, 1.51)
    x, y, z, w = turn.x, turn.y, turn.z, turn.w
    optical_z_in_base = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)]
    np.testing.assert_allclose(optical_z_in_base, [1, 0, 0], atol=1e-15)
    with BagReader(tmp_path / 'bag') as reader:
        assert reader.topics['/tf_static'].qos.latched
        assert not reader.topics['/tf'].qos.latched


def test_what_explains_an_image_comes_before_it(clip, tmp_path):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    with BagReader(tmp_path / 'bag') as reader:
        first = [one.topic for one in reader.messages() if one.stamp_ns == 100_000_000_001]
    assert first[0] == '/tf_static'
    assert first[-1] == '/camera/image_raw'
    assert len(first) == 5


def test_without_poses_there_is_only_the_camera_and_that_is_said(clip, tmp_path, capsys):
    (clip / 'frames.csv').write_text('stamp,file,wheel_rad\n1,0.png,0.5\n2,1.png,0.4\n')
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    with BagReader(tmp_path / 'bag') as reader:
        assert set(reader.topics) == {'/camera/camera_info', '/camera/image_raw'}
    assert 'no poses' in capsys.readouterr().out


def test_the_camera_names_topics_and_frame(clip, tmp_path):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), '--camera', 'rgb_front']) == 0
    with BagReader(tmp_path / 'bag') as reader:
        assert find_image_topic(reader) == '/rgb_front/image_raw'
    ((_, info), _) = decoded(tmp_path / 'bag', '/rgb_front/camera_info')
    assert info.header.frame_id == 'rgb_front_optical_frame'


def test_what_was_written_is_printed(clip, tmp_path, capsys):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    printed = capsys.readouterr().out
    assert f'{tmp_path / "bag"}: 2 frames, 0.5 s, of drive' in printed
    assert '/camera/image_raw            2' in printed


def small_second_image(clip):
    Image.new('RGB', (4, 4)).save(clip / '1.png')


@pytest.mark.parametrize(
    ('spoil', 'arguments', 'complaint'),
    [
        (lambda clip: (clip / 'frames.csv').unlink(), [], 'drive is no clip folder'),
        (lambda clip: (clip / '1.png').unlink(), [], 'frames.csv line 3: image'),
        (
            lambda clip: (clip / '1.png').write_bytes(b'x'),
            [],
            '1.png cannot be decoded',
        ),
        (small_second_image, [], '1.png is 4x4, but the first was 16x8'),
        (
            lambda clip: (clip / 'frames.csv').write_text(TABLE + '101,0.png,1\n'),
            [],
            'frames.csv line 4: 3 fields',
        ),
        (lambda clip: None, ['--hfov', '180'], 'field of view is 180.0 deg'),
        (lambda clip: None, ['--hfov', 'nan'], 'field of view is nan deg'),
        (lambda clip: None, ['--camera', 'a b'], "camera name 'a b'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    clip, tmp_path, capsys, spoil, arguments, complaint
):
    spoil(clip)
    before = sorted(tmp_path.rglob('*'))
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ''
    assert printed.err.startswith('vavam make-bag: error: ')
    assert printed.err.count('\n') == 1
    assert complaint in printed.err
    assert sorted(tmp_path.rglob('*')) == before


def test_an_existing_bag_is_kept(clip, tmp_path, capsys):
    assert main(['make-bag', str(clip), str(tmp_path / 'bag')]) == 0
    content = (tmp_path / 'bag' / 'bag.mcap').read_bytes()
    assert main(['make-bag', str(clip), str(tmp_path / 'bag'), '--compressed']) == 2
    assert 'bag exists already' in capsys.readouterr().err
    assert (tmp_path / 'bag' / 'bag.mcap').read_bytes() == content


def test_a_real_clip_survives_the_way_into_a_bag(clips, tmp_path):
    source = clips / 'nuscenes_scene0006'
    assert main(['make-bag', str(source), str(tmp_path / 'bag')]) == 0
    clip = read_clip(source)
    with BagReader(tmp_path / 'bag') as reader:
        images = reader.messages(['/camera/image_raw'])
        for frame, message in zip(clip.frames, images, strict=True):
            assert message.stamp_ns == frame.stamp_ns
            pixels = reader.deserialize(message).data.reshape(225, 400, 3)
            np.testing.assert_array_equal(pixels, np.asarray(Image.open(frame.path)))

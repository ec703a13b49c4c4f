"""The way driven, from every kind of message; on a circle whose every pose is known."""

import math

import numpy as np
import pytest
from message_bags import (
    LEVEL,
    RADIUS_M,
    SPEED_MPS,
    START_NS,
    STORAGES,
    MessageBag,
    S,
    on_circle,
    stamps,
    times,
    turn,
)

from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording_topics import NO_IMU, NO_TRUTH, RecordingTopics
from vavam_ros.bags.truth_search import find_truth
from vavam_ros.errors import InputError

EARTH_M, SQUARED = 6_378_137.0, 0.00669437999014  # WGS 84: radius, squared eccentricity
LATITUDE, LONGITUDE = 48.0, 11.0
LENS = (-0.5, 0.5, -0.5, 0.5)  # optical axes in body axes


def truth(path, **choice):
    with BagReader(path) as reader:
        return find_truth(reader, RecordingTopics(**choice))


def refused(path, complaint, **choice):
    with pytest.raises(InputError, match=complaint) as raised:
        truth(path, **choice)
    assert '\n' not in str(raised.value)
    assert str(path) in str(raised.value)


def check_on_circle(found, atol=1e-6, speed_atol=0.02, frame=(0.0, 0.0, 0.0), margin_s=0.2):
    """The track is the circle's rear axle, in a frame that is moved and turned by `frame`."""
    asked = np.linspace(margin_s, 2.0 - margin_s, 9)
    states, known = found.track.at(START_NS + np.round(asked * S).astype(np.int64))
    assert known.all()
    x0, y0, turned = frame
    for state, seconds in zip(states, asked, strict=True):
        x, y, yaw = on_circle(seconds)
        cos, sin = math.cos(turned), math.sin(turned)
        place = (x0 + cos * x - sin * y, y0 + sin * x + cos * y)
        np.testing.assert_allclose(state[:2], place, atol=atol)
        assert math.remainder(state[2] - yaw - turned, 2 * math.pi) == pytest.approx(0, abs=1e-3)
        assert state[3] == pytest.approx(SPEED_MPS, abs=speed_atol)


def odometry_bag(path, storage='mcap', duration_s=2.0, rate_hz=20, ahead_m=0.0, **fields):
    with MessageBag(path, storage) as bag:
        for since, stamp_ns in stamps(duration_s, rate_hz):
            fields.setdefault('speed', SPEED_MPS)
            bag.odometry(stamp_ns, *on_circle(since, ahead_m), **fields)
    return bag.path


BETWEEN_M = 3e-3  # how far a chord at 20 Hz is off the circle


@pytest.mark.parametrize('storage', STORAGES)
def test_odometry_tells_poses_and_speed(tmp_path, storage):
    found = truth(odometry_bag(tmp_path / 'drive', storage))
    assert found.topics == ('/odom',)
    assert found.warnings == ()
    check_on_circle(found, atol=BETWEEN_M, speed_atol=1e-9)


def test_an_actors_centre_is_moved_to_the_rear_axle(tmp_path):
    path = odometry_bag(tmp_path / 'drive', child='hero', ahead_m=1.4)
    found = truth(path, centre_to_rear_axle_m=1.4)
    assert 'moved 1.4 m back to the rear axle' in found.description
    check_on_circle(found, atol=BETWEEN_M)


def test_odometry_of_another_frame_is_refused(tmp_path):
    path = odometry_bag(tmp_path / 'drive', child='hero')
    refused(path, r"/odom gives the pose of 'hero', not of 'base_link'.*: say how far 'hero' is")
    assert truth(path, body_frame='hero').warnings == ()


def test_odometry_of_another_frame_is_led_to_the_body_by_fixed_transforms(tmp_path):
    """A lens's pose, which looks along its own z axis, 1.5 m ahead of the body."""
    with MessageBag(tmp_path / 'drive') as bag:
        bag.transform(START_NS, 'base_link', 'mount', (1.5, 0.0, 0.0), topic='/tf_static')
        bag.transform(START_NS, 'mount', 'lens', (0.0, 0.0, 1.0), LENS, topic='/tf_static')
        for since, stamp_ns in stamps(2, 20):
            x, y, yaw = on_circle(since, 1.5)
            looking = times(turn(yaw), LENS)
            bag.odometry(stamp_ns, x, y, yaw, 0.0, child='lens', rotation=looking)
    found = truth(tmp_path / 'drive')
    assert "'base_link' is at" in '\n'.join(found.description)
    assert found.warnings == ()
    check_on_circle(found, atol=BETWEEN_M)


@pytest.mark.parametrize('told_mps', [0.0, 3.6 * SPEED_MPS])
def test_a_speed_that_the_poses_contradict_is_not_used(tmp_path, told_mps):
    found = truth(odometry_bag(tmp_path / 'drive', speed=told_mps))
    assert (
        f'is {abs(told_mps - SPEED_MPS):.1f} m/s off the 8.0 m/s of the poses' in found.warnings[0]
    )
    check_on_circle(found, atol=BETWEEN_M)


def test_roll_and_pitch_do_not_enter(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 20):
            x, y, yaw = on_circle(since)
            bag.odometry(stamp_ns, x, y, yaw, SPEED_MPS, rotation=turn(yaw, pitch=0.3))
    check_on_circle(truth(tmp_path / 'drive'), atol=BETWEEN_M, speed_atol=1e-9)


@pytest.mark.parametrize('storage', STORAGES)
@pytest.mark.parametrize('upward', [False, True])
def test_tf_is_joined_from_the_fixed_frame_to_the_body(tmp_path, storage, upward):
    """map to odom is slow, odom to chassis fast, chassis to base_link fixed, or upside down."""
    with MessageBag(tmp_path / 'drive', storage) as bag:
        if upward:
            bag.transform(START_NS, 'base_link', 'chassis', (1.2, 0.0, 0.3), topic='/tf_static')
        else:
            bag.transform(START_NS, '/chassis', '/base_link', (-1.2, 0, -0.3), topic='/tf_static')
        for count, (since, stamp_ns) in enumerate(stamps(2, 20)):
            if count % 10 == 0:
                bag.transform(stamp_ns, 'map', 'odom', (5.0, -3.0, 0.0), turn(2.5))
            x, y, yaw = on_circle(since, 1.2)
            bag.transform(stamp_ns, 'odom', 'chassis', (x, y, 0.3), turn(yaw))
            bag.transform(stamp_ns, 'base_link', 'wheel', (0.0, 0.0, 0.0), turn(since))
    found = truth(bag.path)
    assert 'chain: map > odom > chassis > base_link' in found.description
    check_on_circle(found, BETWEEN_M, frame=(5.0, -3.0, 2.5))
    found = truth(bag.path, fixed_frame='odom')
    check_on_circle(found, BETWEEN_M)


def test_tf_is_unknown_where_one_link_is(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for count, (since, stamp_ns) in enumerate(stamps(4, 20)):
            if count % 10 == 0 and not 1.2 < since < 2.8:
                bag.transform(stamp_ns, 'map', 'odom', (0.0, 0.0, 0.0))
            x, y, yaw = on_circle(since)
            bag.transform(stamp_ns, 'odom', 'base_link', (x, y, 0.0), turn(yaw))
    _, known = truth(tmp_path / 'drive').track.at(START_NS + np.array([0.5, 2.0, 3.5]) * S // 1)
    assert known.tolist() == [True, False, True]


def test_tf_without_a_way_from_a_fixed_frame_says_which_frames_there_are(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for _, stamp_ns in stamps(1, 20):
            bag.transform(stamp_ns, 'world', 'base_link', (0.0, 0.0, 0.0))
            bag.transform(stamp_ns, 'odom', 'wheel', (0.0, 0.0, 0.0))
    said = (
        'no poses: looked for .*Odometry, .*; /.*, /tf has no moving chain of transforms from map '
        'or odom to base_link: it has world to base_link, odom to wheel'
    )
    refused(tmp_path / 'drive', said)
    assert len(truth(tmp_path / 'drive', fixed_frame='world').track) == 21


@pytest.mark.parametrize('storage', STORAGES)
def test_poses_that_do_not_say_whose_they_are_are_taken_with_a_warning(tmp_path, storage):
    with MessageBag(tmp_path / 'drive', storage) as bag:
        for since, stamp_ns in stamps(2, 20):
            bag.pose_stamped(stamp_ns, *on_circle(since, 1.0))
    (warning,) = truth(bag.path).warnings
    assert "/pose does not say whose pose it is: it is taken as the rear axle's" in warning
    found = truth(bag.path, centre_to_rear_axle_m=1.0)
    assert found.warnings == ()
    check_on_circle(found, atol=BETWEEN_M)


def degrees(east_m, north_m):
    """Latitude and longitude of a place near by, by the ellipsoid's radii at the start."""
    sine = math.sin(math.radians(LATITUDE))
    across = EARTH_M / math.sqrt(1 - SQUARED * sine**2)
    along = EARTH_M * (1 - SQUARED) / (1 - SQUARED * sine**2) ** 1.5
    latitude = LATITUDE + math.degrees(north_m / along)
    turned = math.radians((latitude + LATITUDE) / 2)
    return latitude, LONGITUDE + math.degrees(east_m / (across * math.cos(turned)))


def gnss_bag(path, storage='mcap', mounted=False, antenna_m=0.0, **imu):
    """Fixes at 10 Hz, an IMU at 50 Hz; mounted: it looks to the left, and the antenna is ahead."""
    frames = {'frame': 'imu_link'} if mounted else {}
    with MessageBag(path, storage) as bag:
        if mounted:
            bag.transform(
                START_NS, 'base_link', 'imu_link', (0, 0, 0), turn(math.pi / 2), '/tf_static'
            )
            bag.transform(START_NS, 'base_link', 'gps', (antenna_m, 0, 1.5), LEVEL, '/tf_static')
        for since, stamp_ns in stamps(2, 50):
            yaw = on_circle(since)[2] + mounted * math.pi / 2
            bag.imu(stamp_ns, turn(yaw), **frames, **imu)
        for since, stamp_ns in stamps(2, 10):
            x, y, _ = on_circle(since, antenna_m)
            bag.fix(stamp_ns, *degrees(x, y), frame='gps' if mounted else 'base_link')
    return bag.path


SLOW_M = 0.01  # how far a chord at 10 Hz is off the circle


@pytest.mark.parametrize('storage', STORAGES)
def test_gnss_places_with_the_imus_heading_are_poses(tmp_path, storage):
    found = truth(gnss_bag(tmp_path / 'drive', storage))
    assert found.topics == ('/fix', '/imu')
    assert found.warnings == ()
    assert 'lengths are true to 1 mm in 1 km' in '\n'.join(found.description)
    check_on_circle(found, atol=SLOW_M)


def test_the_antennas_and_the_imus_mounting_are_undone(tmp_path):
    found = truth(gnss_bag(tmp_path / 'drive', mounted=True, antenna_m=1.3))
    assert found.warnings == ()
    x, y, _ = on_circle(0.0, 1.3)  # the first fix is the antenna's
    check_on_circle(found, atol=SLOW_M, frame=(-x, -y, 0.0))


def test_without_an_orientation_the_course_over_ground_is_the_heading_loudly(tmp_path):
    found = truth(gnss_bag(tmp_path / 'drive', known=False))
    (warning,) = found.warnings
    assert 'orientation_covariance[0] is -1' in warning
    assert 'THE HEADING IS THE COURSE OVER GROUND from 2 m/s on' in warning
    check_on_circle(found, atol=SLOW_M, margin_s=0.35)


def test_the_antennas_mounting_is_undone_by_the_course_too(tmp_path):
    """0.5 m ahead of the rear axle, it travels 0.7 deg to the left of the heading."""
    found = truth(gnss_bag(tmp_path / 'drive', mounted=True, antenna_m=0.5, known=False))
    (warning,) = found.warnings
    assert 'THE HEADING IS THE COURSE' in warning
    x, y, _ = on_circle(0.0, 0.5)
    states, _ = found.track.at(START_NS + np.array([S]))
    np.testing.assert_allclose(states[0, :2] + (x, y), on_circle(1.0)[:2], atol=0.02)
    assert states[0, 2] - on_circle(1.0)[2] == pytest.approx(math.atan(0.5 / RADIUS_M), abs=1e-3)


def test_an_imu_that_is_of_no_use_can_be_left_out(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 10):
            bag.imu(stamp_ns, (0.0, 0.0, 0.0, 0.0))
            bag.fix(stamp_ns, *degrees(*on_circle(since)[:2]))
    refused(tmp_path / 'drive', r'/imu at 1531884156\.949 s: .* \(0, 0, 0, 0\) is no rotation')
    check_on_circle(truth(tmp_path / 'drive', imu=NO_IMU), atol=SLOW_M, margin_s=0.35)


def test_standing_has_no_course_over_ground(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(6, 10):
            bag.fix(stamp_ns, *degrees(*on_circle(max(since - 3, 0))[:2]))
    found = truth(tmp_path / 'drive')
    assert 'there is no Imu' in found.warnings[0]
    _, known = found.track.at(START_NS + np.array([1.0, 4.0]) * S // 1)
    assert known.tolist() == [False, True]


def test_rare_fixes_are_told_apart_from_slow_ones(tmp_path):
    with MessageBag(tmp_path / 'rare') as bag:
        for since, stamp_ns in stamps(4, 1):
            bag.fix(stamp_ns, *degrees(*on_circle(since)[:2]))
    refused(tmp_path / 'rare', r'/fix: the poses are 1 s apart')
    with MessageBag(tmp_path / 'slow') as bag:
        for since, stamp_ns in stamps(4, 10):
            bag.fix(stamp_ns, *degrees(*on_circle(since / 10)[:2]))
    refused(tmp_path / 'slow', r'/fix: there is no Imu, and the vehicle never drives 2 m/s')


def test_messages_without_a_fix_are_left_out_and_counted(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 10):
            bag.fix(stamp_ns, *degrees(*on_circle(since)[:2]), status=-1 if since < 0.35 else 0)
    found = truth(tmp_path / 'drive')
    assert '4 messages of /fix without a fix' in found.description


def test_a_heading_that_is_not_the_direction_of_travel_is_refused(tmp_path):
    """As by an IMU that counts from north."""
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 10):
            x, y, yaw = on_circle(since)
            bag.imu(stamp_ns, turn(math.pi / 2 - yaw))
            bag.fix(stamp_ns, *degrees(x, y))
    refused(
        tmp_path / 'drive', r'/fix \+ /imu: the heading is \d\d deg off the direction of travel'
    )


def mixed_bag(path, kinds, copies=1):
    with MessageBag(path) as bag:
        for since, stamp_ns in stamps(1, 20):
            x, y, yaw = on_circle(since)
            for copy in range(copies):
                end = f'_{copy}' if copies > 1 else ''
                if 'odometry' in kinds:
                    bag.odometry(stamp_ns, x, y, yaw, SPEED_MPS, topic=f'/odom{end}')
                if 'tf' in kinds:
                    bag.transform(stamp_ns, 'map', 'base_link', (x, y, 0), turn(yaw), f'/tf{end}')
                if 'pose' in kinds:
                    bag.pose_stamped(stamp_ns, x, y, yaw, topic=f'/pose{end}')
                if 'gnss' in kinds:
                    bag.fix(stamp_ns, *degrees(x, y), topic=f'/fix{end}')
                    bag.imu(stamp_ns, turn(yaw), topic=f'/imu{end}')
    return path


ORDER = ('odometry', 'tf', 'pose', 'gnss')


@pytest.mark.parametrize(
    ('first', 'topic'), enumerate(['/odom', '/tf', '/pose', '/fix']), ids=ORDER
)
def test_the_best_kind_is_taken_and_the_others_are_named(tmp_path, first, topic):
    found = truth(mixed_bag(tmp_path / 'drive', ORDER[first:]))
    assert found.topics[0] == topic
    assert ('also there: ' in '\n'.join(found.description)) == (first < 3)


def test_a_topic_that_is_named_is_taken(tmp_path):
    found = truth(mixed_bag(tmp_path / 'drive', ORDER), truth='/pose')
    assert found.topics == ('/pose',)
    assert 'chosen: as named' in found.description


@pytest.mark.parametrize(
    ('kind', 'names'),
    zip(
        ORDER,
        ['/odom_0, /odom_1', '/tf_0, /tf_1', '/pose_0, /pose_1', '/fix_0, /fix_1'],
        strict=True,
    ),
)
def test_several_topics_of_a_kind_are_named(tmp_path, kind, names):
    refused(mixed_bag(tmp_path / 'drive', kind, copies=2), rf'name it \(--truth-topic\): {names}$')


def test_several_imus_are_named(tmp_path):
    path = mixed_bag(tmp_path / 'drive', 'gnss', copies=2)
    refused(path, r'name it \(--imu-topic\): /imu_0, /imu_1', truth='/fix_0')
    assert truth(path, truth='/fix_0', imu='/imu_1').topics == ('/fix_0', '/imu_1')
    refused(path, r'/fix_1 has no messages of sensor_msgs/msg/Imu', truth='/fix_0', imu='/fix_1')


def test_no_poses_at_all_says_what_was_looked_for(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(START_NS)
    refused(
        tmp_path / 'drive',
        r'has no poses: looked for nav_msgs/msg/Odometry, tf2_msgs/msg/TFMessage with a moving '
        r'chain from map or odom to base_link, geometry_msgs/msg/PoseStamped, '
        r'sensor_msgs/msg/NavSatFix with sensor_msgs/msg/Imu; it has /camera/image_raw',
    )
    assert truth(tmp_path / 'drive', truth=NO_TRUTH) is None


def test_poses_too_far_apart_are_no_track(tmp_path):
    path = odometry_bag(tmp_path / 'drive', duration_s=60, rate_hz=0.1)
    refused(
        path, r'/odom: the poses are 10 s apart \(median of 7\): more than 0\.7 s is not bridged'
    )


def test_one_pose_is_no_track(tmp_path):
    refused(odometry_bag(tmp_path / 'drive', duration_s=0), 'there is one pose only')


def test_poses_whose_stamps_run_backwards_are_refused_there(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 20):
            late = 0.55 < since < 0.65
            bag.bag_ns = stamp_ns
            bag.odometry(stamp_ns - late * S // 5, *on_circle(since), SPEED_MPS)
    refused(
        tmp_path / 'drive',
        r'/odom: stamps run backwards: number 13 of 41 is stamped 1531884157\.349 s, the one '
        r'before it 1531884157\.499 s',
    )


def test_a_transform_whose_stamps_run_backwards_is_refused_there(tmp_path):
    """Others may be told out of turn."""
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 20):
            x, y, yaw = on_circle(since)
            bag.bag_ns = stamp_ns
            bag.transform(stamp_ns, 'odom', 'base_link', (x, y, 0), turn(yaw))
            bag.transform(START_NS - stamp_ns % S, 'base_link', 'wheel', (0, 0, 0))
    assert len(truth(tmp_path / 'drive').track) == 41
    refused(
        tmp_path / 'drive', r'/tf, base_link to wheel: stamps run backwards', body_frame='wheel'
    )


def test_a_hole_is_told_and_nothing_is_known_in_it(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(4, 20):
            if not 1.0 < since < 2.5:
                bag.odometry(stamp_ns, *on_circle(since), SPEED_MPS)
    found = truth(tmp_path / 'drive')
    assert '1 holes of more than 0.7 s, the longest 1.50 s from 1531884157.949 s' in '\n'.join(
        found.description
    )
    assert not found.track.at(np.array([START_NS + 2 * S]))[1].any()


@pytest.mark.parametrize('child', ['base_link', 'hero'])
def test_two_vehicles_on_one_topic_are_refused(tmp_path, child):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.odometry(1 * S, 0, 0, 0, 0, frame='map')
        bag.odometry(2 * S, 0, 0, 0, 0, child=child)
    refused(tmp_path / 'drive', r"/odom has poses of several frames \('base_link' in 'map', '")


@pytest.mark.parametrize(
    ('fields', 'complaint'),
    [
        ({'x': math.nan}, r'/odom at 3\.000 s: the position \(nan, 0, 0\) is not finite'),
        ({'speed': math.inf}, r'/odom at 3\.000 s: the speed is inf'),
        (
            {'rotation': (0.0, 0.0, 0.0, 0.0)},
            r'/odom at 3\.000 s: .* is no rotation \(of length 0',
        ),
        ({'rotation': (0.0, 0.0, math.nan, 1.0)}, r'/odom at 3\.000 s: .* is no rotation'),
    ],
)
def test_numbers_that_are_none_are_named_with_their_time(tmp_path, fields, complaint):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.odometry(3 * S, **{'x': 0.0, 'y': 0.0, 'yaw': 0.0, 'speed': 0.0, **fields})
    refused(tmp_path / 'drive', complaint)


def test_a_broken_transform_matters_only_on_the_way_to_the_body(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(1, 20):
            x, y, yaw = on_circle(since)
            bag.transform(stamp_ns, 'odom', 'base_link', (x, y, 0), turn(yaw))
            bag.transform(stamp_ns, 'base_link', 'wheel', (0, 0, math.nan), (0.0, 0.0, 0.0, 0.0))
    assert len(truth(tmp_path / 'drive').track) == 21
    refused(
        tmp_path / 'drive',
        r'/tf, base_link to wheel at 1531884156\.949 s: .* no rotation',
        body_frame='wheel',
    )


def test_a_latitude_that_is_none_is_named(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.fix(3 * S, 4812.5, 1100.0)
    refused(tmp_path / 'drive', r'/fix at 3\.000 s: latitude 4812\.5 and longitude 1100\.0 are no')


def test_the_circle_turns_as_it_should():
    """Of the tests themselves: a quarter of the way round."""
    quarter_s = RADIUS_M * math.pi / 2 / SPEED_MPS
    np.testing.assert_allclose(on_circle(quarter_s), (RADIUS_M, RADIUS_M, math.pi / 2))

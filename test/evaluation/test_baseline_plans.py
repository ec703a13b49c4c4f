import numpy as np
import pytest

from vavam_ros.bags.clip import read_clip
from vavam_ros.evaluation.baseline_plans import (
    BASELINES,
    constant_turn,
    constant_velocity,
    standing_still,
)
from vavam_ros.evaluation.displacement import displacement
from vavam_ros.evaluation.ego_motion import EgoMotion, past_motion, to_rig
from vavam_ros.evaluation.figure import mean_of
from vavam_ros.geometry.ego_track import EgoTrack
from vavam_ros.records import NS_PER_S

TIMES_S = 0.5 * np.arange(1, 7)


def motion(speed_mps, yaw_rate_radps):
    return EgoMotion(np.array([speed_mps]), np.array([yaw_rate_radps]))


def test_constant_velocity_goes_straight_ahead():
    found = constant_velocity(motion(8.0, 0.3))[0]
    np.testing.assert_allclose(found[:, 0], 8.0 * TIMES_S)
    np.testing.assert_array_equal(found[:, 1], 0.0)


def test_constant_turn_stays_on_its_circle():
    angles = 0.5 * TIMES_S
    on_circle = 20.0 * np.stack([np.sin(angles), 1 - np.cos(angles)], axis=-1)
    np.testing.assert_allclose(constant_turn(motion(10.0, 0.5))[0], on_circle)
    np.testing.assert_allclose(constant_turn(motion(10.0, -0.5))[0], on_circle * (1, -1))


def test_without_a_turn_it_is_constant_velocity():
    np.testing.assert_allclose(constant_turn(motion(7, 0)), constant_velocity(motion(7, 0)))


def test_backwards_leads_backwards():
    assert (constant_turn(motion(-2.0, 0.1))[0, :, 0] < 0).all()


def test_standing_still_stays():
    assert not standing_still(motion(9.0, 1.0)).any()


@pytest.mark.parametrize(
    ('clip', 'most_hole_s', 'velocity_m', 'turn_m'),
    [('kitti_0005', 0.3, 1.55, 0.90), ('nuscenes_scene0006', 0.7, 1.39, 1.08)],
)
def test_real_drives_give_the_yard_sticks(clips, clip, most_hole_s, velocity_m, turn_m):
    """A window every 0.1 s; poses linear between frames, motion from those of the last 0.5 s."""
    frames = read_clip(clips / clip).frames
    track = EgoTrack([frame.ego for frame in frames], most_hole_s)
    stamps = np.arange(track.stamps_ns[0], track.stamps_ns[-1], NS_PER_S // 10)
    stamps = stamps[track.covers(stamps, 3.5, 3.0)]
    poses = track.at(stamps)[0][:, :3]
    moved = past_motion(track.at(stamps - NS_PER_S // 2)[0][:, :3], poses)
    steps_ns = (TIMES_S * NS_PER_S).astype(np.int64)
    ahead = track.at((stamps[:, None] + steps_ns).reshape(-1))[0][:, :2]
    truths = to_rig(ahead.reshape(-1, 6, 2), poses)
    ade_m = {
        name: mean_of(displacement(plan(moved), truths).ade_3s_m)
        for name, plan in BASELINES.items()
    }
    assert len(stamps) > 80
    assert round(ade_m['constant velocity'], 2) == velocity_m
    assert round(ade_m['constant turn rate and velocity'], 2) == turn_m
    assert ade_m['standing still'] > 5 * velocity_m

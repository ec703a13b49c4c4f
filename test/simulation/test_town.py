import dataclasses
import math

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.geometry.curves import box_corners, boxes_overlap
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS, check_trainable
from vavam_ros.simulation.speed_limits import JUNCTION_MPS, TOWN_MPS, lane_limits
from vavam_ros.simulation.town_builder import make_town


@pytest.fixture(scope='module', params=[0, 7, 9000])
def town(request):
    return make_town(request.param)


def test_a_seed_is_always_the_same_town():
    one, other = make_town(3), make_town(3)
    for field in ('buildings', 'parked', 'trees', 'lights', 'appearance'):
        assert getattr(one, field) == getattr(other, field)
    assert all(
        np.array_equal(a.points_m, b.points_m) for a, b in zip(one.lanes, other.lanes, strict=True)
    )


def test_seeds_differ_in_roads_and_light():
    one, other = make_town(3), make_town(4)
    assert not np.array_equal(one.lanes[0].points_m[:5], other.lanes[0].points_m[:5])
    assert one.appearance != other.appearance


def test_lanes_join_without_a_step_or_a_kink(town):
    for lane in town.lanes:
        for following in (town.lanes[i] for i in lane.successors):
            assert np.hypot(*(lane.points_m[-1] - following.points_m[0])) < 0.01
            assert abs(_turn(lane.points_m[-2:], following.points_m[:2])) < 0.2


def _turn(one, other):
    yaws = [math.atan2(*np.diff(points, axis=0)[0][::-1]) for points in (one, other)]
    return (yaws[1] - yaws[0] + math.pi) % (2 * math.pi) - math.pi


def test_every_lane_leads_on_and_none_straight_back(town):
    assert all(lane.successors for lane in town.lanes)
    for lane in town.lanes:
        if lane.road >= 0:
            beyond = [town.lanes[town.lanes[i].successors[0]].road for i in lane.successors]
            assert lane.road not in beyond


def test_there_are_junctions_where_left_straight_and_right_mean_something(town):
    turns = [
        {town.lanes[i].turn for i in lane.successors} for lane in town.lanes if lane.road >= 0
    ]
    assert any(len(each) == 3 for each in turns)
    assert sum(len(each) > 1 for each in turns) >= 10
    assert sum(junction.arms >= 3 for junction in town.junctions) >= 6


def test_a_turn_is_named_by_the_side_it_leads_to(town):
    for lane in town.lanes:
        if lane.junction >= 0:
            turned = _turn(lane.points_m[:2], lane.points_m[-2:])
            assert not (lane.turn == 'left' and turned < 0.5)
            assert not (lane.turn == 'right' and turned > -0.5)
            assert not (lane.turn == 'straight' and abs(turned) > 0.7)


def test_nothing_stands_on_a_lane(town):
    places = np.concatenate([lane.points_m for lane in town.lanes])
    lane_boxes = [box_corners(x, y, 0.0, 1.2, 1.2) for x, y in places.tolist()]
    for box in (*town.parked, *town.buildings):
        corners = box_corners(box.x_m, box.y_m, box.yaw_rad, box.length_m, box.width_m)
        near = np.hypot(*(places - (box.x_m, box.y_m)).T) < 20
        assert not any(boxes_overlap(corners, lane_boxes[i]) for i in np.flatnonzero(near))


def test_speed_limits_let_one_brake_in_time(town):
    for lane, limits in zip(town.lanes, lane_limits(town), strict=True):
        assert limits.min() > 2.0
        assert limits.max() <= TOWN_MPS
        braking = (limits[:-1] ** 2 - limits[1:] ** 2) / (2 * np.diff(lane.lengths_m))
        assert braking.max() < 1.5
        if lane.junction >= 0 and town.junctions[lane.junction].arms > 2:
            assert limits.max() <= JUNCTION_MPS


def test_held_out_seeds_are_refused_for_training():
    check_trainable([0, 8999, 9012])
    with pytest.raises(InputError, match=f'seed {HELD_OUT_SEEDS[3]} is held out'):
        check_trainable([1, HELD_OUT_SEEDS[3]])


@pytest.mark.parametrize('seed', [-1, 10_000])
def test_an_unknown_seed_says_which_there_are(seed):
    with pytest.raises(InputError, match=f'no town of seed {seed}: seeds go from 0 to 9999'):
        make_town(seed)


def test_a_town_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_town(0).seed = 1

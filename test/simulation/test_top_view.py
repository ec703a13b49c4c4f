from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from small_town import car_at, scene_at, small_town

from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation import top_view as module
from vavam_ros.simulation.top_view import top_view

NOTHING = np.zeros((0, 2))


def places_of(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """[N, 2] column and row of the pixels of just that colour."""
    rows, columns = np.nonzero((image == colour).all(axis=2))
    return np.stack([columns, rows], axis=1)


def test_the_ego_vehicle_is_in_the_lower_middle_its_heading_up():
    image = top_view(small_town(), scene_at(20.0), NOTHING, size_px=(200, 240), metres=50.0)
    assert image.shape == (240, 200, 3)
    column, row = places_of(image, module.EGO).mean(axis=0)
    assert abs(column - 100) < 2
    assert 150 < row < 170


def test_what_is_ahead_is_above_and_what_is_left_is_left():
    town = small_town()
    ahead = np.array([[30.0, -1.75], [50.0, -1.75]])
    image = top_view(town, scene_at(20.0), ahead, size_px=(200, 200), metres=60.0)
    columns, rows = places_of(image, module.ROUTE).T
    assert rows.max() < 140
    assert np.ptp(columns) < 12
    house = places_of(image, module.HOUSE)
    assert house[:, 0].max() < 100


def test_with_north_up_a_drive_to_the_east_goes_right():
    ahead = np.array([[30.0, -1.75], [50.0, -1.75]])
    image = top_view(small_town(), scene_at(20.0), ahead, heading_up=False)
    ego, route = places_of(image, module.EGO), places_of(image, module.ROUTE)
    assert np.abs(ego.mean(axis=0) - 144).max() < 8
    assert route[:, 0].min() > ego[:, 0].max()


def test_the_plan_is_drawn_over_the_route_and_cars_have_their_colour():
    lane = np.array([[20.0, -1.75], [50.0, -1.75]])
    scene = scene_at(20.0, car_at(45.0))
    without = top_view(small_town(), scene, lane)
    planned = top_view(small_town(), scene, lane, plan_in_map=lane)
    assert not len(places_of(without, module.PLAN))
    assert len(places_of(planned, module.PLAN)) > 40
    assert len(places_of(without, (26, 128, 51))) > 5


def test_lights_show_their_state_and_only_where_they_are_on():
    on = top_view(small_town(), scene_at(40.0, light_states=('red',)), NOTHING)
    off = top_view(small_town(), scene_at(40.0), NOTHING)
    assert len(places_of(on, module.LAMPS['red'])) > 3
    assert not len(places_of(off, module.LAMPS['red']))


def test_far_from_everything_there_is_grass_around_the_ego_vehicle():
    scene = replace(scene_at(0.0), ego_rig=Pose2(5000.0, 5000.0, math.pi / 3))
    image = top_view(small_town(), scene, NOTHING)
    assert (image == module.GRASS).all(axis=2).mean() > 0.95
    assert len(places_of(image, module.EGO))

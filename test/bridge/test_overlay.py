"""The plan on the camera image."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.bridge.overlay import Way, plan_overlay
from vavam_ros.geometry.mounted_camera import CameraMount, MountedCamera
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.plan_shapes import COMMAND_COLOURS
from vavam_ros.records import DriveCommand, Plan

HEIGHT, WIDTH = 360, 640
GREY = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
CAMERA = MountedCamera(
    Pinhole.from_horizontal_fov(WIDTH, HEIGHT, 64.6), CameraMount(1.7, 0.0, 1.51)
)
AHEAD = np.stack([np.arange(1, 7) * 5.0, np.zeros(6)], axis=1).astype(np.float32)
WHITE = (255, 255, 255)


def towards(left_m: float) -> np.ndarray:
    """Six waypoints that end this far to the left."""
    return AHEAD + np.stack([np.zeros(6), np.linspace(0, left_m, 6)], axis=1, dtype=np.float32)


def plan(chosen: np.ndarray = AHEAD, **what_ifs: np.ndarray) -> Plan:
    others = {DriveCommand[name.upper()]: samples for name, samples in what_ifs.items()}
    samples = np.stack([chosen, chosen + [0, 1], chosen - [0, 1]]).astype(np.float32)
    return Plan(0, DriveCommand.STRAIGHT, chosen, samples, np.zeros(6, np.float32), 8, 0.5, others)


def where(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Columns and rows [N, 2] of the pixels with exactly this colour."""
    rows, columns = (picture == colour).all(axis=-1).nonzero()
    return np.stack([columns, rows], axis=1)


def rows_of_text(picture: np.ndarray, bright_blue: bool) -> np.ndarray:
    """Rows of the pixels of white letters, or of yellow ones; their edges are softened."""
    red, _, blue = picture.astype(int).transpose(2, 0, 1)
    return ((red > 120) & ((blue > 120) == bright_blue)).nonzero()[0]


def test_it_is_a_new_picture_of_the_same_size():
    before = GREY.copy()
    picture = plan_overlay(GREY, plan(), CAMERA)
    assert (picture.shape, picture.dtype) == (GREY.shape, np.uint8)
    np.testing.assert_array_equal(GREY, before)
    assert (picture != GREY).any()


def test_a_picture_that_cannot_be_written_to_is_drawn_on_too():
    """As the pixels of a ROS message are."""
    frozen = GREY.copy()
    frozen.setflags(write=False)
    assert plan_overlay(frozen, plan(), CAMERA, ['caption']).shape == GREY.shape


@pytest.mark.parametrize('command', list(DriveCommand))
def test_the_chosen_path_has_its_commands_colour_below_the_horizon(command):
    chosen = plan()
    chosen = Plan(0, command, AHEAD, chosen.samples_in_rig, chosen.spread_m, 8)
    columns, rows = where(plan_overlay(GREY, chosen, CAMERA), COMMAND_COLOURS[command]).T
    assert len(columns) > 100
    assert rows.min() > HEIGHT / 2
    assert rows.max() == HEIGHT - 1  # it comes from under the camera


def test_a_path_to_the_left_is_drawn_to_the_left():
    colour = COMMAND_COLOURS[DriveCommand.STRAIGHT]
    left = where(plan_overlay(GREY, plan(towards(6)), CAMERA), colour)
    right = where(plan_overlay(GREY, plan(towards(-6)), CAMERA), colour)
    highest = [points[points[:, 1].argmin()] for points in (left, right)]
    assert highest[0][0] < WIDTH / 2 - 50
    assert highest[1][0] > WIDTH / 2 + 50


def test_samples_are_thin_lines_beside_the_chosen_one():
    one = Plan(0, DriveCommand.STRAIGHT, AHEAD, AHEAD[None], np.zeros(6, np.float32), 8)
    colour = COMMAND_COLOURS[DriveCommand.STRAIGHT]
    alone, with_samples = (where(plan_overlay(GREY, p, CAMERA), colour) for p in (one, plan()))
    assert len(alone) < len(with_samples) < 2 * len(alone)


def test_what_ifs_are_drawn_in_their_own_colours():
    asked = plan(left=towards(8)[None], right=towards(-8)[None])
    picture = plan_overlay(GREY, asked, CAMERA)
    left, right = (
        where(picture, COMMAND_COLOURS[command])
        for command in (DriveCommand.LEFT, DriveCommand.RIGHT)
    )
    assert left[:, 0].min() < WIDTH / 2 - 50
    assert right[:, 0].max() > WIDTH / 2 + 50
    assert not len(where(plan_overlay(GREY, plan(), CAMERA), COMMAND_COLOURS[DriveCommand.LEFT]))


def test_a_dot_marks_each_waypoint():
    """White, where a camera with this mount sees the waypoint."""
    picture = plan_overlay(GREY, plan(), CAMERA)
    for x, y in AHEAD:
        ((column, row), _) = CAMERA.ground_segments(np.array([(x, y), (x, y)]))[0]
        if row < HEIGHT - 2:
            assert tuple(picture[round(row), round(column)]) == WHITE


def test_without_a_plan_there_are_only_words():
    picture = plan_overlay(GREY, None, CAMERA, ['no path'])
    assert (picture[HEIGHT // 4 :] == 90).all()
    assert len(rows_of_text(picture, bright_blue=True)) > 20


def test_a_way_beside_the_plan_is_drawn_over_it_and_named_in_its_colour():
    pink = (255, 64, 208)
    picture = plan_overlay(GREY, plan(), CAMERA, beside=[Way('driven', AHEAD, pink)])
    columns, rows = where(picture, pink).T
    on_road = rows > HEIGHT / 2
    assert on_road.sum() > 100
    assert abs(columns[on_road].mean() - WIDTH / 2) < 3
    red, green, blue = picture[: HEIGHT // 10].astype(int).transpose(2, 0, 1)
    assert ((red > 120) & (blue > 90) & (green < 90)).sum() > 20  # letters, softened
    under = where(plan_overlay(GREY, plan(), CAMERA), COMMAND_COLOURS[DriveCommand.STRAIGHT])
    over = where(picture, COMMAND_COLOURS[DriveCommand.STRAIGHT])
    assert 0 < len(over) < len(under)


def test_warnings_are_yellow_and_come_before_captions():
    picture = plan_overlay(GREY, None, CAMERA, ['a caption'], ['RANDOM WEIGHTS'])
    yellow, white = (rows_of_text(picture, bright_blue) for bright_blue in (False, True))
    assert len(yellow) > 20
    assert len(white) > 20
    assert yellow.max() < white.min()


@pytest.mark.parametrize('size', [(16, 16), (64, 96), (900, 1600)])
def test_text_stays_inside_a_picture_of_any_size(size):
    small = np.zeros((*size, 3), np.uint8)
    long = 'a caption far longer than a small picture is wide, and then some more of it'
    assert plan_overlay(small, None, CAMERA, [long] * 3, [long]).shape == (*size, 3)


def test_a_plan_out_of_sight_or_far_beyond_any_road_draws_nothing_wrong():
    behind, absurd = -AHEAD, 1e6 * towards(3)
    for chosen in (behind, absurd):
        assert plan_overlay(GREY, plan(chosen), CAMERA).shape == GREY.shape
    np.testing.assert_array_equal(plan_overlay(GREY, plan(behind), CAMERA), GREY)

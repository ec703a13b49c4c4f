"""What makes a run suspicious, and what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vavam_ros.evaluation.flags import (
    ColourTest,
    camera_flags,
    colour_flags,
    frozen_flags,
    gate_flags,
    surprise_flags,
    weight_flags,
)
from vavam_ros.evaluation.window import Frame, Window
from vavam_ros.records import DriveCommand


def window(kept: float = 0.4, speed_mps: float | None = 5.0, nats: float = 3.0) -> Window:
    """One that was seen at this speed, with so many tokens like those of the frame before."""
    plan = np.zeros((6, 2))
    frame = Frame(nats, 0.3, 5.3, 6.3, kept)
    return Window(
        'drive', 0, DriveCommand.STRAIGHT, 8, np.zeros(3), speed_mps, 0.0, plan, None, plan,
        plan[None], {}, (), frame, None,
    )  # fmt: skip


def test_random_weights_invalidate_a_run():
    assert weight_flags(trained=True) == []
    [flag] = weight_flags(trained=False)
    assert flag.invalidates
    assert 'RANDOM WEIGHTS' in flag.text


@pytest.mark.parametrize(
    ('frozen', 'speed_mps', 'flagged'), [(3, 5.0, True), (1, 5.0, False), (40, 0.0, False)]
)
def test_an_image_that_stays_while_the_vehicle_moves_is_frozen(frozen, speed_mps, flagged):
    """Not a single one, as a repeated frame gives; and a vehicle that stands sees no change."""
    windows = [window(kept=1.0, speed_mps=speed_mps)] * frozen + [window()] * (40 - frozen)
    found = frozen_flags(windows)
    assert bool(found) == flagged
    assert all(flag.invalidates and f'{frozen} of 40 windows' in flag.text for flag in found)


@pytest.mark.parametrize(
    ('nats', 'usual', 'flagged'),
    [(3.0, 2.9, False), (4.2, 2.9, True), (3.0, None, False), (6.0, None, True)],
)
def test_images_that_surprise_far_more_than_usual_are_noted(nats, usual, flagged):
    """Where nobody knows what is usual: that surprise as if the model knew no picture."""
    found = surprise_flags([window(nats=nats)] * 5, usual)
    assert bool(found) == flagged
    assert not any(flag.invalidates for flag in found)


@pytest.mark.parametrize(
    ('given', 'swapped', 'flagged'),
    [
        ([22.0] * 10, [25.0] * 10, True),
        ([25.0] * 10, [22.0] * 10, False),
        ([25.0] * 10, [25.5] * 10, False),  # grey ones
        ([22.0] * 8 + [27.0] * 2, [25.0] * 10, False),  # not all say so
        ([12.0] * 10, [15.0] * 10, False),  # the tokenizer does not know such images at all
        ([], [], False),
    ],
)
def test_colours_are_swapped_where_nearly_all_images_come_back_better_so(given, swapped, flagged):
    found = colour_flags(ColourTest(tuple(given), tuple(swapped)))
    assert bool(found) == flagged
    assert all(flag.invalidates for flag in found)


def test_a_camera_that_is_not_as_in_training_is_told_once_for_all_that_have_it():
    half, low = 'sees half', 'is low'
    drives = {f'drive {number}': [half] for number in range(5)}
    told = [one.text for one in camera_flags({**drives, 'other': [low], 'good': []})]
    assert told == ['drive 0, drive 1, drive 2 and 2 more: sees half', 'other: is low']
    assert [one.text for one in camera_flags(drives)] == ['all 5 recordings: sees half']
    assert not any(one.invalidates for one in camera_flags(drives))


def test_plans_that_the_planner_would_withhold_are_told():
    fine = window()
    [flag] = gate_flags([fine, replace(fine, objection='50.0 m/s is over 45 m/s'), fine])
    assert '1 of 3 plans' in flag.text
    assert '50.0 m/s is over 45 m/s' in flag.text
    assert not flag.invalidates
    assert gate_flags([fine]) == []

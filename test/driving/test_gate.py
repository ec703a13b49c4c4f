"""What the output gate lets pass."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.driving.gate import PlanGate
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.records import DriveCommand, Plan


def plan(waypoints) -> Plan:
    array = np.array(waypoints, np.float32)
    return Plan(0, DriveCommand.STRAIGHT, array, array[None], np.zeros(6, np.float32), 8)


def straight(speed_mps: float) -> np.ndarray:
    return np.stack([np.arange(1, 7) * speed_mps / 2, np.zeros(6)], axis=1)


def circle(radius_m: float, speed_mps: float) -> np.ndarray:
    angles = np.arange(1, 7) * speed_mps / 2 / radius_m
    return radius_m * np.stack([np.sin(angles), 1 - np.cos(angles)], axis=1)


def objection(waypoints, **settings) -> str | None:
    return PlanGate(PilotSettings(**settings)).objection(plan(waypoints))


@pytest.mark.parametrize(
    'waypoints', [straight(0), straight(30), circle(6, 4), circle(-30, 10), -0.2 * straight(1)]
)
def test_what_a_vehicle_can_drive_passes(waypoints):
    assert objection(waypoints) is None


@pytest.mark.parametrize(
    ('waypoints', 'said'),
    [
        (straight(50), '50.0 m/s'),
        (circle(1.5, 2.5), 'curvature'),
        (straight(20) + [0, 4], 'starts at'),
        (straight(20) - [20, 0], 'starts at'),
        (straight(10) + [[0], [0], [np.nan], [0], [0], [0]], 'not finite'),
        (straight(10) + [[0], [0], [0], [0], [0], [np.inf]], 'not finite'),
    ],
)
def test_what_no_vehicle_can_drive_is_named(waypoints, said):
    assert said in objection(waypoints)


def test_directions_of_a_standing_car_are_noise():
    jitter = np.array([[0.1, 0], [0, 0.1], [-0.1, 0], [0, 0], [0.1, 0.1], [0, 0]])
    assert objection(jitter) is None


def test_limits_are_settings():
    assert objection(straight(20), max_speed_mps=10.0) is not None
    assert objection(circle(1.5, 2.5), max_curvature_per_m=2.0) is None

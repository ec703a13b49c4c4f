"""What the planner must answer: the same pilot, without a node around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.bridge.image import rgb_from_image
from vavam_ros.bridge.path import waypoints_from_path
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.driving.assembly import assemble
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.records import CameraFrame, DriveCommand, Plan


def pilot_with(**settings: Any) -> Pilot:
    """A pilot with these settings, made with one thread: others may keep the cores busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pilot = assemble(PilotSettings(**settings)).pilot
    torch.set_num_threads(threads)
    return pilot


def expected_plan(
    pilot: Pilot,
    msg: Any,
    rgb: NDArray[np.uint8] | None = None,
    command: DriveCommand = DriveCommand.STRAIGHT,
    what_ifs: bool = False,
) -> Plan:
    """What the pilot alone plans for an image, with the frames that it was shown before."""
    stamp_ns = ns_from_time(msg.header.stamp)
    rgb = rgb_from_image(msg) if rgb is None else rgb
    plan = pilot.observe(CameraFrame(stamp_ns, msg.header.frame_id, rgb), command, what_ifs)
    assert plan is not None
    return plan


def expected_waypoints(pilot: Pilot, msg: Any, **options: Any) -> NDArray[np.float32]:
    """The chosen ones, [H, 2] m."""
    return expected_plan(pilot, msg, **options).waypoints_in_rig


def assert_same(path: Any, waypoints: NDArray[np.float32]) -> None:
    """A received path has these waypoints."""
    received = waypoints_from_path(path).positions_m
    scale = np.abs(waypoints).max()  # random weights plan far beyond any road
    np.testing.assert_allclose(received, waypoints, atol=1e-4 * max(1.0, scale / 100))

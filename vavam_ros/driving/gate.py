"""The output gate: no plan leaves that a vehicle could not drive."""

from __future__ import annotations

import numpy as np

from vavam_ros.driving.settings import PilotSettings
from vavam_ros.geometry.polyline import from_origin, segment_lengths, turning_curvatures
from vavam_ros.records import Plan

SHORTEST_SEGMENT_M = 1.0  # below it, the direction between two waypoints is mostly noise


class PlanGate:
    """Says what is wrong with a plan, if anything."""

    def __init__(self, settings: PilotSettings) -> None:
        self.settings = settings

    def objection(self, plan: Plan) -> str | None:
        """The first reason to drop this plan, or None."""
        waypoints = plan.waypoints_in_rig
        if not np.isfinite(waypoints).all():
            return 'not finite'
        forward, left = (float(value) for value in waypoints[0])
        limit = self.settings.max_start_offset_m
        if abs(left) > limit or forward < -limit:
            return f'starts at ({forward:.1f}, {left:.1f}) m, over {limit:g} m off the ego'
        points = from_origin(waypoints)
        speed = float(segment_lengths(points).max()) / plan.step_s
        if speed > self.settings.max_speed_mps:
            return f'{speed:.1f} m/s is over {self.settings.max_speed_mps:g} m/s'
        curvature = float(np.abs(turning_curvatures(points, SHORTEST_SEGMENT_M)).max())
        if curvature > self.settings.max_curvature_per_m:
            return f'curvature {curvature:.2f}/m is over {self.settings.max_curvature_per_m:g}/m'
        return None

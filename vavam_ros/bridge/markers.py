"""Plan -> visualization_msgs/MarkerArray: all candidate paths, coloured by command."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from vavam_ros.bridge.stamp import duration_from_ns, time_from_ns
from vavam_ros.records import DriveCommand, Plan

# Three of Okabe and Ito's colours, which stay apart with any colour vision.
COMMAND_COLOURS: dict[DriveCommand, tuple[int, int, int]] = {
    DriveCommand.RIGHT: (213, 94, 0),  # vermilion
    DriveCommand.LEFT: (0, 114, 178),  # blue
    DriveCommand.STRAIGHT: (0, 158, 115),  # bluish green
}
_SAMPLE_WIDTH_M = 0.05
_CHOSEN_WIDTH_M = 0.2
_SAMPLE_ALPHA = 0.5
_LIFETIME_NS = 2_000_000_000  # four plans at the model's rate, so that a stopped planner shows


def candidates_markers(plan: Plan, frame_id: str = 'base_link') -> MarkerArray:
    """Draw a line per sample, of the plan's command and of each what-if, and the chosen one thick.

    Lines start at the rig's origin. Namespaces are `chosen`, `right`, `left`, `straight`, ids
    count the samples; the first marker deletes all earlier ones.
    """
    header = Header(stamp=time_from_ns(plan.stamp_ns), frame_id=frame_id)
    candidates = {plan.command: plan.samples_in_rig, **plan.what_ifs_in_rig}
    chosen = _line(header, plan.waypoints_in_rig, plan.command)
    chosen.ns = 'chosen'
    chosen.scale.x = _CHOSEN_WIDTH_M
    chosen.color.a = 1.0
    markers = [Marker(header=header, action=Marker.DELETEALL), chosen]
    for command, samples in candidates.items():
        for index, sample in enumerate(samples):
            line = _line(header, sample, command)
            line.id = index
            markers.append(line)
    return MarkerArray(markers=markers)


def _line(header: Header, waypoints: NDArray[np.float32], command: DriveCommand) -> Marker:
    red, green, blue = (value / 255 for value in COMMAND_COLOURS[command])
    line = Marker(header=header, ns=command.name.lower(), id=0, type=Marker.LINE_STRIP)
    line.action = Marker.ADD
    line.pose = Pose(orientation=Quaternion(w=1.0))
    line.scale.x = _SAMPLE_WIDTH_M
    line.color = ColorRGBA(r=red, g=green, b=blue, a=_SAMPLE_ALPHA)
    line.lifetime = duration_from_ns(_LIFETIME_NS)
    line.points = [Point(x=float(x), y=float(y)) for x, y in ((0.0, 0.0), *waypoints)]
    return line

"""Plan -> visualization_msgs/MarkerArray: all candidate paths, coloured by command."""

from __future__ import annotations

from geometry_msgs.msg import Point, Pose, Quaternion
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from vavam_ros.bridge.stamp import duration_from_ns, time_from_ns
from vavam_ros.geometry.plan_shapes import LINE_LIFETIME_NS, PlanLine, plan_lines
from vavam_ros.records import Plan


def candidates_markers(plan: Plan, frame_id: str = 'base_link') -> MarkerArray:
    """Draw a line per sample, of the plan's command and of each what-if, and the chosen one thick.

    Lines start at the rig's origin; see `plan_lines` for namespaces and ids. The first marker
    deletes all earlier ones.
    """
    header = Header(stamp=time_from_ns(plan.stamp_ns), frame_id=frame_id)
    lines = [_line(header, one) for one in plan_lines(plan)]
    return MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL), *lines])


def _line(header: Header, one: PlanLine) -> Marker:
    red, green, blue = (value / 255 for value in one.colour)
    line = Marker(header=header, ns=one.namespace, id=one.index, type=Marker.LINE_STRIP)
    line.action = Marker.ADD
    line.pose = Pose(orientation=Quaternion(w=1.0))
    line.scale.x = one.width_m
    line.color = ColorRGBA(r=red, g=green, b=blue, a=one.alpha)
    line.lifetime = duration_from_ns(LINE_LIFETIME_NS)
    line.points = [Point(x=x, y=y) for x, y in one.points_m.tolist()]
    return line

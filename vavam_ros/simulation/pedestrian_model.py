"""The shape of a pedestrian."""

from __future__ import annotations

from vavam_ros.simulation.patches import Patches, box, frustum, joined
from vavam_ros.simulation.town import Colour

SKIN = (0.80, 0.60, 0.48)
HAIR = (0.20, 0.14, 0.10)
TROUSERS = (0.16, 0.18, 0.26)


def pedestrian(height_m: float, width_m: float, colour: Colour, stride: float) -> Patches:
    """Someone who walks along x; `stride` -1..1 is how far the left leg is ahead."""
    hip, neck, side = 0.48 * height_m, 0.84 * height_m, 0.5 * min(width_m, 0.55)
    swing = 0.24 * stride
    legs = [
        frustum((x - 0.08, y - 0.08, 0), (x + 0.08, y + 0.08, hip), TROUSERS, (0, 0), -x)
        for x, y in ((swing, 0.1), (-swing, -0.1))
    ]
    arms = [
        frustum((x - 0.05, y - 0.05, hip), (x + 0.05, y + 0.05, neck - 0.03), colour, (0, 0), -x)
        for x, y in ((-swing, side + 0.03), (swing, -side - 0.03))
    ]
    torso = frustum((-0.13, -side, hip - 0.05), (0.13, side, neck), colour, (0.02, 0.04))
    head = box((-0.11, -0.1, neck), (0.11, 0.1, height_m - 0.06), SKIN)
    hair = box((-0.13, -0.11, height_m - 0.1), (0.08, 0.11, height_m), HAIR)
    return joined([*legs, *arms, torso, head, hair])

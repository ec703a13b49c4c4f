"""Roads and junctions as flat patches: pavements, asphalt and markings, to be laid in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.curves import arc_lengths, beside, direction, evenly, normals
from vavam_ros.simulation.patches import Patches, flat, joined, ribbon, tinted
from vavam_ros.simulation.town import (
    LANE_WIDTH_M,
    PARKING_WIDTH_M,
    PAVEMENT_WIDTH_M,
    Appearance,
    Colour,
    Junction,
    Lane,
    Town,
)

Array = NDArray[np.float64]

HALF_ROAD_M = LANE_WIDTH_M + PARKING_WIDTH_M
KERB_M = 0.18
LINE_M = 0.16  # width of a centre or edge line
STOP_LINE_M = 0.45
STOP_LINE_AT_M = 1.0  # its middle before the lane's end
YELLOW = np.array([0.95, 0.72, 0.18])
_OVERLAP_M = 0.4
_PIECE_M = 2.0  # long patches would not follow the haze, nor a bend


def street_layers(town: Town) -> tuple[Patches, ...]:
    """Pavements, kerbs, asphalt, markings: each covers those before it."""
    look = town.appearance
    ribbons = [_Ribbon(road.centre_m) for road in town.roads]
    surfaces = [_Ribbon(_longer(road.centre_m)) for road in town.roads]
    bends = [j for j in town.junctions if j.arms == 2 and len(j.lanes) == 2]
    middles = [_bend_middle(town, junction) for junction in bends]
    half_street = HALF_ROAD_M + PAVEMENT_WIDTH_M
    pavement = [r.strip(-half_street, half_street, look.pavement) for r in ribbons]
    pavement += [_margin(j, PAVEMENT_WIDTH_M, look.pavement) for j in town.junctions]
    light = tinted(look.pavement, 1.12)
    kerb = [r.strip(-HALF_ROAD_M - KERB_M, HALF_ROAD_M + KERB_M, light) for r in ribbons]
    kerb += [_margin(j, KERB_M, light) for j in town.junctions]
    asphalt = [_junction_surface(j, look.asphalt) for j in town.junctions]
    asphalt += [_carriageway(r, look.asphalt) for r in surfaces]
    markings = [_road_markings(r, look) for r in (*ribbons, *map(_Ribbon, middles))]
    markings += [_stop_line(lane, look) for lane in _stopping_lanes(town)]
    return joined(pavement), joined(kerb), joined(asphalt), joined(markings)


class _Ribbon:
    """A curve that strips are laid along."""

    def __init__(self, centre_m: Array) -> None:
        self._points = evenly(centre_m, _PIECE_M)
        self._lefts = normals(self._points)
        self.length_m = float(arc_lengths(self._points)[-1])

    def strip(self, right_m: float, left_m: float, colour: Colour | Array) -> Patches:
        """Between two distances to the left of the curve."""
        points, lefts = self._points, self._lefts
        return ribbon(points + left_m * lefts, points + right_m * lefts, colour)

    def dashes(self, width_m: float, dash_m: float, colour: Colour | Array) -> Patches:
        """A broken line along the curve, its gaps as long as its dashes."""
        lengths = arc_lengths(self._points)
        starts = np.arange(dash_m / 2, self.length_m - dash_m, 2 * dash_m)
        parts = []
        for start in starts:
            at = np.linspace(start, start + dash_m, 3)
            spine = _at(self._points, lengths, at)
            lefts = _at(self._lefts, lengths, at) * width_m / 2
            parts.append(ribbon(spine + lefts, spine - lefts, colour))
        return joined(parts)


def _longer(points: Array) -> Array:
    """The curve with its ends drawn out, so that nothing shows between it and what it joins."""
    ends = ((points[0], points[0] - points[1]), (points[-1], points[-1] - points[-2]))
    first, last = (end + _OVERLAP_M * step / np.hypot(*step) for end, step in ends)
    return np.concatenate([[first], points, [last]])


def _at(values: Array, lengths: Array, at: Array) -> Array:
    return np.stack([np.interp(at, lengths, values[:, axis]) for axis in (0, 1)], axis=1)


def _carriageway(along: _Ribbon, asphalt: Colour) -> Patches:
    """Two lanes, and a strip to park on, a little lighter, beside either."""
    light = tinted(asphalt, 1.16)
    return joined(
        [
            along.strip(-HALF_ROAD_M, -LANE_WIDTH_M, light),
            along.strip(-LANE_WIDTH_M, 0.0, asphalt),
            along.strip(0.0, LANE_WIDTH_M, asphalt),
            along.strip(LANE_WIDTH_M, HALF_ROAD_M, light),
        ]
    )


def _road_markings(along: _Ribbon, look: Appearance) -> Patches:
    half = LINE_M / 2
    edges = [
        along.strip(side - half, side + half, look.marking)
        for side in (-LANE_WIDTH_M, LANE_WIDTH_M)
    ]
    centre = YELLOW if look.centre_line_yellow else look.marking
    if look.centre_dash_m > 0:
        return joined([*edges, along.dashes(LINE_M, look.centre_dash_m, centre)])
    return joined([*edges, along.strip(-half, half, centre)])


def _bend_middle(town: Town, junction: Junction) -> Array:
    """The line between the two lanes of a bend."""
    first, second = (town.lanes[lane] for lane in junction.lanes)
    count = len(first.points_m)
    ways = []
    for lane, order in ((first, 1), (second, -1)):
        inner = beside(lane.points_m, LANE_WIDTH_M / 2)[::order]
        lengths = arc_lengths(inner)
        ways.append(_at(inner, lengths, np.linspace(0, lengths[-1], count)))
    return np.asarray((ways[0] + ways[1]) / 2)


def _stopping_lanes(town: Town) -> list[Lane]:
    """Lanes that end at a junction of three or more roads."""
    ends: dict[int, Junction] = {}
    for road in town.roads:
        along, against = road.lanes
        ends[along], ends[against] = town.junctions[road.end], town.junctions[road.start]
    return [town.lanes[lane] for lane, junction in ends.items() if junction.arms >= 3]


def _stop_line(lane: Lane, look: Appearance) -> Patches:
    ahead = lane.points_m[-1] - lane.points_m[-2]
    ahead = direction(float(np.arctan2(ahead[1], ahead[0])))
    aside = np.array([-ahead[1], ahead[0]]) * (LANE_WIDTH_M - LINE_M) / 2
    middle = lane.points_m[-1] - STOP_LINE_AT_M * ahead
    before, beyond = middle - STOP_LINE_M / 2 * ahead, middle + STOP_LINE_M / 2 * ahead
    return flat(
        np.array([[before + aside, before - aside, beyond - aside, beyond + aside]]), look.marking
    )


def _junction_surface(junction: Junction, colour: Colour) -> Patches:
    """Sectors around its middle, each a triangle and what is outside of it."""
    outline, middle = junction.outline_m, np.array(junction.centre_m)
    ends = np.roll(outline, -1, axis=0)
    half, half_ends = (outline + middle) / 2, (ends + middle) / 2
    middles = np.broadcast_to(middle, outline.shape)
    inner = np.stack([middles, half, half_ends, half_ends], axis=1)
    outer = np.stack([half, outline, ends, half_ends], axis=1)
    return joined([flat(inner, colour), flat(outer, colour)])


def _margin(junction: Junction, width_m: float, colour: Colour | Array) -> Patches:
    """A strip around the outside of its outline, under the roads where they begin."""
    starts = junction.outline_m
    ends = np.roll(starts, -1, axis=0)
    steps = ends - starts
    lengths = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    outward = np.stack([steps[:, 1], -steps[:, 0]], axis=1) / lengths * width_m
    reach = steps / lengths * width_m * 0.15  # closes the gaps between neighbours
    return flat(
        np.stack(
            [starts - reach, starts + outward - reach, ends + outward + reach, ends + reach], 1
        ),
        colour,
    )

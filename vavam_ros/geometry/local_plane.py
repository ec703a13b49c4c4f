"""Latitude and longitude as metres east and north of the first place.

Each step is projected by the earth's radii at its own middle, and the steps are added up, so
that north is up everywhere and the scale is true everywhere: a path of 1 km has its length
to a millimetre, however far it is from the first place. The price is the turn of the meridians:
1 km from the first place a point lies up to 8 cm * tan(latitude) off the plane that touches the
earth there (0.1 mm * tan(latitude) 40 m from it, which is what a plan covers), and a loop about
1 km2 does not close by 16 cm * tan(latitude).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# WGS 84, NIMA TR8350.2.
EQUATOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563


def east_north(
    latitudes_deg: NDArray[np.float64], longitudes_deg: NDArray[np.float64], height_m: float = 0.0
) -> NDArray[np.float64]:
    """[N, 2] m east and north of the first of N places, at one height above the ellipsoid."""
    latitudes, longitudes = np.radians(latitudes_deg), np.unwrap(np.radians(longitudes_deg))
    middles = (latitudes[1:] + latitudes[:-1]) / 2
    squared = FLATTENING * (2 - FLATTENING)  # of the eccentricity
    bulge = 1 - squared * np.sin(middles) ** 2
    across_m = EQUATOR_M / np.sqrt(bulge) + height_m  # radius of curvature, west to east
    along_m = EQUATOR_M * (1 - squared) / bulge**1.5 + height_m  # and south to north
    steps = np.column_stack(
        [across_m * np.cos(middles) * np.diff(longitudes), along_m * np.diff(latitudes)]
    )
    return np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)])

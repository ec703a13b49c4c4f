"""Against the ellipsoid itself: the plane that touches it at the first place."""

import math

import numpy as np
import pytest

from vavam_ros.geometry.local_plane import EQUATOR_M, FLATTENING, east_north


def on_ellipsoid(latitude_deg, longitude_deg, height_m):
    """[3] m, earth-centred."""
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    squared = FLATTENING * (2 - FLATTENING)
    across = EQUATOR_M / math.sqrt(1 - squared * math.sin(latitude) ** 2)
    return np.array(
        [
            (across + height_m) * math.cos(latitude) * math.cos(longitude),
            (across + height_m) * math.cos(latitude) * math.sin(longitude),
            (across * (1 - squared) + height_m) * math.sin(latitude),
        ]
    )


def in_tangent_plane(latitudes, longitudes, height_m):
    latitude, longitude = math.radians(latitudes[0]), math.radians(longitudes[0])
    east = np.array([-math.sin(longitude), math.cos(longitude), 0])
    up = np.array(
        [
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        ]
    )
    axes = np.stack([east, np.cross(up, east)])
    start = on_ellipsoid(latitudes[0], longitudes[0], height_m)
    places = zip(latitudes, longitudes, strict=True)
    return np.array([axes @ (on_ellipsoid(*place, height_m) - start) for place in places])


def away(latitude, longitude, length_m, heading, count=201):
    """Places on a nearly straight way."""
    shares = np.linspace(0, length_m, count)
    latitudes = latitude + np.degrees(shares * math.sin(heading) / 6_371_000)
    shrink = math.cos(math.radians(latitude))
    return latitudes, longitude + np.degrees(shares * math.cos(heading) / 6_371_000 / shrink)


@pytest.mark.parametrize('latitude', [-33.9, 1.35, 48.1, 65.0])
@pytest.mark.parametrize('heading', [0.0, 0.8, math.pi / 2, 4.0])
def test_a_kilometre_is_within_what_is_stated(latitude, heading):
    way = away(latitude, 11.5, 1000, heading)
    found, exact = east_north(*way, 500.0), in_tangent_plane(*way, 500.0)
    off_m = np.hypot(*(found - exact).T)
    assert off_m.max() < 0.081 * abs(math.tan(math.radians(latitude))) + 0.001
    lengths = [np.hypot(*np.diff(path, axis=0).T).sum() for path in (found, exact)]
    assert abs(lengths[0] - lengths[1]) < 0.001


def test_a_plans_length_is_exact_to_a_fifth_of_a_millimetre():
    way = away(52.0, 4.0, 40, 0.7)
    off_m = np.hypot(*(east_north(*way) - in_tangent_plane(*way, 0.0)).T)
    assert off_m.max() < 2e-4


def test_far_from_the_first_place_north_is_still_up_and_a_metre_a_metre():
    """100 km to the north, a short way to the east."""
    latitudes, longitudes = (np.append([48.0], part) for part in away(48.9, 11.0, 30, 0.0))
    way = east_north(latitudes, longitudes)[1:]
    local = east_north(latitudes[1:], longitudes[1:])
    np.testing.assert_allclose(way - way[0], local, atol=1e-6)


def test_the_date_line_is_no_jump():
    east = east_north(np.zeros(3), np.array([179.9999, 180.0, -179.9999]))[:, 0]
    np.testing.assert_allclose(np.diff(east), 11.13, atol=0.01)

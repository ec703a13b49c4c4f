"""One resampling along a map: antialiased as in training, and filled where nothing is seen."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.perception.resampling import Resampling, nearest_seen
from vavam_ros.perception.virtual_camera import resize


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


def resizing(old: tuple[int, int], new: tuple[int, int]):
    def pixel_map(u, v):
        places = np.stack(
            [(u + 0.5) * old[1] / new[1] - 0.5, (v + 0.5) * old[0] / new[0] - 0.5], axis=-1
        )
        return places, np.ones(u.shape, np.bool_)

    return Resampling.along(pixel_map, new, old)


def moved(across: float, down: float, size: tuple[int, int] = (20, 30)) -> Resampling:
    """A view of the same scale, from the image's pixel (across, down) on."""

    def pixel_map(u, v):
        return np.stack([u + across, v + down], axis=-1), np.ones(u.shape, np.bool_)

    return Resampling.along(pixel_map, size, (40, 50))


@pytest.mark.parametrize(
    ('old', 'new'), [((90, 160), (29, 51)), ((40, 60), (100, 100)), ((64, 30), (20, 45))]
)
def test_a_change_of_size_is_the_models_own(old, new):
    """To one grey level: torch rounds its weights, for uint8."""
    image, resampling = noise(*old), resizing(old, new)
    expected = resize(image, *new).astype(int)
    assert np.abs(resampling.apply(image) - expected).max() <= 1
    assert resampling.coverage == 1


def test_whole_pixels_move_as_they_are():
    image = noise(40, 50)
    np.testing.assert_array_equal(moved(7, 3).apply(image), image[3:23, 7:37])


def test_fine_patterns_become_grey_and_no_coarse_ones():
    """Without the filter, every fifth column of a pattern of two would be a pattern, too."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, ::2] = 200
    shrunk = resizing((100, 200), (20, 40)).apply(image)
    assert np.ptp(shrunk[:, 2:-2].astype(int)) <= 20
    assert shrunk.mean() == pytest.approx(100, abs=3)


@pytest.mark.parametrize('degrees', [0, 20, 45, 80])
def test_a_turned_and_shrunk_even_image_stays_even(degrees):
    cos, sin = 3 * np.cos(np.radians(degrees)), 3 * np.sin(np.radians(degrees))

    def pixel_map(u, v):
        u, v = u - 10, v - 10
        return np.stack([50 + cos * u - sin * v, 50 + sin * u + cos * v], axis=-1), u < np.inf

    resampling = Resampling.along(pixel_map, (20, 20), (100, 100))
    even = np.full((100, 100, 3), (10, 128, 250), np.uint8)
    np.testing.assert_array_equal(resampling.apply(even), np.broadcast_to(even[0, 0], (20, 20, 3)))


def test_what_is_not_seen_repeats_the_nearest_pixel_that_is():
    image = noise(40, 50)
    resampling = moved(-4, 30)  # four columns too far left, ten rows too far down
    assert resampling.coverage == pytest.approx(26 * 10 / (20 * 30))
    view = resampling.apply(image)
    np.testing.assert_array_equal(view[:10, 4:], image[30:, :26])
    np.testing.assert_array_equal(view[10:, 4:], np.broadcast_to(image[39, :26], (10, 26, 3)))
    np.testing.assert_array_equal(view[:10, :4], np.repeat(image[30:, :1], 4, axis=1))
    np.testing.assert_array_equal(view[12, 1], image[39, 0])


def test_nearest_is_nearest():
    seen = np.random.default_rng(3).random((23, 31)) < 0.05
    places = np.argwhere(seen)
    squared = ((np.argwhere(~seen)[:, None] - places) ** 2).sum(axis=-1)
    found = np.stack(np.unravel_index(nearest_seen(seen), seen.shape), axis=-1)
    assert seen[tuple(found.T)].all()
    distances = ((np.argwhere(~seen) - found) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(distances, squared.min(axis=1))


def test_pixels_at_the_edge_of_where_the_map_is_are_left_out():
    """Their extent is not known: half a pixel on, the map ends."""

    def pixel_map(u, v):
        exists = u < 9.3
        return np.where(exists[..., None], np.stack([u, v], axis=-1), 1e9), exists

    resampling = Resampling.along(pixel_map, (5, 20), (5, 20))
    np.testing.assert_array_equal(resampling.seen[0], np.arange(20) < 9)
    assert len(resampling.taps) < 5 * 20 * 9

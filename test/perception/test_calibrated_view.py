"""Images of any calibrated camera as the training camera would have taken them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_card import golden_card
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from vavam_ros.errors import InputError
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import CameraCalibration

VIEW = VirtualCamera(144, 256)
LEVEL = VIEW.mount
FOCAL_PX = 128 / math.tan(math.radians(64.6 / 2))  # of VIEW
SQUARE_M, DISTANCE_M = 0.6, 8.0
FINER = 2  # rays across and down each pixel of a synthetic image


def calibration(
    focal: float, middle: tuple[float, float], size: tuple[int, int] = (800, 450),
    model: str = '', coefficients: tuple[float, ...] = (),
) -> CameraCalibration:  # fmt: skip
    k = (focal, 0.0, middle[0], 0.0, focal, middle[1], 0.0, 0.0, 1.0)
    return CameraCalibration('front', *size, model, coefficients, k)


NUSCENES = [
    calibration(1266.417203046554, (816.2670197447984, 491.50706579294757), (1600, 900)),
    calibration(1252.8131021185304, (826.588114781398, 469.9846626224581), (1600, 900)),
    calibration(1265.4, (799.5, 449.5), (1600, 900), 'plumb_bob', (0.0,) * 5),
]
PLUMB_BOB = calibration(
    480, (385, 240), model='plumb_bob', coefficients=(-0.28, 0.09, 0.001, -0.0015, -0.012)
)
CAMERAS = {
    'plumb_bob': (PLUMB_BOB, 0.0),
    'plumb_bob, pitched down': (PLUMB_BOB, 4.0),
    'rational_polynomial, pitched up': (
        calibration(450, (410, 220), model='rational_polynomial',
                    coefficients=(0.6, -0.05, 0.0005, -0.001, 0.002, 0.9, 0.02, 0.001)), -3.0,
    ),
    'equidistant, pitched down': (
        calibration(300, (395, 230), model='equidistant',
                    coefficients=(-0.03, 0.006, -0.002, 0.0002)), 6.0,
    ),
    'no distortion, small image': (calibration(150, (130, 110), (260, 220)), 2.0),
}  # fmt: skip


def pitched(pitch_deg: float) -> VirtualCamera:
    return replace(VIEW, mount=replace(LEVEL, pitch_rad=math.radians(pitch_deg)))


def directions_of(camera: CameraCalibration) -> NDArray[np.float64]:
    """The ray of each of FINER x FINER points in each pixel [h, w, 3]: the lens turned around.

    By Newton's way for every eighth pixel; between them the rays change evenly.
    """
    lens, sizes = lens_of(camera), (camera.width_px, camera.height_px)
    ends = 0.5 / FINER - 0.5
    at = [np.linspace(ends, size - 1 - ends, size // 8) for size in sizes]
    wanted = np.stack(np.meshgrid(*at), axis=-1)
    pinhole = lens.pinhole
    plane = (wanted - (pinhole.cx_px, pinhole.cy_px)) / (pinhole.fx_px, pinhole.fy_px)
    if camera.distortion_model == 'equidistant':
        radius = np.linalg.norm(plane, axis=-1, keepdims=True)
        plane = plane * np.tan(np.minimum(radius, 1.3)) / radius
    step = 1e-6
    for _ in range(12):
        there = lens.pixels(_rays(plane))[0]
        columns = [lens.pixels(_rays(plane + np.eye(2)[i] * step))[0] for i in (0, 1)]
        slopes = (np.stack(columns, -1) - there[..., None]) / step
        change = np.linalg.solve(slopes, (wanted - there)[..., None])[..., 0]
        plane = np.clip(plane + change, -4, 4)
    nodes = torch.from_numpy(plane).permute(2, 0, 1)[None]
    all_sizes = (FINER * sizes[1], FINER * sizes[0])
    points = F.interpolate(nodes, all_sizes, mode='bilinear', align_corners=True)
    return _rays(points[0].permute(1, 2, 0).numpy())


def _rays(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1)


def photographed(camera: CameraCalibration, pitch_deg: float) -> NDArray[np.uint8]:
    """A wall of black and white squares, upright before a camera that looks down.

    Their edges are a little soft, so that samples of them say where they are.
    """
    right, down, depth = np.moveaxis(directions_of(camera), -1, 0)
    cos, sin = math.cos(math.radians(pitch_deg)), math.sin(math.radians(pitch_deg))
    down, depth = down * cos + depth * sin, depth * cos - down * sin  # as of a level camera
    waves = [np.sin(math.pi * DISTANCE_M * one / depth / SQUARE_M) for one in (right, down)]
    white = 130 + 100 * np.clip(4 * waves[0] * waves[1], -1, 1)
    height, width = white.shape[0] // FINER, white.shape[1] // FINER
    smooth = white.reshape(height, FINER, width, FINER).mean(axis=(1, 3))
    return np.repeat(np.round(smooth).astype(np.uint8)[..., None], 3, axis=-1)


def corner_near(grey: NDArray[np.float64], place: tuple[float, float], reach: int = 4):
    """The corner of four squares: where the slopes around point past it (Foerstner)."""
    down, across = np.gradient(grey)
    for _ in range(10):
        u, v = (round(one) for one in place)
        window = (slice(v - reach, v + reach + 1), slice(u - reach, u + reach + 1))
        ys, xs = np.mgrid[window]
        slopes = np.stack([across[window], down[window]], axis=-1).reshape(-1, 2)
        near = np.exp(-(((xs - place[0]) ** 2 + (ys - place[1]) ** 2) / reach**2)).reshape(-1)
        outer = near[:, None, None] * slopes[:, :, None] * slopes[:, None, :]
        places = np.stack([xs, ys], axis=-1).reshape(-1, 2, 1)
        place = np.linalg.solve(outer.sum(axis=0), (outer @ places).sum(axis=0))[:, 0]
    return place


@pytest.mark.parametrize(('camera', 'pitch_deg'), CAMERAS.values(), ids=CAMERAS)
def test_a_checkerboard_lands_where_the_training_camera_has_it(camera, pitch_deg):
    """Within half a pixel is what is needed."""
    view = pitched(pitch_deg)
    image = view.view(photographed(camera, pitch_deg), camera)
    seen = view.sight(camera.height_px, camera.width_px, camera).resampling.seen
    spacing_px = FOCAL_PX * SQUARE_M / DISTANCE_M
    misses = []
    for across in range(-8, 9):
        for down in range(-4, 5):
            u, v = 127.5 + across * spacing_px, 71.5 + down * spacing_px
            window = seen[round(v) - 6 : round(v) + 7, round(u) - 6 : round(u) + 7]
            if window.shape == (13, 13) and window.all():
                found = corner_near(image[..., 0].astype(float), (u, v))
                misses.append(np.linalg.norm(found - (u, v)))
    assert len(misses) > 90
    assert np.median(misses) < 0.1
    assert max(misses) < 0.25


@pytest.mark.parametrize('camera', NUSCENES)
def test_the_training_cameras_own_calibration_changes_nothing(camera):
    image = np.random.default_rng(1).integers(0, 256, (900, 1600, 3), np.uint8)
    for view in (VIEW, VirtualCamera(288, 512), VirtualCamera(64, 96)):
        assert view.is_training_camera(camera)
        np.testing.assert_array_equal(view.view(image, camera), view.view(image))
        assert view.describe(900, 1600, camera) == view.describe(900, 1600)
        assert view.sight(900, 1600, camera).coverage == 1


def test_the_goldens_hold_with_the_training_cameras_calibration(goldens: Path):
    with np.load(goldens / 'preprocessing.npz') as expected:
        for camera in NUSCENES:
            view = VirtualCamera(288, 512).view(golden_card(900, 1600), camera)
            np.testing.assert_array_equal(view, expected['nuscenes_900x1600_cropresize'])


NEARLY = NUSCENES[2]
OTHERS = {
    'focal length': (calibration(1240, (799.5, 449.5), (1600, 900)), 0.0),
    'middle': (calibration(1265.4, (799.5, 500), (1600, 900)), 0.0),
    'lens': (replace(NEARLY, coefficients=(-0.02, 0.0, 0.0, 0.0, 0.0)), 0.0),
    'pitch': (NEARLY, 0.6),
    'aspect': (calibration(721.5, (609.6, 172.9), (1242, 375)), 0.0),
}


@pytest.mark.parametrize(('camera', 'pitch_deg'), OTHERS.values(), ids=OTHERS)
def test_a_camera_that_differs_in_one_thing_is_another_camera(camera, pitch_deg):
    assert not pitched(pitch_deg).is_training_camera(camera)


def test_the_training_camera_at_another_size_or_under_a_cut_off_top_is_still_it():
    assert VIEW.is_training_camera(calibration(1265.4 / 4, (199.5, 112), (400, 225)))
    assert replace(VIEW, crop_top_px=100).is_training_camera(
        calibration(1265.4, (799.5, 549.5), (1600, 1000))
    )


def test_near_the_training_camera_resampling_is_resizing():
    """A slope across looks the same from a camera that is turned down a little."""
    camera = calibration(1266, (799.5, 449.5), (1600, 900))
    view = pitched(0.51)
    smooth = np.linspace(0, 255, 1600)[None, :, None] * np.ones((900, 1, 3))
    image = smooth.astype(np.uint8)
    assert not view.is_training_camera(camera)
    difference = view.view(image, camera).astype(int) - view.view(image)
    assert np.abs(difference).max() <= 2


def test_rows_cut_off_the_top_are_not_seen():
    camera = calibration(500, (399.5, 224.5))
    image = np.full((450, 800, 3), 100, np.uint8)
    image[:100] = 255
    cut = replace(VIEW, crop_top_px=100)
    assert cut.sight(450, 800, camera).coverage < VIEW.sight(450, 800, camera).coverage
    assert (cut.view(image, camera) == 100).all()


KITTI = calibration(721.5377, (609.5593, 172.854), (1242, 375))


def test_a_camera_that_sees_less_says_how_much_and_what_is_there_instead():
    top, bottom = (0.5 + 172.854) / 721.5377, (374.5 - 172.854) / 721.5377
    height = 2 * math.tan(math.radians(64.6 / 2)) * 144 / 256
    sight = VIEW.sight(375, 1242, KITTI)
    assert sight.coverage == pytest.approx((top + bottom) / height, abs=0.01)
    assert VIEW.describe(375, 1242, KITTI) == (
        "the camera sees 74% of the model's view: the rest repeats the nearest pixels that it sees"
    )


def test_a_real_narrow_image_fills_the_view(clips: Path):
    """KITTI's, made smaller by somebody: its intrinsics with it."""
    image = np.array(Image.open(clips / 'kitti_0005' / 'frames' / '000050.png').convert('RGB'))
    small = Pinhole(1242, 375, 721.5377, 721.5377, 609.5593, 172.854).resized(400, 120)
    camera = replace(
        KITTI, width_px=400, height_px=120,
        k=(small.fx_px, 0.0, small.cx_px, 0.0, small.fy_px, small.cy_px, 0.0, 0.0, 1.0),
    )  # fmt: skip
    view = VIEW.view(image, camera)
    seen = VIEW.sight(120, 400, camera).resampling.seen
    rows = np.flatnonzero(seen.all(axis=1))
    assert seen[rows[0] : rows[-1] + 1].all()
    assert 0.70 < len(rows) / 144 < 0.75
    np.testing.assert_array_equal(view[: rows[0]], view[rows[:1]].repeat(rows[0], axis=0))
    np.testing.assert_array_equal(view[rows[-1] :], view[rows[-1:]].repeat(144 - rows[-1], axis=0))
    scale = FOCAL_PX / small.fx_px  # the middle row is a piece of the image's, enlarged
    middle = image[round(small.cy_px), :, 1].astype(float)
    columns = small.cx_px + (np.arange(256) - 127.5) / scale
    expected = np.interp(columns, np.arange(400), middle)
    assert np.corrcoef(view[round(71.5), :, 1], expected)[0, 1] > 0.95


def test_another_height_is_said_and_not_corrected():
    camera = calibration(300, (399.5, 224.5))
    truck = replace(VIEW, mount=CameraMount(1.7, 0.0, 2.5))
    image = np.random.default_rng(2).integers(0, 256, (450, 800, 3), np.uint8)
    np.testing.assert_array_equal(truck.view(image, camera), VIEW.view(image, camera))
    assert truck.describe(450, 800, camera) == (
        'the camera is 2.50 m above the road, in training it was 1.51 m: distances on the road '
        'look 0.60 times as long'
    )


def test_an_image_of_another_size_than_its_calibrations_is_refused():
    image = np.zeros((120, 400, 3), np.uint8)
    said = "camera_info of 'front' is for images 1242x375, but this one is 400x120"
    for view in (VIEW.view, lambda *arguments: VIEW.sight(120, 400, arguments[1])):
        with pytest.raises(InputError, match=said):
            view(image, KITTI)


def test_a_calibration_that_cannot_be_used_is_refused():
    with pytest.raises(InputError, match='not calibrated'):
        VIEW.view(np.zeros((450, 800, 3), np.uint8), replace(PLUMB_BOB, k=(0.0,) * 9))


def test_a_camera_that_looks_elsewhere_is_refused():
    with pytest.raises(InputError, match='looking 45 deg down, sees nothing'):
        pitched(45).sight(450, 800, calibration(1500, (399.5, 224.5)))


def test_a_new_calibration_of_the_same_camera_counts_at_once():
    image = np.random.default_rng(3).integers(0, 256, (450, 800, 3), np.uint8)
    first, second = calibration(500, (399.5, 224.5)), calibration(600, (399.5, 224.5))
    before = VIEW.view(image, first)
    assert (VIEW.view(image, second) != before).any()
    np.testing.assert_array_equal(VIEW.view(image, first), before)

import math

import pytest

from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole


def test_the_training_cameras_focal_length():
    camera = Pinhole.from_horizontal_fov(1600, 900, 64.6)
    assert camera.fx_px == camera.fy_px == pytest.approx(1265.4, abs=0.1)
    assert (camera.cx_px, camera.cy_px) == (799.5, 449.5)


def test_the_outer_edges_are_the_field_of_view_apart():
    camera = Pinhole.from_horizontal_fov(400, 225, 64.6)
    left_edge_px, right_edge_px = -0.5, 399.5
    angles = [math.atan2(x - camera.cx_px, camera.fx_px) for x in (left_edge_px, right_edge_px)]
    assert math.degrees(angles[1] - angles[0]) == pytest.approx(64.6)


def test_kittis_focal_length_is_its_documented_angle():
    assert Pinhole.from_horizontal_fov(1242, 375, 81.4).fx_px == pytest.approx(721.5, abs=1)


def test_resizing_is_the_camera_of_the_smaller_image():
    large, small = (Pinhole.from_horizontal_fov(w, w * 9 // 16, 64.6) for w in (1600, 400))
    assert large.resized(400, 225) == small


def test_resizing_by_two_factors_scales_each_axis():
    camera = Pinhole(1242, 375, 721.5, 721.5, 609.6, 172.9).resized(400, 120)
    assert camera.fx_px == pytest.approx(721.5 * 400 / 1242)
    assert camera.fy_px == pytest.approx(721.5 * 120 / 375)


def test_cropping_moves_the_centre_only():
    camera = Pinhole(640, 480, 500.0, 501.0, 319.5, 239.5).cropped(10, 80, 600, 360)
    assert camera == Pinhole(600, 360, 500.0, 501.0, 309.5, 159.5)


@pytest.mark.parametrize('hfov_deg', [0.0, -10.0, 180.0, math.nan, math.inf])
def test_an_impossible_field_of_view_is_named(hfov_deg):
    with pytest.raises(InputError, match=f'field of view is {hfov_deg} deg'):
        Pinhole.from_horizontal_fov(400, 225, hfov_deg)

"""A calibration becomes a lens, or one line that says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.geometry.lens import lens_of, rays_of
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraCalibration

K = (500.0, 0.0, 320.0, 0.0, 510.0, 230.0, 0.0, 0.0, 1.0)
PLAIN = CameraCalibration('front', 640, 480, 'plumb_bob', (0.0,) * 5, K)
BENT = replace(PLAIN, coefficients=(-0.3, 0.1, 0.001, -0.002, 0.01))


@pytest.mark.parametrize(
    ('model', 'count'),
    [('', 0), ('none', 0), ('none', 5), ('plumb_bob', 0), ('plumb_bob', 4), ('plumb_bob', 5),
     ('rational_polynomial', 8)],
)  # fmt: skip
def test_without_distortion_every_pinhole_model_is_the_pinhole(model, count):
    lens = lens_of(replace(PLAIN, distortion_model=model, coefficients=(0.0,) * count))
    pixels, valid = lens.pixels(np.array([[0.0, 0.0, 2.0], [1.0, -1.0, 2.0]]))
    assert valid.all()
    np.testing.assert_allclose(pixels, [[320, 230], [570, -25]])


def test_coefficients_are_in_the_order_of_camera_info():
    x, y, k1, k2, p1, p2, k3 = 0.2, 0.1, -0.3, 0.1, 0.001, -0.002, 0.01
    s = x * x + y * y
    radial = 1 + k1 * s + k2 * s**2 + k3 * s**3
    expected = (
        320 + 500 * (x * radial + 2 * p1 * x * y + p2 * (s + 2 * x * x)),
        230 + 510 * (y * radial + p1 * (s + 2 * y * y) + 2 * p2 * x * y),
    )
    ((pixel,), _) = lens_of(BENT).pixels(np.array([[x, y, 1.0]]))
    np.testing.assert_allclose(pixel, expected)


def test_four_coefficients_of_plumb_bob_are_five_with_a_zero():
    four = replace(BENT, coefficients=BENT.coefficients[:4])
    five = replace(BENT, coefficients=(*four.coefficients, 0.0))
    assert lens_of(four) == lens_of(five)


def test_equidistant_is_a_fisheye():
    lens = lens_of(replace(PLAIN, distortion_model='equidistant', coefficients=(0.0,) * 4))
    pixels, valid = lens.pixels(np.array([[1.0, 0.0, 0.0]]))
    assert valid.all()
    np.testing.assert_allclose(pixels, [[320 + 500 * np.pi / 2, 230]])
    assert not lens.sees(np.array([[1.0, 0.0, 0.0]]))


def test_a_lens_sees_what_falls_on_its_image_from_edge_to_edge():
    lens = lens_of(PLAIN)
    u, v = np.array([-0.4, -0.6, 639.4, 639.6, 0.0]), np.array([0.0, 0.0, 0.0, 0.0, 479.6])
    rays = rays_of(lens.pinhole, u, v)
    np.testing.assert_array_equal(lens.sees(rays), [True, False, True, False, False])


def test_without_top_every_ray_falls_as_much_higher():
    lens, ray = lens_of(BENT), np.array([0.1, 0.2, 1.0])
    cut = lens.without_top(100)
    assert (cut.pinhole.width_px, cut.pinhole.height_px) == (640, 380)
    np.testing.assert_allclose(lens.pixels(ray)[0] - cut.pixels(ray)[0], [0, 100])


def test_images_that_were_cut_out_and_binned_have_their_own_camera():
    part = lens_of(replace(PLAIN, roi=(40, 20, 400, 200), binning=(2, 4)))
    expected = Pinhole(640, 480, 500, 510, 320, 230).cropped(40, 20, 400, 200).resized(200, 50)
    assert part.pinhole == expected
    assert lens_of(replace(PLAIN, binning=(0, 0))) == lens_of(PLAIN)


REFUSED = {
    'never calibrated': (replace(PLAIN, k=(0.0,) * 9), 'not calibrated.*k is 0 0 0.*Calibrate'),
    'no size': (replace(PLAIN, width_px=0), 'not calibrated: it says 0x480'),
    'no focal length': (replace(PLAIN, k=(0.0, *K[1:])), 'focal lengths 0 and 510'),
    'mirrored': (replace(PLAIN, k=(-500.0, *K[1:])), 'focal lengths -500'),
    'metres, not pixels': (replace(PLAIN, k=(0.5, *K[1:4], 0.5, *K[5:])), 'focal lengths 0.5'),
    'not a number': (replace(PLAIN, k=(float('nan'), *K[1:])), 'k is nan'),
    'skewed': (replace(PLAIN, k=(500.0, 2.0, *K[2:])), 'k is 500 2 320 .* not fx 0 cx'),
    'short k': (replace(PLAIN, k=K[:4]), 'k is 500 0 320 0, not'),
    'unknown model': (replace(PLAIN, distortion_model='mei'), "'mei' is unknown. Known are plumb"),
    'too few': (replace(BENT, coefficients=(-0.3, 0.1)), '4 or 5 coefficients, not 2'),
    'too many': (replace(BENT, coefficients=(0.0,) * 8), 'plumb_bob has 0 or 4 or 5'),
    'rational, of plumb_bob': (
        replace(BENT, distortion_model='rational_polynomial'), 'has 8 coefficients, not 5',
    ),
    'fisheye, of plumb_bob': (
        replace(BENT, distortion_model='equidistant'), 'equidistant has 4 coefficients, not 5',
    ),
    'none, with coefficients': (replace(BENT, distortion_model=''), "model is ''. Name one of"),
    'coefficients': (replace(BENT, coefficients=(float('inf'),) * 5), 'coefficients inf inf'),
    'roi': (replace(PLAIN, roi=(600, 0, 100, 100)), 'roi 100x100 at 600, 0 is not within'),
    'binning': (replace(PLAIN, binning=(1000, 1)), 'binning of 1000x1 leaves no pixel'),
}  # fmt: skip


@pytest.mark.parametrize(('calibration', 'said'), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_with_a_calibration_is_said_in_one_line(calibration, said):
    with pytest.raises(InputError, match=said) as error:
        lens_of(calibration)
    assert str(error.value).startswith("camera_info of 'front' is not")
    assert '\n' not in str(error.value)


def test_a_fingerprint_is_of_all_that_a_calibration_says():
    others = (
        replace(PLAIN, camera='rear'), BENT, replace(PLAIN, k=(500.1, *K[1:])),
        replace(PLAIN, binning=(2, 2)), replace(PLAIN, roi=(0, 0, 10, 10)),
    )  # fmt: skip
    assert len({one.fingerprint for one in (PLAIN, replace(PLAIN), *others)}) == 1 + len(others)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from golden_card import golden_card as card

from vavam_ros.errors import InputError
from vavam_ros.perception.virtual_camera import Region, VirtualCamera, normalised

MODEL_CAMERA = VirtualCamera(height_px=288, width_px=512)


@pytest.mark.parametrize(
    ('name', 'height_px', 'width_px', 'crop_top_px'),
    [
        ('nuscenes_900x1600_neuroncap', 900, 1600, 0),
        ('nuscenes_900x1600_cropresize', 900, 1600, 0),
        ('nuscenes_900x1599_neuroncap', 900, 1599, 0),
        ('nuplan_1080x1920_cropresize', 1080, 1920, 0),
        ('topcrop_1208x1920_crop128', 1208, 1920, 128),
    ],
)
def test_view_equals_the_references_in_every_pixel(
    goldens: Path, name, height_px, width_px, crop_top_px
):
    view = VirtualCamera(288, 512, crop_top_px).view(card(height_px, width_px))
    with np.load(goldens / 'preprocessing.npz') as expected:
        np.testing.assert_array_equal(view, expected[name])
        first_values = normalised(view)[:, :2, :4]
        np.testing.assert_array_equal(first_values, expected[f'{name}_first_values'])


def test_an_image_of_the_models_size_passes_unchanged_into_a_new_array():
    image = card(288, 512)
    view = MODEL_CAMERA.view(image)
    np.testing.assert_array_equal(view, image)
    assert not np.shares_memory(view, image)


def test_read_only_and_channel_reversed_images_are_viewed_like_others():
    image = card(90, 160)
    expected = MODEL_CAMERA.view(image)
    frozen = np.frombuffer(image.tobytes(), np.uint8).reshape(image.shape)
    np.testing.assert_array_equal(MODEL_CAMERA.view(frozen), expected)
    from_bgr = np.ascontiguousarray(image[..., ::-1])[..., ::-1]
    np.testing.assert_array_equal(MODEL_CAMERA.view(from_bgr), expected)


def test_a_wider_image_loses_its_sides_equally_and_says_so():
    assert MODEL_CAMERA.region(120, 400) == Region(93, 0, width_px=213, height_px=120)
    assert MODEL_CAMERA.describe(120, 400) == (
        "image 400x120 is wider than the model's 16:9 view: "
        '187 of its 400 columns are cut, left and right'
    )


def test_a_taller_image_loses_its_top_and_bottom_equally_and_says_so():
    assert MODEL_CAMERA.region(480, 640) == Region(0, 60, width_px=640, height_px=360)
    assert MODEL_CAMERA.describe(480, 640) == (
        "image 640x480 is taller than the model's 16:9 view: "
        '120 of its 480 rows are cut, above and below'
    )


def test_cutting_is_not_squeezing():
    image = np.zeros((90, 320, 3), np.uint8)
    image[:, 80:240] = card(90, 160)
    np.testing.assert_array_equal(MODEL_CAMERA.view(image), MODEL_CAMERA.view(card(90, 160)))


def test_the_top_crop_comes_before_the_central_one():
    camera = VirtualCamera(288, 512, crop_top_px=100)
    assert camera.region(580, 640) == Region(0, 160, width_px=640, height_px=360)
    assert 'image 640x480' in camera.describe(580, 640)


@pytest.mark.parametrize('size', [(900, 1600), (900, 1599), (225, 400), (768, 1366), (288, 512)])
def test_nothing_is_cut_nor_said_at_nearly_the_models_aspect(size):
    assert MODEL_CAMERA.region(*size) == Region(0, 0, width_px=size[1], height_px=size[0])
    assert MODEL_CAMERA.describe(*size) is None


def test_images_a_few_pixels_off_the_training_size_go_through_it():
    through = VirtualCamera(900, 1600)
    for size in ((900, 1598), (899, 1600)):
        expected = MODEL_CAMERA.view(through.view(card(*size)))
        np.testing.assert_array_equal(MODEL_CAMERA.view(card(*size)), expected)


@pytest.mark.parametrize('size', [(1, 1), (1, 500), (500, 1), (2, 3), (9, 16), (3, 5)])
def test_the_smallest_images_still_fill_the_view(size):
    view = VirtualCamera(32, 48).view(np.full((*size, 3), 7, np.uint8))
    np.testing.assert_array_equal(view, np.full((32, 48, 3), 7, np.uint8))


@pytest.mark.parametrize('model', [(64, 96), (272, 496), (96, 64)])
def test_models_of_another_aspect_have_their_own_view(model):
    camera = VirtualCamera(*model)
    assert camera.view(card(90, 160)).shape == (*model, 3)
    part = camera.region(900, 1600)
    assert part.width_px / part.height_px == pytest.approx(model[1] / model[0], rel=2e-3)


def test_normalised_puts_black_at_minus_one_and_white_at_one():
    view = np.array([[[0, 255, 51]]], np.uint8)
    values = normalised(view)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values[:, 0, 0], [-1, 1, -0.6], atol=1e-7)


@pytest.mark.parametrize('shape', [(8, 8), (8, 8, 1), (8, 8, 4), (1, 8, 8, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match='expected uint8'):
        MODEL_CAMERA.view(np.zeros(shape, np.uint8))


def test_other_types_are_refused():
    with pytest.raises(InputError, match='float32'):
        MODEL_CAMERA.view(np.zeros((8, 8, 3), np.float32))


@pytest.mark.parametrize(('crop', 'size'), [(8, (8, 16)), (9, (8, 16)), (0, (0, 16)), (0, (8, 0))])
def test_an_image_of_which_nothing_is_left_is_refused(crop, size):
    with pytest.raises(InputError, match=f'leaves nothing of an image {size[1]}x{size[0]}'):
        VirtualCamera(288, 512, crop).view(np.zeros((*size, 3), np.uint8))


@pytest.mark.parametrize('arguments', [(0, 512), (288, -1), (288, 512, -1)])
def test_impossible_views_are_refused(arguments):
    with pytest.raises(InputError):
        VirtualCamera(*arguments)

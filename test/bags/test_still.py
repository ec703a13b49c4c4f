import numpy as np
import pytest
from PIL import Image

from vavam_ros.bags.still import read_still
from vavam_ros.errors import InputError

RGB = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


@pytest.mark.parametrize(('suffix', 'encoding'), [('jpg', 'jpeg'), ('png', 'png')])
def test_jpeg_and_png_files_are_passed_on_as_they_are(tmp_path, suffix, encoding):
    path = tmp_path / f'image.{suffix}'
    Image.fromarray(RGB).save(path)
    still = read_still(path)
    assert still.encoding == encoding
    assert still.encoded == path.read_bytes()
    np.testing.assert_array_equal(still.rgb, np.asarray(Image.open(path)))


def test_the_contents_count_not_the_suffix(tmp_path):
    path = tmp_path / 'image.jpg'
    Image.fromarray(RGB).save(path, 'PNG')
    assert read_still(path).encoding == 'png'


def test_other_formats_are_passed_on_as_png_without_loss(tmp_path):
    Image.fromarray(RGB).save(tmp_path / 'image.bmp')
    still = read_still(tmp_path / 'image.bmp')
    assert still.encoding == 'png'
    (tmp_path / 'again.png').write_bytes(still.encoded)
    np.testing.assert_array_equal(read_still(tmp_path / 'again.png').rgb, RGB)


def test_grey_becomes_three_equal_channels(tmp_path):
    Image.fromarray(RGB[:, :, 0]).save(tmp_path / 'grey.png')
    np.testing.assert_array_equal(
        read_still(tmp_path / 'grey.png').rgb, np.repeat(RGB[:, :, :1], 3, axis=2)
    )


def test_sixteen_bit_pixels_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 4000, np.uint16)).save(tmp_path / 'deep.png')
    with pytest.raises(InputError, match=r'deep.png has pixel mode I;16: expected 8-bit'):
        read_still(tmp_path / 'deep.png')


@pytest.mark.parametrize('suffix', ['jpg', 'png'])
@pytest.mark.parametrize('share', [0.0, 0.3, 0.8])
def test_a_cut_off_image_is_refused(tmp_path, suffix, share):
    path = tmp_path / f'image.{suffix}'
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=rf'image.{suffix} cannot be decoded'):
        read_still(path)

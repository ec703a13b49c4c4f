from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_town import car_at, scene_at, small_town

from vavam_ros.errors import InputError
from vavam_ros.geometry.mounted_camera import MountedCamera
from vavam_ros.simulation import panda
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.town import LANE_WIDTH_M

BUILDERS = Path(__file__).parents[1] / 'builders'
DRAW = """
import sys
sys.path.insert(0, {builders!r})
from small_town import car_at, scene_at, small_town
from vavam_ros.errors import InputError
from vavam_ros.simulation.camera import SceneCamera
try:
    with SceneCamera(small_town(), 128, 72, pipe={pipe!r}) as camera:
        sys.stdout.buffer.write(camera.image(scene_at(5.0, car_at(20.0))).tobytes())
except InputError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope='module')
def camera():
    with SceneCamera(small_town()) as made:
        yield made


def drawn_elsewhere(pipe: str = 'software', **environment: str) -> subprocess.CompletedProcess:
    program = DRAW.format(builders=str(BUILDERS), pipe=pipe)
    return subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        timeout=240,
        env={**os.environ, **environment},
    )


def pixel_of(camera: SceneCamera, ahead_m: float, left_m: float) -> tuple[float, float]:
    """Where geometry's camera has a place on the ground in front of the rear axle."""
    mounted = MountedCamera(camera.pinhole, camera.mount)
    place = np.array([[ahead_m, left_m]])
    (x, y), _ = mounted.ground_segments(np.concatenate([place, place]))[0].tolist()
    return x, y


def whiteness(image: np.ndarray) -> np.ndarray:
    return image.astype(float).min(axis=2)


@pytest.fixture(scope='module')
def fine_camera():
    with SceneCamera(small_town(), finer=4) as made:
        yield made


@pytest.mark.parametrize('line_m', [-LANE_WIDTH_M / 2, LANE_WIDTH_M / 2])
@pytest.mark.parametrize('detail', ['camera', 'fine_camera'])
def test_the_lines_beside_the_lane_are_where_geometry_projects_them(line_m, detail, request):
    camera = request.getfixturevalue(detail)
    image = whiteness(camera.image(scene_at(10.0)))
    missed = []
    for ahead_m in np.arange(6.0, 16.0, 0.5).tolist():
        x, y = pixel_of(camera, ahead_m, line_m)
        # The row is up to half a pixel off, by which a line that runs towards us moves aside.
        x += (x - camera.pinhole.cx_px) / (y - camera.pinhole.cy_px) * (round(y) - y)
        first = round(x) - 12
        white = np.flatnonzero(image[round(y), first : first + 25] > 150) + first
        missed.append((white.min() + white.max()) / 2 - x)
    assert np.abs(missed).max() < (1.3 if detail == 'camera' else 0.7)
    assert abs(np.mean(missed)) < 0.3


def test_the_stop_line_is_in_the_rows_where_geometry_projects_it(camera):
    image = whiteness(camera.image(scene_at(45.0)))
    x, low = pixel_of(camera, 60 - 1.0 - 0.225 - 45, 0.0)
    _, high = pixel_of(camera, 60 - 1.0 + 0.225 - 45, 0.0)
    white = np.flatnonzero(image[:, round(x)] > 180)
    white = white[white > camera.pinhole.cy_px + 20]
    assert white.min() == pytest.approx(high, abs=1.0)
    assert white.max() == pytest.approx(low, abs=1.0)


def test_other_scenes_between_do_not_change_an_image(camera):
    scene = scene_at(5.0, car_at(20.0), light_states=('red',))
    before = camera.image(scene)
    camera.image(scene_at(50.0, car_at(58.0, math.pi)))
    np.testing.assert_array_equal(camera.image(scene), before)


def test_two_cameras_of_two_towns_and_sizes_do_not_disturb_each_other(camera):
    before = camera.image(scene_at(5.0))
    with SceneCamera(small_town(grass=(0.9, 0.1, 0.1)), 200, 120) as other:
        red = other.image(scene_at(5.0))
        np.testing.assert_array_equal(camera.image(scene_at(5.0)), before)
        np.testing.assert_array_equal(other.image(scene_at(5.0)), red)
    assert red.shape == (120, 200, 3)
    np.testing.assert_array_equal(camera.image(scene_at(5.0)), before)


def test_another_process_draws_the_same_bytes_and_says_nothing():
    with SceneCamera(small_town(), 128, 72) as here:
        expected = here.image(scene_at(5.0, car_at(20.0))).tobytes()
    done = drawn_elsewhere()
    assert hashlib.sha256(done.stdout).hexdigest() == hashlib.sha256(expected).hexdigest()
    assert (done.stderr, done.returncode) == (b'', 0)


def test_a_finer_camera_draws_the_same_view_with_smoother_edges(camera, fine_camera):
    scene = scene_at(10.0, car_at(30.0))
    plain, fine = camera.image(scene).astype(int), fine_camera.image(scene).astype(int)
    assert plain.shape == fine.shape
    assert np.abs(plain - fine).mean() < 3
    assert len(np.unique(fine[150:])) > len(np.unique(plain[150:]))


def test_closed_cameras_leave_nothing_behind_but_one_buffer_for_the_next():
    engine = panda.core().GraphicsEngine.get_global_ptr()
    scene = scene_at(5.0, car_at(15.0))
    with SceneCamera(small_town(), 64, 36) as first:
        image = first.image(scene)
    before = engine.get_num_windows()
    with SceneCamera(small_town(grass=(0.9, 0.1, 0.1)), 64, 36) as other:
        other.image(scene_at(30.0))
    with SceneCamera(small_town(), 64, 36) as last:
        np.testing.assert_array_equal(last.image(scene), image)
    assert engine.get_num_windows() == before


def redness(image: np.ndarray) -> float:
    """Of the middle, where the car ahead is."""
    middle = image[120:220, 180:332].astype(float)
    return float((middle[..., 0] - middle[..., 1:].max(axis=2)).clip(0).sum())


def test_a_car_ahead_shows_red_lights_only_from_behind_and_brighter_when_it_brakes(camera):
    rear = redness(camera.image(scene_at(5.0, car_at(17.0))))
    braking = redness(camera.image(scene_at(5.0, car_at(17.0, braking=True))))
    front = redness(camera.image(scene_at(5.0, car_at(17.0, math.pi))))
    assert front < rear / 4
    assert braking > 1.5 * rear


def test_traffic_lights_are_seen_only_where_they_are_on_and_in_their_state(camera):
    images = [
        camera.image(scene_at(40.0, light_states=states))
        for states in ((), ('red',), ('green',), ('yellow',))
    ]
    assert len({image.tobytes() for image in images}) == 4
    lit = images[1].astype(int) - images[0]
    assert (lit[..., 0] - lit[..., 1]).max() > 100


def test_far_things_fade_into_the_haze():
    car = car_at(105.0)
    clear, hazy = small_town(haze_from_m=110.0), small_town(haze_from_m=5.0, haze_to_m=110.0)
    seen = []
    for town in (clear, hazy):
        with SceneCamera(town) as camera:
            with_car, without = (camera.image(scene_at(5.0, *cars)) for cars in ((car,), ()))
            seen.append(np.abs(with_car.astype(int) - without).max())
    assert seen[1] < seen[0] / 3


def test_the_middle_of_the_bottom_is_asphalt_and_the_top_is_sky(camera):
    image = camera.image(scene_at(10.0)).astype(int)
    assert np.ptp(image[-1, 256]) < 12  # grey
    assert image[2, 256, 2] > image[2, 256, 0] + 30  # blue


def test_an_unknown_pipe_is_refused():
    with pytest.raises(InputError, match=r"no pipe 'metal'.*software or egl"):
        SceneCamera(small_town(), pipe='metal')


def test_a_pipe_that_cannot_be_opened_is_named_with_the_remedy():
    done = drawn_elsewhere('egl', __EGL_VENDOR_LIBRARY_DIRS='/nonexistent')
    assert done.returncode == 1
    assert b"'egl'" in done.stderr
    assert b"take 'software'" in done.stderr
    assert done.stderr.count(b'\n') == 1


def test_a_missing_panda3d_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'panda3d', None)
    panda.core.cache_clear()
    with pytest.raises(InputError, match='pip install panda3d'):
        SceneCamera(small_town())
    panda.core.cache_clear()

"""The pictures and figures of a demo, from made-up recordings."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vavam_ros.bags.clip import Clip, ClipFrame
from vavam_ros.commands.demo_film import FilmTitle, write_film
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_plot import PlotTitle, write_plot
from vavam_ros.commands.demo_recording import (
    OVERLAY,
    PREDICTED,
    DemoRecording,
    PlannerAccount,
    RecordedPath,
)
from vavam_ros.commands.demo_report import closing_lines, report, why_no_path
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import NS_PER_S, CameraFrame, EgoState

STEP_NS = NS_PER_S // 2
START_NS = 1_500_000_000 * NS_PER_S
RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)
SAID = {
    'received': '6', 'used': '5', 'between': '1', 'dropped': '2', 'dropped_lost': '2',
    'dropped_future': '0', 'withheld': '3', 'withheld (# m/s is over # m/s)': '3',
    'failures': '1', 'last_failure': 'out of memory', 'training': 'RANDOM', 'weights': 'abc',
    'image_to_path_ms_p50': '10.5', 'image_to_path_ms_p95': '12', 'image_to_path_ms_max': '13',
    'warm_up_ms': '99',
}  # fmt: skip


def frame(step, colour, width=64, height=36):
    image = np.full((height, width, 3), colour, np.uint8)
    return CameraFrame(START_NS + step * STEP_NS, 'camera', image)


def path(step, *waypoints):
    return RecordedPath(START_NS + step * STEP_NS, np.array(waypoints, float), 3.0)


def recording(paths=(), overlays=(), predictions=None, **messages):
    account = PlannerAccount(SAID)
    return DemoRecording(messages, list(paths), list(overlays), predictions or {}, account)


def clip(poses=True):
    frames = []
    for step in range(6):
        stamp_ns = START_NS + step * STEP_NS
        ego = EgoState(stamp_ns, 2.0 * step, 0.0, 0.0, 4.0) if poses else None
        frames.append(ClipFrame(stamp_ns, None, ego, {}, ''))
    return Clip('drive', tuple(frames), {})


def film_frames(file):
    with Image.open(file) as film:
        for index in range(film.n_frames):
            film.seek(index)
            yield np.asarray(film.convert('RGB')).astype(int), film.info['duration']


def has(pixels, colour):
    return bool((np.abs(pixels - colour).max(axis=-1) < 12).any())


def test_an_overlay_stands_beside_what_was_predicted_for_its_moment():
    late = frame(3, GREEN)
    late = CameraFrame(late.stamp_ns + 120_000_000, 'camera', late.image)
    predictions = {START_NS + step * STEP_NS: frame(step, BLUE) for step in (1, 3)}
    pairs = recording(overlays=[frame(0, RED), frame(1, RED), late], predictions=predictions).pairs
    assert [predicted for _, predicted in pairs] == [None, *predictions.values()]


def test_the_film_shows_both_pictures_at_the_drives_speed(tmp_path):
    pairs = [(frame(0, RED), None), (frame(1, RED), frame(0, BLUE)), (frame(3, RED), None)]
    write_film(pairs, FilmTitle('drive', 'RANDOM'), tmp_path / 'film.gif')
    frames = list(film_frames(tmp_path / 'film.gif'))
    assert [duration for _, duration in frames] == [500, 1000, 1500]
    for index, (pixels, _) in enumerate(frames):
        left, right = pixels[80:, :440], pixels[80:, 440:]
        assert has(left, RED)
        assert not has(right, RED)
        assert has(right, BLUE) == (index == 1)


def test_a_warning_stands_above_every_picture_of_the_film(tmp_path):
    pairs = [(frame(0, RED), frame(0, BLUE)), (frame(1, RED), None)]
    write_film(pairs, FilmTitle('drive', 'RANDOM'), tmp_path / 'warned.gif')
    write_film(pairs, FilmTitle('drive'), tmp_path / 'plain.gif')
    yellow = (255, 221, 0)
    assert all(has(pixels[:24], yellow) for pixels, _ in film_frames(tmp_path / 'warned.gif'))
    assert not any(has(pixels, yellow) for pixels, _ in film_frames(tmp_path / 'plain.gif'))


@pytest.mark.parametrize('size', [(400, 120), (30, 200), (2000, 20)])
def test_pictures_of_any_shape_fit_the_film(tmp_path, size):
    pairs = [(frame(0, RED, *size), frame(0, BLUE)), (frame(1, RED, *size), None)]
    write_film(pairs, FilmTitle('drive'), tmp_path / 'film.gif')
    for pixels, _ in film_frames(tmp_path / 'film.gif'):
        assert pixels.shape[1] == 880
        assert pixels.shape[0] <= 450


def test_without_an_overlay_there_is_no_film(tmp_path):
    with pytest.raises(InputError, match='no overlay'):
        write_film([], FilmTitle('drive'), tmp_path / 'film.gif')


def plotted(tmp_path, paths, driven, warning=None):
    write_plot(paths, driven, PlotTitle('drive', 'weights abc', warning), tmp_path / 'plot.png')
    with Image.open(tmp_path / 'plot.png') as plot:
        return np.asarray(plot.convert('RGB')).astype(int)


def place_of(pixels, colour):
    """Mean column and row of a colour, within the axes."""
    rows, columns = np.nonzero(np.abs(pixels[:, :760] - colour).max(axis=-1) < 12)
    return columns.mean(), rows.mean()


FIRST, LAST = (68, 1, 84), (253, 231, 37)  # of the colours of time


def test_paths_are_plotted_in_the_fixed_frame(tmp_path):
    north = [
        EgoState(START_NS, 0.0, 0.0, np.pi / 2, 4.0),
        EgoState(START_NS + STEP_NS, 0.0, 20.0, np.pi / 2, 4.0),
    ]
    left_of_it = path(0, (5.0, 10.0), (10.0, 10.0))
    right_of_it = path(1, (5.0, -10.0), (10.0, -10.0))
    pixels = plotted(tmp_path, [left_of_it, right_of_it], north)
    (left_x, left_y), (right_x, right_y) = (place_of(pixels, one) for one in (FIRST, LAST))
    track_x, _ = place_of(pixels[150:], (0, 0, 0))
    assert left_x < track_x < right_x  # west and east of a car that drives north
    assert left_y > right_y  # the first planned further south, lower in the picture


def test_without_poses_paths_are_plotted_as_the_car_sees_them(tmp_path):
    ahead_left, ahead_right = path(0, (10.0, 5.0)), path(1, (10.0, -5.0))
    pixels = plotted(tmp_path, [ahead_left, ahead_right], [])
    assert place_of(pixels, FIRST)[0] < place_of(pixels, LAST)[0]


def test_a_warning_stands_above_the_plot(tmp_path):
    red = (192, 0, 0)
    driven = [frame.ego for frame in clip().frames]
    assert has(plotted(tmp_path, [], driven, 'RANDOM'), red)
    assert not has(plotted(tmp_path, [], driven), red)


def test_the_report_says_where_images_and_plans_went():
    one = report(clip(), Pinhole(64, 36, 50, 50, 31.5, 17.5), 0.5, recording([path(0, (1, 0))]))
    assert one['random_weights'] is True
    assert one['model']['weights'] == 'abc'
    assert one['latency_ms'] == {'image_to_path': {'p50': 10.5, 'p95': 12.0, 'max': 13.0}}
    counts = one['counts']
    assert (counts['clip_frames'], counts['images_received'], counts['images_used']) == (6, 6, 5)
    assert counts['images_dropped_by_cause'] == {'lost': 2, 'future': 0}
    assert counts['plans_withheld_by_cause'] == {'# m/s is over # m/s': 3}
    assert (counts['paths'], counts['failures']) == (1, 1)


def test_why_there_is_no_path():
    said = why_no_path(clip(), PlannerAccount(SAID))
    for part in (
        '6 of 6 images',
        '3 plans withheld (# m/s',
        '2 dropped (lost)',
        '(out of memory)',
    ):
        assert part in said
    assert 'future' not in said
    assert 'nothing of the planner was recorded' in why_no_path(clip(), PlannerAccount())


def test_what_is_less_than_one_could_wish_is_noted(tmp_path):
    paths = [path(0, (1, 0)), path(1, (1, 0)), path(2, (1, 0))]
    folder = DemoFolder(tmp_path)
    scanty = recording(paths, [frame(0, RED)], **{OVERLAY: 3, PREDICTED: 1})
    said = '\n'.join(closing_lines(clip(), scanty, folder))
    for note in ('1 predicted frames for 3 paths', 'the film shows 1 of 3 plans', 'no /tf'):
        assert f'note: {note}' in said
    plentiful = recording(paths, [frame(0, RED)] * 3, **{OVERLAY: 3, PREDICTED: 3, '/tf': 6})
    assert 'note' not in '\n'.join(closing_lines(clip(), plentiful, folder))

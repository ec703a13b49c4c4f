"""What an evaluation leaves beside its figures: pictures, TUM files and bags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_clips import START_S, driven_clip
from message_bags import START_NS, MessageBag, on_circle, stamps
from mini_model import COLUMNS, ROWS, write_mini_model

from vavam_ros.bags.input_copy import camera_transform
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording import open_recording
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.commands.drive_recording import UNDISTURBED, DriveJob, driven
from vavam_ros.commands.evaluating.album import DRIVEN_COLOUR, make_album, worst_windows
from vavam_ros.commands.evaluating.bags import CANDIDATES, PATH, PREDICTED, write_bags
from vavam_ros.commands.evaluating.colours import colour_test, colours_of
from vavam_ros.commands.evaluating.folder import EvaluationFolder
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.evaluating.piece import How, assembled
from vavam_ros.commands.evaluating.revisit import nearest_frames, spread_out
from vavam_ros.commands.evaluating.run import Evaluated, evaluate_recordings, run_here
from vavam_ros.commands.evaluating.trajectories import tum_text, write_trajectories
from vavam_ros.commands.evaluating.windows import Sampling
from vavam_ros.commands.foresight_model import load_foreseer
from vavam_ros.commands.frame_prediction import SOURCES
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.evaluation.flags import colour_flags
from vavam_ros.evaluation.picture_quality import psnr_db
from vavam_ros.geometry.pose import BODY_FROM_OPTICAL, Pose2
from vavam_ros.geometry.training_camera import TRAINING_MOUNT
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.records import NS_PER_S
from vavam_ros.simulation.world import WorldSettings

SIZE = (ROWS * 16, COLUMNS * 16)
HALF_S = NS_PER_S // 2


class Run:
    """A finished evaluation, and what it was made with."""

    def __init__(self, how: How, evaluated: Evaluated) -> None:
        self.how, self.evaluated = how, evaluated

    @property
    def pilot(self) -> Pilot:
        return assembled(self.how.pilot).pilot


def run_of(model: dict[str, str], out: Path, **paths: Path) -> Run:
    pilot = PilotSettings(**model, samples=3, future_frames=0)
    how = How(pilot, RecordingTopics(), Stride(), Sampling(seeds=1))
    folder = EvaluationFolder(out)
    folder.begin({})
    evaluated = evaluate_recordings(paths, how, folder, run_here, {})
    assert evaluated is not None
    return Run(how, evaluated)


@pytest.fixture(scope='module')
def model(tmp_path_factory) -> dict[str, str]:
    return write_mini_model(tmp_path_factory.mktemp('model'))


@pytest.fixture(scope='module')
def run(model, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp('drives')
    first = driven_clip(folder / 'first', seconds=8.0)
    second = driven_clip(folder / 'second', seconds=8.0, seed=1)
    return run_of(model, folder / 'out', first=first, second=second)


@pytest.fixture(scope='module')
def album(run):
    return make_album(run.evaluated, run.how, run.pilot, worst=3, compared=4)


def views(run: Run, name: str) -> dict[int, np.ndarray]:
    """By stamp, as the model sees them."""
    [path] = [one.path for one in run.evaluated.recordings if one.name == name]
    frames = open_recording(path).frames()
    return {one.stamp_ns: run.pilot.camera.view(one.image().image) for one in frames}


def test_the_worst_windows_come_first(run, album):
    windows = run.evaluated.windows
    ade = [np.hypot(*(one.plan - one.truth).T).mean() for one in windows]
    shown = [windows[at] for at in np.argsort(ade)[::-1][:3]]
    assert [one.window for one in album.shots] == shown == worst_windows(windows, 3)
    for one in album.shots:
        assert one.into_s == pytest.approx(one.window.stamp_ns / NS_PER_S - START_S)


def test_a_shot_has_the_plans_on_what_was_seen_and_the_frame_after_it(run, album):
    shot = album.shots[0]
    seen = views(run, shot.window.recording)
    height, width, _ = shot.painted.shape
    assert width >= 640
    assert height * SIZE[1] == width * SIZE[0]
    assert (shot.painted == DRIVEN_COLOUR).all(axis=2).sum() > 50
    np.testing.assert_array_equal(shot.real_next, seen[shot.window.stamp_ns + HALF_S])
    assert shot.predicted_next.shape == (*SIZE, 3)


def test_predicted_frames_are_compared_over_windows_of_the_whole_run(run, album):
    quality = album.quality
    assert quality.steps_s == (0.5, 1.0, 1.5, 2.0)
    assert quality.windows == 4
    assert set(quality.psnr_db) == set(quality.ssim) == set(SOURCES)
    chosen = spread_out(run.evaluated.windows, 4)
    assert {one.recording for one in chosen} == {'first', 'second'}
    seen = {name: views(run, name) for name in ('first', 'second')}
    copied = [
        [psnr_db(seen[w.recording][w.stamp_ns], seen[w.recording][w.stamp_ns + step * HALF_S])
         for step in range(1, 5)] for w in chosen
    ]  # fmt: skip
    np.testing.assert_allclose(quality.psnr_db['copy'], np.mean(copied, axis=0))


def test_an_album_is_the_same_each_time(run, album):
    again = make_album(run.evaluated, run.how, run.pilot, worst=3, compared=4)
    assert vars(again.quality) == vars(album.quality)
    for one, other in zip(album.shots, again.shots, strict=True):
        np.testing.assert_array_equal(one.painted, other.painted)
        np.testing.assert_array_equal(one.predicted_next, other.predicted_next)


def test_a_tokenizer_that_only_encodes_foresees_nothing_and_says_so(run, monkeypatch):
    monkeypatch.setattr(FrameTokenizer, 'can_decode', False)
    album = make_album(run.evaluated, run.how, run.pilot, worst=2)
    assert album.quality is None
    assert ['only encodes' in note for note in album.notes] == [True]
    assert [one.predicted_next for one in album.shots] == [None, None]
    assert album.shots[0].real_next is not None
    assert colour_test(run.evaluated, run.how, run.pilot) is None


def test_of_two_frames_the_nearer_is_taken_and_none_that_is_far(tmp_path):
    recording = open_recording(driven_clip(tmp_path / 'drive', seconds=3.0, missing=[5, 6]))
    start_ns = START_S * NS_PER_S
    asked = {start_ns + round(at_s * NS_PER_S): at_s for at_s in (0.1, 0.24, 1.06, 1.4, 9.0)}
    found = nearest_frames(recording, asked, 120_000_000)
    seen = {asked[time_ns]: (one.stamp_ns - start_ns) / NS_PER_S for time_ns, one in found}
    assert seen == {0.1: 0.0, 0.24: 0.25, 1.06: 1.0}


def test_swapped_colours_are_found_in_a_held_out_town():
    pytest.importorskip('panda3d')
    foreseer = load_foreseer('tiny', '', 'cpu')
    rows, columns = foreseer.grid
    job = DriveJob(Path(), 9003, 3.0, WorldSettings(), UNDISTURBED, (rows, columns))
    frames = driven(job).frames
    town = [frames[at] for at in range(0, 6, 2)]
    swapped = [np.ascontiguousarray(view[..., ::-1]) for view in town]
    assert colour_flags(colours_of(foreseer, town)) == []
    [flag] = colour_flags(colours_of(foreseer, swapped))
    assert flag.invalidates
    assert 'channels swapped' in flag.text


def test_tum_files_hold_the_truth_and_each_planned_pose_at_its_own_time(run, tmp_path):
    made = write_trajectories(run.evaluated, run.how, tmp_path)
    kinds = ('truth', 'planned-1s', 'planned-2s', 'planned-3s')
    assert [one.name for one in made] == [
        f'{name}.{kind}.tum' for name in ('first', 'second') for kind in kinds
    ]
    truth, *planned = (np.loadtxt(one, dtype=np.longdouble) for one in made[:4])
    windows = [one for one in run.evaluated.windows if one.recording == 'first']
    for ahead_s, table in zip((1, 2, 3), planned, strict=True):
        assert table.shape == (len(windows), 8)
        np.testing.assert_allclose(np.hypot(table[:, 6], table[:, 7]).astype(float), 1, atol=1e-8)
        for window, row in zip(windows, table.astype(float), strict=True):
            assert row[0] == pytest.approx(window.stamp_ns / NS_PER_S + ahead_s, abs=1e-6)
            [place] = Pose2(*window.pose).to_fixed(window.plan[[2 * ahead_s - 1]])
            np.testing.assert_allclose(row[1:3], place, atol=1e-5)
        assert set(table[:, 0]) <= set(truth[:, 0])
    turned = 5.0 / 40.0 * (truth[:, 0].astype(float) - START_S)
    np.testing.assert_allclose(truth[:, 6].astype(float), np.sin(turned / 2), atol=1e-4)


def test_tum_stamps_keep_every_nanosecond():
    text = tum_text([(1_531_884_156_948_944_001, 1.25, -0.0, 0.0)])
    assert text == (
        '1531884156.948944001 1.250000 0.000000 0.000000 '
        '0.000000000 0.000000000 0.000000000 1.000000000\n'
    )


@pytest.fixture(scope='module')
def bag(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('bag') / 'drive'
    pictures = np.random.default_rng(0).integers(0, 255, (40, *SIZE, 3), np.uint8)
    with MessageBag(path) as made:
        for number, (since_s, stamp_ns) in enumerate(stamps(7.5, 2)):
            made.odometry(stamp_ns, *on_circle(since_s), 8.0)
            made.image(stamp_ns, pictures[number], encoding='bgr8')
    return path


def test_a_bag_shows_plans_and_predicted_frames_beside_the_input(model, bag, tmp_path):
    run = run_of(model, tmp_path / 'out', drive=bag)
    [path] = write_bags(run.evaluated, run.how, run.pilot, tmp_path / 'bags')
    stamps_ns = [one.stamp_ns for one in run.evaluated.windows]
    with BagReader(bag) as source, BagReader(path) as reader:
        images = '/camera/image_raw'
        given = [(one.stamp_ns, bytes(one.cdr)) for one in source.messages([images])]
        assert [(one.stamp_ns, bytes(one.cdr)) for one in reader.messages([images])] == given
        found = {
            topic: [(one.stamp_ns, reader.deserialize(one)) for one in reader.messages([topic])]
            for topic in (PATH, CANDIDATES, PREDICTED, '/tf', '/tf_static')
        }
    for topic in (PATH, CANDIDATES, PREDICTED):
        assert [stamp_ns for stamp_ns, _ in found[topic]] == stamps_ns
    window, (_, message) = run.evaluated.windows[0], found[PATH][0]
    places = [(one.pose.position.x, one.pose.position.y) for one in message.poses]
    np.testing.assert_allclose(places, window.plan, atol=1e-5)
    first = message.poses[0].header.stamp
    assert first.sec * NS_PER_S + first.nanosec == window.stamp_ns + HALF_S
    _, candidates = found[CANDIDATES][0]
    assert len(candidates.markers) == 1 + 1 + 3 * 3  # erase, the chosen one, samples by command
    _, predicted = found[PREDICTED][0]
    assert (predicted.header.frame_id, predicted.encoding) == ('camera/plus_0.5s', 'rgb8')
    assert (predicted.height, predicted.width) == SIZE
    assert len(found['/tf']) == len(given)
    [mount] = found['/tf_static'][0][1].transforms
    assert (mount.header.frame_id, mount.child_frame_id) == ('base_link', 'camera')
    assert found['/tf'][0][0] == START_NS


def test_the_bag_of_a_clip_has_its_files_and_what_an_attempt_before_made_stays(run, tmp_path):
    made = write_bags(run.evaluated, run.how, run.pilot, tmp_path)
    with BagReader(made[0]) as reader:
        assert {'/camera/image_raw/compressed', '/camera/camera_info', '/odom', PATH} <= set(
            reader.topics
        )
    before = made[0].stat().st_mtime_ns
    made[1].rename(f'{made[1]}.partial')  # as if it had been cut off
    assert write_bags(run.evaluated, run.how, run.pilot, tmp_path) == made
    assert made[0].stat().st_mtime_ns == before
    assert made[1].exists()


@pytest.mark.parametrize(('pitch_rad', 'down'), [(0.0, 0.0), (0.1, np.sin(0.1))])
def test_a_camera_that_is_turned_down_looks_down(pitch_rad, down):
    transform = camera_transform(replace(TRAINING_MOUNT, pitch_rad=pitch_rad), 'camera')
    x, y, z, w = transform.rotation
    if not pitch_rad:
        np.testing.assert_allclose(transform.rotation, BODY_FROM_OPTICAL)
    view = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))  # optical z
    np.testing.assert_allclose(view, (np.sqrt(1 - down**2), 0.0, -down), atol=1e-12)

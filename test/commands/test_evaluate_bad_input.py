import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_clips import driven_clip
from full_disk import largest_file
from message_bags import SPEED_MPS, STORAGES, MessageBag, S, on_circle, stamps
from mini_model import write_trained_mini_model

from vavam_ros.__main__ import main
from vavam_ros.bags.reader import BagReader
from vavam_ros.commands.evaluating import run as evaluate_run
from vavam_ros.commands.evaluating.folder import read_results
from vavam_ros.commands.evaluating.summary import Judged
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint

CAMERA = '/camera/image_raw'
ROWS_HERE = 6  # of a bag of 9 s: 19 frames at 2 Hz, without 7 before the first whole window


@pytest.fixture(scope='module')
def model(tmp_path_factory) -> list[str]:
    """Random weights that say that they are trained."""
    files = write_trained_mini_model(tmp_path_factory.mktemp('model'))
    return [f'--{name}={file}' for name, file in files.items()]


class Run:
    """The command, without the page, whose plots take seconds."""

    def __init__(self, model, folder, capsys, monkeypatch):
        self._model, self._folder, self._capsys = model, folder, capsys
        self.judged: Judged | None = None
        monkeypatch.setattr('vavam_ros.commands.evaluate.write_page', self._write_page)

    def __call__(self, *arguments, out: str | Path = 'out') -> tuple[int, str]:
        """Exit status, and what was said on stderr."""
        quick = ['--samples=2', '--seeds=1', '--worst=0', '--compared=0', f'--out={self.at(out)}']
        self._capsys.readouterr()
        status = main(['evaluate', *self._model, *quick, *map(str, arguments)])
        return status, self._capsys.readouterr().err

    def refused(self, *arguments, out: str | Path = 'out') -> str:
        """The one line that says why."""
        status, said = self(*arguments, out=out)
        assert status == 2
        line = said.splitlines()[-1]
        assert line.startswith('vavam evaluate: error: ')
        assert 'error' not in ''.join(said.splitlines()[:-1])
        return line.removeprefix('vavam evaluate: error: ')

    def at(self, out: str | Path) -> Path:
        return self._folder / out

    def rows(self, out: str = 'out') -> bytes:
        return (self.at(out) / 'results.jsonl').read_bytes()

    def _write_page(self, path, judged, album):
        self.judged = judged


@pytest.fixture
def run(model, tmp_path, capsys, monkeypatch) -> Run:
    return Run(model, tmp_path, capsys, monkeypatch)


def write_bag(path: Path, storage='mcap', seconds=9.0, poses=True, image=None, more=None) -> Path:
    """Images and poses at 4 Hz; `image` and `more` write a moment (bag, number, s, ns)."""
    random = np.random.default_rng(0)
    with MessageBag(path, storage) as bag:
        for number, (since_s, at_ns) in enumerate(stamps(seconds, 4)):
            if poses:
                bag.odometry(at_ns, *on_circle(since_s), SPEED_MPS)
            coarse = random.integers(0, 256, (4, 6, 3), np.uint8)
            pixels = np.kron(coarse, np.ones((4, 4, 1), np.uint8))
            if image:
                image(bag, number, at_ns, pixels)
            else:
                bag.image(at_ns, pixels)
            if more:
                more(bag, number, since_s, at_ns)
    return bag.path


def _encoded(bag, number, at_ns, pixels):
    bag.image(at_ns, pixels, encoding='yuv9')


def _late_encoded(bag, number, at_ns, pixels):
    bag.image(at_ns, pixels, encoding='yuv9' if number == 36 else 'rgb8')


def _backwards(bag, number, at_ns, pixels):
    bag.bag_ns = at_ns  # they were recorded in this order
    bag.image(at_ns - 2 * S if number == 36 else at_ns, pixels)
    bag.bag_ns = None


def _two_cameras(bag, number, at_ns, pixels):
    bag.image(at_ns, pixels, frame='rear' if number == 36 else 'front')


def _second_topic(bag, number, since_s, at_ns):
    bag.image(at_ns, topic='/rear/image_raw')


def _world_transform(bag, number, since_s, at_ns):
    bag.transform(at_ns, 'world', 'base_link', (since_s, 0.0, 0.0))


def _of_the_imu(bag, number, since_s, at_ns):
    bag.odometry(at_ns, *on_circle(since_s), SPEED_MPS, child='imu_link')


def _ten_seconds_apart(bag, number, since_s, at_ns):
    if number % 40 == 0:
        bag.odometry(at_ns, *on_circle(since_s), SPEED_MPS)


def _poses_backwards(bag, number, since_s, at_ns):
    if number == 20:
        bag.bag_ns = at_ns
        bag.odometry(at_ns - 3 * S, *on_circle(since_s - 3), SPEED_MPS)
        bag.bag_ns = None


@pytest.mark.parametrize(
    ('made', 'asked', 'said'),
    [
        ({}, ['--image-topic', '/cam'], f'has no topic /cam: it has {CAMERA} (sensor_msgs'),
        ({}, ['--truth-topic', '/pose'], f'has no topic /pose: it has {CAMERA}'),
        ({'poses': False}, [], 'has no poses: looked for nav_msgs/msg/Odometry'),
        ({'more': _second_topic}, [], 'several image topics, name one of them (--image-topic)'),
        ({'image': _encoded}, [], "has encoding 'yuv9': supported are rgb8"),
        ({'more': _poses_backwards}, [], 'backwards'),
        ({'poses': False, 'more': _world_transform}, [], 'it has world to base_link; name the'),
        ({'more': _world_transform}, ['--truth-topic', '/tf', '--fixed-frame', 'earth'],
         'from earth to base_link: it has world to base_link'),
        ({'poses': False, 'more': _of_the_imu}, [], "gives the pose of 'imu_link', not of"),
        ({'poses': False, 'seconds': 11, 'more': _ten_seconds_apart}, [], '10 s apart'),
        ({}, ['--device', 'cuda:77'], "device 'cuda:77' cannot be used"),
        ({}, ['--hfov', '190'], 'field of view is 190.0 deg: it must be between 0 and 180'),
        ({}, ['--weights', '/none/w'], '/none/w: cannot be read'),
        ({}, ['--tokenizer', '/none/t'], '/none/t does not exist'),
        ({}, ['--weights', 'tiny'], 'brings its own tokenizer'),
        ({}, ['--samples', '0'], '--samples is 0: it must be 1 or more'),
        ({}, ['--stride', '0'], '--stride is 0 s'),
        ({}, ['--stride', '-0.5'], '--stride is -0.5 s'),
        ({}, ['--stride', '1e-6'], '--stride is 1e-06 s'),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(run, tmp_path, made, asked, said):
    assert said in run.refused(write_bag(tmp_path / 'drive', **made), *asked)


@pytest.mark.parametrize('storage', STORAGES)
def test_a_bag_cut_off_in_the_middle_is_one_line(run, tmp_path, storage):
    path = write_bag(tmp_path / 'drive', storage, seconds=3)
    file = path if path.is_file() else next(path.glob('drive.*'))
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    assert 'drive' in (said := run.refused(path))
    assert 'cut off' in said or 'damaged' in said


def test_what_is_no_recording_is_one_line(run, tmp_path):
    with MessageBag(tmp_path / 'nothing'):
        pass
    assert 'has no camera images: it has no topics' in run.refused(tmp_path / 'nothing')
    (tmp_path / 'text').write_text('text')
    assert 'text is no bag' in run.refused(tmp_path / 'text')


@pytest.mark.parametrize(
    ('image', 'said', 'is_whole'),
    [
        (_backwards, 'stamps run backwards', False),
        (_two_cameras, 'two cameras on one topic', False),
        (_late_encoded, "encoding 'yuv9'", True),
    ],
)
def test_trouble_on_the_way_makes_the_run_invalid_and_keeps_the_rest(
    run, tmp_path, image, said, is_whole
):
    path = write_bag(tmp_path / 'drive', seconds=12.0, image=image)
    status, _ = run(path)
    assert status == 1
    windows = run.judged.evaluated.tally
    if is_whole:
        assert windows.failed.total() == 1
    else:
        [cause] = windows.broken
        assert said in cause
        [objection] = run.judged.objections()
        assert objection.startswith(f'a recording could not be read: {path}, {CAMERA} at ')
    assert said in ' '.join(run.judged.objections())
    assert windows.expected == (
        windows.evaluated + windows.skipped.total() + windows.failed.total()
    )
    assert len(read_results(run.at('out'))) == windows.evaluated > 0


def test_parts_of_a_broken_recording_say_so_once(run, tmp_path, monkeypatch):
    path = write_bag(tmp_path / 'drive', seconds=12.0, image=_backwards)
    run(path)
    whole = run.judged.evaluated.tally.as_json()
    monkeypatch.setattr(evaluate_run, 'PART_S', 4.0)
    monkeypatch.setattr('vavam_ros.commands.evaluate.in_workers', lambda _: evaluate_run.run_here)
    run(path, '--workers', 3, out='parts')
    assert run.judged.evaluated.tally.as_json() == whole
    assert run.rows() == run.rows('parts')


def test_of_several_recordings_the_broken_ones_are_named_and_the_others_count(run, tmp_path):
    folder = tmp_path / 'drives'
    folder.mkdir()
    write_bag(folder / 'a')
    write_bag(folder / 'b', poses=False)
    write_bag(folder / 'c', seconds=12.0, image=_backwards)
    clip = driven_clip(folder / 'd')
    (clip / '0020.png').write_bytes(b'no picture')
    status, _ = run(folder, '--write-bag')
    assert status == 1
    said = run.judged.objections()
    assert len(said) == 3
    assert 'b has no poses' in said[0]
    assert 'stamps run backwards' in said[1]
    assert said[2].startswith('1 window failed: ')
    assert '0020.png' in said[2]
    names = [one.recording for one in read_results(run.at('out'))]
    assert names.count('a') == ROWS_HERE
    assert {'a', 'c', 'd'} == set(names) == {one.name for one in run.at('out/bags').iterdir()}
    with BagReader(run.at('out/bags/d')) as reader:
        assert reader.topics['/camera/image_raw/compressed'].count == 48  # of 49


def test_a_tokenizer_that_the_weights_were_not_trained_with_is_refused(run, model, tmp_path):
    checkpoint = read_checkpoint(model[0].removeprefix('--weights='))
    mine = {**checkpoint.provenance, 'tokenizer': '0123456789ab'}
    write_checkpoint(replace(checkpoint, provenance=mine), tmp_path / 'mine')
    said = run.refused(write_bag(tmp_path / 'drive'), '--weights', tmp_path / 'mine')
    assert 'mine was trained on tokens of the tokenizer 0123456789ab, ' in said
    assert said.endswith('give the tokenizer that belongs to the weights')


def test_a_disk_that_fills_up_again_and_again_costs_nothing_but_time(run, tmp_path):
    path = write_bag(tmp_path / 'drive')
    run(path, '--write-bag', out='plain')
    row = len(run.rows('plain').splitlines()[0])
    for size, said in (
        (10, 'run.json cannot be written'),  # before it began
        (5 * row // 2, 'parts cannot be written'),  # of the third row, one half
        (5 * row // 2, 'parts cannot be written'),  # of the fifth
        (5 * row, 'bags/drive cannot be written'),
        (10, 'truth.tum cannot be written'),
    ):
        with largest_file(size):
            assert said in run.refused(path, '--write-bag')
    shutil.copytree(run.at('plain/bags/drive'), run.at('out/bags/drive'))  # as if it was made
    with largest_file(10 * row):
        assert 'summary.json cannot be written' in run.refused(path, '--write-bag')
    assert run(path, '--write-bag')[0] == 0
    assert run.judged.evaluated.kept == ROWS_HERE
    files = {one.relative_to(run.at('plain')) for one in run.at('plain').rglob('*')}
    assert {one.relative_to(run.at('out')) for one in run.at('out').rglob('*')} == files
    for name in files - {Path('summary.json')}:
        one = run.at('out') / name
        assert one.is_dir() or one.read_bytes() == (run.at('plain') / name).read_bytes()


def test_a_folder_is_taken_if_nothing_is_in_it(run, tmp_path):
    path = write_bag(tmp_path / 'drive')
    run.at('out').mkdir()
    assert run(path)[0] == 0
    assert 'exists and holds a finished evaluation' in run.refused(path)
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / 'letter').write_text('dear')
    assert 'other exists and holds something else' in run.refused(path, out='other')
    assert 'letter is a file: give another --out' in run.refused(path, out='other/letter')
    assert 'cannot be made: Not a directory' in run.refused(path, out='other/letter/out')
    assert 'cannot be made: File name too long' in run.refused(path, out='x' * 300)
    (tmp_path / 'cut' / 'parts').mkdir(parents=True)
    (tmp_path / 'cut' / 'parts' / 'run.json').write_text('{"we')
    assert 'run.json is damaged' in run.refused(path, out='cut')
    assert [one.name for one in (tmp_path / 'other').iterdir()] == ['letter']


def test_the_bag_tells_of_the_camera_what_the_run_took_it_for(run, tmp_path):
    clip = driven_clip(tmp_path / 'clip', seconds=6.0, poses=False)
    drive = write_bag(tmp_path / 'drive', seconds=7.0)
    seen = ['--hfov', 90, '--camera-height', 2.5, '--write-bag']
    run(clip, drive, *seen)
    run(drive, '--write-bag', out='unknown')
    for path, focal_px in (
        ('out/bags/clip', 48.0),
        ('out/bags/drive', 12.0),
        ('unknown/bags/drive', 12 / np.tan(np.radians(TRAINING_HFOV_DEG / 2))),
    ):
        with BagReader(run.at(path)) as reader:
            first = {
                topic: reader.deserialize(next(reader.messages([topic])))
                for topic in ('/camera/camera_info', '/tf_static')
            }
            images = [topic for topic in reader.topics if topic.startswith(CAMERA)]
            counts = {reader.topics[one].count for one in (*images, '/camera/camera_info')}
        assert first['/camera/camera_info'].k[0] == pytest.approx(focal_px)
        assert len(counts) == 1
        [mount] = first['/tf_static'].transforms
        assert mount.child_frame_id == first['/camera/camera_info'].header.frame_id
        height_m = 1.51 if path.startswith('unknown') else 2.5
        assert mount.transform.translation.z == pytest.approx(height_m)

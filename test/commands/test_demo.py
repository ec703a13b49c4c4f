"""vavam demo: real processes on a made-up clip, what they leave, and what is said of failures."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from demo_runs import MARK, quick_preset, survivors, what_is_said
from endings import end, lifeline
from mini_model import write_model
from PIL import Image

from vavam_ros.bags.clip import read_clip
from vavam_ros.bags.reader import BagReader

FRAMES = 6
RESULTS = ['demo.gif', 'paths.png', 'recording', 'report.json']
POSES = 'stamp,file,x,y,yaw,v'


def write_clip(folder: Path, header: str = POSES) -> Path:
    """Half a second between frames; a car that drives 4 m/s to the north."""
    folder.mkdir()
    rows = [header]
    for index in range(FRAMES):
        pixels = np.random.default_rng(index).integers(0, 256, (36, 64, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f'{index}.png')
        fields = [f'{100 + index / 2}', f'{index}.png', '50', f'{2 * index}', '1.5708', '4']
        rows.append(','.join(fields[: len(header.split(','))]))
    (folder / 'frames.csv').write_text('\n'.join(rows) + '\n')
    return folder


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / 'drive')


@dataclasses.dataclass(frozen=True)
class Demo:
    """A demo that was run to its end."""

    clip: Path
    out: Path
    status: int
    said: str
    left: list[str]  # processes

    @property
    def report(self) -> dict:
        return json.loads((self.out / 'report.json').read_text())

    def messages(self, topic: str) -> list:
        with BagReader(self.out / 'recording') as reader:
            return [reader.deserialize(message) for message in reader.messages([topic])]

    def stamps_ns(self, topic: str) -> list[int]:
        stamps = [message.header.stamp for message in self.messages(topic)]
        return [stamp.sec * 10**9 + stamp.nanosec for stamp in stamps]


def run_demo(clip: Path, out: Path, *arguments: str) -> Demo:
    paths = ['--clip', str(clip), '--out', str(out), '--weights', 'random', '--rate', '0.25']
    status, said = what_is_said(out, ['demo', *paths, *arguments])
    return Demo(clip, out, status, said, survivors(str(out)))


@pytest.fixture(scope='module')
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp('demo')
    return run_demo(write_clip(folder / 'drive'), folder / 'out')


@pytest.mark.dds
def test_it_leaves_its_results_and_nothing_else(demo):
    assert demo.status == 0, demo.said
    assert sorted(path.name for path in demo.out.iterdir()) == RESULTS
    for name in RESULTS:
        assert str(demo.out / name) in demo.said
    assert demo.left == []


@pytest.mark.dds
def test_the_recording_has_outputs_beside_inputs(demo):
    stamps_ns = [frame.stamp_ns for frame in read_clip(demo.clip).frames]
    for topic in ('/camera/image_raw', '/camera/camera_info', '/odom', '/planner/path'):
        assert demo.stamps_ns(topic) == stamps_ns, topic
    for topic in ('/planner/overlay', '/planner/tokens'):
        assert demo.stamps_ns(topic) == stamps_ns, topic
    assert set(demo.stamps_ns('/planner/predicted_image')) <= set(stamps_ns)
    recorded = demo.report['recorded_messages']
    for topic in ('/planner/candidates', '/planner/status', '/diagnostics'):
        assert recorded[topic] > 0, topic


@pytest.mark.dds
def test_the_counts_add_up(demo):
    counts, recorded = demo.report['counts'], demo.report['recorded_messages']
    assert counts['clip_frames'] == counts['images_received'] == FRAMES
    assert counts['images_used'] == FRAMES
    assert counts['images_dropped'] == sum(counts['images_dropped_by_cause'].values()) == 0
    assert counts['paths'] == recorded['/planner/path'] == FRAMES
    assert counts['plans_withheld'] == counts['failures'] == 0
    assert 0 < counts['predicted_frames'] == recorded['/planner/predicted_image'] <= FRAMES
    latency = demo.report['latency_ms']
    assert 0 < latency['image_to_path']['p50'] <= latency['image_to_path']['max']
    assert {'decode', 'tokenise', 'plan', 'prepare', 'predict', 'overlay'} <= latency.keys()


@pytest.mark.dds
def test_random_weights_are_said_to_be_random(demo):
    assert demo.report['random_weights'] is True
    assert 'RANDOM' in demo.report['warning']
    assert demo.said.count('*** RANDOM WEIGHTS') == 2  # at the beginning and at the end
    assert len(demo.report['model']['weights']) >= 12


@pytest.mark.dds
def test_the_pictures_can_be_seen(demo):
    with Image.open(demo.out / 'demo.gif') as film:
        assert film.n_frames == FRAMES
        assert film.info['duration'] == 500
        assert (film.info['loop'], film.width) == (0, 880)
    with Image.open(demo.out / 'paths.png') as plot:
        plot.load()
        assert plot.width == 880


@pytest.mark.dds
def test_a_planner_that_cannot_be_configured_ends_it_at_once(clip, tmp_path):
    (tmp_path / 'weights').write_bytes(b'no weights')
    given = ['--weights', str(tmp_path / 'weights'), '--tokenizer', str(tmp_path / 'weights')]
    demo = run_demo(clip, tmp_path / 'out', *given)
    assert demo.status == 2
    (line,) = [line for line in demo.said.splitlines() if 'error:' in line]
    assert 'the planner cannot be configured' in line
    assert str(tmp_path / 'weights') in line
    assert str(tmp_path / 'out' / 'logs' / 'planner.log') in line
    assert 'cannot be configured' in (tmp_path / 'out' / 'logs' / 'planner.log').read_text()
    assert demo.report['finished'] is False
    assert 'cannot be configured' in demo.report['error']
    assert demo.left == []


@pytest.fixture
def interrupted(clip: Path, tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A demo of its own process, in the middle of its drive."""
    model = write_model(quick_preset(), tmp_path)
    arguments = ['--clip', clip, '--out', tmp_path / 'out', '--rate', '0.1']
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, str(tmp_path))
        process = subprocess.Popen(
            [*lifeline(), sys.executable, '-m', 'vavam_ros', 'demo', *map(str, arguments)]
            + ['--weights', model['weights'], '--tokenizer', model['tokenizer']],
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        end_s = time.monotonic() + 180
        while len(survivors(str(tmp_path))) < 4 and time.monotonic() < end_s:
            time.sleep(0.1)
        yield process
        end(process)


@pytest.mark.dds
def test_ctrl_c_stops_every_process_even_when_it_comes_twice(interrupted, tmp_path):
    assert len(survivors(str(tmp_path))) == 4  # with planner, recorder and player
    interrupted.send_signal(signal.SIGINT)
    time.sleep(0.2)
    interrupted.send_signal(signal.SIGINT)
    said, _ = interrupted.communicate(timeout=180)
    assert interrupted.returncode == 130
    assert survivors(str(tmp_path)) == []
    assert 'stopped; no process is left running' in said
    assert 'planner.log' in said
    assert json.loads((tmp_path / 'out' / 'report.json').read_text())['finished'] is False


def without_an_image(clip):
    (clip / '3.png').unlink()


def with_a_broken_row(clip):
    table = clip / 'frames.csv'
    table.write_text(table.read_text().replace('1.5708', 'north', 1))


def with_a_broken_image(clip):
    (clip / '3.png').write_bytes(b'x')


@pytest.mark.parametrize(
    ('spoil', 'arguments', 'complaint'),
    [
        (without_an_image, [], 'frames.csv line 5: image'),
        (with_a_broken_row, [], "frames.csv line 2: yaw is 'north'"),
        (with_a_broken_image, [], '3.png cannot be decoded'),
        (lambda clip: None, ['--hfov', '0'], 'field of view is 0.0 deg'),
        (lambda clip: None, ['--rate', '0'], '--rate is 0'),
        (lambda clip: None, ['--rate', 'inf'], '--rate is inf'),
        (
            lambda clip: None,
            ['--weights', 'w'],
            '--weights FILE and --tokenizer FILE belong together',
        ),
    ],
)
def test_bad_input_is_one_line_and_an_earlier_demo_stays(
    clip, tmp_path, spoil, arguments, complaint
):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'report.json').write_text('{"made_by": "vavam demo", "finished": true}')
    (out / 'demo.gif').write_text('a film')
    before = {path: path.read_bytes() for path in out.iterdir()}
    spoil(clip)
    demo = run_demo(clip, out, *arguments)
    assert demo.status == 2
    (line,) = [line for line in demo.said.splitlines() if 'error:' in line]
    assert complaint in line
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_clip_that_is_not_there_makes_no_folder(tmp_path):
    demo = run_demo(tmp_path / 'none', tmp_path / 'out')
    assert demo.status == 2
    assert demo.said.count('\n') == 1
    assert 'none is no clip folder' in demo.said
    assert not (tmp_path / 'out').exists()

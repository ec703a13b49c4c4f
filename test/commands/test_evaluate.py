import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_clips import SPEED_MPS, driven_clip
from mini_model import write_mini_model, write_trained_mini_model

from vavam_ros.__main__ import main
from vavam_ros.commands.evaluating import run as evaluate_run
from vavam_ros.commands.evaluating.folder import read_results
from vavam_ros.commands.evaluating.moments import TOO_FEW, Stride
from vavam_ros.commands.evaluating.piece import assembled
from vavam_ros.commands.evaluating.truth import NO_FUTURE
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.evaluation.window import window_of
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint
from vavam_ros.records import DriveCommand


@pytest.fixture(scope='module')
def model(tmp_path_factory) -> dict[str, str]:
    """Random weights that say that they are trained: what is tested is not how well they plan."""
    return write_trained_mini_model(tmp_path_factory.mktemp('model'))


@pytest.fixture
def evaluate(model, tmp_path, monkeypatch):
    """Runs the command; gives its exit status and its folder.

    Without the page, whose plots take seconds and which has tests of its own, unless asked for.
    """

    def run(*arguments: object, out: str = 'out', page: bool = False) -> tuple[int, Path]:
        folder = tmp_path / out
        options = [f'--{name}={file}' for name, file in model.items()]
        with monkeypatch.context() as patch:
            if not page:
                options += ['--worst', '0', '--compared', '0']
                patch.setattr('vavam_ros.commands.evaluate.write_page', lambda *_: None)
            status = main(
                [
                    'evaluate',
                    *options,
                    '--out',
                    str(folder),
                    '--samples',
                    '3',
                    *map(str, arguments),
                ]
            )
        return status, folder

    return run


@pytest.fixture
def clip(tmp_path) -> Path:
    return driven_clip(tmp_path / 'drive')


def summary_of(folder: Path) -> dict:
    return json.loads((folder / 'summary.json').read_text())


def test_every_window_is_accounted_for(evaluate, clip, capsys):
    status, folder = evaluate(clip, page=True)
    assert status == 0
    windows = read_results(folder)
    # 25 frames at 2 Hz; 7 before the first whole window, 6 without 3 s of poses after them.
    found = summary_of(folder)
    assert found['valid']
    assert found['windows'] == {
        'expected': 25,
        'evaluated': 12,
        'skipped': {TOO_FEW: 7, NO_FUTURE: 6},
        'failed': {},
        'broken': [],
    }
    assert len(windows) == 12
    assert 'VALID' in capsys.readouterr().out
    for one in windows:
        assert one.context_frames == 8
        assert one.speed_mps == pytest.approx(SPEED_MPS, rel=1e-3)
        assert np.hypot(*one.truth[-1]) == pytest.approx(2 * 40 * np.sin(15 / 80), rel=1e-3)
        assert one.command is DriveCommand.LEFT
        assert one.samples.shape == (3, 6, 2)
        assert len(one.repeats) == 2
        assert set(one.what_ifs) == {DriveCommand.RIGHT, DriveCommand.STRAIGHT}


@pytest.mark.parametrize('other', [['--batch', 1], ['--batch', 5], ['--workers', 2]])
def test_the_rows_are_the_same_on_every_run(evaluate, clip, tmp_path, other, monkeypatch):
    second = driven_clip(tmp_path / 'more' / 'other drive', seed=1)
    _, first = evaluate(clip, second)
    _, again = evaluate(clip, second, *other, out='again')
    assert (first / 'results.jsonl').read_bytes() == (again / 'results.jsonl').read_bytes()
    plain, repeated = summary_of(first), summary_of(again)
    for found in (plain, repeated):
        del found['timing'], found['command']
    assert plain == repeated


def test_a_recording_in_parts_gives_the_same_rows(evaluate, clip, monkeypatch):
    _, whole = evaluate(clip)
    monkeypatch.setattr(evaluate_run, 'PART_S', 2.0)
    monkeypatch.setattr('vavam_ros.commands.evaluate.in_workers', lambda _: evaluate_run.run_here)
    _, parts = evaluate(clip, '--workers', 4, out='parts')
    assert (whole / 'results.jsonl').read_bytes() == (parts / 'results.jsonl').read_bytes()
    assert summary_of(whole)['windows'] == summary_of(parts)['windows']


def test_a_killed_run_goes_on_and_counts_nothing_twice(evaluate, clip, monkeypatch, capsys):
    _, whole = evaluate(clip)
    asked = []

    def stop_later():
        asked.append(1)
        if len(asked) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr('vavam_ros.commands.evaluating.piece.still_wanted', stop_later)
    assert evaluate(clip, out='killed')[0] == 130
    folder = whole.parent / 'killed'
    [part] = (folder / 'parts').glob('*.jsonl')
    kept = part.read_text()
    assert len(kept.splitlines()) == 8
    part.write_text(kept + kept.splitlines()[0][:40])  # a kill may cut a line off
    capsys.readouterr()
    status, _ = evaluate(clip, out='killed')
    assert 'going on after 8 windows' in capsys.readouterr().out
    assert status == 0
    assert (whole / 'results.jsonl').read_bytes() == (folder / 'results.jsonl').read_bytes()
    assert summary_of(folder)['windows'] == summary_of(whole)['windows']
    assert summary_of(folder)['timing']['windows_from_an_attempt_before'] == 8


def test_an_unfinished_run_with_other_settings_is_not_mixed_in(
    evaluate, clip, monkeypatch, capsys
):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr('vavam_ros.commands.evaluating.piece.still_wanted', stop)
    evaluate(clip)
    assert evaluate(clip, '--stride', 1.0)[0] == 2
    assert 'unfinished evaluation with other stride' in capsys.readouterr().err


def test_a_run_that_came_to_nothing_is_in_nobodys_way(evaluate, clip, capsys):
    broken = clip / 'frames.csv'
    rows = broken.read_text()
    broken.write_text('stamp,picture\n1,2\n')
    assert evaluate(clip)[0] == 2
    assert 'no column file' in capsys.readouterr().err
    broken.write_text(rows)
    assert evaluate(clip, '--stride', 1.0)[0] == 0


def test_a_folder_that_exists_is_left_alone(evaluate, clip, capsys):
    _, folder = evaluate(clip)
    before = (folder / 'results.jsonl').read_bytes()
    assert evaluate(clip)[0] == 2
    assert 'holds a finished evaluation: give another --out' in capsys.readouterr().err
    assert (folder / 'results.jsonl').read_bytes() == before


def test_one_unreadable_image_makes_the_run_invalid_and_loses_nothing_else(evaluate, clip, capsys):
    (clip / '0020.png').write_bytes(b'no picture')  # the frame at 5.0 s
    status, folder = evaluate(clip)
    assert status == 1
    found = summary_of(folder)
    assert not found['valid']
    assert sum(found['windows']['failed'].values()) == 1
    assert '0020.png' in next(iter(found['windows']['failed']))
    assert found['windows']['evaluated'] == 4  # three before it, and one of eight frames after it
    counted = found['windows']
    assert counted['expected'] == (
        counted['evaluated'] + sum(counted['skipped'].values()) + sum(counted['failed'].values())
    )
    assert 'INVALID' in capsys.readouterr().out


def test_a_gap_starts_the_history_anew(evaluate, tmp_path):
    clip = driven_clip(tmp_path / 'gap', seconds=20.0, missing=range(33, 43))
    status, folder = evaluate(clip, '--most-hole', 5.0)
    assert status == 0
    windows = summary_of(folder)['windows']
    assert windows['skipped'][TOO_FEW] == 14
    stamps = [one.stamp_ns for one in read_results(folder)]
    times = [stamp / 1e9 - 1_500_000_000 for stamp in stamps]
    assert not [time for time in times if 8.1 < time < 10.7 + 3.5]


def test_weights_that_give_no_numbers_are_a_failure(evaluate, model, clip, tmp_path, capsys):
    checkpoint = read_checkpoint(model['weights'])
    name = 'action_expert.action_decoder.weight'
    tensors = {**checkpoint.tensors, name: checkpoint.tensors[name] * float('nan')}
    broken = tmp_path / 'broken.safetensors'
    write_checkpoint(replace(checkpoint, tensors=tensors), broken)
    assert evaluate(clip, '--weights', broken)[0] == 1
    assert '12 windows failed: the plan is not finite' in capsys.readouterr().out


def test_random_weights_are_flagged(evaluate, clip, tmp_path, capsys):
    files = write_mini_model(tmp_path)
    arguments = ['--weights', files['weights'], '--tokenizer', files['tokenizer']]
    assert evaluate(clip, *arguments)[0] == 1
    assert 'RANDOM WEIGHTS' in capsys.readouterr().out


def test_a_frozen_camera_is_flagged(evaluate, clip, capsys):
    for picture in sorted(clip.glob('*.png'))[1:]:
        shutil.copy(clip / '0000.png', picture)
    assert evaluate(clip)[0] == 1
    assert 'is the camera frozen?' in capsys.readouterr().out


def test_steering_alone_is_compared(evaluate, tmp_path, capsys):
    clip = driven_clip(tmp_path / 'wheel', poses=False)
    status, folder = evaluate(clip)
    assert status == 0
    assert summary_of(folder)['steering']['correlation']['value'] is not None
    assert summary_of(folder)['figures'] is None
    assert 'driven steering wheel: correlation' in capsys.readouterr().out


def test_a_tree_of_recordings_where_one_is_broken(evaluate, tmp_path, capsys):
    driven_clip(tmp_path / 'tree' / 'a' / 'drive')
    broken = driven_clip(tmp_path / 'tree' / 'b' / 'drive')
    (broken / 'frames.csv').write_text('stamp,picture\n1,2\n')
    status, folder = evaluate(tmp_path / 'tree')
    assert status == 1
    names = [one['name'] for one in summary_of(folder)['recordings']]
    assert names == ['a/drive', 'b/drive']
    assert summary_of(folder)['windows']['evaluated'] == 12
    assert 'no column file' in ' '.join(summary_of(folder)['objections'])


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['--stride', '0.3'], '--stride is 0.3 s'),
        (['--seeds', '0'], '--seeds is 0'),
        (['--centre-to-rear-axle', 'nan'], 'finite'),
    ],
)
def test_bad_arguments_are_named(evaluate, clip, capsys, arguments, complaint):
    assert evaluate(clip, *arguments)[0] == 2
    assert complaint in capsys.readouterr().err


def test_what_is_not_there_is_named(evaluate, tmp_path, capsys):
    assert evaluate(tmp_path / 'nothing')[0] == 2
    assert 'nothing is not there' in capsys.readouterr().err
    (tmp_path / 'empty').mkdir()
    assert evaluate(tmp_path / 'empty')[0] == 2
    assert 'holds no recording' in capsys.readouterr().err


@pytest.mark.parametrize(('seconds', 'every', 'phases'), [(0.5, 1, 1), (1.5, 3, 1), (0.1, 1, 5)])
def test_a_stride_is_steps_or_phases(seconds, every, phases):
    stride = Stride(seconds)
    assert (stride.every, len(stride.phases_ns)) == (every, phases)


def test_a_finer_stride_has_all_windows_of_the_coarse_one(evaluate, clip):
    _, coarse = evaluate(clip)
    _, fine = evaluate(clip, '--stride', 0.25, out='fine')
    lines = (fine / 'results.jsonl').read_text().splitlines()
    assert set((coarse / 'results.jsonl').read_text().splitlines()) < set(lines)
    assert len(lines) == len({window_of(line).stamp_ns for line in lines}) == 23


def test_rows_are_what_the_pilot_plans_frame_by_frame(evaluate, model, clip):
    _, folder = evaluate(clip)
    rows = {one.stamp_ns: one for one in read_results(folder)}
    settings = PilotSettings(
        weights=model['weights'], tokenizer=model['tokenizer'], samples=3, future_frames=0
    )
    pilot: Pilot = assembled(settings).pilot
    pilot.forget()
    from vavam_ros.bags.recording import open_recording

    compared = 0
    for frame in open_recording(clip).frames():
        plan = pilot.observe(frame.image(), DriveCommand.LEFT, what_ifs=True)
        if plan is not None and plan.stamp_ns in rows:
            row = rows[plan.stamp_ns]
            np.testing.assert_allclose(row.plan, plan.waypoints_in_rig, atol=1e-4)
            np.testing.assert_allclose(
                row.what_ifs[DriveCommand.RIGHT],
                plan.what_ifs_in_rig[DriveCommand.RIGHT],
                atol=1e-4,
            )
            compared += 1
        pilot.prepare()
    assert compared == len(rows)


def test_two_runs_are_compared_on_a_page_with_the_worst_changes(evaluate, tmp_path, capsys):
    clip = driven_clip(tmp_path / 'long drive', seconds=20.0, size=(128, 96))
    view = ['--hfov', 70, '--camera-pitch', 2]
    (_, before), (_, after) = (
        evaluate(clip, *view, '--seed', seed, out=f'seed {seed}') for seed in (0, 5)
    )
    page = tmp_path / 'page.html'
    assert main(['diff', str(before), str(after), '--page', str(page)]) in (0, 1)
    text = page.read_text()
    assert text.count('src="data:image/') == text.count('<figure') >= 2
    assert 'seed: 0 in A, 5 in B' in text
    shutil.rmtree(clip)
    assert main(['diff', str(before), str(after), '--page', str(page)]) in (0, 1)
    assert 'src="data:image/' not in page.read_text()
    assert 'is not there' in page.read_text()

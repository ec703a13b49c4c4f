"""vavam bench: the two ways agree, and what it says when they do not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from vavam_ros.__main__ import main
from vavam_ros.commands import bench, bench_evaluate
from vavam_ros.commands.bench_rig import Rig
from vavam_ros.commands.plain_way import PlainWay
from vavam_ros.model import config

NANO = config.Preset(
    config.VideoConfig(64, 32, 16, 2, 97, 3, 24, grid=(4, 6)),
    config.ActionConfig(16, 8, 64, 16, 2),
    config.TokenizerConfig(channels=32, z_channels=32, codebook_size=96),
)


@pytest.fixture(autouse=True)
def nano(monkeypatch):
    monkeypatch.setitem(config.PRESETS, 'tiny', NANO)
    monkeypatch.setattr(bench_evaluate, 'SIZES', (1, 2, 4))
    monkeypatch.setattr(bench, 'measured_peak', lambda *_: bench.MachinePeak('here', 1.0, 1.0))


def test_it_prints_a_table_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'bench.json'
    assert main(['bench', '--repeats', '1', '--samples', '2', '--out', str(out)]) == 0
    printed = capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert figures['equal_tokens'] == 1
    assert figures['tokens'] == 24
    for row in ('image to path, 1 sample', 'image to path, 2 samples', 'predicted frame, 24'):
        assert row in printed
    ratio = figures['plain_s']['frame'] / figures['engine_s']['frame']
    assert figures['plain_over_engine']['frame'] == pytest.approx(ratio)


def test_the_plain_way_is_the_same_model():
    rig = Rig('tiny', 2)
    frames = [rig.next_frame() for _ in range(3)]
    plain = PlainWay(rig.planner, rig.tokenizer, rig.camera)
    noise = np.random.default_rng(0).standard_normal((2, 6, 2), dtype=np.float32)
    tokens = np.stack([rig.tokenise(frame) for frame in frames])
    expected = rig.planner.plan(
        torch.from_numpy(tokens.astype(np.int64))[None],
        torch.tensor([1]),
        torch.from_numpy(noise)[None],
    )
    ours = plain.plan(rig.images(), 1, noise)
    np.testing.assert_allclose(ours, expected[0], atol=1e-3)


def test_ways_that_disagree_are_no_result(monkeypatch, capsys):
    wrong = PlainWay.plan
    monkeypatch.setattr(PlainWay, 'plan', lambda *arguments: wrong(*arguments) + 0.5)
    assert main(['bench', '--repeats', '1', '--samples', '2']) == 1
    assert 'do not agree' in capsys.readouterr().err


def test_half_precision_is_timed_and_not_judged(capsys):
    assert main(['bench', '--repeats', '1', '--samples', '2', '--dtype', 'bfloat16']) == 0
    assert 'in bfloat16 the two ways round differently' in capsys.readouterr().out


def test_a_device_that_is_not_there_is_named(capsys):
    assert main(['bench', '--device', 'cuda:99']) == 2
    assert "device 'cuda:99' cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize('argument', ['samples', 'tokens', 'repeats', 'threads'])
def test_counts_are_positive(argument, capsys):
    assert main(['bench', f'--{argument}', '0']) == 2
    assert f'--{argument} is 0' in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named_before_anything_runs(tmp_path, capsys):
    assert main(['bench', '--out', str(tmp_path / 'none' / 'bench.json')]) == 2
    assert 'there is no folder' in capsys.readouterr().err


def test_the_evaluator_is_timed_by_windows_side_by_side(tmp_path, capsys):
    out = tmp_path / 'bench.json'
    arguments = ['bench', '--evaluate', '--repeats', '1', '--samples', '2', '--out', str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert figures['windows'] == 4
    for size in ('1', '2', '4'):
        assert figures['equal_rows'][size]
        ratio = figures['windows_per_s'][size] / figures['windows_per_s']['1']
        assert figures['over_one_at_a_time'][size] == pytest.approx(ratio)
    assert printed.count('equal to the byte') == 3
    assert '4 windows, 2 samples, 3 seeds; medians of 1 run(s) in turns' in printed


def test_rows_that_depend_on_the_batch_are_no_result(monkeypatch, capsys):
    right = bench_evaluate.WindowPlanner._evaluated

    def shifted(planner, moments):
        return [replace(one, speed_mps=float(len(moments))) for one in right(planner, moments)]

    monkeypatch.setattr(bench_evaluate.WindowPlanner, '_evaluated', shifted)
    assert main(['bench', '--evaluate', '--repeats', '1', '--samples', '2']) == 1
    printed = capsys.readouterr()
    assert printed.out.count('DIFFERENT') == 2
    assert 'the rows depend on the batch' in printed.err

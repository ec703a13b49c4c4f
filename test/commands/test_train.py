"""vavam train: from token shards to weights that plan, killed, continued and shared out."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import token_worlds
import torch

from vavam_ros.__main__ import main
from vavam_ros.model import config, load_vavam, load_vavim
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.fresh import fresh_checkpoint
from vavam_ros.training.shards import SUFFIX, ShardOrigin, TokenShard, write_shard

LONG = 180.0  # seconds that a process may take on a busy machine


@pytest.fixture(autouse=True)
def small(monkeypatch):
    video = token_worlds.sizes()
    preset = config.Preset(
        video, token_worlds.expert(), config.TokenizerConfig(32, codebook_size=16)
    )
    monkeypatch.setitem(config.PRESETS, 'tiny', preset)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp('tokens'))


def write_world(folder, tokenizer='words', codes=token_worlds.CODES):
    """Six drives of 40 frames."""
    world = token_worlds.TokenWorld(30, seed=1)
    for number in range(6):
        rows = slice(5 * number, 5 * number + 5)
        tokens = world.tokens[rows].reshape(40, *token_worlds.GRID).numpy().astype(np.uint16)
        shard = TokenShard(
            tokens=tokens,
            stamps_ns=np.arange(40) * 500_000_000,
            poses=np.zeros((40, 3)),
            speeds=np.zeros(40, np.float32),
            commands=world.commands[rows].flatten().numpy(),
            targets=world.targets[rows].flatten(0, 1).numpy(),
            target_valid=world.valid[rows].flatten().numpy(),
            segment_starts=np.array([0]),
            origin=ShardOrigin(f'drive{number}', tokenizer, codes, {}, 0, number, 'route-20m'),
        )
        write_shard(folder / f'drive{number}{SUFFIX}', shard)
    return folder


def train(stage, data, out, *arguments):
    quick = ['--batch', '8', '--precision', '32-true', '--log-every', '1', '--warmup', '3']
    return main(
        ['train', stage, '--data', str(data), '--out', str(out), *quick, *map(str, arguments)]
    )


def losses(out):
    with (out / 'metrics.csv').open(newline='') as file:
        return [row['loss'] for row in csv.DictReader(file)][1:]


def complaint(capsys, *arguments):
    assert train(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith('vavam train: error: ')
    assert printed.err.count('\n') == 1
    return printed.err


def test_both_stages_make_weights_that_say_where_they_are_from(data, tmp_path, capsys):
    video, action = tmp_path / 'video', tmp_path / 'action'
    assert train('video', data, video, '--preset', 'tiny', '--steps', 5) == 0
    assert train('action', data, action, '--from', video / 'vavim.safetensors', '--steps', 4) == 0
    printed = capsys.readouterr().out
    assert 'unigram' in printed
    assert 'step 5/5' in printed
    dreamer = read_checkpoint(video / 'vavim.safetensors')
    said = dreamer.provenance
    assert (said['trained'], said['stage'], said['steps'], said['seed']) == (True, 'video', 5, 0)
    assert said['tokenizer'] == 'words'
    assert said['losses']['loss'] > 0
    assert said['baselines']['copy'] < said['baselines']['unigram']
    assert said['command'].startswith('vavam train video --data ')
    planner = read_checkpoint(action / 'vavam.safetensors')
    assert planner.provenance['from'] == dreamer.identity
    assert planner.provenance['surprise_nats'] == dreamer.provenance['losses']['later']
    assert planner.provenance['losses']['min_ade_m'] > 0
    for name, weight in dreamer.tensors.items():
        assert torch.equal(planner.tensors[name], weight)
    model = load_vavam(action / 'vavam.safetensors')
    plan = model.plan(
        torch.zeros(1, 3, *token_worlds.GRID, dtype=torch.int64),
        torch.tensor([2]),
        torch.zeros(1, 1, 6, 2),
    )
    assert plan.isfinite().all()


def test_weights_are_fine_tuned_and_keep_their_licence(data, tmp_path):
    start = fresh_checkpoint('tiny')
    origin = {**start.provenance, 'licence': 'research only'}
    parts = ('vavam', start.video, start.action, None, start.tensors, origin)
    write_checkpoint(Checkpoint(*parts), tmp_path / 'start')
    for stage, name in (('video', 'vavim'), ('action', 'vavam')):
        out = tmp_path / stage
        assert train(stage, data, out, '--from', tmp_path / 'start', '--steps', 2) == 0
        tuned = read_checkpoint(out / f'{name}.safetensors')
        assert tuned.provenance['licence'] == 'research only'
    changed = {
        n for n, weight in start.tensors.items() if not torch.equal(tuned.tensors[n], weight)
    }
    assert changed
    assert all(name.startswith('action_expert.') for name in changed)
    assert load_vavim(tmp_path / 'video' / 'vavim.safetensors').config == start.video


def test_a_budget_stops_with_one_line_and_its_own_status(data, tmp_path, capsys):
    arguments = ('video', data, tmp_path, '--preset', 'tiny', '--steps', 5)
    assert train(*arguments, '--minutes', 1e-9) == 3
    assert 'stopped at step 1 of 5; the same command continues' in capsys.readouterr().out
    assert train(*arguments) == 0
    assert 'continuing at step 1' in capsys.readouterr().out


def test_what_cannot_be_used_is_one_line(data, tmp_path, capsys):
    out, none = tmp_path / 'out', tmp_path / 'none'
    tiny = ('--preset', 'tiny')
    assert f'there is no folder {none}' in complaint(capsys, 'video', none, out, *tiny)
    assert 'holds no tokens' in complaint(capsys, 'video', tmp_path, out, *tiny)
    assert "no preset 'XL'" in complaint(capsys, 'video', data, out, '--preset', 'XL')
    assert 'for others, not both' in complaint(capsys, 'video', data, out)
    assert 'needs --from FILE' in complaint(capsys, 'action', data, out)
    file = tmp_path / 'file'
    file.touch()
    assert 'file: cannot be written' in complaint(capsys, 'video', data, file, *tiny)
    assert 'steps is -1' in complaint(capsys, 'video', data, out, *tiny, '--steps', -1)
    assert 'frames of 2x3 tokens, where the model has 576' in complaint(
        capsys, 'video', data, out, '--preset', 'S'
    )


def test_tokens_of_another_tokenizer_are_refused(data, tmp_path, capsys):
    assert train('video', data, tmp_path / 'video', '--preset', 'tiny', '--steps', 1) == 0
    weights = tmp_path / 'video' / 'vavim.safetensors'
    others = tmp_path / 'others'
    others.mkdir()
    write_world(others, tokenizer='letters')
    said = complaint(capsys, 'action', others, tmp_path / 'action', '--from', weights)
    assert 'holds tokens of the tokenizer letters' in said
    assert 'was trained on those of words' in said
    more = tmp_path / 'more'
    more.mkdir()
    write_world(more, codes=64)
    said = complaint(capsys, 'video', more, tmp_path / 'again', '--preset', 'tiny')
    assert 'a codebook of 64, where the model has a vocabulary of 17' in said


def command(data, out, start, *arguments):
    return [
        sys.executable, '-m', 'vavam_ros', 'train', 'action', '--data', str(data), '--out',
        str(out), '--from', str(start), '--batch', '8', '--precision', '32-true', '--log-every',
        '1', '--warmup', '3', '--save-every', '0.05', *map(str, arguments),
    ]  # fmt: skip


def environment():
    return {**os.environ, 'OMP_NUM_THREADS': '1', 'OMP_WAIT_POLICY': 'PASSIVE'}


@pytest.fixture(scope='module')
def start(tmp_path_factory):
    path = tmp_path_factory.mktemp('start') / 'vavim.safetensors'
    gpt = token_worlds.stage('video').network.gpt
    tensors = {f'gpt.{name}': weight.detach() for name, weight in gpt.named_parameters()}
    write_checkpoint(Checkpoint('vavim', gpt.config, None, None, tensors, {}), path)
    return path


def test_a_killed_process_loses_nothing_that_is_not_done_again(data, start, tmp_path):
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    process = subprocess.Popen(command(data, parts, start, '--steps', 60), env=environment())
    try:
        deadline = time.monotonic() + LONG
        while not (parts / 'checkpoint.pt').exists() or len(losses(parts)) < 8:
            assert process.poll() is None, 'it was over before it could be killed'
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait(LONG)
    assert not (parts / 'vavam.safetensors').exists()
    for out in (parts, whole):
        assert train('action', data, out, '--from', start, '--steps', 60) == 0
    assert losses(parts) == losses(whole)
    assert len(losses(whole)) == 60


def test_two_processes_do_what_one_does(data, start, tmp_path):
    both, one = tmp_path / 'both', tmp_path / 'one'
    two = ('--steps', 4, '--devices', 2, '--accelerator', 'cpu', '--strategy', 'ddp')
    done = subprocess.run(
        command(data, both, start, *two), env=environment(), timeout=LONG, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('step 4/4') == 1
    assert train('action', data, one, '--from', start, '--steps', 4) == 0
    ours = [float(loss) for loss in losses(one)]
    assert [float(loss) for loss in losses(both)] == pytest.approx(ours, rel=2e-5)
    weights = [read_checkpoint(out / 'vavam.safetensors').tensors for out in (both, one)]
    for name, weight in weights[1].items():
        torch.testing.assert_close(weights[0][name], weight, rtol=1e-3, atol=1e-4)

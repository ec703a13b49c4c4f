"""The loop: continuing is the same as not stopping, and what cannot be continued is refused."""

from __future__ import annotations

import csv
import dataclasses
import resource
import signal

import pytest
import token_worlds
import torch
from lightning_fabric import Fabric

from vavam_ros.errors import InputError
from vavam_ros.training.loop import Loop
from vavam_ros.training.schedule import Schedule


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def rows(folder):
    with (folder / 'metrics.csv').open(newline='') as file:
        return list(csv.DictReader(file))


def losses(folder):
    return [(row['step'], row['loss'], row['grad_norm']) for row in rows(folder)[1:]]


class SignalledWorld(token_worlds.TokenWorld):
    """Sends a signal to the process in its n-th sample."""

    def __init__(self, windows, seed, number, sample):
        super().__init__(windows, seed)
        self.number, self.left = number, sample

    def __getitem__(self, index):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(self.number)
        return super().__getitem__(index)


def interrupted(folder, settings, step, number, name='video'):
    """Run until a signal arrives while the samples of a step are loaded."""
    stage = token_worlds.stage(name)
    stage.training = SignalledWorld(200, 1, number, sample=step * settings.batch + 1)
    fabric = Fabric(accelerator='cpu', devices=1, precision=settings.precision)
    return Loop(fabric, stage, settings, folder).run()


@pytest.mark.parametrize(('name', 'log_every'), [('video', 1), ('video', 4), ('action', 1)])
def test_a_stopped_run_continues_as_if_it_had_not_been(tmp_path, name, log_every):
    settings = token_worlds.settings(30, log_every=log_every, validate_every=12)
    for folder in ('whole', 'parts'):
        (tmp_path / folder).mkdir()
    token_worlds.train(tmp_path / 'whole', name, settings)  # 25 steps are an epoch
    for step, number in ((6, signal.SIGTERM), (22, signal.SIGINT)):
        left = step if step == 6 else step - 7  # steps of this call before the signal
        stopped = interrupted(tmp_path / 'parts', settings, left, number, name)
        assert (stopped.step, stopped.finished) == (step + 1, False)
    finished = token_worlds.train(tmp_path / 'parts', name, settings)
    assert (finished.step, finished.finished) == (30, True)
    assert losses(tmp_path / 'parts') == losses(tmp_path / 'whole')
    assert len(rows(tmp_path / 'parts')) == 1 + 30 // log_every + (log_every == 4)
    weights = [
        torch.load(tmp_path / folder / 'checkpoint.pt', weights_only=True)['model']
        for folder in ('whole', 'parts')
    ]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_signals_have_their_usual_effect_afterwards(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    interrupted(tmp_path, token_worlds.settings(9), 2, signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_frozen_weights_are_not_kept_again_and_again(tmp_path):
    token_worlds.train(tmp_path, 'action', token_worlds.settings(2))
    kept = torch.load(tmp_path / 'checkpoint.pt', weights_only=True)['model']
    assert kept
    assert all(name.startswith('expert.') for name in kept)


def test_a_time_budget_stops_a_run_that_can_be_continued(tmp_path):
    settings = token_worlds.settings(20, minutes=1e-9)
    first = token_worlds.train(tmp_path, 'video', settings)
    second = token_worlds.train(tmp_path, 'video', settings)
    assert (first.step, second.step, second.finished) == (1, 2, False)


def test_parts_of_a_step_add_up(tmp_path):
    for name in ('one', 'four'):
        (tmp_path / name).mkdir()
    token_worlds.train(tmp_path / 'one', 'action', token_worlds.settings(6))
    token_worlds.train(tmp_path / 'four', 'action', token_worlds.settings(6, accumulate=4))
    one, four = ([float(loss) for _, loss, _ in losses(tmp_path / n)] for n in ('one', 'four'))
    assert four == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'rate': 5e-3}, r'rate 0\.01 \(now 0\.005\)'),
        ({'seed': 3}, r'seed 0 \(now 3\)'),
        ({'batch': 4}, r'batch 8 \(now 4\)'),
    ],
)
def test_other_settings_are_refused(tmp_path, change, said):
    token_worlds.train(tmp_path, 'video', token_worlds.settings(2))
    before = (tmp_path / 'checkpoint.pt').read_bytes()
    with pytest.raises(InputError, match=f'holds a run with {said}: give the same settings'):
        token_worlds.train(tmp_path, 'video', token_worlds.settings(4, **change))
    assert (tmp_path / 'checkpoint.pt').read_bytes() == before


def test_another_stage_is_refused(tmp_path):
    token_worlds.train(tmp_path, 'video', token_worlds.settings(2))
    with pytest.raises(InputError, match=r'stage video \(now action\)'):
        token_worlds.train(tmp_path, 'action', token_worlds.settings(2))


def test_more_steps_are_fine_until_the_rate_begins_to_fall(tmp_path):
    settings = token_worlds.settings(20)
    interrupted(tmp_path, settings, 9, signal.SIGTERM)
    longer = dataclasses.replace(settings, schedule=Schedule(24, warmup=3))
    assert token_worlds.train(tmp_path, 'video', longer).step == 24
    longest = dataclasses.replace(settings, schedule=Schedule(40, warmup=3))
    with pytest.raises(InputError, match='--steps can change only before'):
        token_worlds.train(tmp_path, 'video', longest)


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / 'checkpoint.pt').write_bytes(b'nothing')
    with pytest.raises(InputError, match=r'checkpoint\.pt is no checkpoint of a run, or damaged'):
        token_worlds.train(tmp_path, 'video', token_worlds.settings(2))


def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path):
    settings = token_worlds.settings(8)
    interrupted(tmp_path, settings, 2, signal.SIGTERM)
    before = (tmp_path / 'checkpoint.pt').read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(InputError, match=r'of step 8 cannot be written .* step 3 is kept'):
            token_worlds.train(tmp_path, 'video', settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / 'checkpoint.pt').read_bytes() == before
    assert not list(tmp_path.glob('.*.part'))
    assert token_worlds.train(tmp_path, 'video', settings).finished


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    stage = token_worlds.stage('action')
    stage.training.targets[:, :, 0, 0] = torch.inf
    fabric = Fabric(accelerator='cpu', devices=1)
    with pytest.raises(InputError, match=r'the loss is .* at step 0: lower --rate'):
        Loop(fabric, stage, token_worlds.settings(3), tmp_path).run()


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    with pytest.raises(InputError, match='a batch of 8 cannot be shared by 1 processes in 3'):
        token_worlds.train(tmp_path, 'video', token_worlds.settings(2, accumulate=3))


def test_the_curve_is_drawn_and_validation_is_in_the_table(tmp_path):
    outcome = token_worlds.train(tmp_path, 'action', token_worlds.settings(4, validate_every=2))
    assert (tmp_path / 'loss.png').read_bytes().startswith(b'\x89PNG')
    validated = [row for row in rows(tmp_path) if row['validation_loss']]
    assert [row['step'] for row in validated] == ['0', '2', '4']
    assert float(validated[-1]['validation_min_ade_m']) == outcome.validation['min_ade_m']
    assert outcome.validation['min_ade_m'] < outcome.validation['ade_m']

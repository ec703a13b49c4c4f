"""A pilot is assembled whole, or the reason is one line that says what to do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from vavam_ros.driving.assembly import AssemblyInterruptedError, assemble, memory_budget_bytes
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.model import config, fresh
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint
from vavam_ros.records import CameraFrame, DriveCommand

ROWS, COLUMNS = 2, 3


def preset(codes: int, grid: tuple[int, int] | None = (ROWS, COLUMNS)) -> config.Preset:
    video = config.VideoConfig(
        embedding_dim=32,
        base_dim=16,
        dim_heads=8,
        nb_layers=2,
        vocabulary_size=codes + 1,
        nb_timesteps=4,
        nb_tokens_per_timestep=ROWS * COLUMNS,
        grid=grid,
    )
    action = config.ActionConfig(8, 4, attention_dim=32, dim_heads=8, nb_layers=2)
    tokenizer = config.TokenizerConfig(32, (1, 1, 1, 1, 1), z_channels=32, codebook_size=codes)
    return config.Preset(video, action, tokenizer)


@pytest.fixture(scope='module')
def files(tmp_path_factory) -> dict[str, str]:
    """Files by role: weights, tokenizer, other_tokenizer, video (no action expert), gridless."""
    folder = tmp_path_factory.mktemp('weights')
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(config.PRESETS, 'mini', preset(40))
        patch.setitem(config.PRESETS, 'other', preset(32))
        weights = fresh.fresh_checkpoint('mini')
        made = {
            'weights': weights,
            'tokenizer': fresh.fresh_tokenizer('mini'),
            'other_tokenizer': fresh.fresh_tokenizer('other'),
        }
    video = {name: t for name, t in weights.tensors.items() if name.startswith('gpt.')}
    made['video'] = dataclasses.replace(weights, kind='vavim', action=None, tensors=video)
    without_grid = dataclasses.replace(weights.video, grid=None)
    made['gridless'] = dataclasses.replace(weights, video=without_grid)
    for name, checkpoint in made.items():
        write_checkpoint(checkpoint, folder / name)
    return {name: str(folder / name) for name in made}


def settings(files, **changes) -> PilotSettings:
    defaults = {'weights': files['weights'], 'tokenizer': files['tokenizer'], 'context_frames': 4}
    return PilotSettings(**{**defaults, **changes})


def test_an_assembled_pilot_plans_and_says_what_it_is(files):
    assembled = assemble(settings(files))
    assert assembled.identity.weights == read_checkpoint(files['weights']).identity
    assert assembled.identity.tokenizer == read_checkpoint(files['tokenizer']).identity
    assert not assembled.identity.trained
    assert assembled.identity.width_mult == (2.0, 2.0)
    assert assembled.warm_up_s > 0
    frame = CameraFrame(0, 'front', np.zeros((48, 72, 3), np.uint8))
    plan = assembled.pilot.observe(frame, DriveCommand.LEFT)
    assert plan.context_frames == 1  # the warm-up is forgotten
    assert np.isfinite(plan.waypoints_in_rig).all()


def test_trained_weights_are_known_by_their_provenance(files, tmp_path):
    trained = dataclasses.replace(read_checkpoint(files['weights']), provenance={'trained': True})
    write_checkpoint(trained, tmp_path / 'trained')
    assert assemble(settings(files, weights=str(tmp_path / 'trained'))).identity.trained


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'weights': ''}, 'weights is not set: give a VaVAM file'),
        ({'tokenizer': ''}, 'tokenizer is not set: give the tokenizer that the weights were'),
        ({'weights': '/nowhere/w.safetensors'}, '/nowhere/w.safetensors: cannot be read'),
        ({'tokenizer': '/nowhere/t.safetensors'}, '/nowhere/t.safetensors does not exist'),
        ({'device': 'cuda:99'}, "device 'cuda:99' cannot be used: "),
        ({'device': 'toaster'}, "device 'toaster' cannot be used: "),
        ({'context_frames': 5}, 'history length is 5: give 1 to 4 frames, as the model takes'),
    ],
)
def test_what_cannot_be_is_said_in_one_line(files, changes, said):
    with pytest.raises(InputError) as caught:
        assemble(settings(files, **changes))
    assert said in str(caught.value)
    assert '\n' not in str(caught.value)


def test_files_of_another_role_are_refused_by_name(files):
    with pytest.raises(InputError, match='is a vavim checkpoint: planning needs VaVAM weights'):
        assemble(settings(files, weights=files['video']))
    with pytest.raises(InputError, match='is a tokenizer checkpoint: planning needs VaVAM'):
        assemble(settings(files, weights=files['tokenizer']))
    with pytest.raises(InputError, match='weights holds a vavam checkpoint: expected a tokenizer'):
        assemble(settings(files, tokenizer=files['weights']))


def test_a_tokenizer_of_another_vocabulary_is_refused(files):
    said = 'the tokenizer has 32 codes, these weights were trained with 40: give the tokenizer'
    with pytest.raises(InputError, match=said):
        assemble(settings(files, tokenizer=files['other_tokenizer']))


def test_weights_that_do_not_know_their_grid_are_refused_with_the_remedy(files):
    said = r'does not say how its 6 tokens per frame .* vavam convert --grid ROWSxCOLUMNS'
    with pytest.raises(InputError, match=said):
        assemble(settings(files, weights=files['gridless']))


@pytest.mark.parametrize(
    'changes',
    [{}, {'dtype': 'bfloat16'}, {'context_frames': 2, 'samples': 7}, {'future_frames': 0}],
)
def test_the_budget_is_what_weights_and_buffers_take(files, changes):
    wanted = settings(files, **changes)
    pilot = assemble(wanted).pilot
    weights = (*pilot.planner.video.gpt.parameters(), *pilot.planner.expert.parameters())
    held = sum(weight.nbytes for weight in weights) + pilot.context.nbytes
    assert memory_budget_bytes(read_checkpoint(files['weights']), wanted) == held


def test_half_precision_runs_the_whole_path(files):
    assert assemble(settings(files, dtype='bfloat16')).pilot.context.memory.keys.dtype == (
        torch.bfloat16
    )


@pytest.mark.parametrize('calls', [0, 1, 3])
def test_an_interruption_ends_it_soon(files, calls):
    answers = iter([False] * calls)
    with pytest.raises(AssemblyInterruptedError, match='stopped before the model was ready'):
        assemble(settings(files), interrupted=lambda: next(answers, True))

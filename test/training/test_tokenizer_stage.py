import numpy as np
import pytest
import torch
from PIL import Image
from recorded_drives import folder_of_drives
from torch.nn import functional as F

from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.vq import Codebook
from vavam_ros.model.vq_loading import build_tokenizer
from vavam_ros.training.codebook import REVIEW_STEPS, CodebookKeeper
from vavam_ros.training.drive_frames import DriveFrames
from vavam_ros.training.picture_loss import psnr_db, reconstruction
from vavam_ros.training.tokenizer_stage import (
    PictureCoding,
    TokenizerStage,
    fresh_model,
    loaded_model,
)

SMALL = TokenizerConfig(8, (1, 1, 1, 1, 2), 1, 8, codebook_size=24, codebook_dim=4)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return folder_of_drives(tmp_path_factory.mktemp('drives') / 'drives', drives=3, frames=6)


def stage_on(folder, warm_up=3, samples=None) -> TokenizerStage:
    network = PictureCoding(fresh_model(SMALL, seed=0), warm_up)
    frames = DriveFrames(folder), DriveFrames(folder, 'validation')
    return TokenizerStage(SMALL, network, *frames, {}, samples)


def batch_of(stage, step, count=6):
    rows = [stage.training[(step * count + at) % len(stage.training)] for at in range(count)]
    draws = stage.draws(count, torch.Generator().manual_seed(step))
    return {'image': torch.stack([row['image'] for row in rows]), **draws}


def train(stage, steps):
    optimizer = torch.optim.AdamW(
        [{'params': one.parameters, 'lr': one.rate} for one in stage.groups(5e-3, 0.0)]
    )
    stage.network.train()
    for step in range(steps):
        optimizer.zero_grad()
        batch = batch_of(stage, step)
        loss = stage.network(batch)['loss'] / stage.terms(batch)
        loss.backward()
        optimizer.step()


@torch.no_grad()
def measured(stage):
    stage.network.eval()
    found = stage.validate(stage.network, batch_of(stage, 0))
    return {name: float(total / terms) for name, (total, terms) in found.items()}


def test_pictures_through_tokens_get_better(folder):
    stage = stage_on(folder, warm_up=10)
    before = measured(stage)
    train(stage, 60)
    after = measured(stage)
    assert after['psnr_db'] > before['psnr_db'] + 4
    assert after['loss'] < before['loss'] / 2


def test_the_checkpoint_makes_the_tokens_that_were_trained(folder):
    stage = stage_on(folder)
    train(stage, 6)
    checkpoint = stage.checkpoint({'trained': True})
    codec = build_tokenizer(checkpoint, 'cpu', torch.float32)
    images = batch_of(stage, 0)['image'].float() / 127.5 - 1
    found = codec.encode(images)
    assert torch.equal(found, stage.network.model.encode(images))
    assert found.unique().numel() > 1
    resumed = loaded_model(checkpoint).state_dict()
    assert all(torch.equal(resumed[name], weight) for name, weight in checkpoint.tensors.items())


def test_every_weight_is_trained_once_and_only_convolutions_decay(folder):
    stage = stage_on(folder)
    groups = stage.groups(1e-3, 0.1)
    grouped = [id(weight) for group in groups for weight in group.parameters]
    assert sorted(grouped) == sorted(id(weight) for weight in stage.network.parameters())
    decaying = [group for group in groups if group.weight_decay]
    assert all(weight.ndim == 4 for group in decaying for weight in group.parameters)


def test_samples_show_originals_above_what_came_back(folder, tmp_path):
    stage = stage_on(folder, samples=tmp_path / 'samples.png')
    measured(stage)
    sheet = np.asarray(Image.open(tmp_path / 'samples.png'))
    assert sheet.shape == (4 * 32, 3 * 48, 3)
    original = stage.held_back[0]['image'].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(sheet[:32, :48], original)
    assert (sheet[32:64, :48] != original).any()


def unit(*shape, seed=0):
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_codes_begin_where_latents_are_and_no_code_is_without_latents():
    codebook = Codebook(8, 4)
    keeper = CodebookKeeper(codebook, warm_up=2)
    centres = unit(8, 4)
    rows = F.normalize(centres.repeat(40, 1) + 0.01 * unit(320, 4, seed=1), dim=1)
    for step in range(2):
        assert not keeper.in_use
        keeper.observe(rows, codebook, unit(8, 1, seed=step).abs()[:, 0])
    near = (rows @ codebook.unit_codes().T).amax(dim=1)
    assert near.mean() > 0.9
    keeper.observe(rows, codebook, torch.rand(8))
    assert keeper.in_use


def test_a_code_that_nobody_takes_moves_to_a_latent():
    codebook = Codebook(4, 4)
    with torch.no_grad():
        codebook.embedding.weight.copy_(torch.eye(4))
        codebook.embedding.weight[3] = -torch.ones(4)
    keeper = CodebookKeeper(codebook, warm_up=0)
    keeper.usage[3] = 1e-6
    rows = F.normalize(torch.eye(4)[:3].repeat(30, 1) + 0.05, dim=1)
    for _ in range(REVIEW_STEPS):
        keeper.observe(rows, codebook, torch.tensor([0.1, 0.2, 0.3, 0.999]))
    assert any(torch.equal(codebook.embedding.weight[3].detach(), row) for row in rows)
    assert torch.equal(codebook.embedding.weight[:3].detach(), torch.eye(4)[:3])


def test_what_the_keeper_knows_is_in_its_state_so_that_a_resumed_run_goes_on_the_same():
    def codes_after(restart_at):
        codebook = Codebook(8, 4)
        with torch.no_grad():
            codebook.embedding.weight.copy_(unit(8, 4, seed=5))
        keeper = CodebookKeeper(codebook, warm_up=2)
        for step in range(REVIEW_STEPS + 4):
            if step == restart_at:
                state, keeper = keeper.state_dict(), CodebookKeeper(codebook, warm_up=2)
                keeper.load_state_dict(state)
            choice = torch.rand(8, generator=torch.Generator().manual_seed(step))
            keeper.observe(unit(40, 4, seed=step), codebook, choice)
        return codebook.embedding.weight.detach().clone(), keeper.usage

    for straight, restarted in zip(codes_after(-1), codes_after(9), strict=True):
        assert torch.equal(straight, restarted)


def test_perplexity_counts_the_codes_in_equal_use():
    keeper = CodebookKeeper(Codebook(8, 4), warm_up=0)
    keeper.usage.copy_(torch.tensor([1, 1, 1, 1, 0, 0, 0, 0]) / 4)
    assert float(keeper.perplexity) == pytest.approx(4, rel=1e-4)
    assert float(keeper.used) == 0.5


def test_psnr_is_that_of_the_uint8_pictures():
    original = torch.zeros(1, 3, 4, 4)
    made = original + 2 * 10 / 255
    assert float(psnr_db(made, original)) == pytest.approx(20 * np.log10(255 / 10), rel=1e-4)


def test_a_thin_line_that_is_lost_costs_more_than_the_same_error_spread_out():
    original = torch.zeros(1, 3, 32, 32)
    line = original.clone()
    line[..., 16] = 1.0
    spread = original + 1.0 / 32
    assert float(reconstruction(line, original)) > 2 * float(reconstruction(spread, original))
    assert float(reconstruction(original, original)) == 0

"""The tokenizer: pictures through a codebook and back (VQ-16, LlamaGen's topology).

Straight-through gradients, unit-length codes, a reconstruction loss with edges at several scales;
no discriminator and no network from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.vq import VQModel
from vavam_ros.training.codebook import CodebookKeeper
from vavam_ros.training.picture_loss import psnr_db, reconstruction
from vavam_ros.training.samples_picture import save_samples
from vavam_ros.training.stage import Batch, ParameterGroup, Samples, Sums

COMMITMENT = 0.25  # of the encoder to its codes, against the codes to their latents
WARM_UP = 150  # steps without codes, after which they are made of the latents seen
SHOWN = 6  # pictures of samples.png


class PictureCoding(nn.Module):
    """A tokenizer with its loss, and what keeps its codebook in use."""

    def __init__(self, model: VQModel, warm_up: int = WARM_UP) -> None:
        super().__init__()
        self.model = model
        self.keeper = CodebookKeeper(model.quantize, warm_up)

    def forward(self, batch: Batch) -> Sums:
        """Pictures uint8 [B, 3, h, w] -> summed losses, and the PSNR."""
        images = as_input(batch['image'])
        z = F.normalize(self.model.pre_quant(images).float(), dim=1)  # [B, dim, rows, columns]
        if self.training:
            rows = z.movedim(1, -1).flatten(0, -2)
            self.keeper.observe(rows, self.model.quantize, batch['choice'][0])
        through, away = self._quantised(z) if self.keeper.in_use else (z, z.new_zeros(len(z)))
        made = self._decoded(through)
        pictures = reconstruction(made, images)
        return {
            'loss': (pictures + away).sum(),
            'pictures': pictures.detach().sum(),
            'psnr_db': psnr_db(made.detach(), images).sum(),
        }

    @torch.no_grad()
    def remade(self, images: Tensor) -> Tensor:
        """Pictures uint8 [B, 3, h, w] -> the same through their tokens, uint8."""
        z = F.normalize(self.model.pre_quant(as_input(images)).float(), dim=1)
        made = self._decoded(self._quantised(z)[0] if self.keeper.in_use else z)
        return (127.5 * made + 128).clamp(0, 255).to(torch.uint8)

    def _quantised(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Unit latents -> codes that pass gradients on, and how far they are from them [B]."""
        with torch.autocast(z.device.type, enabled=False):
            codes = self.model.quantize.vectors(self.model.quantize.nearest(z))
        moving = (codes - z.detach()).square().mean(dim=(1, 2, 3))
        committing = (codes.detach() - z).square().mean(dim=(1, 2, 3))
        return z + (codes - z).detach(), moving + COMMITMENT * committing

    def _decoded(self, vectors: Tensor) -> Tensor:
        latent = self.model.post_quant_conv(vectors)
        return self.model.decoder(latent).float()  # type: ignore[no-any-return]


def as_input(images: Tensor) -> Tensor:
    """uint8 [B, 3, h, w] -> float in [-1, 1]."""
    return images.float() / 127.5 - 1


def fresh_model(config: TokenizerConfig, seed: int) -> VQModel:
    """First weights as torch draws them, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VQModel(config)


def loaded_model(checkpoint: Checkpoint) -> VQModel:
    """The weights of a checkpoint, to be trained on."""
    assert checkpoint.tokenizer is not None
    model = VQModel(checkpoint.tokenizer)
    model.load_state_dict({name: w.float() for name, w in checkpoint.tensors.items()})
    return model


class TokenizerStage:
    """Training of a tokenizer (see stage.Stage)."""

    name = 'tokenizer'
    unit = 'pictures'

    def __init__(
        self,
        config: TokenizerConfig,
        network: PictureCoding,
        training: Samples,
        held_back: Samples,
        identity: Mapping[str, object],
        samples: Path | None = None,
    ) -> None:
        """`samples` is a PNG that each validation draws anew: originals above what came back."""
        self.config, self.network = config, network
        self.training, self.held_back, self.identity = training, held_back, identity
        self.samples = samples
        self._drawn_at = -1

    def groups(self, rate: float, weight_decay: float) -> list[ParameterGroup]:
        """Convolutions decay; biases, norms and codes do not."""
        weights = list(self.network.model.parameters())
        convolutions = [weight for weight in weights if weight.ndim == 4]
        others = [weight for weight in weights if weight.ndim != 4]
        return [ParameterGroup(convolutions, rate, weight_decay), ParameterGroup(others, rate, 0)]

    def draws(self, samples: int, generator: torch.Generator) -> Batch:
        """Where codes that nobody takes move to: one draw a step, repeated for each sample."""
        choice = torch.rand(self.config.codebook_size, generator=generator)
        return {'choice': choice.expand(samples, -1)}

    def terms(self, batch: Batch) -> Tensor:
        """Pictures."""
        return torch.tensor(self.units(batch))

    def units(self, batch: Batch) -> int:
        """Pictures."""
        return len(batch['image'])

    def validate(self, network: Any, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
        """Losses, PSNR, and how much of the codebook the training uses."""
        sums = cast(Sums, network(batch))
        self._draw_samples(batch['image'].device)
        terms, keeper = self.terms(batch), self.network.keeper
        return {
            'loss': (sums['loss'], terms),
            'psnr_db': (sums['psnr_db'], terms),
            'codes_used': (keeper.used * terms, terms),
            'perplexity': (keeper.perplexity * terms, terms),
        }

    def checkpoint(self, provenance: dict[str, object]) -> Checkpoint:
        """A tokenizer."""
        model = self.network.model
        tensors = {name: weight.detach().contiguous() for name, weight in model.named_parameters()}
        return Checkpoint('tokenizer', None, None, self.config, tensors, provenance)

    def _draw_samples(self, device: torch.device) -> None:
        step = int(self.network.keeper.steps)
        if self.samples is None or step == self._drawn_at:
            return
        self._drawn_at = step
        count = min(SHOWN, len(self.held_back))
        rows = torch.linspace(0, len(self.held_back) - 1, count).long().tolist()
        images = torch.stack([self.held_back[row]['image'] for row in rows]).to(device)
        save_samples(self.samples, images.cpu(), self.network.remade(images).cpu())

"""A small world of tokens that a small model learns within seconds; runs as a process, too."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from vavam_ros.model.config import ActionConfig, VideoConfig
from vavam_ros.training.action_stage import ActionStage, FlowMatching
from vavam_ros.training.loop import Loop, Outcome
from vavam_ros.training.schedule import Schedule
from vavam_ros.training.settings import RunSettings
from vavam_ros.training.stage import Stage
from vavam_ros.training.starting import expert_sizes, fresh_expert, fresh_video
from vavam_ros.training.token_data import TokenData
from vavam_ros.training.video_stage import VideoStage

FRAMES, GRID, CODES = 8, (2, 3), 16
KEEP = 0.8  # of the cells keep their token from frame to frame


class TokenWorld:
    """Cells keep their token, or turn to the next one; the first cell's token is the speed."""

    def __init__(self, windows: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        cells = GRID[0] * GRID[1]
        first = torch.randint(CODES, (windows, 1, cells), generator=generator)
        turns = torch.rand(windows, FRAMES - 1, cells, generator=generator) > KEEP
        turns = torch.cat([torch.zeros(windows, 1, cells), turns], dim=1).cumsum(dim=1)
        self.tokens = (first + turns.long()) % CODES
        self.commands = torch.randint(3, (windows, FRAMES), generator=generator)
        time_s = torch.arange(1, 7) * 0.5
        ahead_m = (2.0 + self.tokens[:, :, :1] / 2) * time_s
        aside_m = (1.0 - self.commands[:, :, None]) * time_s**2
        self.targets = torch.stack([ahead_m, aside_m], dim=-1)
        self.valid = torch.rand(windows, FRAMES, generator=generator) < 0.8

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        names = ('tokens', 'commands', 'targets', 'valid')
        return {name: getattr(self, name)[index] for name in names}


def sizes(width: int = 32, base_dim: int = 16, layers: int = 2) -> VideoConfig:
    """A video model for this world."""
    cells = GRID[0] * GRID[1]
    return VideoConfig(width, base_dim, 8, layers, CODES + 1, FRAMES, cells, grid=GRID)


def expert() -> ActionConfig:
    """The expert of `sizes()`."""
    return expert_sizes(sizes())


def token_data(windows: int = 200) -> TokenData:
    """The world as data; its `identity` is 'world'."""
    held_back = TokenWorld(20, seed=2)
    return TokenData(TokenWorld(windows, seed=1), held_back, 'world', 'words', CODES, FRAMES, GRID)


def stage(name: str = 'video', config: VideoConfig | None = None) -> Stage:
    """A fresh stage on this world."""
    config, data, identity = config or sizes(), token_data(), {'data': 'world'}
    gpt = fresh_video(config, seed=0)
    if name == 'video':
        return VideoStage(gpt, data.training, data.held_back, identity)
    network = FlowMatching(gpt, fresh_expert(expert_sizes(config), seed=0))
    return ActionStage(network, data.training, data.held_back, identity, draws_per_frame=2)


def settings(steps: int, **others: object) -> RunSettings:
    """Short runs that write a row for each step."""
    chosen = {
        'batch': 8,
        'precision': '32-true',
        'log_every': 1,
        'validate_every': 1000,
        'rate': 1e-2,
        **others,
    }
    return RunSettings(Schedule(steps, warmup=3), **chosen)  # type: ignore[arg-type]


def train(folder: Path, name: str, chosen: RunSettings, devices: int = 1) -> Outcome:
    """Run the loop on this world."""
    fabric = Fabric(
        accelerator='cpu',
        devices=devices,
        strategy='ddp' if devices > 1 else 'auto',
        precision=chosen.precision,
    )
    fabric.launch()
    return Loop(fabric, stage(name), chosen, folder).run()


def main() -> None:
    """As a process of its own, to be killed or to start others."""
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=Path)
    parser.add_argument('stage')
    parser.add_argument('--steps', type=int, required=True)
    parser.add_argument('--devices', type=int, default=1)
    arguments = parser.parse_args()
    chosen = settings(arguments.steps, save_every_s=1e-6)
    train(arguments.folder, arguments.stage, chosen, arguments.devices)


if __name__ == '__main__':
    sys.exit(main())

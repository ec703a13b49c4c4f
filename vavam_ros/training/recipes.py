"""How long and in which batches each size is trained, unless the command says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.model.config import PRESETS, VideoConfig


@dataclass(frozen=True)
class Recipe:
    """Defaults of one stage of one size."""

    steps: int
    batch: int  # samples
    rate: float


RECIPES: dict[tuple[str, str], Recipe] = {
    ('tokenizer', 'tiny'): Recipe(3000, 8, 1e-3),
    ('video', 'tiny'): Recipe(1200, 16, 3e-3),
    ('action', 'tiny'): Recipe(2000, 16, 3e-3),
    **{('tokenizer', size): Recipe(200_000, 128, 1e-4) for size in ('S', 'B', 'L')},
    # The paper's number of steps; on a cluster. MuP carries the rate.
    **{('video', size): Recipe(139_000, 384, 3e-3) for size in ('S', 'B', 'L')},
    **{('action', size): Recipe(30_000, 384, 3e-3) for size in ('S', 'B', 'L')},
}


def recipe_for(stage: str, video: VideoConfig) -> Recipe | None:
    """The recipe of the preset that has these sizes, if one has."""
    for name, preset in PRESETS.items():
        if preset.video == video:
            return RECIPES[stage, name]
    return None

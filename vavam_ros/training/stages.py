"""From a folder of data and a start to a stage that the loop can train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.config import VideoConfig
from vavam_ros.training.action_stage import ActionStage, FlowMatching
from vavam_ros.training.baselines import measure
from vavam_ros.training.drive_frames import DriveFrames
from vavam_ros.training.recipes import RECIPES, Recipe, recipe_for
from vavam_ros.training.schedule import Schedule
from vavam_ros.training.settings import RunSettings
from vavam_ros.training.stage import Stage
from vavam_ros.training.starting import (
    expert_of,
    expert_sizes,
    fresh_expert,
    fresh_video,
    preset_sizes,
    read_start,
    video_of,
)
from vavam_ros.training.token_data import TokenData
from vavam_ros.training.tokenizer_stage import (
    PictureCoding,
    TokenizerStage,
    fresh_model,
    loaded_model,
)
from vavam_ros.training.video_stage import VideoStage
from vavam_ros.training.windows import open_token_data

# Of the weights that a run starts from; surprise_nats is the loss on held-back frames.
INHERITED = ('licence', 'source', 'source_sha256', 'surprise_nats')


@dataclass(frozen=True, eq=False)
class StagePlan:
    """A stage, ready to be trained."""

    stage: Stage
    recipe: Recipe | None  # None: of no known size, so steps must be given
    provenance: dict[str, object]  # of the weights it will make
    summary: str  # for a person, before it starts

    def settings(self, schedule: Mapping[str, Any], others: Mapping[str, Any]) -> RunSettings:
        """Settings from what was given; what is None comes from the recipe."""
        recipe = self.recipe
        steps = schedule['steps']
        if steps is None and recipe is not None:
            steps = recipe.steps
        if steps is None:
            raise InputError('these sizes are of no preset: say with --steps how long to train')
        chosen = {name: value for name, value in others.items() if value is not None}
        for name in ('batch', 'rate'):
            if recipe is not None:
                chosen.setdefault(name, getattr(recipe, name))
        return RunSettings(Schedule(**{**schedule, 'steps': steps}), **chosen)


def build_stage(
    name: str,
    folder: Path,
    *,
    preset: str | None = None,
    start: Path | None = None,
    seed: int = 0,
    draws: int = 4,
    pictures: Path | None = None,
) -> StagePlan:
    """The stage `name` on the data in a folder; raises InputError for what does not fit."""
    if name == 'tokenizer':
        return tokenizer_plan(folder, preset, start, seed, pictures)
    data = open_token_data(folder)
    if name == 'video':
        return video_plan(data, str(folder), preset, start, seed)
    return action_plan(data, str(folder), start, seed, draws)


def tokenizer_plan(
    folder: Path, preset: str | None, start: Path | None, seed: int, pictures: Path | None
) -> StagePlan:
    """A tokenizer, on the pictures of a folder of drives; `pictures` is a PNG to judge it by."""
    _check_start(preset, start)
    training, held_back = DriveFrames(folder, 'train'), DriveFrames(folder, 'validation')
    if start is not None:
        checkpoint = read_checkpoint(start)
        if checkpoint.tokenizer is None:
            raise InputError(f'{start} holds a {checkpoint.kind} checkpoint: expected a tokenizer')
        config, model, origin = checkpoint.tokenizer, loaded_model(checkpoint), _origin(checkpoint)
        recipe = None
    else:
        config, origin = preset_sizes(str(preset)).tokenizer, {'preset': preset}
        model, recipe = fresh_model(config, seed), RECIPES['tokenizer', str(preset)]
    data = f'{training.identity}-{held_back.identity}'
    identity = {'data': data, 'start': origin.get('from') or preset}
    network = PictureCoding(model) if start is None else PictureCoding(model, warm_up=0)
    stage = TokenizerStage(config, network, training, held_back, identity, pictures)
    summary = f'{len(training)} pictures to train on, {len(held_back)} held back (data {data})'
    return StagePlan(stage, recipe, {**origin, 'data': data}, summary)


def video_plan(
    data: TokenData, where: str, preset: str | None, start: Path | None, seed: int
) -> StagePlan:
    """Video pre-training from a preset's first weights, or from a file's."""
    if (preset is None) == (start is None):
        raise InputError(
            'give --preset SIZE for fresh weights or --from FILE for others, not both'
        )
    if start is not None:
        checkpoint = _checked_start(start, data, where)
        gpt, origin = video_of(checkpoint), _origin(checkpoint)
    else:
        sizes = preset_sizes(str(preset)).video
        data.check_fits(sizes, where)
        gpt, origin = fresh_video(sizes, seed), {'preset': preset}
    stage = VideoStage(gpt, data.training, data.held_back, _identity(data, gpt.config, origin))
    found = measure(data.training, data.held_back, gpt.config.vocabulary_size)
    summary = (
        f'{_shown(data)}\nto beat on held-back frames after the first (nats per token): unigram '
        f'{found.unigram:.4f}, copy of the last frame {found.copy:.4f} '
        f'({found.kept:.0%} of the cells keep their token)'
    )
    recipe = recipe_for('video', gpt.config)
    baselines = {'unigram': found.unigram, 'copy': found.copy}
    provenance = _provenance(data, origin) | {'baselines': baselines}
    return StagePlan(stage, recipe, provenance, summary)


def action_plan(
    data: TokenData, where: str, start: Path | None, seed: int, draws: int
) -> StagePlan:
    """Action learning on a file's frozen video model; a VaVAM's expert goes on learning."""
    if start is None:
        raise InputError('the action stage needs --from FILE: a VaViM, or a VaVAM to go on with')
    if draws < 1:
        raise InputError(f'--draws is {draws}: at least one state for each frame is needed')
    for samples in (data.training, data.held_back):
        if not any(bool(samples[row]['valid'].any()) for row in range(len(samples))):
            raise InputError(f'{where}: no frame has a target to learn from (drives too short?)')
    checkpoint = _checked_start(start, data, where)
    gpt, origin = video_of(checkpoint), _origin(checkpoint)
    if checkpoint.action is not None:
        expert = expert_of(checkpoint)
    else:
        expert = fresh_expert(expert_sizes(gpt.config), seed)
    identity = _identity(data, gpt.config, origin) | {'draws': draws}
    stage = ActionStage(FlowMatching(gpt, expert), data.training, data.held_back, identity, draws)
    return StagePlan(
        stage, recipe_for('action', gpt.config), _provenance(data, origin), _shown(data)
    )


def _check_start(preset: str | None, start: Path | None) -> None:
    if (preset is None) == (start is None):
        raise InputError('give either --preset SIZE for fresh weights or --from FILE for others')


def _checked_start(start: Path, data: TokenData, where: str) -> Checkpoint:
    checkpoint = read_start(start)
    assert checkpoint.video is not None
    data.check_fits(checkpoint.video, where)
    data.check_tokenizer(checkpoint.provenance, str(start), where)
    return checkpoint


def _origin(checkpoint: Checkpoint) -> dict[str, object]:
    kept = {
        name: checkpoint.provenance[name] for name in INHERITED if name in checkpoint.provenance
    }
    return {**kept, 'from': checkpoint.identity}


def _identity(
    data: TokenData, video: VideoConfig, origin: Mapping[str, object]
) -> dict[str, object]:
    start = origin.get('from') or origin.get('preset')
    return {
        'data': data.identity,
        'tokenizer': data.tokenizer_identity,
        'start': start,
        'width': video.embedding_dim,
        'layers': video.nb_layers,
    }


def _provenance(data: TokenData, origin: dict[str, object]) -> dict[str, object]:
    return {**origin, 'data': data.identity, 'tokenizer': data.tokenizer_identity}


def _shown(data: TokenData) -> str:
    return (
        f'{len(data.training)} windows to train on, {len(data.held_back)} held back '
        f'(data {data.identity}, tokenizer {data.tokenizer_identity})'
    )

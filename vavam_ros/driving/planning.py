"""Plans from windows of tokens, one or many side by side: what every host's plans come from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.driving.noise import flow_noise
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.context import VideoContext
from vavam_ros.model.vavam import VaVAM
from vavam_ros.records import DriveCommand, Plan, TokenWindow


def plan_windows(
    planner: VaVAM,
    context: VideoContext,
    settings: PilotSettings,
    windows: Sequence[TokenWindow],
    commands: Sequence[DriveCommand],
    what_ifs: bool = False,
) -> list[Plan]:
    """One plan for each window under its command; all windows are equally long.

    `context` has one place for each window; leading frames that it holds already are kept. With
    `what_ifs` each plan also has the other commands' samples, from the same noise.
    """
    context.hold(np.concatenate([flat_tokens(window.tokens) for window in windows]))
    wanted = [
        [command, *(each for each in DriveCommand if what_ifs and each != command)]
        for command in commands
    ]
    samples = _samples(planner, context, settings, windows, wanted)
    return [
        _plan(window, dict(zip(asked, rows, strict=True)))
        for window, asked, rows in zip(windows, wanted, samples, strict=True)
    ]


def _samples(
    planner: VaVAM,
    context: VideoContext,
    settings: PilotSettings,
    windows: Sequence[TokenWindow],
    wanted: Sequence[Sequence[DriveCommand]],
) -> NDArray[np.float32]:
    """[windows, commands, K, H, 2] m, all of a window from the same noise and one prefill."""
    config, count = planner.config, len(wanted[0])
    noise = np.stack(
        [
            flow_noise(settings, window.stamp_ns, config.action_horizon, config.action_dim)
            for window in windows
        ]
    )
    repeated = torch.from_numpy(np.concatenate([noise] * count, axis=1))
    indices = torch.tensor([list(asked) for asked in wanted], dtype=torch.int64)
    trajectories = planner.sample(
        context,
        indices.repeat_interleave(noise.shape[1], dim=1),
        repeated,
        settings.flow_steps or None,
    )
    found: NDArray[np.float32] = trajectories.float().cpu().numpy()
    return found.reshape(len(windows), count, *noise.shape[1:])


def _plan(window: TokenWindow, by_command: dict[DriveCommand, NDArray[np.float32]]) -> Plan:
    """Of samples by command, the wanted one first."""
    command = next(iter(by_command))
    samples = by_command.pop(command)
    return Plan(
        stamp_ns=window.stamp_ns,
        command=command,
        waypoints_in_rig=samples[medoid(samples)],
        samples_in_rig=samples,
        spread_m=spread(samples),
        context_frames=len(window),
        step_s=STEP_S,
        what_ifs_in_rig=by_command,
    )


def flat_tokens(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """[T, rows, columns] of one window -> [1, T, S], as a context holds them."""
    return tokens.reshape(1, len(tokens), -1)


def medoid(samples: NDArray[np.float32]) -> int:
    """Index of the sample [K, H, 2] whose summed distance to the others is least."""
    offsets = samples[:, None] - samples[None]
    return int(np.linalg.norm(offsets, axis=-1).sum(axis=(1, 2)).argmin())


def spread(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square distance [H] of the samples [K, H, 2] from their mean, metres."""
    offsets = samples - samples.mean(axis=0)
    mean_square: NDArray[np.float32] = (offsets**2).sum(axis=-1).mean(axis=0)
    return np.sqrt(mean_square)

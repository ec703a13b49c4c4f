"""Plans for the moments of a recording, in batches: the rows of results.jsonl."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from vavam_ros.commands.evaluating.moments import Moment
from vavam_ros.driving.gate import PlanGate
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.planning import flat_tokens, plan_windows
from vavam_ros.evaluation.tally import Tally
from vavam_ros.evaluation.window import Frame, Repeat, Window
from vavam_ros.model.context import VideoContext
from vavam_ros.records import DriveCommand, Plan
from vavam_ros.training.baselines import TokenStatistics

NOT_FINITE = 'the plan is not finite'


@dataclass(frozen=True)
class Sampling:
    """How each window is planned."""

    seeds: int = 3  # of the noise, from the pilot's own on
    batch: int = 8  # windows side by side


class WindowPlanner:
    """Plans many windows side by side, each as if it were alone.

    Every window is prefilled whole, so that a plan does not depend on what was planned before it,
    or beside it.
    """

    def __init__(self, pilot: Pilot, recording: str, sampling: Sampling) -> None:
        self._pilot, self._recording, self._sampling = pilot, recording, sampling
        self._gate = PlanGate(pilot.settings)
        self._contexts: dict[int, VideoContext] = {}  # by the number of windows

    def windows(self, moments: Iterable[Moment], tally: Tally) -> Iterator[Window]:
        """In the order of the moments; what cannot be planned is counted with its cause."""
        batch: list[Moment] = []
        for moment in moments:
            batch.append(moment)
            if len(batch) == self._sampling.batch:
                yield from self._planned(batch, tally)
                batch = []
        if batch:
            yield from self._planned(batch, tally)

    def _planned(self, moments: Sequence[Moment], tally: Tally) -> Iterator[Window]:
        """Of one batch; where that fails, one by one, so that the others are not lost."""
        try:
            found = self._evaluated(moments)
        except (RuntimeError, ArithmeticError, ValueError) as error:
            if len(moments) > 1:
                for moment in moments:
                    yield from self._planned([moment], tally)
                return
            tally.failed[f'{type(error).__name__}: {str(error).splitlines()[0]}'] += 1
            return
        for window in found:
            if not np.isfinite(window.samples).all():
                tally.failed[NOT_FINITE] += 1
                continue
            tally.evaluated += 1
            yield window

    def _evaluated(self, moments: Sequence[Moment]) -> list[Window]:
        context = self._context(len(moments))
        windows = [one.window for one in moments]
        commands = [one.known.command for one in moments]
        settings, planner = self._pilot.settings, self._pilot.planner
        # Nothing is kept from the batch before: how a row is rounded must not depend on it.
        context.hold(np.empty((len(moments), 0, context.gpt.config.nb_tokens_per_timestep), int))
        plans = plan_windows(planner, context, settings, windows, commands, what_ifs=True)
        repeats = [
            plan_windows(
                planner, context, replace(settings, seed=settings.seed + more), windows, commands
            )
            for more in range(1, self._sampling.seeds)
        ]
        frames = self._frames(context, moments)
        return [
            self._window(moment, plan, tuple(again), frame)
            for moment, plan, again, frame in zip(
                moments, plans, zip(*repeats, strict=True) if repeats else [()] * len(plans),
                frames, strict=True,
            )
        ]  # fmt: skip

    def _context(self, windows: int) -> VideoContext:
        if windows not in self._contexts:
            samples = self._pilot.settings.samples * len(DriveCommand)
            self._contexts[windows] = self._pilot.planner.context(windows, samples)
        return self._contexts[windows]

    def _frames(self, context: VideoContext, moments: Sequence[Moment]) -> list[Frame | None]:
        if context.frames < 2:
            return [None] * len(moments)
        nats, accuracy = (values.double().cpu().numpy() for values in context.newest_frame_fit())
        vocabulary = context.gpt.config.vocabulary_size
        return [
            _frame(one, float(surprise), float(right), vocabulary)
            for one, surprise, right in zip(moments, nats, accuracy, strict=True)
        ]

    def _window(
        self, moment: Moment, plan: Plan, repeats: Sequence[Plan], frame: Frame | None
    ) -> Window:
        known = moment.known
        return Window(
            recording=self._recording,
            stamp_ns=plan.stamp_ns,
            command=plan.command,
            context_frames=plan.context_frames,
            pose=known.pose,
            speed_mps=known.speed_mps,
            yaw_rate_radps=known.yaw_rate_radps,
            truth=known.truth,
            steering=known.steering,
            plan=plan.waypoints_in_rig.astype(np.float64),
            samples=plan.samples_in_rig.astype(np.float64),
            what_ifs={
                command: samples.astype(np.float64)
                for command, samples in plan.what_ifs_in_rig.items()
            },
            repeats=tuple(
                Repeat(
                    one.waypoints_in_rig.astype(np.float64), one.samples_in_rig.astype(np.float64)
                )
                for one in repeats
            ),
            frame=frame,
            objection=self._gate.objection(plan),
        )


def _frame(moment: Moment, nats: float, accuracy: float, vocabulary: int) -> Frame:
    """With baselines that know the window's frames before the newest, and nothing else.

    So they do not depend on what else is evaluated.
    """
    tokens = torch.from_numpy(flat_tokens(moment.window.tokens)[0])
    baselines = TokenStatistics.of([tokens[:-1]], vocabulary).baselines([tokens[-2:]])
    return Frame(nats, accuracy, baselines.copy, baselines.unigram, baselines.kept)

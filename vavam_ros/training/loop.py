"""The training loop of every stage, on Lightning Fabric.

Which samples and which random numbers a step sees is a pure function of seed and step, so a run
that was stopped or killed continues as if it had not been, and several processes with the same
batch in sum compute what one would.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.data import DataLoader

from vavam_ros.errors import InputError
from vavam_ros.training.checkpointing import RunCheckpoint, check_schedule
from vavam_ros.training.interruption import Interruption
from vavam_ros.training.order import DataOrder, OwnRows
from vavam_ros.training.progress import Progress, Row, say
from vavam_ros.training.settings import RunSettings
from vavam_ros.training.stage import Batch, Stage
from vavam_ros.training.validation import Validation

BETAS = (0.9, 0.95)
EPSILON = 1e-10  # small against gradients at any width


class Decision(IntEnum):
    """What happens between two steps; of several processes' wishes the largest counts."""

    GO_ON = 0
    SAVE = 1
    STOP = 2


@dataclass(frozen=True)
class Outcome:
    """How a call of the loop ended."""

    step: int
    finished: bool
    validation: dict[str, float]  # the newest


class Loop:
    """One run: a stage, its settings, and the folder that everything is kept in."""

    def __init__(self, fabric: Fabric, stage: Stage, settings: RunSettings, folder: Path) -> None:
        settings.check_split(fabric.world_size)
        self.fabric, self.stage, self.settings, self.folder = fabric, stage, settings, folder
        groups = [
            {
                'params': group.parameters,
                'lr': group.rate,
                'peak': group.rate,
                'weight_decay': group.weight_decay,
            }
            for group in stage.groups(settings.rate, settings.weight_decay)
        ]
        optimizer = torch.optim.AdamW(groups, betas=BETAS, eps=EPSILON, fused=True)
        self.network, self.optimizer = fabric.setup(stage.network, optimizer)
        self.order = DataOrder(len(stage.training), settings.batch, settings.seed)
        self.validation = Validation(fabric, stage, settings)
        self.checkpoint = RunCheckpoint(fabric, folder)
        self.progress = Progress(folder, settings.schedule.steps, stage.unit)
        self.step = 0
        self.recent: list[float] = []  # losses of the steps since the last row
        self.measured: dict[str, float] = {}

    @property
    def identity(self) -> dict[str, object]:
        """What a continued run must share."""
        return {'stage': self.stage.name, **self.settings.identity, **self.stage.identity}

    def run(self) -> Outcome:
        """Train from the folder's checkpoint, or from the start, to the last step or a stop."""
        with Interruption() as interruption:
            self._resume()
            if self.step == 0:
                self._row(math.nan, 0, validate=True)
            finished = self._steps(interruption)
        return Outcome(self.step, finished, self.measured)

    def _resume(self) -> None:
        about = self.checkpoint.load(self._objects, self.identity)
        if not about:
            return
        check_schedule(about['schedule'], self.settings.schedule, about['step'], self.folder)
        self.step, self.recent, self.measured = about['step'], about['recent'], about['measured']
        self.progress.resume(self.step)
        if self.fabric.is_global_zero:
            say(f'{self.folder}: continuing at step {self.step}')

    def _steps(self, interruption: Interruption) -> bool:
        """True when all steps are done."""
        started = saved = time.monotonic()
        for batch in self._batches():
            self._train_on(batch)
            decision = self._agreed(interruption, started, saved)
            if decision != Decision.GO_ON or self.step == self.settings.schedule.steps:
                self._save()
                saved = time.monotonic()
            if decision == Decision.STOP:
                return self.step == self.settings.schedule.steps
        return True

    def _batches(self) -> Iterator[Batch]:
        """Of every step that is left the share of this process, with its random numbers."""
        steps, fabric = self.settings.schedule.steps, self.fabric
        rows = OwnRows(self.order, self.step, steps, fabric.global_rank, fabric.world_size)
        loader: Any = DataLoader(
            self.stage.training,  # type: ignore[arg-type]
            batch_sampler=rows,
            num_workers=self.settings.workers,
        )
        for step, batch in zip(range(self.step, steps), loader, strict=True):
            drawn = self.stage.draws(self.settings.batch, self.order.generator(step))
            own = {name: values[rows.share] for name, values in drawn.items()}
            yield fabric.to_device({**batch, **own})

    def _train_on(self, batch: Batch) -> None:
        started = time.monotonic()
        self.network.train()
        factor = self.settings.schedule.factor(self.step)
        for group in self.optimizer.param_groups:
            group['lr'] = group['peak'] * factor
        loss = self._backward(batch)
        norm: Any = self.fabric.clip_gradients(
            self.network, self.optimizer, max_norm=self.settings.clip, error_if_nonfinite=False
        )
        self._check_finite(loss, norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        self.recent.append(loss)
        due = self.step % self.settings.validate_every == 0
        last = self.step == self.settings.schedule.steps
        if due or last or self.step % self.settings.log_every == 0:
            speed = self.stage.units(batch) * self.fabric.world_size
            self._row(float(norm), speed / (time.monotonic() - started), validate=due or last)

    def _backward(self, batch: Batch) -> float:
        """Gradients of the mean over all terms of the step, on all processes; returns it."""
        parts = list(_split(batch, self.settings.accumulate))
        terms = self._summed(self.stage.terms(batch)).clamp(min=1)
        total = torch.zeros((), device=self.fabric.device)
        for number, part in enumerate(parts):
            with self.fabric.no_backward_sync(self.network, enabled=number + 1 < len(parts)):
                loss = self.network(part)['loss']
                # Several processes average their gradients, where a sum is wanted.
                self.fabric.backward(loss * (self.fabric.world_size / terms))
            total += loss.detach()
        return float(self._summed(total) / terms)

    def _check_finite(self, loss: float, norm: Tensor) -> None:
        if not math.isfinite(loss) or not bool(norm.isfinite()):
            raise InputError(
                f'the loss is {loss} and its gradient {norm} at step {self.step}: lower --rate'
                + (f'; step {self.checkpoint.step} is kept' if self.checkpoint.step else '')
            )

    def _agreed(self, interruption: Interruption, started: float, saved: float) -> Decision:
        now, limit = time.monotonic(), self.settings.minutes
        wish = Decision.GO_ON
        if now - saved >= self.settings.save_every_s:
            wish = Decision.SAVE
        if interruption.wanted or (limit is not None and now - started >= 60 * limit):
            wish = Decision.STOP
        if self.fabric.world_size == 1:
            return wish
        wishes = torch.tensor(int(wish), device=self.fabric.device)
        largest: Any = self.fabric.all_reduce(wishes, reduce_op='max')
        return Decision(int(largest))

    def _row(self, norm: float, speed: float, *, validate: bool) -> None:
        validation = self.validation.run(self.network) if validate else {}
        self.measured = validation or self.measured
        if self.fabric.is_global_zero:
            mean = math.fsum(self.recent) / len(self.recent) if self.recent else math.nan
            rate = self.settings.rate * self.settings.schedule.factor(max(self.step - 1, 0))
            row: Row = {'step': self.step, 'loss': mean, 'rate': rate, 'grad_norm': norm}
            row |= {'seconds': self.progress.seconds, 'per_second': speed}
            self.progress.add(row, validation)
        self.recent.clear()

    def _save(self) -> None:
        about: dict[str, object] = {
            'identity': self.identity,
            'schedule': dataclasses.asdict(self.settings.schedule),
            'recent': self.recent,
            'measured': self.measured,
        }
        self.checkpoint.save(self._objects, self.step, about)

    @property
    def _objects(self) -> dict[str, Any]:
        return {'model': self.network, 'optimizer': self.optimizer}

    def _summed(self, value: Tensor) -> Tensor:
        if self.fabric.world_size == 1:
            return value
        total: Any = self.fabric.all_reduce(value.to(self.fabric.device), reduce_op='sum')
        return total  # type: ignore[no-any-return]


def _split(batch: Batch, parts: int) -> Iterator[Batch]:
    for chunks in zip(*(values.chunk(parts) for values in batch.values()), strict=True):
        yield dict(zip(batch, chunks, strict=True))

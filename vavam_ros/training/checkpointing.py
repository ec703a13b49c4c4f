"""Checkpoints of a run: written whole or not at all, and refused where they do not fit."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from vavam_ros.errors import InputError
from vavam_ros.training.schedule import Schedule

FILE = 'checkpoint.pt'


class RunCheckpoint:
    """The newest checkpoint of a run's folder: weights, optimizer, step, random numbers."""

    def __init__(self, fabric: Fabric, folder: Path) -> None:
        self.fabric, self.folder, self.path = fabric, folder, folder / FILE
        self.step: int | None = None  # of the last good one

    def save(self, objects: dict[str, Any], step: int, about: dict[str, object]) -> None:
        """Write beside the last one, then rename. All processes call it.

        Raises InputError when there is no room; the last one stays.
        """
        state = {**objects, 'step': step, 'rng': torch.get_rng_state(), 'about': json.dumps(about)}
        part = self.path.with_name(f'.{FILE}.part')
        kept = _kept(objects)
        try:
            self.fabric.save(part, state, filter={'model': lambda name, _: name in kept})
            if self.fabric.is_global_zero:
                _to_disk(part)
                part.replace(self.path)
        except (OSError, RuntimeError) as error:
            raise InputError(self._not_saved(step, error)) from error
        finally:
            if self.fabric.is_global_zero:
                part.unlink(missing_ok=True)
        self.step = step

    def load(self, objects: dict[str, Any], identity: Mapping[str, object]) -> dict[str, Any]:
        """Put the newest one into the objects; returns its `about`, {} where there is none.

        Raises InputError when it is damaged, or belongs to a run with another identity.
        """
        if not self.path.exists():
            return {}
        about = self._about(_kept(objects))
        differences = [
            f'{name} {_shown(about["identity"].get(name))} (now {_shown(identity.get(name))})'
            for name in sorted({*about['identity'], *identity})
            if about['identity'].get(name) != identity.get(name)
        ]
        if not differences and not about['complete']:
            differences = ['other weights']
        if differences:
            raise InputError(
                f'{self.folder} holds a run with {", ".join(differences)}: give the same settings '
                'and data to continue it, or another --out'
            )
        rest = self.fabric.load(self.path, objects, strict=False, weights_only=True)
        torch.set_rng_state(rest['rng'])
        self.step = rest['step']
        return {**about, 'step': rest['step']}

    def _about(self, weights: set[str]) -> dict[str, Any]:
        try:
            stored = torch.load(self.path, map_location='cpu', weights_only=True, mmap=True)
            about = dict(json.loads(stored['about']))
            about['complete'] = stored['model'].keys() == weights
            return about
        except (RuntimeError, KeyError, ValueError, OSError, pickle.UnpicklingError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f'{self.path} is no checkpoint of a run, or damaged ({reason}): move it away to '
                'start again'
            ) from error

    def _not_saved(self, step: int, error: Exception) -> str:
        free_mb = shutil.disk_usage(self.folder).free / 1e6
        reason = getattr(error, 'strerror', None) or str(error).splitlines()[0]
        kept = 'nothing was saved before'
        if self.step is not None:
            kept = f'the one of step {self.step} is kept, and the same command continues from it'
        return (
            f'{self.path}: the checkpoint of step {step} cannot be written ({reason}; '
            f'{free_mb:.0f} MB free); {kept}'
        )


def check_schedule(stored: Mapping[str, Any], schedule: Schedule, step: int, folder: Path) -> None:
    """Raise InputError unless a run so far had this schedule's rates (more steps may follow)."""
    before = Schedule(**stored)
    if not schedule.agrees(before, step):
        raise InputError(
            f'{folder} holds a run of {step} steps with another schedule ({before}, now '
            f'{schedule}): --steps can change only before the rate begins to fall'
        )


def _kept(objects: Mapping[str, Any]) -> set[str]:
    """Weights that are trained, and buffers: frozen weights stay in the file they came from."""
    model = objects['model'].module  # without Fabric's wrapper, whose names are others
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    passing = {
        f'{prefix}.{name}' if prefix else name
        for prefix, module in model.named_modules()
        for name in module._non_persistent_buffers_set
    }
    return trained | {name for name, _ in model.named_buffers()} - passing


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _shown(value: object) -> str:
    return 'not set' if value is None else str(value)

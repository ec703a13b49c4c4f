"""Two evaluations that are to be compared: what they are of, and what that rules out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vavam_ros.commands.evaluating.folder import EvaluationFolder, read_results
from vavam_ros.errors import InputError
from vavam_ros.evaluation.change import BEST, SURPRISE
from vavam_ros.evaluation.window import Window

_NAMED_BY_HASH = ('pilot.weights', 'pilot.tokenizer', 'pilot.tokenizer_decoder')
_VIEW = (
    'pilot.crop_top_px',
    'pilot.camera_z_m',
    'pilot.camera_pitch_deg',
    'topics.use_camera_info',
    'topics.rectified',
    'topics.hfov_deg',
)


@dataclass(frozen=True, eq=False)
class Run:
    """One evaluation."""

    path: Path
    windows: tuple[Window, ...]
    summary: Mapping[str, Any] | None  # None: rows alone

    @property
    def model(self) -> Mapping[str, Any]:
        """Hashes of `weights` and `tokenizer`; empty where it is not known."""
        return self.summary.get('model', {}) if self.summary else {}

    @property
    def settings(self) -> dict[str, Any]:
        """All that is known, by name: 'stride_s', 'pilot.seed'."""
        found: dict[str, Any] = {}
        for name, value in (self.summary or {}).get('settings', {}).items():
            nested = value.items() if isinstance(value, Mapping) else ()
            found.update({f'{name}.{inner}': one for inner, one in nested} or {name: value})
        return {name: value for name, value in found.items() if name not in _NAMED_BY_HASH}

    @property
    def samples(self) -> set[int]:
        """How many a window has."""
        return {len(one.samples) for one in self.windows}

    def described(self) -> str:
        """One line for a person."""
        weights = self.model.get('weights')
        of = f'weights {weights}' if weights else 'no summary.json beside it: settings not known'
        return f'{self.path}: {len(self.windows)} windows, {of}'


def read_run(path: Path, anyway: bool = False) -> Run:
    """Of a folder of vavam evaluate, or of its results.jsonl.

    InputError for anything else, for an empty one and, unless `anyway`, for an invalid one.
    """
    windows = read_results(path)
    if not windows:
        raise InputError(f'{path} has no windows: there is nothing to compare')
    summary = _summary(path)
    if summary and summary.get('valid') is not True and not anyway:
        why = '; '.join(summary.get('objections', [])) or 'it does not say why'
        raise InputError(
            f'{path} is an INVALID run ({why}): evaluate again, or compare it --anyway'
        )
    for name in ('samples', 'repeats'):
        counts = sorted({len(getattr(one, name)) for one in windows})
        if len(counts) > 1:
            raise InputError(f'{path} has windows with {counts} {name}: expected one number')
    return Run(path, tuple(windows), summary)


def _summary(path: Path) -> Mapping[str, Any] | None:
    """The one that belongs to the rows; None where there is none."""
    folder = EvaluationFolder(path if path.is_dir() else path.parent)
    if (not path.is_dir() and path.name != folder.results.name) or not folder.summary.is_file():
        return None
    try:
        found = json.loads(folder.summary.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise InputError(f'{folder.summary} cannot be read: {error}: evaluate again') from error
    if not isinstance(found, dict) or found.get('kind') != 'evaluation':
        raise InputError(f'{folder.summary} is no summary of vavam evaluate')
    return found


def differing(before: Run, after: Run) -> list[str]:
    """What the runs differ in, a line each: weights, tokenizer, settings."""
    pairs = [(name, before.model.get(name), after.model.get(name))
             for name in ('weights', 'tokenizer') if before.summary and after.summary]  # fmt: skip
    old, new = before.settings, after.settings
    if before.summary and after.summary:
        pairs += [(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]
    elif before.samples != after.samples:
        first, second = (one.samples.copy().pop() for one in (before, after))
        pairs.append(('samples', first, second))
    return [
        f'{name.partition(".")[2] or name}: {first} in A, {second} in B'
        for name, first, second in pairs
        if first != second
    ]


def not_comparable(before: Run, after: Run) -> dict[str, str]:
    """Figures that mean another thing in the other run, by name, each with the reason."""
    found = {}
    if before.samples != after.samples:
        found[BEST] = 'the best of more samples is better in any case'
    tokenizers = [one.model.get('tokenizer') for one in (before, after)]
    if None in tokenizers:
        found[SURPRISE] = 'without summary.json it is not known which tokenizer the runs have'
    elif tokenizers[0] != tokenizers[1]:
        found[SURPRISE] = 'tokens of another tokenizer are harder or easier to foresee'
    elif any(before.settings.get(name) != after.settings.get(name) for name in _VIEW):
        found[SURPRISE] = 'another part of the image is harder or easier to foresee'
    return found

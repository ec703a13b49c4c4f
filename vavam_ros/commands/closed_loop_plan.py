"""From the arguments of `vavam closed-loop` to the drives that there are to do."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vavam_ros import __version__
from vavam_ros.commands.closed_loop_run import (
    BLIND,
    EXPERT,
    IMAGE_PX,
    POLICIES,
    VAVAM,
    WITH_MODEL,
    DriveRun,
)
from vavam_ros.commands.collect import parse_seeds
from vavam_ros.driving.assembly import ModelIdentity, assemble
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.driving.shipped import SHIPPED, with_files
from vavam_ros.errors import InputError
from vavam_ros.simulation.panda import core
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS, check_seed
from vavam_ros.simulation.world import MOVING, WorldSettings

_SECONDS = (5.0, 3600.0)
_MOST_MPS = 10.0  # no town allows more: a route of this speed is never driven to its end
_FRAME = '*' * 79


@dataclass(frozen=True)
class ClosedLoopPlan:
    """All that there is to do."""

    runs: tuple[DriveRun, ...]
    reported: tuple[str, ...]  # names of the policies that were asked for
    identity: ModelIdentity | None  # of the weights; None where nothing uses any
    seeds: tuple[int, ...]
    scenarios: bool = False  # only they are driven, in towns of their own

    def heading(self) -> list[str]:
        """What is about to be driven."""
        lines = [f'{self._what()}: {", ".join(self.reported)}']
        if self.identity:
            lines.append(
                f'weights {self.identity.weights}, tokenizer {self.identity.tokenizer}, '
                f'{"trained" if self.identity.trained else "RANDOM"}'
            )
        return lines

    def _what(self) -> str:
        if self.scenarios:
            return 'scenarios in held-out towns'
        towns, first = len(self.seeds), self.runs[0]
        where = f'{towns} towns ({_span(self.seeds)})'
        return f'{len(self.runs)} drives of {first.seconds:g} s in {where}'

    def warnings(self) -> list[str]:
        """What makes the figures worth less."""
        told = []
        strange = [seed for seed in self.seeds if seed not in HELD_OUT_SEEDS]
        if strange and not self.scenarios:
            told.append(f'NOT HELD OUT: training may have seen the towns {_span(strange)}')
        if self.identity and not self.identity.trained:
            told.append('RANDOM WEIGHTS: never trained, so what they drive means nothing')
        return [_FRAME, *(f'**  {line}' for line in told), _FRAME] if told else []

    def as_json(self) -> dict[str, Any]:
        """Settings, seeds, weights."""
        first = self.runs[0]
        pilot = next((one.pilot for one in self.runs if one.pilot), None)
        settings = {
            'latency_s': first.latency_s,
            'image_px': list(IMAGE_PX),
            'pilot': pilot and _without_places(pilot),
        }
        about = {
            'package_version': __version__,
            'weights': self.identity and asdict(self.identity),
        }
        if self.scenarios:
            return {'kind': 'closed-loop scenarios', **about, 'settings': settings}
        noise_seeds = sorted({one.pilot.seed for one in self.runs if one.pilot})
        drives = {
            'seconds': first.seconds,
            'start': first.start,
            'world': asdict(first.world),
        }
        return {
            'kind': 'closed-loop',
            **about,
            'seeds': list(self.seeds),
            'held_out': all(seed in HELD_OUT_SEEDS for seed in self.seeds),
            'settings': {**settings, **drives, 'noise_seeds': noise_seeds},
        }


def plan_of(arguments: argparse.Namespace) -> ClosedLoopPlan:
    """Check everything before anything is driven; InputError says what cannot be."""
    seeds = tuple(check_seed(seed) for seed in parse_seeds(arguments.seeds))
    _check(arguments)
    policies = [one for one in POLICIES if one in arguments.policy]
    identity, pilots = None, []
    if any(one in WITH_MODEL for one in policies):
        core()  # says that panda3d is missing once, not in each worker
        pilots = _pilots(arguments)
        longest = max(pilots, key=lambda pilot: pilot.context_frames)
        identity = assemble(longest).identity  # all that may not fit shows here
    world = _world(arguments)
    with_settings = {VAVAM: pilots, BLIND: pilots[:1]}
    noise_seeds = parse_seeds(arguments.noise_seeds, '--noise-seeds')
    wanted: list[tuple[str, PilotSettings | None]] = []
    for policy in dict.fromkeys((EXPERT, *policies)):  # the expert's progress is the measure
        each = with_settings.get(policy)
        noisy = [replace(one, seed=seed) for one in each or () for seed in noise_seeds]
        wanted += [(policy, one) for one in (noisy if each is not None else [None])]
    runs = tuple(
        DriveRun(policy, seed, arguments.seconds, world, pilot, arguments.latency, arguments.start)
        for policy, pilot in wanted
        for seed in seeds
    )
    names = {policy: [one.name for one in runs if one.policy == policy] for policy in policies}
    reported = tuple(dict.fromkeys(name for found in names.values() for name in found))
    return ClosedLoopPlan(runs, reported, identity, seeds, arguments.scenarios)


def _check(arguments: argparse.Namespace) -> None:
    least, most = _SECONDS
    if not least <= arguments.seconds <= most:
        raise InputError(f'--seconds is {arguments.seconds:g}: choose {least:g} to {most:g}')
    if arguments.workers < 1:
        raise InputError(f'--workers is {arguments.workers}: at least one is needed')
    if not 0 <= arguments.latency <= 0.5:
        raise InputError(f'--latency is {arguments.latency:g}: choose 0 to 0.5 s')
    if arguments.scenarios and (arguments.check or arguments.plot):
        raise InputError('--scenarios goes with neither --check nor --plot: they are of drives')
    if arguments.scenarios and arguments.start != MOVING:
        raise InputError('--scenarios begin moving: --start is of drives')
    if arguments.check and VAVAM not in arguments.policy:
        raise InputError('--check judges vavam: name it among --policy, or name none')
    if arguments.json and arguments.json.is_dir():
        raise InputError(f'--json {arguments.json}: it is a folder; give a file')
    for path in (arguments.json, arguments.plot):
        if path and not path.absolute().parent.is_dir():
            raise InputError(f'{path} cannot be written: there is no folder {path.parent}')


def _pilots(arguments: argparse.Namespace) -> list[PilotSettings]:
    """For each context; the weights have to be there."""
    pilots = [
        PilotSettings(
            weights=arguments.weights,
            tokenizer=arguments.tokenizer,
            context_frames=each,
            samples=arguments.samples,
            noise=arguments.noise,
            future_frames=0,
        )
        for each in dict.fromkeys(arguments.context)
    ]
    with_files(pilots[0])  # says it where those of the package are not installed
    for name in ('weights', 'tokenizer'):
        given = getattr(arguments, name)
        if given not in ('', *SHIPPED) and not Path(given).exists():
            raise InputError(f'--{name}: there is no {given}')
    return pilots


def _world(arguments: argparse.Namespace) -> WorldSettings:
    """A route that is long enough; the usual one for drives of up to 250 s."""
    usual = WorldSettings(variant=arguments.variant)
    route_m = max(usual.route_m, _MOST_MPS * arguments.seconds)
    if arguments.empty:
        return replace(usual, route_m=route_m, cars=0, pedestrians=0.0)
    return replace(usual, route_m=route_m)


def _without_places(settings: PilotSettings) -> dict[str, Any]:
    """The settings by which the drives do not differ; files by name, wherever they are."""
    told = asdict(settings)
    for name in ('weights', 'tokenizer', 'tokenizer_decoder'):
        told[name] = Path(told[name]).name
    del told['seed'], told['context_frames']
    return told


def _span(seeds: tuple[int, ...] | list[int]) -> str:
    """'9000-9009' for a run of numbers, else all of them."""
    first, last = seeds[0], seeds[-1]
    if len(seeds) > 2 and list(seeds) == list(range(first, last + 1)):
        return f'{first}-{last}'
    return ', '.join(str(seed) for seed in seeds)

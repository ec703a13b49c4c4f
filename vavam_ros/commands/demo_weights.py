"""With which weights a demo plans: those that the package brings, random ones, or files."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_terminal import say, warn
from vavam_ros.driving.shipped import SHIPPED, shipped_files
from vavam_ros.errors import InputError

RANDOM = 'random'
DEFAULT = SHIPPED[0]
RANDOM_WARNING = 'RANDOM WEIGHTS: these plans and predictions mean nothing'
SIMULATION_WARNING = 'TRAINED IN THE SIMULATOR ALONE: on real images its plans mean little'
_PRESET = 'tiny'  # of random weights


@dataclass(frozen=True)
class DemoWeights:
    """One of SHIPPED, RANDOM, or a file, which needs its tokenizer's as well."""

    weights: str = DEFAULT
    tokenizer: str | None = None

    @property
    def from_simulation(self) -> bool:
        """Whether they never saw a real image."""
        return self.weights in SHIPPED

    def check(self) -> None:
        """Raise InputError where something is missing, or too much."""
        named = self.weights in (*SHIPPED, RANDOM)
        if named and self.tokenizer:
            raise InputError(
                f'--weights {self.weights} brings its own tokenizer: leave --tokenizer out'
            )
        if not named and not self.tokenizer:
            raise InputError('--weights FILE and --tokenizer FILE belong together: give both')
        if self.weights in SHIPPED:
            try:
                shipped_files(self.weights)
            except InputError as error:
                raise InputError(f'{error}; with --weights {RANDOM} it runs without') from error

    def parameters(self, folder: DemoFolder) -> dict[str, str]:
        """The planner's parameters; random weights are drawn now."""
        if self.weights != RANDOM:
            return {'weights': self.weights, 'tokenizer': self.tokenizer or ''}
        # Here, since they bring torch, which takes seconds.
        from vavam_ros.model.checkpoint import write_checkpoint
        from vavam_ros.model.fresh import fresh_checkpoint, fresh_tokenizer

        warn(RANDOM_WARNING)
        files = {name: folder.work / f'{name}.safetensors' for name in ('weights', 'tokenizer')}
        write_checkpoint(fresh_checkpoint(_PRESET), files['weights'])
        write_checkpoint(fresh_tokenizer(_PRESET), files['tokenizer'])
        return {name: str(file) for name, file in files.items()}

    def announce(self, step: str) -> None:
        """Say what they are."""
        fresh = f'fresh ones of the preset {_PRESET}'
        say(f'{step} weights: {fresh if self.weights == RANDOM else self.weights}')


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        '--weights',
        metavar='NAME|FILE',
        default=DEFAULT,
        help=f'{", ".join(SHIPPED)} (with the package), {RANDOM} ones, or a file of VaVAM '
        f'weights; default: {DEFAULT}',
    )
    add('--tokenizer', metavar='FILE', help='the tokenizer that belongs to the file')


def chosen_weights(arguments: argparse.Namespace) -> DemoWeights:
    """What was asked for; InputError where that cannot be."""
    weights = DemoWeights(arguments.weights, arguments.tokenizer)
    weights.check()
    return weights

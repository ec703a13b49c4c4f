"""The `vavam` command: finds the sub-command, runs it, and prints a user's error as one line."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence

from vavam_ros import __version__
from vavam_ros.errors import InputError

COMMANDS = {
    'init': ('vavam_ros.commands.init', 'write fresh random weights of a preset size'),
    'convert': ('vavam_ros.commands.convert', 'turn released files into safetensors'),
    'collect': ('vavam_ros.commands.collect', 'record drives of the expert for training'),
    'tokenize': ('vavam_ros.commands.tokenize', 'turn drives or bags into tokens to train on'),
    'tokenize-bag': ('vavam_ros.commands.tokenize_bag', "put tokens in place of a bag's images"),
    'train': ('vavam_ros.commands.train', 'train the tokenizer, the video model, the planner'),
    'make-bag': ('vavam_ros.commands.make_bag', 'turn a clip folder into a rosbag2'),
    'replay': ('vavam_ros.nodes.player', 'play a bag into the live graph with /clock'),
    'record': ('vavam_ros.nodes.recorder', 'record topics into a bag'),
    'demo': ('vavam_ros.commands.demo', 'plan on a clip with real nodes, leave pictures'),
    'sim': ('vavam_ros.commands.sim', 'drive in a town of the embedded world, film it'),
    'closed-loop': ('vavam_ros.commands.closed_loop', 'drive held-out towns, say how well'),
    'foresight': ('vavam_ros.commands.foresight', 'look at what the video model predicts'),
    'evaluate': ('vavam_ros.commands.evaluate', 'say how well a model plans on recorded drives'),
    'diff': ('vavam_ros.commands.diff', 'say whether one evaluation is worse than another'),
    'bench': ('vavam_ros.commands.bench', 'time the engine against the plain way'),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command; 0 is success, 2 is a user's error, already printed."""
    # Before torch is loaded. Threads that spin while they wait cost seconds on a busy machine.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    arguments = sys.argv[1:] if argv is None else list(argv)
    name = arguments[0] if arguments else '--help'
    if name in ('--version', '-V'):
        print(f'vavam_ros {__version__}')
        return 0
    if name not in COMMANDS:
        return _usage(name)
    module = importlib.import_module(COMMANDS[name][0])
    parser = argparse.ArgumentParser(f'vavam {name}', description=module.__doc__)
    module.configure(parser)
    try:
        parsed = parser.parse_args(arguments[1:])
        parsed.command_line = shlex.join(['vavam', *arguments])  # for what is kept with results
        return module.run(parsed) or 0
    except InputError as error:
        print(f'vavam {name}: error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _usage(name: str) -> int:
    wanted = name in ('--help', '-h')
    out = sys.stdout if wanted else sys.stderr
    if not wanted:
        print(f'vavam: error: there is no command {name!r}', file=out)
    print('usage: vavam COMMAND [ARGUMENTS]   (vavam COMMAND --help for each)\n', file=out)
    for command, (_, line) in COMMANDS.items():
        print(f'  {command:<12} {line}', file=out)
    return 0 if wanted else 2


if __name__ == '__main__':
    sys.exit(main())

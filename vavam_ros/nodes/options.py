"""Numbers on the command line, with errors that say what is expected."""

from __future__ import annotations

import argparse
import math


def seconds(text: str) -> float:
    """Parse a finite number of seconds, at least 0."""
    value = _number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number of seconds, 0 or more')
    return value


def positive(text: str) -> float:
    """Parse a finite number above 0."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number above 0')
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # which no range contains

"""Whether a run counts: what was expected, and what became of each of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Of the windows of one recording, or of several."""

    expected: int = 0
    evaluated: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # by cause
    failed: Counter[str] = field(default_factory=Counter)  # by cause
    broken: set[str] = field(default_factory=set)  # why a recording was not read to its end

    @property
    def valid(self) -> bool:
        """Nothing failed or broke off, nothing is missing, and something was evaluated."""
        accounted = self.evaluated + self.skipped.total()
        whole = not self.failed and not self.broken
        return whole and accounted == self.expected and self.evaluated > 0

    def objections(self) -> list[str]:
        """Why it does not count; empty where it does."""
        found = [f'a recording could not be read: {cause}' for cause in sorted(self.broken)]
        found += [
            f'{_windows(count)} failed: {cause}' for cause, count in self.failed.most_common()
        ]
        missing = self.expected - self.evaluated - self.skipped.total() - self.failed.total()
        if missing:
            found.append(
                f'{_windows(abs(missing))} {"missing" if missing > 0 else "counted twice"}: '
                f'{self.expected} were expected'
            )
        if not self.evaluated:
            found.append('no window was evaluated')
        return found

    def add(self, other: Tally) -> None:
        """Count another one's windows as well."""
        self.expected += other.expected
        self.evaluated += other.evaluated
        self.skipped.update(other.skipped)
        self.failed.update(other.failed)
        self.broken |= other.broken

    def as_json(self) -> dict[str, Any]:
        """For files."""
        return {
            'expected': self.expected,
            'evaluated': self.evaluated,
            'skipped': dict(sorted(self.skipped.items())),
            'failed': dict(sorted(self.failed.items())),
            'broken': sorted(self.broken),
        }


def _windows(count: int) -> str:
    return f'{count} {"window" if count == 1 else "windows"}'


def total(tallies: Iterable[Tally]) -> Tally:
    """Of all recordings together."""
    together = Tally()
    for one in tallies:
        together.add(one)
    return together

"""`vavam closed-loop --scenarios`: cars in the way, and how badly each policy hits them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vavam_ros.commands.closed_loop_run import DriveRun, camera_of, driver_of
from vavam_ros.commands.work_pool import still_wanted
from vavam_ros.evaluation.scenario_score import scenario_score
from vavam_ros.simulation.scenarios import (
    KINDS,
    Scenario,
    ScenarioEnd,
    drive_scenario,
    make_scenario,
)

RUNS_EACH = 10
LEFT_ROAD_SCORE = 0.0  # avoiding a car by leaving the road is no way to avoid it


@dataclass(frozen=True)
class ScenarioRun:
    """One policy in one scenario."""

    who: DriveRun  # a drive of the policy: its settings count, not its town
    kind: str
    number: int

    @property
    def cost(self) -> int:
        """How long it takes, roughly, against other runs."""
        return max(self.who.cost * 10 // round(self.who.seconds), 1)


@dataclass(frozen=True)
class ScenarioOutcome:
    """What came of it."""

    run: ScenarioRun
    scenario: Scenario
    end: ScenarioEnd

    @property
    def score(self) -> float:
        """0 to 5."""
        if self.end.left_road:
            return LEFT_ROAD_SCORE
        return scenario_score(self.end.impact_mps, self.scenario.reference_mps)

    @property
    def told(self) -> str:
        """In a word."""
        if self.end.left_road:
            return 'left the road'
        return 'avoided' if self.end.impact_mps is None else 'collision'


def scenario_runs(runs: Sequence[DriveRun], names: Sequence[str]) -> list[ScenarioRun]:
    """Each of the policies, with its first noise seed, in each scenario."""
    first = {name: next(one for one in runs if one.name == name) for name in names}
    return [
        ScenarioRun(first[name], kind, number)
        for name in names
        for kind in KINDS
        for number in range(RUNS_EACH)
    ]


def scenario_in_worker(run: ScenarioRun) -> ScenarioOutcome:
    """Drive it; ended by an error where nobody waits for it any more."""
    scenario = make_scenario(run.kind, run.number)
    world = scenario.world()
    with ExitStack() as opened:
        driver = driver_of(run.who.policy, world, run.who.pilot, run.who.latency_s)
        camera = camera_of(run.who.policy, world, opened)
        end = drive_scenario(scenario, world, camera, driver, still_wanted)
    return ScenarioOutcome(run, scenario, end)


def scenario_table(outcomes: Sequence[ScenarioOutcome]) -> list[str]:
    """A line for each policy and kind."""
    lines = [
        f'{"":<20}{"":<12}{"score":>6}{"avoided":>9}{"collision":>11}{"left the road":>15}'
        f'{"impact":>12}'
    ]
    for name in dict.fromkeys(one.run.who.name for one in outcomes):
        own = [one for one in outcomes if one.run.who.name == name]
        lines += [_line(name, kind, found) for kind, found in _by_kind(own).items()]
        lines.append(_line(name, 'all', own))
    return lines


def scenarios_as_json(outcomes: Sequence[ScenarioOutcome]) -> dict[str, Any]:
    """By policy: mean scores, and each run with its scenario."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(one.run.who.name for one in outcomes):
        own = [one for one in outcomes if one.run.who.name == name]
        found[name] = {
            'score': float(np.mean([one.score for one in own])),
            'score_by_kind': {
                kind: float(np.mean([one.score for one in each]))
                for kind, each in _by_kind(own).items()
            },
            'runs': [
                {
                    'scenario': asdict(one.scenario),
                    'end': asdict(one.end),
                    'told': one.told,
                    'score': one.score,
                }
                for one in own
            ],
        }
    return found


def _by_kind(outcomes: Sequence[ScenarioOutcome]) -> dict[str, list[ScenarioOutcome]]:
    """Only kinds of which there are any."""
    found = {kind: [one for one in outcomes if one.run.kind == kind] for kind in KINDS}
    return {kind: each for kind, each in found.items() if each}


def _line(name: str, kind: str, outcomes: Sequence[ScenarioOutcome]) -> str:
    counts = [sum(one.told == told for one in outcomes) for told in ('avoided', 'collision')]
    impacts = [one.end.impact_mps for one in outcomes if one.end.impact_mps is not None]
    impact = f'{np.mean(impacts):.1f} m/s' if impacts else '-'
    score = np.mean([one.score for one in outcomes])
    left = len(outcomes) - sum(counts)
    return f'{name:<20}{kind:<12}{score:>6.2f}{counts[0]:>9}{counts[1]:>11}{left:>15}{impact:>12}'

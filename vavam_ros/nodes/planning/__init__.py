"""The parts of the planner node: intake, worker, outputs, health."""

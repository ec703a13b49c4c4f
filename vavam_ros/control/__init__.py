"""From a planned path and the vehicle's state to steering and acceleration."""

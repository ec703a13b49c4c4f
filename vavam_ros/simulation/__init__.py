"""The embedded world: town, traffic, vehicle and camera, the same for the same seed."""

"""The flow's starting noise: the same on every run and every host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vavam_ros.driving.settings import PilotSettings


def flow_noise(
    settings: PilotSettings, stamp_ns: int, horizon: int, dimensions: int
) -> NDArray[np.float32]:
    """Standard normal [samples, horizon, dimensions] from (seed, stamp), or from the seed alone.

    Sample k is the same whatever the number of samples. Drawn on the CPU, so that the device
    does not matter.
    """
    entropy = [settings.seed]
    if settings.noise == 'fresh':
        entropy.append(stamp_ns % 2**64)  # a negative stamp is still a seed
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
    return generator.standard_normal((settings.samples, horizon, dimensions), dtype=np.float32)

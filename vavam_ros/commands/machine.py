"""What this machine can do at best, measured: the yardstick of achieved speed."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class MachinePeak:
    """The best of a few runs of the plainest work there is."""

    processor: str
    threads: int
    gflop_per_s: float  # float32 product of two large matrices
    gbyte_per_s: float  # a matrix much larger than the caches, times a vector


def measured_peak() -> MachinePeak:
    """Measure for about two seconds."""
    matrix = torch.randn(2048, 2048)
    large, vector = torch.randn(16384, 8192), torch.randn(8192)
    product_s = _best(lambda: matrix @ matrix, 5)
    sweep_s = _best(lambda: large @ vector, 5)
    return MachinePeak(
        _processor(),
        torch.get_num_threads(),
        2 * matrix.numel() * matrix.shape[1] / product_s / 1e9,
        large.nbytes / sweep_s / 1e9,
    )


def _best(work: Callable[[], object], runs: int) -> float:
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _processor() -> str:
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return f'{names[0] if names else platform.machine()}, {os.cpu_count()} CPUs'

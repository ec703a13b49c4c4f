"""What this machine can do at best, measured: the yardstick of achieved speed."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class MachinePeak:
    """The best of a few runs of the plainest work there is."""

    processor: str
    gflop_per_s: float  # product of two large matrices
    gbyte_per_s: float  # a matrix much larger than the caches, times a vector


def measured_peak(device: torch.device, dtype: torch.dtype) -> MachinePeak:
    """Measure for about two seconds, in the benchmark's own dtype."""
    matrix = torch.randn(2048, 2048, device=device).to(dtype)
    large = torch.randn(16384, 8192, device=device).to(dtype)
    vector = large[0].clone()
    product_s = _best(lambda: matrix @ matrix, device)
    sweep_s = _best(lambda: large @ vector, device)
    return MachinePeak(
        _processor(device),
        2 * matrix.numel() * matrix.shape[1] / product_s / 1e9,
        large.nbytes / sweep_s / 1e9,
    )


def finish(device: torch.device) -> None:
    """Wait for what was handed to a GPU; a CPU has always done its work."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def peak_memory_gb(device: torch.device) -> float:
    """The most that was in use so far: of the GPU's memory, or of this process on a CPU."""
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _best(work: Callable[[], object], device: torch.device, runs: int = 5) -> float:
    work()
    seconds = []
    for _ in range(runs):
        finish(device)
        start = time.perf_counter()
        work()
        finish(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _processor(device: torch.device) -> str:
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    name = names[0] if names else platform.machine()
    return f'{name}, {os.cpu_count()} CPUs, {torch.get_num_threads()} threads'

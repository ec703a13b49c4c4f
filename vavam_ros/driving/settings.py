"""Every setting of the pilot, once: default, meaning, unit and range."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from vavam_ros.errors import InputError

NOISE_KINDS = ('fresh', 'persistent')
DTYPES = ('float32', 'bfloat16', 'float16', 'float64')


def setting(
    default: Any,
    description: str,
    unit: str = '',
    range: tuple[float, float] | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field that can also be declared as a ROS parameter."""
    notes = {'description': description, 'unit': unit, 'range': range, 'choices': choices}
    return field(default=default, metadata={key: note for key, note in notes.items() if note})


def check_settings(settings: Any) -> None:
    """Raise InputError that names the first field outside its range or choices."""
    for each in fields(settings):
        value, limits = getattr(settings, each.name), each.metadata.get('range')
        if limits and not limits[0] <= value <= limits[1]:
            raise InputError(f'{each.name} is {value}: it goes from {limits[0]} to {limits[1]}')
        choices = each.metadata.get('choices')
        if choices and value not in choices:
            raise InputError(f'{each.name} is {value!r}: it is one of {", ".join(choices)}')


@dataclass(frozen=True)
class PilotSettings:
    """How the pilot sees, plans and foresees; immutable, checked when built."""

    weights: str = setting('', 'VaVAM weights: .safetensors of vavam convert, or a released .pt')
    tokenizer: str = setting(
        '', 'tokenizer: .safetensors, vq_ds16_c2i.pt, the released encoder .jit, or its folder'
    )
    tokenizer_decoder: str = setting(
        '', 'the released decoder .jit; needed only with an encoder .jit, for predicted frames'
    )
    device: str = setting('cpu', 'torch device, such as cpu, cuda or cuda:1')
    dtype: str = setting('float32', 'type of the weights on the device', choices=DTYPES)
    context_frames: int = setting(8, 'most frames the model sees at 2 Hz', range=(1, 64))
    step_tolerance_s: float = setting(
        0.12, 'how far a used frame may be from the 2 Hz grid', 's', (0.01, 0.24)
    )
    crop_top_px: int = setting(0, 'rows cut off the top of every image', 'px', (0, 4096))
    samples: int = setting(4, 'trajectory samples per plan', range=(1, 64))
    flow_steps: int = setting(
        0, 'Euler steps of the flow; 0 takes the number in the weights', range=(0, 100)
    )
    seed: int = setting(0, 'seed of all noise', range=(0, 2**31 - 1))
    noise: str = setting(
        'fresh',
        'noise per frame (from seed and stamp), or the same for the whole drive (seed only)',
        choices=NOISE_KINDS,
    )
    future_frames: int = setting(1, 'predicted frames while somebody watches', range=(0, 16))
    top_k: int = setting(1, 'predicted frames: tokens to draw from; 1 is greedy', range=(1, 16385))
    temperature: float = setting(1.0, 'predicted frames: sampling temperature', range=(0.01, 10.0))
    max_speed_mps: float = setting(
        45.0, 'a plan that is faster anywhere is dropped', 'm/s', (0.1, 1e6)
    )
    max_curvature_per_m: float = setting(
        0.5, 'a plan that bends more, over steps of at least 1 m, is dropped', '1/m', (0.001, 1e6)
    )
    max_start_offset_m: float = setting(
        3.0, 'a plan whose first waypoint is further aside or behind is dropped', 'm', (0.1, 1e6)
    )

    def __post_init__(self) -> None:
        check_settings(self)

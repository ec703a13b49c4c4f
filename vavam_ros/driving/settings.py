"""Every setting of the pilot, once: default, meaning, unit and range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.settings_fields import check_settings, setting

NOISE_KINDS = ('fresh', 'persistent')
DTYPES = ('float32', 'bfloat16', 'float16', 'float64')


@dataclass(frozen=True)
class PilotSettings:
    """How the pilot sees, plans and foresees; immutable, checked when built."""

    weights: str = setting(
        '',
        "VaVAM weights: .safetensors of vavam convert, a released .pt, or the package's own: tiny",
    )
    tokenizer: str = setting(
        '',
        'tokenizer: .safetensors, vq_ds16_c2i.pt, the released encoder .jit, or its folder; none '
        'with tiny',
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
    camera_z_m: float = setting(1.51, 'camera above the road', 'm', (0.01, 100.0))
    camera_pitch_deg: float = setting(
        0.0, 'camera turned down from the horizontal', 'deg', (-45.0, 45.0)
    )
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

    def camera_mount(self, x_m: float = 1.70, y_m: float = 0.0) -> CameraMount:
        """Where the camera is; the model's view depends on height and pitch alone."""
        return CameraMount(x_m, y_m, self.camera_z_m, math.radians(self.camera_pitch_deg))

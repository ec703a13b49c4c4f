"""What was released: names of the files, and SHA-256 of those whose checksum is known.

GitHub release v1.0.0 of valeoai/VideoActionModel. Of the files with VaViM only, and of VaVAM after
less training, no checksum is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

RELEASED_ENCODER = 'VQ_ds16_16384_llamagen_encoder.jit'
RELEASED_DECODER = 'VQ_ds16_16384_llamagen_decoder.jit'
SHA256 = {
    RELEASED_ENCODER: 'b5e2c47d04f8ff8a6a47433252aaeefaa8be16be83db6521521a78fefae7e228',
    RELEASED_DECODER: '1606c10e8dbc6bcc7143a509e55acdf1c53912c996648797556cb436d19d65ee',
    'VAM_width_768_pretrained_139k.pt': (
        'f9a498571e348214d9e256529af41dfccda32e805bab3d7021b65ed09779323f'
    ),
    'VAM_width_1024_pretrained_139k.pt': (
        '129e887db30477d458933369964c98b51fdbeb5041eaf8efca4594e2ca56de18'
    ),
    'VAM_width_2048_pretrained_139k.pt': (
        '7d617144d54188354b0fc8945e99aa32c6613266aa2d79ac2379f115b3812965'
    ),
}

READ_BYTES = 1 << 20


def file_sha256(path: Path, progress: Callable[[int], object] | None = None) -> str:
    """64 hex digits of a file's content; `progress` is told the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open('rb') as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
            done += len(block)
            if progress:
                progress(done)
    return digest.hexdigest()

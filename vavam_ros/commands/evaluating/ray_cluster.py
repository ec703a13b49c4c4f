"""Pieces of an evaluation as tasks on a Ray cluster: other machines, the same rows.

The recordings must be readable under the same paths on every machine, and the package installed
there in the same version; weights and tokenizer need not be: their files are put into the cluster
once. A task whose worker is lost is run again, and its rows come out the same.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from vavam_ros import __version__
from vavam_ros.commands.evaluating.folder import EvaluationFolder
from vavam_ros.commands.evaluating.piece import Piece, PieceResult, evaluate_piece
from vavam_ros.commands.evaluating.run import Runner, kept_in_file
from vavam_ros.commands.evaluating.telling import finished, tell
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.driving.shipped import with_files
from vavam_ros.errors import InputError

RETRIES = 3  # of a task whose worker or machine was lost
FILES = ('weights', 'tokenizer', 'tokenizer_decoder')  # of PilotSettings
NAMED = ('auto', 'local')  # addresses that Ray itself knows how to find
ANSWER_S = 5.0  # Ray itself waits minutes for an address where nothing listens


@dataclass(frozen=True)
class ClusterFile:
    """One of the model's files, in the cluster."""

    setting: str
    suffix: str
    digest: str
    content: Any  # a reference, which a worker follows only if it must


def on_ray(address: str) -> Runner:
    """On the cluster at `address` ('auto': the one that this machine is part of)."""

    def run(pieces: Sequence[Piece], folder: EvaluationFolder) -> list[PieceResult] | None:
        ray = _ray()
        try:
            _connect(ray, address)
            return _run(ray, pieces, folder)
        except KeyboardInterrupt:
            return None
        finally:
            ray.shutdown()

    return run


def _run(ray: Any, pieces: Sequence[Piece], folder: EvaluationFolder) -> list[PieceResult]:
    """In the order of the pieces, whichever came first."""
    pilot = with_files(pieces[0].how.pilot)
    files = _put(ray, pilot)
    gpus = int(torch.device(pilot.device).type == 'cuda')
    task = ray.remote(max_retries=RETRIES, num_cpus=1, num_gpus=gpus)(_work)
    waiting = {task.remote(one, files, __version__): at for at, one in enumerate(pieces)}
    results: dict[int, PieceResult] = {}
    while waiting:
        [reference], _ = ray.wait(list(waiting), num_returns=1)
        number = waiting.pop(reference)
        results[number] = _result(ray, reference, pieces[number])
        kept_in_file(folder.part(), results[number].lines)
        tell(f'{finished(results[number])}; {len(results)} of {len(pieces)}')
    return [results[number] for number in range(len(pieces))]


def _result(ray: Any, reference: Any, piece: Piece) -> PieceResult:
    try:
        result: PieceResult = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, InputError):
            raise error.cause from error
        if "No module named 'vavam_ros" in str(error):
            raise InputError(
                f'--ray: a machine of the cluster has no package vavam_ros: install {__version__} '
                'there'
            ) from error
        raise
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f'{piece.name}: its workers were lost {RETRIES + 1} times, perhaps for want of '
            f'memory: {reason} The windows that are there stay; the same command goes on'
        ) from error
    return result


def _work(piece: Piece, files: Sequence[ClusterFile], version: str) -> PieceResult:
    """In a worker: with the model's files on its own machine, and one thread for its one CPU."""
    if version != __version__:
        raise InputError(
            f'{socket.gethostname()} has vavam_ros {__version__}, not {version}: install the same '
            'version on every machine of the cluster'
        )
    torch.set_num_threads(1)
    local: dict[str, Any] = {one.setting: _local(one) for one in files}
    pilot = replace(piece.how.pilot, **local)
    try:
        result = evaluate_piece(
            replace(piece, how=replace(piece.how, pilot=pilot)), lambda line: None
        )
    except InputError as error:
        raise InputError(f'on {socket.gethostname()}: {error}') from error
    result.piece = piece
    return result


@lru_cache
def _local(file: ClusterFile) -> str:
    """A file with this content on this machine, written once by each user."""
    name = f'vavam_ros-{os.getuid()}-{file.digest[:16]}{file.suffix}'
    path = Path(tempfile.gettempdir()) / name
    if not path.is_file() or _digest(path.read_bytes()) != file.digest:
        beside = path.with_name(f'{name}.{os.getpid()}')
        beside.write_bytes(_ray().get(file.content))
        beside.replace(path)
    return str(path)


def _put(ray: Any, pilot: PilotSettings) -> list[ClusterFile]:
    """The model's files, each put into the cluster once."""
    files = []
    for name in FILES:
        if not getattr(pilot, name):
            continue
        path = Path(getattr(pilot, name))
        if not path.is_file():
            raise InputError(f'{name} {path} is no single file: --ray needs converted weights')
        content = path.read_bytes()
        files.append(ClusterFile(name, path.suffix, _digest(content), ray.put(content)))
    return files


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _connect(ray: Any, address: str) -> None:
    if address not in NAMED:
        _check_answer(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level='ERROR')
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f'--ray {address}: there is no cluster to be had: {reason}') from error


def _check_answer(address: str) -> None:
    host, _, port = address.removeprefix('ray://').rpartition(':')
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise InputError(f'--ray {address}: expected HOST:PORT, as ray start prints it, or auto')
    try:
        socket.create_connection((host.strip('[]'), int(port)), ANSWER_S).close()
    except OSError as error:
        raise InputError(
            f'--ray {address}: nothing answers there ({error.strerror or error}): start a cluster '
            'with ray start --head, and give the address that it prints'
        ) from error


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "--ray needs the package ray: pip install ray, or pip install 'vavam_ros[ray]'"
        ) from error
    return ray

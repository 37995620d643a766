"""Weights and all else that a run needs to go on, written so that a crash at any moment leaves a whole checkpoint. No pickle is trusted.

`last-<step>.safetensors` and `last-<step>.state.pt` belong together: the state is written first, so weights under their
final name prove that both are complete. `best.safetensors` holds weights only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from engine.graph import disk
from engine.graph.problem import ERROR, Problem
from engine.train.config import TrainingError

BEST = "best.safetensors"
LAST = re.compile(r"last-(\d+)\.safetensors")
Weights = Mapping[str, torch.Tensor]


def copied(weights: Weights) -> dict[str, torch.Tensor]:
    """Copies on the host that share nothing with the network, nor with each other."""
    return {name: weight.detach().to("cpu", copy=True).contiguous() for name, weight in weights.items()}


def save_weights(path: Path, weights: Weights, **facts: Any) -> None:
    """Writes weights as safetensors, with `facts` (step, epoch, ...) as its metadata."""
    disk.replace(path, safetensors.torch.save(copied(weights), {name: str(value) for name, value in facts.items()}))


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Weights on the host, and the metadata written with them. TrainingError for a file that is no checkpoint."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118 - no mapping
    except (OSError, safetensors.SafetensorError) as error:
        raise damaged(path, error) from error


def save_last(folder: Path, weights: Weights, state: Mapping[str, Any]) -> None:
    """Writes the checkpoint to go on from. `state` holds tensors, numbers, texts, lists and dicts; `state["step"]` names the files."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"last-{state['step']:09d}"
    buffer = BytesIO()
    torch.save(dict(state), buffer)
    disk.replace(folder / f"{stem}.state.pt", buffer.getvalue())
    save_weights(folder / f"{stem}.safetensors", weights, step=state["step"], epoch=state["epoch"])
    for path in folder.glob("last-*"):
        if not path.name.startswith(stem):
            path.unlink(missing_ok=True)


def last(folder: Path) -> Path | None:
    """The newest complete checkpoint's weights in `folder`, or None."""
    found = [path for path in folder.glob("last-*.safetensors") if LAST.fullmatch(path.name) and state_path(path).is_file()]
    return max(found, key=lambda path: int(LAST.fullmatch(path.name)[1]), default=None)


def state_path(weights: Path) -> Path:
    """The file with the optimizer's state that belongs to these `last` weights."""
    return weights.with_name(weights.name.removesuffix(".safetensors") + ".state.pt")


def load_last(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Weights and state of the newest checkpoint in `folder`, on the host. TrainingError when there is none, or it is damaged."""
    path = last(folder)
    if path is None:
        message = f"The run in {folder.parent} has no checkpoint to go on from."
        raise TrainingError(Problem(ERROR, "no-checkpoint", message, fix="Start a new run."))
    weights, _facts = load_weights(path)
    try:
        state = torch.load(state_path(path), map_location="cpu", weights_only=True)
        step = state["step"]
    except Exception as error:
        raise damaged(state_path(path), error) from error
    if not isinstance(step, int):
        raise damaged(state_path(path), ValueError("no step number"))
    return weights, state


def damaged(path: Path, error: Exception) -> TrainingError:
    """The problem of a checkpoint that cannot be read."""
    words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return TrainingError(Problem(ERROR, "bad-checkpoint", f"The checkpoint {path} cannot be read: {words}.", fix="Start a new run."))

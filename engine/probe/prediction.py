"""What the network says of one sample, as scores over the classes. Gets its output, runs nothing."""

from __future__ import annotations

import numpy as np
import torch

from engine.data.offers import called
from engine.graph.model import Value
from engine.probe.arrays import plain

NEARLY_ONE = 1e-3


def scores_of(output: torch.Tensor, loss_type: str) -> tuple[torch.Tensor, bool, str]:
    """Scores (K,) from the network's output (1, K): what its loss takes them for. Also whether they are probabilities, and how they came about."""
    row = output.detach()[0].float()
    if (read := probabilities(row, loss_type)) is not None:
        return read[0], True, read[1]
    certain = bool((row >= 0).all()) and abs(float(row.sum()) - 1) < NEARLY_ONE
    return row, certain, "the output"


def probabilities(scores: torch.Tensor, loss_type: str) -> tuple[torch.Tensor, str] | None:
    """Scores (K, ...) as the probabilities that their loss takes them for, and how they came about; None for a loss that knows none."""
    if loss_type == "cross_entropy":
        return scores.softmax(0), "softmax of the output"
    if loss_type == "bce_with_logits":
        return yes_or_no(scores.sigmoid()), "sigmoid of the output"
    if loss_type == "binary_nll":
        return yes_or_no(scores), "the output"
    if loss_type in ("nll", "kl_div"):
        return scores.exp(), "e to the power of the output"
    return None


def yes_or_no(scores: torch.Tensor) -> torch.Tensor:
    """One probability of a yes as those of the classes 0 and 1; several stay as they are."""
    return torch.cat([1 - scores, scores]) if len(scores) == 1 else scores


def prediction(output: torch.Tensor, loss_type: str, *, names: tuple[str, ...]) -> tuple[dict[str, np.ndarray], dict[str, Value]]:
    """Scores over the classes for the output (1, K), and which class they favour."""
    scores, probabilities, origin = scores_of(output, loss_type)
    values = plain(scores)
    best = int(np.argmax(np.nan_to_num(values, nan=-np.inf)))
    info: dict[str, Value] = {
        "predicted": best,
        "predicted_name": names[best] if best < len(names) else str(best),
        "classes": len(values),
        "class_names": called(names, len(values)),
        "probabilities": probabilities,
        "origin": origin,
        "finite": bool(np.isfinite(values).all()),
    }
    return {"scores": values}, info

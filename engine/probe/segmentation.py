"""What the network says of every pixel of one sample: class, probabilities, and how right that is. Gets its output, runs nothing.

Letters in shape comments: K classes, H rows, W columns.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from engine.data.load import NOT_COUNTED
from engine.data.offers import called
from engine.graph.model import Value
from engine.probe.arrays import plain
from engine.probe.prediction import probabilities

MOST = 2**19  # probabilities up to which those of all classes are sent; beyond, only the picked one's
WIDEST = 512  # rows and columns of a picture
Answer = tuple[dict[str, np.ndarray], dict[str, Value]]


def pixel_scores(output: torch.Tensor, loss_type: str) -> tuple[torch.Tensor, bool, str]:
    """(K, H, W) from the network's output (1, K, H, W) or (1, H, W): what its loss takes them for. Also whether they are probabilities, and how."""
    scores = output.detach()[0].float()
    scores = scores if scores.dim() == 3 else scores[None]
    read = probabilities(scores, "cross_entropy" if loss_type == "dice" else loss_type)
    return (read[0], True, read[1]) if read is not None else (scores, False, "the output")


def segmentation(output: torch.Tensor, truth: torch.Tensor, *, loss_type: str, ignore: int, names: tuple[str, ...], picked: int) -> Answer:
    """Classes and probabilities of the pixels for `truth` (H, W), where `ignore` and NOT_COUNTED do not count.

    arrays: truth (H, W), NaN where a pixel does not count; prediction (H, W), NaN where the output is no number; probability (K or 1, H, W).
    """
    scores, probabilities, origin = pixel_scores(output, loss_type)
    classes, picked = len(scores), min(max(picked, 0), len(scores) - 1)
    counted = (truth != NOT_COUNTED) & (truth != ignore)
    finite = torch.isfinite(scores).all(0)
    prediction = scores.argmax(0)
    info = agreement(prediction, truth.long(), counted & finite, classes) if prediction.shape == truth.shape else {}
    whole = scores.numel() <= MOST
    every = max(1, *(-(-size // WIDEST) for size in scores.shape[-2:]))
    thin = (..., slice(None, None, every), slice(None, None, every))
    arrays = {
        "truth": plain(truth.float().masked_fill(~counted, math.nan)[thin]),
        "prediction": plain(prediction.float().masked_fill(~finite, math.nan)[thin]),
        "probability": plain((scores if whole else scores[picked : picked + 1])[thin]),
    }
    info |= {"classes": classes, "class_names": called(names, classes), "picked": picked, "whole": whole, "every": every}
    info |= {"probabilities": probabilities, "origin": origin}
    return arrays, info | {"height": scores.shape[-2], "width": scores.shape[-1], "finite": bool(finite.all()), "ignored": int((~counted).sum())}


def agreement(prediction: torch.Tensor, truth: torch.Tensor, counted: torch.Tensor, classes: int) -> dict[str, Value]:
    """accuracy over the pixels that count; iou of each class, NaN for one that is neither there nor predicted; mean_iou over the others."""
    pairs = prediction[counted] * classes + truth[counted].clamp(0, classes - 1)
    table = torch.bincount(pairs, minlength=classes * classes).view(classes, classes).double()  # predicted, true
    right = table.diagonal()
    union = table.sum(0) + table.sum(1) - right
    iou = torch.where(union > 0, right / union.clamp(min=1), math.nan)
    total = float(table.sum())
    return {
        "accuracy": float(right.sum()) / total if total else math.nan,
        "iou": tuple(map(float, iou)),
        "mean_iou": float(iou.nanmean()),
    }

"""Turns a dataset into splits of device-resident tensors, standardised by the training images. Knows nothing of networks and training.

Pixels become float32 in 0..1, then (pixel - mean) / std with the mean and standard deviation of each channel over the training
images. A set whose float32 copy would take more than `FLOAT_LIMIT`, and one that is augmented, stays uint8 and is converted batch by
batch: same numbers. On the CPU the channels of a pixel lie side by side ("channels last"): convolutions run about 1.3 times as fast on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from engine.data import augment
from engine.data.augment import Augment
from engine.data.raw import IGNORED, Raw, stratified
from engine.data.sources import raw
from engine.graph.model import Value
from engine.layers import registry

__all__ = ["Dataset", "Raw", "Split", "load", "stratified"]

FLOAT_LIMIT = 512 * 2**20  # bytes
NOT_COUNTED = -100  # what torch's losses leave out
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
Words = Callable[[str], bool]
Index = torch.Tensor | slice  # int64 (B,), or rows one after the other, which cost no copy; augmentation takes no slice


@dataclass(frozen=True, eq=False)
class Split:
    """Inputs `x` (N, ...) and targets `y` (N, ...): class indices int64, numbers float32, or masks uint8 of which `batch` makes int64.

    `x` is float32 and standardised, or raw uint8 for large and for augmented sets. Images lie in channels-last order on the CPU, and
    `batch` and `images` keep that. Ask `batch`, `fields` or `images` for network inputs: they standardise what is still raw.
    `device` is where batches arrive. `ports` are the names of x and y; `extras` are further inputs. `augment` changes what `batch` gives.
    """

    x: torch.Tensor
    y: torch.Tensor
    mean: torch.Tensor  # (C, 1, 1), or as x without its first axis
    std: torch.Tensor
    device: torch.device
    ports: tuple[str, ...] = ("image", "label")
    extras: Mapping[str, torch.Tensor] = field(default_factory=dict)
    augment: Augment | None = None
    pixels: bool = True  # x times std plus mean is a picture from 0 to 1

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def rows(self) -> torch.Tensor:
        """`x` as (N, H, W, C) where that is how it lies in memory, else `x` itself: index_select forgets the order of memory."""
        is_last = self.x.dim() == 4 and self.x.is_contiguous(memory_format=torch.channels_last)
        return self.x.permute(0, 2, 3, 1) if is_last else self.x

    @cached_property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest value of all inputs before they were standardised; they differ."""
        values = self.x * self.std + self.mean
        low, high = values.min().item(), values.max().item()
        return low, high if high > low else low + 1

    def batch(self, index: Index, *, epoch: int = 0, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Standardised inputs and targets at `index`, on `device`; `epoch` and `seed` decide how they are augmented."""
        x, y = picked(self.rows, index), picked(self.y, index)
        if self.rows is not self.x:
            x = x.permute(0, 3, 1, 2)  # (B, H, W, C) -> (B, C, H, W)
        if x.dtype is torch.uint8:
            x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
            if self.augment is not None:
                changed, y = self.augment(x.float().div_(255), y, index, epoch=epoch, seed=seed)
                x = in_order((changed - self.mean).div_(self.std))
            else:
                x = standardised(x, self.mean, self.std)
        return x, classes(y)

    def fields(self, index: Index, *, epoch: int = 0, seed: int = 0) -> dict[str, torch.Tensor]:
        """Everything that the data node gives for the samples at `index`, by port."""
        x, y = self.batch(index, epoch=epoch, seed=seed)
        more = {name: picked(values, index).to(self.device, non_blocking=True) for name, values in self.extras.items()}
        return {self.ports[0]: x, self.ports[1]: y, **more}

    def images(self, first: int, last: int) -> torch.Tensor:
        """Standardised inputs first..last-1 in stored order, as they are without augmentation."""
        x = self.x[first:last]
        return standardised(x.to(self.device), self.mean, self.std) if x.dtype is torch.uint8 else x


@dataclass(frozen=True, eq=False)
class Dataset:
    """Both splits and what the classes are called. `report` names what was left out, empty when nothing was."""

    train: Split
    validation: Split
    classes: int
    class_names: tuple[str, ...]
    report: str = ""


def load(type_id: str, params: Mapping[str, Value], *, device: torch.device | str = "cpu", base: str = "", say: Words = lambda words: True) -> Dataset:
    """The dataset of a data node as tensors on `device`. DataError says what is missing and how to get it.

    `say` is told what takes long and may answer False to give up (DataError "stopped").
    """
    found = raw(type_id, params, base=base, say=say)
    values = registry.TYPES[type_id].values(params)
    return resident(found, torch.device(device), change=augment.of(values), normalise=getattr(values, "normalise", "training set"))


def resident(found: Raw, device: torch.device, *, change: Augment | None = None, normalise: str = "training set") -> Dataset:
    """`found` on `device`: as float32 where that is small, as uint8 otherwise, on the host when even that is too much."""
    mean, std = (values.to(device) for values in scale(found, normalise))
    large = found.pixels and 4 * (found.train_x.nbytes + found.validation_x.nbytes) > FLOAT_LIMIT
    home = torch.device("cpu") if large and not fits(found, device) else device
    splits = []
    for part, (x, y) in enumerate(((found.train_x, found.train_y), (found.validation_x, found.validation_y))):
        changing = change if part == 0 and found.pixels else None
        values = in_order(torch.from_numpy(np.ascontiguousarray(x)).to(home))
        if not found.pixels:
            values = in_order((values - mean) / std)
        elif not large and changing is None:
            values = standardised(values, mean, std)
        extras = {name: torch.from_numpy(arrays[part]).to(home) for name, arrays in found.extras.items()}
        splits.append(Split(values, torch.from_numpy(np.ascontiguousarray(y)).to(home), mean, std, device, found.ports, extras, changing, found.pixels))
    return Dataset(splits[0], splits[1], len(found.class_names), found.class_names, found.report)


def picked(values: torch.Tensor, index: Index) -> torch.Tensor:
    """Rows of `values`: a copy of those at `index`, or those of a slice where they lie."""
    return values[index] if isinstance(index, slice) else values.index_select(0, index)


def in_order(x: torch.Tensor) -> torch.Tensor:
    """Images in channels-last order on the CPU."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 and x.device.type == "cpu" else x


def classes(y: torch.Tensor) -> torch.Tensor:
    """Masks as int64 class indices, NOT_COUNTED where a pixel does not count; other targets as they are."""
    return y.long().masked_fill_(y == IGNORED, NOT_COUNTED) if y.dtype is torch.uint8 else y


def fits(found: Raw, device: torch.device) -> bool:
    """Whether the raw images take less than half of the device's free memory."""
    if device.type != "cuda":
        return True
    free, _total = torch.cuda.mem_get_info(device)
    return found.train_x.nbytes + found.validation_x.nbytes < free // 2


def standardised(pixels: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """uint8 (B, ..., C, H, W) -> float32, (pixel / 255 - mean) / std per channel."""
    return pixels.float().div_(255).sub_(mean).div_(std)


def scale(found: Raw, normalise: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What is subtracted and what divides."""
    if not found.pixels:
        ones = np.ones((1,) * (found.train_x.ndim - 1), np.float32)
        return tuple(torch.from_numpy(given if given is not None else usual) for given, usual in ((found.mean, 0 * ones), (found.std, ones)))
    channels = found.train_x.shape[-3]
    if normalise == "training set":
        return moments(found.train_x)
    if normalise == "ImageNet":
        return tuple(torch.tensor(row if channels == 3 else [sum(row) / 3] * channels).view(-1, 1, 1) for row in IMAGENET)
    return torch.zeros(channels, 1, 1), torch.ones(channels, 1, 1)


def moments(pixels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel, (C, 1, 1) float32 in 0..1, from exact integer histograms."""
    levels = np.arange(256) / 255
    means, stds = [], []
    for channel in range(pixels.shape[-3]):
        counts = np.bincount(pixels[..., channel, :, :].reshape(-1), minlength=256)
        mean = float(np.average(levels, weights=counts))
        means.append(mean)
        stds.append(max(float(np.sqrt(np.average((levels - mean) ** 2, weights=counts))), 1 / 255))  # a blank channel stays finite
    return torch.tensor(means, dtype=torch.float32).view(-1, 1, 1), torch.tensor(stds, dtype=torch.float32).view(-1, 1, 1)

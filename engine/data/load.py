"""Turns a dataset into splits of device-resident tensors, standardised by the training images. Knows nothing of networks and training.

Pixels become float32 in 0..1, then (pixel - mean) / std with the mean and standard deviation of each channel over the training
images. A set whose float32 copy would take more than `FLOAT_LIMIT` stays uint8 and is converted batch by batch: same numbers.
On the CPU the channels of a pixel lie side by side ("channels last"): convolutions run about 1.3 times as fast on it, LeNet included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from engine.data import catalog, images, torchvision_sets
from engine.data.catalog import CATALOG, DataError
from engine.data.folder import folder_listing
from engine.graph.model import Value
from engine.layers import registry

SEED = 5  # of the shipped sets' split; fixed, so that validation digits are never trained on in any run
FLOAT_LIMIT = 512 * 2**20  # bytes
Words = Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class Split:
    """Images `x` (N, C, H, W) and labels `y` (N,) int64. `x` is float32 and standardised, or raw uint8 for large sets.

    Its memory is in channels-last order on the CPU, and `batch` and `images` keep that.

    Ask `batch` or `images` for network inputs: they standardise what is still raw. `device` is where batches arrive.
    """

    x: torch.Tensor
    y: torch.Tensor
    mean: torch.Tensor  # (C, 1, 1)
    std: torch.Tensor  # (C, 1, 1)
    device: torch.device

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def rows(self) -> torch.Tensor:
        """`x` as (N, H, W, C) where that is how it lies in memory, else `x` itself: index_select forgets the order of memory."""
        return self.x.permute(0, 2, 3, 1) if self.x.is_contiguous(memory_format=torch.channels_last) else self.x

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Standardised images and labels at `index`, int64 (B,), on `device`."""
        x, y = self.rows.index_select(0, index), self.y.index_select(0, index)
        if self.rows is not self.x:
            x = x.permute(0, 3, 1, 2)  # (B, H, W, C) -> (B, C, H, W)
        if x.dtype is torch.uint8:
            return standardised(x.to(self.device, non_blocking=True), self.mean, self.std), y.to(self.device, non_blocking=True)
        return x, y

    def images(self, first: int, last: int) -> torch.Tensor:
        """Standardised images first..last-1 in stored order, (B, C, H, W)."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What a loader hands over: uint8 images (N, C, H, W) and labels (N,), divided."""

    train_x: np.ndarray
    train_y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    class_names: tuple[str, ...]
    report: str = ""


def load(type_id: str, params: Mapping[str, Value], *, device: torch.device | str = "cpu", base: str = "", say: Words = lambda words: True) -> Dataset:
    """The dataset of a data node as tensors on `device`. DataError says what is missing and how to get it.

    `say` is told what takes long and may answer False to give up (DataError "stopped").
    """
    entry = CATALOG.get(type_id)
    known = catalog.facts(type_id, params, base)
    if entry is None or known.problem:
        raise DataError(known.problem, known.fix)
    if entry.kind == "archive":
        raw = archive(entry)
    elif entry.kind == "torchvision":
        raw = Raw(*torchvision_sets.arrays(entry, say), entry.class_names)
    elif entry.kind == "folder":
        raw = image_folder(params, base, say)
    else:
        raise DataError("The Input node declares a shape but brings no data.", "Put a dataset in its place, for example MNIST 5k, which is included.")
    return resident(raw, torch.device(device))


def archive(entry: catalog.Entry) -> Raw:
    """A shipped .npz with x (N, H, W) uint8 and y (N,), stratified into training and validation."""
    try:
        with np.load(catalog.SHIPPED / entry.archive, allow_pickle=False) as file:
            x, y = file["x"][:, None], file["y"].astype(np.int64)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{entry.title}: the file {entry.archive} is damaged.", "Install Chainrule again.") from error
    train, validation = stratified(y, entry.validation / len(y))
    return Raw(x[train], y[train], x[validation], y[validation], entry.class_names)


def stratified(labels: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices for training and validation: `share` of each class is held out; both orders are mixed, always the same."""
    rng = np.random.RandomState(SEED)  # the legacy generator: its stream is frozen across numpy releases
    train: list[np.ndarray] = []
    validation: list[np.ndarray] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = round(len(members) * share)
        validation.append(members[:count])
        train.append(members[count:])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(validation))


def image_folder(params: Mapping[str, Value], base: str, say: Words) -> Raw:
    """Class-named subfolders: decoded, scaled, divided by file; what is no image is skipped and named in the report."""
    values = registry.TYPES["image_folder"].values(params)
    listing = folder_listing(catalog.located(values.folder, base))
    train, validation = listing.split(values.validation)
    shape = catalog.image_shape(values)
    train_x, train_y, bad = images.read(listing.folder, train, shape=shape, say=say)
    validation_x, validation_y, bad_too = images.read(listing.folder, validation, shape=shape, say=say)
    if not len(train_y):
        raise DataError(f"None of the {len(train)} files in {listing.folder} can be read as an image.", "Choose a folder with PNG or JPEG images.")
    report = images.report([*bad, *bad_too], len(train) + len(validation))
    mixed = np.random.RandomState(SEED).permutation(len(train_y))
    shown = np.random.RandomState(SEED).permutation(len(validation_y))
    return Raw(train_x[mixed], train_y[mixed], validation_x[shown], validation_y[shown], listing.class_names, report)


def resident(raw: Raw, device: torch.device) -> Dataset:
    """`raw` on `device`: as float32 where that is small, as uint8 otherwise, on the host when even that is too much."""
    mean, std = moments(raw.train_x)
    mean, std = mean.to(device), std.to(device)
    keep_raw = 4 * (raw.train_x.nbytes + raw.validation_x.nbytes) > FLOAT_LIMIT
    home = torch.device("cpu") if keep_raw and not fits(raw, device) else device
    splits = []
    for x, y in ((raw.train_x, raw.train_y), (raw.validation_x, raw.validation_y)):
        pixels, labels = torch.from_numpy(np.ascontiguousarray(x)).to(home), torch.from_numpy(y.astype(np.int64)).to(home)
        if home.type == "cpu":
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        splits.append(Split(pixels if keep_raw else standardised(pixels, mean, std), labels, mean, std, device))
    return Dataset(splits[0], splits[1], len(raw.class_names), raw.class_names, raw.report)


def fits(raw: Raw, device: torch.device) -> bool:
    """Whether the raw images take less than half of the device's free memory."""
    if device.type != "cuda":
        return True
    free, _total = torch.cuda.mem_get_info(device)
    return raw.train_x.nbytes + raw.validation_x.nbytes < free // 2


def standardised(pixels: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """uint8 (B, C, H, W) -> float32, (pixel / 255 - mean) / std per channel."""
    return pixels.float().div_(255).sub_(mean).div_(std)


def moments(pixels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel, (C, 1, 1) float32 in 0..1, from exact integer histograms."""
    levels = np.arange(256) / 255
    means, stds = [], []
    for channel in range(pixels.shape[1]):
        counts = np.bincount(pixels[:, channel].reshape(-1), minlength=256)
        mean = float(np.average(levels, weights=counts))
        means.append(mean)
        stds.append(max(float(np.sqrt(np.average((levels - mean) ** 2, weights=counts))), 1 / 255))  # a blank channel stays finite
    return torch.tensor(means, dtype=torch.float32).view(-1, 1, 1), torch.tensor(stds, dtype=torch.float32).view(-1, 1, 1)

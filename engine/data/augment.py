"""Changes training pictures at random, each in its own way in each epoch. Draws from no generator: what happens to a sample depends on
(seed, epoch, index) alone, so the order of samples and a resumed run change nothing. Works with torchvision's transforms.v2.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from engine.data.raw import IGNORED

DRAWS = 8  # numbers a sample: flip, crop rows, crop columns, angle, brightness, contrast, saturation, noise
STEP = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64
Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Augment:
    """flip: mirrored with probability 1/2. crop: pixels of padding. rotation: degrees to either side. jitter: share by which brightness,
    contrast and saturation change. noise: standard deviation on pixels from 0 to 1.
    """

    flip: bool = False
    crop: int = 0
    rotation: float = 0.0
    jitter: float = 0.0
    noise: float = 0.0

    def __call__(self, x: torch.Tensor, y: torch.Tensor, index: torch.Tensor, *, epoch: int = 0, seed: int = 0) -> Pair:
        """Pixels (B, C, H, W) from 0 to 1 and targets, changed; masks (B, H, W) uint8 move along, and what comes in from outside does not count."""
        drawn = draws(index.cpu().numpy(), epoch=epoch, seed=seed)
        moves_mask = y.dim() == 3
        if self.flip:
            chosen = torch.from_numpy(drawn[:, 0] < 0.5).to(x.device)
            x = torch.where(chosen.view(-1, 1, 1, 1), x.flip(-1), x)
            y = torch.where(chosen.to(y.device).view(-1, 1, 1), y.flip(-1), y) if moves_mask else y
        if self.crop:
            shifts = torch.from_numpy((drawn[:, 1:3] * (2 * self.crop + 1)).astype(np.int64))
            x = cropped(x, shifts.to(x.device), self.crop, 0)
            y = cropped(y[:, None], shifts.to(y.device), self.crop, IGNORED)[:, 0] if moves_mask else y
        if self.rotation:
            x, y = rotated(x, y, (2 * drawn[:, 3] - 1) * self.rotation)
        if self.jitter:
            x = jittered(x, 1 + (2 * drawn[:, 4:7] - 1) * self.jitter)
        if self.noise:
            x = noised(x, drawn[:, 7], self.noise)
        return x, y


def of(p: SimpleNamespace) -> Augment | None:
    """The augmentation that a data node's parameters declare, or None."""
    if not hasattr(p, "flip"):
        return None
    wanted = Augment(p.flip, p.crop, p.rotation, p.jitter, p.noise)
    return None if wanted == Augment() else wanted


def draws(index: np.ndarray, *, epoch: int, seed: int) -> np.ndarray:
    """Uniform numbers in 0..1, (B, DRAWS) float64, for these samples: SplitMix64 counted by index, keyed by seed and epoch."""
    key = np.random.SeedSequence([seed, 2, epoch]).generate_state(1, np.uint64)[0]
    with np.errstate(over="ignore"):  # it is meant to wrap around
        state = key + STEP * (index.astype(np.uint64)[:, None] * np.uint64(DRAWS) + np.arange(1, DRAWS + 1, dtype=np.uint64))
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def cropped(x: torch.Tensor, shifts: torch.Tensor, padding: int, fill: int) -> torch.Tensor:
    """(B, C, H, W) padded with `fill`, and of each sample the part that begins at its shift (B, 2)."""
    height, width = x.shape[-2:]
    wide = F.pad(x, (padding,) * 4, value=fill)
    rows = shifts[:, 0, None] + torch.arange(height, device=x.device)  # (B, H)
    columns = shifts[:, 1, None] + torch.arange(width, device=x.device)
    sample = torch.arange(len(x), device=x.device)[:, None, None]
    return wide.permute(0, 2, 3, 1)[sample, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def rotated(x: torch.Tensor, y: torch.Tensor, degrees: np.ndarray) -> Pair:
    """Each sample turned counterclockwise by its angle; masks keep their values."""
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2 import functional as V

    turned = torch.stack([V.rotate(image, float(angle), InterpolationMode.BILINEAR) for image, angle in zip(x, degrees, strict=True)])
    if y.dim() == 3:
        y = torch.stack([V.rotate(mask[None], float(angle), InterpolationMode.NEAREST, fill=IGNORED)[0] for mask, angle in zip(y, degrees, strict=True)])
    return turned, y


def jittered(x: torch.Tensor, factors: np.ndarray) -> torch.Tensor:
    """Brightness, contrast and saturation of each sample times its factors (B, 3)."""
    from torchvision.transforms.v2 import functional as V

    changed = []
    for image, (brightness, contrast, saturation) in zip(x, factors.tolist(), strict=True):
        image = V.adjust_contrast(V.adjust_brightness(image, brightness), contrast)
        changed.append(V.adjust_saturation(image, saturation) if len(image) == 3 else image)
    return torch.stack(changed)


def noised(x: torch.Tensor, drawn: np.ndarray, deviation: float) -> torch.Tensor:
    """Gaussian noise from a generator for each sample, so that it does not depend on the company."""
    noise = torch.empty(x.shape)
    generator = torch.Generator()
    for row, number in zip(noise, drawn.tolist(), strict=True):
        row.normal_(generator=generator.manual_seed(int(number * 2**53)))
    return (x + deviation * noise.to(x.device)).clamp_(0, 1)

"""Hand-made descriptors of an image, as they were used before features were learned. Printed above a network as they stand."""

from __future__ import annotations

import torch
from torch import nn


class HandFeatures(nn.Module):
    """16 numbers that describe a shape: area, centroid, 7 central moments, 6 projections. Nothing is learned."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        ink = image.mean(1)  # N, H, W
        ink = ink - ink.amin((1, 2), keepdim=True)  # the background counts nothing
        ink = ink / ink.amax((1, 2), keepdim=True).clamp_min(1e-6)
        height, width = ink.shape[1:]
        y = torch.linspace(-2, 2, height, dtype=ink.dtype, device=ink.device)[:, None]  # the image reaches from -2 to 2
        x = torch.linspace(-2, 2, width, dtype=ink.dtype, device=ink.device)
        share = ink / ink.sum((1, 2), keepdim=True).clamp_min(1e-6)  # where the ink is; adds up to one
        centre_x, centre_y = (share * x).sum((1, 2)), (share * y).sum((1, 2))
        dx, dy = x - centre_x[:, None, None], y - centre_y[:, None, None]
        orders = [(2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]
        moments = [(share * dx**p * dy**q).sum((1, 2)) for p, q in orders]
        bands = [part.sum((1, 2)) for axis in (1, 2) for part in share.tensor_split(3, axis)]  # top to bottom, left to right
        return torch.stack([ink.mean((1, 2)), centre_x, centre_y, *moments, *bands], dim=1)  # N, 16

"""Several views of one shape: what each contributes to the view pooling, and what the network says of each alone. Runs the tapped twin only.

Letters in shape comments: V views, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.data.offers import view_count
from engine.graph.model import Value
from engine.layers import registry
from engine.probe.arrays import plain
from engine.probe.levels import members, value
from engine.probe.samples import displayed
from engine.probe.subject import Subject

Answer = tuple[dict[str, np.ndarray], dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Shown:
    """The views of one shape and where they stand in the dataset: sample `index` holds them all, or they are the samples from `first` on."""

    images: torch.Tensor  # V, C, H, W standardised
    index: int
    first: int = -1

    @property
    def apart(self) -> bool:
        """Whether each view is a sample of its own."""
        return self.first >= 0


def shown(subject: Subject, index: int) -> Shown | None:
    """The views of the shape of validation sample `index`; None where the data has no views."""
    if subject.data.validation.ports[0] != "views":
        return None
    image = subject.image(index)
    if image.dim() == 5:  # 1, V, C, H, W
        return Shown(image[0], index)
    count = views_of(subject)[0]
    first = index - index % count
    return Shown(subject.data.validation.images(first, first + count), index, first)


def views_of(subject: Subject) -> tuple[int, float | None]:
    """How many views each shape has, and the elevation of the cameras where they stand in a ring that we know."""
    node = subject.snapshot.node(subject.source.inputs[0][0])
    p = registry.of(node).values(node.params)
    if not hasattr(p, "cameras"):
        return p.views, None
    return view_count(p), p.elevation if p.cameras == "ring" else None


def pools(subject: Subject) -> list[str]:
    """The paths of all view poolings, sources first."""
    return [level.path + node for level, node in members(subject.root) if level.wires.nodes[node].type == "view_pool"]


def views(subject: Subject, found: Shown, pool: str) -> Answer:
    """The pictures of all views, their angles, and what the pooling at the path `pool` takes of each ("" for none).

    arrays: views (V, C, H, W) in 0..1; of a maximum also won (V,): features that this view alone is the greatest in.
    """
    split = subject.data.validation
    arrays = {"views": displayed(split, found.images[:, None])}
    count, elevation = len(found.images), views_of(subject)[1]
    info: dict[str, Value] = {"views": count, "apart": found.apart, "first": found.first, "pools": tuple(pools(subject)), "pool": pool, "how": ""}
    info["angles"] = () if elevation is None else tuple(index * 360 / count for index in range(count))
    info["elevation"] = elevation
    level, node = subject.root.at(pool) if pool else (None, "")
    features = value(subject.values(found.index), level.feeds(node)[0]) if level is not None else None
    if features is None:
        return arrays, info
    p = level.values(node)
    info |= {"how": p.pool, "features": features[0, 0].numel()}
    if p.pool == "max":
        won, ties = winners(features[0])
        arrays["won"], info["ties"] = plain(won), ties
    return arrays, info


def winners(features: torch.Tensor) -> tuple[torch.Tensor, int]:
    """How many features (V, ...) each view alone is the greatest in (V,), and in how many several views are equal, such as all at 0 after ReLU."""
    flat = features.flatten(1)
    best = (flat == flat.amax(0)) & torch.isfinite(flat)
    alone = best.sum(0) == 1
    return (best & alone).sum(1), int((best.sum(0) > 1).sum())


def alone(subject: Subject, found: Shown, pool: str, *, output: tuple[str, str]) -> torch.Tensor | None:
    """The network's output (V, K) for each view by itself; None where the network cannot take one view.

    Behind a maximum or a mean the rest of the network does not know how many views there were: it gets each view's features in place of the pooled ones.
    """
    node, port = output
    if found.apart:
        values = subject.run(torch.arange(found.first, found.first + len(found.images)))
    elif pool:
        level, name = subject.root.at(pool)
        features = value(subject.values(found.index), level.feeds(name)[0])
        if features is None or level.values(name).pool == "concat":
            return None
        try:
            values = subject.run(torch.tensor([found.index]), swap={pool: features[0]})
        except RuntimeError:  # something beside the pooling still counts on one sample
            return None
    else:
        return None
    result = values.get(node, values.get(f"{node}.{port}"))
    return result if result is not None and result.dim() == 2 and len(result) == len(found.images) else None

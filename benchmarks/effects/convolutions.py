"""Effects of the lessons on convolutions (items 24, 30 to 46): by hand, over channels, borders, sharing, receptive fields."""

from __future__ import annotations

import torch
from effects.lab import Trained, lesson, trained, without
from effects.table import Verdict, effect

KERNEL = torch.tensor([[0.0, 1, 2], [2, 2, 0], [0, 1, 2]])
KNOWN = 8  # filters of the lesson known-filters


def gap(found: Trained, node: str, wanted: torch.Tensor) -> float:
    """How far the learned kernel of `node` is from the wanted one at most."""
    return (found.weight(node)[0, 0] - wanted).abs().max().item()


@effect("conv-by-hand", "a loss of exactly 20 turns the kernel round", seeds=1)
def the_kernel_turns_round(seed: int) -> Verdict:
    found = trained(lesson("conv-by-hand"), seed=seed)
    away = gap(found, "conv1", KERNEL.flip(0, 1))
    return Verdict(found.losses[0] == 20 and away < 0.2, first=found.losses[0], last=found.losses[-1], gap=away)


@effect("conv-borders", "the kernel is found from padded windows; nine whole windows tell less of it")
def borders_tell(seed: int) -> Verdict:
    found = trained(lesson("conv-borders"), seed=seed)
    gaps = [gap(found, f"conv{place}", KERNEL) for place in (1, 2, 3, 4)]
    ok = max(gaps[1:3]) < 0.001 and 0.02 < gaps[0] < 0.6
    return Verdict(ok, valid=gaps[0], zeros=gaps[1], reflect=gaps[2], stride=gaps[3])


@effect("conv-channels", "a student learns the slide's volume with other filters than the slide's", quick=True)
def other_filters_do_the_same(seed: int) -> Verdict:
    found = trained(lesson("conv-channels"), seed=seed)
    volumes = found.values()
    volume_gap = (volumes["student1"] - volumes["slide1"]).abs().max().item()
    filter_gap = (found.weight("student1") - found.weight("slide1")).abs().max().item()
    return Verdict(volume_gap < 1e-3 and filter_gap > 0.5, volumes=volume_gap, filters=filter_gap)


@effect("three-connections", "the convolution reads most digits, with the fewest parameters")
def sharing_wins(seed: int) -> Verdict:
    found = trained(lesson("three-connections"), seed=seed)
    values, truth = found.values(), found.run.dataset.validation.y
    full, local, shared = ((values[name].argmax(1) == truth).float().mean().item() for name in ("fc2", "fc3", "fc4"))
    counts = [found.run.facts[name].parameters for name in ("fc1", "local1", "conv1")]
    ok = shared > max(full, local) + 0.15 and counts == [14_455_392, 357_504, 456]
    return Verdict(ok, full=full, local=local, shared=shared)


@effect("conv-stack", "reads coloured digits that a single layer on pixels does not")
def shape_counts_and_colour_does_not(seed: int) -> Verdict:
    stack = trained(lesson("conv-stack"), seed=seed)
    flat = trained(lesson("conv-stack", without("conv1", "relu1", "conv2", "relu2", "pool1")), seed=seed)
    return Verdict(stack.accuracy > 0.75 and stack.accuracy > flat.accuracy + 0.3, stack=stack.accuracy, pixels=flat.accuracy)


@effect("receptive-field", "accuracy climbs with the receptive field, and only 15×15 is enough")
def far_cells_need_far_sight(seed: int) -> Verdict:
    found = {}
    for layers in (1, 3, 5, 7):
        rest = [f"{stem}{place}" for place in range(layers + 1, 8) for stem in ("conv", "relu")]
        run = trained(lesson("receptive-field", without(*rest)), seed=seed)
        found[f"layers_{layers}"] = run.accuracy
        side = 2 * layers + 1
        if run.run.facts["head1"].receptive != (side, side):
            return Verdict(False, **found)
    one, three, five, seven = found.values()
    return Verdict(one < 0.635 < three < 0.76 < five < 0.885 < 0.99 < seven, **found)


@effect("known-filters", "a convolution learns all eight designed filters from what they do")
def eight_filters_are_learned(seed: int) -> Verdict:
    found = trained(lesson("known-filters"), seed=seed)
    learned, worst = found.weight("conv1")[:, 0], 0.0
    for place in range(KNOWN):
        kernel = getattr(found.run.net, f"filter{place + 1}").weight[0, 0]
        rim = (5 - len(kernel)) // 2
        worst = max(worst, (learned[place] - torch.nn.functional.pad(kernel, (rim,) * 4)).abs().max().item())
    return Verdict(worst < 0.1, worst=worst, loss=found.losses[-1])

"""Effects of the lessons on segmentation: any size of picture, and what the skips of a U-Net are for."""

from __future__ import annotations

import torch
from effects.lab import Trained, changed, lesson, trained, untrained
from effects.table import Verdict, effect

LINE = 3  # background, digit, animal, line


def overlaps(run: Trained) -> list[float]:
    """IoU of each class over all validation pixels."""
    split = run.run.dataset.validation
    truth = run.run.fetch(split, torch.arange(len(split)))[1][0]
    found = run.values()["head1"].argmax(1)
    return [float(((found == c) & (truth == c)).sum() / ((found == c) | (truth == c)).sum()) for c in range(LINE + 1)]


@effect("segmentation-scenes", "a fully convolutional network serves pictures of another size with the same weights")
def any_size(seed: int) -> Verdict:
    small = trained(lesson("segmentation-scenes"), seed=seed)
    wide = untrained(changed(small.run.snapshot, params={"scenes1": {"size": (40, 72), "count": 200}}))
    wide.run.net.load_state_dict(small.run.net.state_dict())
    here, there = (sum(overlaps(run)) / (LINE + 1) for run in (small, wide))
    return Verdict(here > 0.65 and there > here - 0.08, mean_iou=here, at_40_by_72=there, lines=overlaps(small)[LINE], seconds=small.run.seconds)


@effect("unet-scenes", "without its skips a U-Net loses the thin lines, at once and after training")
def skips_carry_the_lines(seed: int) -> Verdict:
    cut = {f"skip{level}": {"factor": 0.0} for level in (1, 2, 3)}
    whole = trained(lesson("unet-scenes"), seed=seed)
    zeroed = untrained(changed(whole.run.snapshot, params=cut))
    zeroed.run.net.load_state_dict(whole.run.net.state_dict())
    without = trained(lesson("unet-scenes", params=cut), seed=seed)
    found = {"lines": overlaps(whole)[LINE], "lines_when_cut": overlaps(zeroed)[LINE], "lines_without": overlaps(without)[LINE]}
    means = {"mean_iou": sum(overlaps(whole)) / 4, "mean_without": sum(overlaps(without)) / 4}
    fine = found["lines"] > 0.55 and max(found["lines_when_cut"], found["lines_without"]) < found["lines"] - 0.3
    return Verdict(fine and means["mean_iou"] > means["mean_without"] + 0.15, **found, **means, seconds=whole.run.seconds)

"""Effects of the lessons on shapes in several views: one view, the vote over all, view pooling, and training in two stages."""

from __future__ import annotations

import tempfile
from pathlib import Path

from effects.lab import Keeper, Trained, accuracy, changed, lesson, trained
from effects.table import Verdict, effect

from engine.graph.model import Snapshot
from engine.train.config import Job
from engine.train.loop import train

VIEWS = 12


def vote(run: Trained) -> float:
    """The share of objects that the mean probability over their single views names right; views of an object lie side by side."""
    shares = run.values()["fc2"].softmax(1).unflatten(0, (-1, VIEWS)).mean(1)
    return float((shares.argmax(1) == run.run.dataset.validation.y[::VIEWS]).float().mean())


@effect("multi-view", "a vote beats one view, and pooling the views beats the vote")
def views_help(seed: int) -> Verdict:
    single = trained(lesson("single-view"), seed=seed)
    voted = vote(single)
    found = {pool: accuracy(lesson("multi-view", params={"view_pool1": {"pool": pool}}), seed=seed) for pool in ("max", "mean")}
    return Verdict(
        voted > single.accuracy and min(found.values()) > single.accuracy + 0.05 and max(found.values()) > voted, one_view=single.accuracy, vote=voted, **found
    )


@effect("single-view", "what looks alike is mistaken: half of all errors and more sit in the pairs that share views")
def pairs_are_confused(seed: int) -> Verdict:
    run = trained(lesson("single-view"), seed=seed)
    truth, found = run.run.dataset.validation.y, run.values()["fc2"].argmax(1)
    names = run.run.dataset.class_names
    pairs = [{names.index(a), names.index(b)} for a, b in (("shelf", "wardrobe"), ("mug", "cup"), ("bottle", "vase"), ("table", "stool"))]
    wrong = [{int(a), int(b)} for a, b in zip(truth, found, strict=True) if a != b]
    share = sum(mistake in pairs for mistake in wrong) / len(wrong)
    return Verdict(share > 0.5 and 0.7 < run.accuracy < 0.95, share_in_pairs=share, accuracy=run.accuracy)


@effect("mvcnn-two-stages", "a first stage on single views teaches more than the same epochs from nothing")
def two_stages_help(seed: int) -> Verdict:
    with tempfile.TemporaryDirectory() as place:
        folder = kept(lesson("single-view", params={"shapes1": {"count": 16}}), Path(place), seed=seed)
        second = trained(lesson("mvcnn-two-stages", weights_from=folder), seed=seed)
    alone = trained(lesson("mvcnn-two-stages"), seed=seed)
    epochs = alone.run.epochs  # the record of the second stage begins with the epochs of the first
    first = [float(run.run.metrics.validations("accuracy")[-epochs]) for run in (second, alone)]
    fine = second.accuracy > alone.accuracy + 0.03 and first[0] > first[1] + 0.1
    return Verdict(fine, two_stages=second.accuracy, from_nothing=alone.accuracy, first_epoch=first[0], first_from_nothing=first[1])


def kept(snapshot: Snapshot, folder: Path, *, seed: int) -> str:
    """Trains into a run folder and returns it."""
    keeper = Keeper()
    result = train(Job(snapshot=changed(snapshot, seed=seed, device="cpu"), folder=folder, name="first"), keeper)
    if result.reason != "finished":
        raise RuntimeError(result.message)
    return result.folder

"""What a training is told before it starts: the job, its device and threads, and what a recipe may say. Trains nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.events import Ensemble, Evaluation, Source
from engine.graph.model import Recipe, Snapshot
from engine.graph.problem import ERROR, Problem
from engine.layers import optimizers, schedules
from engine.layers.params import Choice, Int, Param, ParamError
from engine.layers.recipe import params_of

CORES = torch.get_num_threads()  # at import: what the machine offers
MACS_PER_THREAD = 1_500_000  # per batch; on 2 cores the second thread pays even for 784-32-10 at batch 64 (1.6 million, 1.14 times as fast)
RECIPE: tuple[Param, ...] = (
    Choice("optimizer", list(optimizers.BY_ID)),
    Choice("schedule", list(schedules.BY_ID)),
)
ROOMY: dict[str, Param] = {  # where a run takes more than a form offers
    "epochs": Int("epochs", 12, low=1, high=1_000_000),
    "seed": Int("seed", 0, low=0, high=2**63 - 1),
}


class TrainingError(Exception):
    """Why a training cannot start or go on: carries the problem to show."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to train. `folder` is where run folders go (None: nothing is written); `base` is the project file's folder.

    `resume` is the run folder to go on with; `steps` ends the run early (0: all epochs). Without a `source` the snapshot is compiled.
    """

    snapshot: Snapshot
    source: Source | None = None
    folder: str | Path | None = None
    name: str = ""
    base: str = ""
    resume: str | Path = ""
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a training ended. `reason`: finished, stopped, failed or diverged; losses and accuracies of the last epoch; seconds of training."""

    reason: str
    message: str = ""
    problem: Problem | None = None
    folder: str = ""
    steps: int = 0
    epochs: int = 0
    seconds: float = 0.0
    samples_per_second: float = 0.0
    train: dict[str, float] | None = None
    validation: dict[str, float] | None = None
    device: str = ""
    evaluations: tuple[Evaluation, ...] = ()
    ensemble: Ensemble | None = None


def check_recipe(recipe: Recipe) -> None:
    """Raises TrainingError for a recipe that cannot be trained with, naming the field and what it may be."""
    try:
        for rule in RECIPE:
            rule.parse(getattr(recipe, rule.name))
        for rule in params_of(recipe):
            ROOMY.get(rule.name, rule).parse(getattr(recipe, rule.name))
    except ParamError as error:
        raise TrainingError(Problem(ERROR, "recipe", str(error), fix="Change it in the run bar or in the recipe panel.")) from error


def pick_device(wanted: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda"; TrainingError when there is no such device."""
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if wanted == "cuda":
        message = "The recipe asks for a CUDA device, but torch finds none on this computer."
        raise TrainingError(Problem(ERROR, "no-device", message, fix="Set the device to auto or cpu."))
    return torch.device("cpu")


def threads_for(macs: int, cores: int = CORES) -> int:
    """How many torch threads pay for batches of `macs` multiply-accumulates.

    Decided from the network's size and never by timing: another number of threads sums in another order, and the same
    command must give the same numbers to the last bit.
    """
    return max(1, min(cores, 1 + macs // MACS_PER_THREAD))

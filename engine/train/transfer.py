"""Begins a run with the weights of another one: found by node name, held for a first stage where the recipe says so. Executes nothing it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from engine.events import Metrics, Stage
from engine.graph.problem import ERROR, HINT, WARNING, Problem
from engine.train import checkpoint, runs
from engine.train.config import TrainingError
from engine.train.run import Run

STAMP = re.compile(r"^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-")  # when a run was begun, in front of its name
COPY = re.compile(r"\d+\.")  # in front of the names in an ensemble's file


@dataclass(slots=True)
class Fit:
    """Which modules of the network got the weights of their namesakes, and of which the shapes differ (name -> here, there)."""

    loaded: list[str] = field(default_factory=list)
    other: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def located(name: str, *, base: str, folder: str | Path | None) -> Path:
    """What `weights_from` means: a file or run folder, relative to the project, or a project's name, whose newest run counts.

    Runs of other projects lie beside those of this one, which go below `folder`.
    """
    homes = [Path(base), *([Path(folder).parent] if folder else [])]
    for path in (home / f"{name}{ending}" for home in homes for ending in ("", ".runs")):
        if path.is_file() or (path / runs.CHECKPOINTS).is_dir():
            return path
        for run in runs.list_runs(path) if path.is_dir() else ():
            if checkpoint.last(Path(run.folder) / runs.CHECKPOINTS) is not None:
                return Path(run.folder)
    return Path(base, name)


def begin(run: Run, path: Path) -> None:
    """Loads the weights at `path` into `run`, and sets its stages. TrainingError when there is nothing to load."""
    recipe = run.recipe
    weights = read(path)
    fits = [take_over(state, source) for state, source in zip(run.states(), tables(weights, run.copies), strict=True)]
    told(run, fits[0], path)
    run.stages = [Stage(0, f"from {STAMP.sub('', path.stem if path.is_file() else path.name)}")]
    if recipe.hold_epochs:
        run.held = fits[0].loaded
        run.stages.append(Stage(recipe.hold_epochs * run.steps_per_epoch, "all train"))
        still(run)
    hold(run)
    if not any(weight.requires_grad for weight in run.weights):
        message = f"All layers have the weights of {path.name} and are held, so nothing would train in the first {recipe.hold_epochs} epochs."
        raise TrainingError(Problem(ERROR, "all-held", message, fix="Set “Hold them” to 0 in the recipe."))


def read(path: Path) -> dict[str, torch.Tensor]:
    """The best weights of a run folder, or else its last ones; or those of a safetensors file."""
    folder = path / runs.CHECKPOINTS
    best = folder / checkpoint.BEST
    file = path if path.is_file() else best if best.is_file() else checkpoint.last(folder) if folder.is_dir() else None
    if file is None:
        message = f"There are no weights to begin with in {path}."
        raise TrainingError(Problem(ERROR, "no-weights-file", message, fix="Choose a run folder with checkpoints or a safetensors file in the recipe."))
    return checkpoint.load_weights(file)[0]


def tables(weights: Mapping[str, torch.Tensor], copies: int) -> list[dict[str, torch.Tensor]]:
    """The weights for each copy that is trained: those of an ensemble's members in turn, or one network's for all."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    several = all(COPY.match(name) for name in weights)
    for name, tensor in weights.items():
        number, rest = name.split(".", 1) if several else ("0", name)
        found.setdefault(number, {})[rest] = tensor
    members = [found[number] for number in sorted(found, key=int)] or [{}]
    return [members[number % len(members)] for number in range(copies)]


def take_over(own: Mapping[str, torch.Tensor], source: Mapping[str, torch.Tensor]) -> Fit:
    """Copies into `own` what `source` has, module by module: a layer gets all of its tensors or none."""
    fit = Fit()
    for module in dict.fromkeys(name.rpartition(".")[0] for name in own):
        names = [name for name in own if name.rpartition(".")[0] == module]
        if not all(name in source for name in names):
            fit.missing.append(module)
        elif differing := next((name for name in names if own[name].shape != source[name].shape), ""):
            fit.other[module] = tuple(own[differing].shape), tuple(source[differing].shape)
        else:
            fit.loaded.append(module)
            for name in names:
                own[name].copy_(source[name])
    return fit


def told(run: Run, fit: Fit, path: Path) -> None:
    """Says what was loaded; TrainingError where nothing was."""
    if not fit.loaded:
        message = f"No layer of this network has the name and the shape of one in {path}."
        raise TrainingError(Problem(ERROR, "nothing-to-load", message, fix="Name the layers as they are called there, or clear “Weights from” in the recipe."))
    own = [*fit.missing, *fit.other]
    rest = f"; {listed(own)} {'begin' if len(own) > 1 else 'begins'} anew" if own else ""
    run.notices.append(
        Problem(HINT, "weights-loaded", f"{listed(fit.loaded)} {'begin' if len(fit.loaded) > 1 else 'begins'} with the weights of {path.name}{rest}.")
    )
    for module, (here, there) in fit.other.items():
        message = f"{module} is {'×'.join(map(str, here))} here and {'×'.join(map(str, there))} in {path.name}, so its weights were not loaded."
        run.notices.append(
            Problem(WARNING, "other-shape", message, node=node_of(run, module), fix="Rename the layer if that is meant, or give it the same size.")
        )


def node_of(run: Run, module: str) -> str:
    """The node whose module has this path in the network."""
    attribute = module.partition(".")[0]
    return next((node for node, name in run.source.modules.items() if name == attribute), "")


def listed(names: list[str]) -> str:
    """`conv1, conv2 and fc1`; beyond a handful, how many more."""
    shown = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def still(run: Run) -> None:
    """Held weights have no momentum yet. torch's fused step cannot tell that from their first one, so they get what it would make: nothing."""
    if run.recipe.optimizer == "sgd" and run.recipe.momentum:
        for weight in (weight for name in run.held for module in run.modules_at(name) for weight in module.parameters(recurse=False)):
            run.optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)


def hold(run: Run) -> None:
    """Lets what was loaded stay as it is in the first stage, and train from the second on; frozen nodes never train."""
    holding = bool(run.held) and run.epochs_done < run.recipe.hold_epochs
    for name in run.held:
        for module in run.modules_at(name):
            for weight in module.parameters(recurse=False):
                weight.requires_grad_(not holding and id(weight) in run.trained)
    run.rest()


def with_past(folder: Path, store: Metrics) -> Metrics:
    """`store` behind the numbers of the run in `folder`, whose last step is step 0: the curves then show both stages."""
    past = runs.read_metrics(folder)
    if not past.count:
        return store
    whole = Metrics(past.count + len(store.step["loss"]), past.validation_count + len(store.validation["loss"]), first_step=-past.count, parts=store.parts)
    took = float(past.steps("seconds")[-1])
    for before, shift in ((past, True), (store, False)):
        gone = took if shift else 0.0
        if before.count:
            columns = {name: before.steps(name) if name in before.step else np.full(before.count, np.nan) for name in whole.step}
            whole.write_steps(columns | {"seconds": columns["seconds"] - gone})
        for row in range(before.validation_count):
            values = {name: before.validations(name)[row] if name in before.validation else np.nan for name in whole.validation}
            whole.write_validation(**values | {"seconds": values["seconds"] - gone, "step": values["step"] - (past.count if shift else 0)})
    return whole

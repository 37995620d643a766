"""Goes on with a run from its folder: checks that network, data and recipe are those it was begun with, and says what differs. Takes no step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.graph import text
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, HINT, WARNING, Problem
from engine.layers import optimizers, registry, schedules
from engine.layers.recipe import params_of
from engine.train import checkpoint, runs
from engine.train.config import TrainingError
from engine.train.run import Run

MUST_STAY = (  # else no step is the same: the field, what was, and what to set back
    ("copies", "an ensemble of {}", "the copies"),
    ("batch_size", "batches of {}", "the batch size"),
    ("accumulate", "{} batches a step", "the accumulation"),
    ("seed", "seed {}", "the seed"),
    ("shuffle", "shuffling {}", "the shuffling"),
)
FREE = ("epochs", "device", "learning_rate", "combine", "weights_from")  # what everybody expects to change, or what only the beginning needed


def go_on(run: Run, folder: Path) -> None:
    """Restores the newest checkpoint of the run in `folder` and continues its record. TrainingError says why it cannot go on."""
    weights, state = checkpoint.load_last(folder / runs.CHECKPOINTS)
    begun = runs.read_json(folder / runs.RECIPE)
    check_network(run, folder)
    check_data(run, folder)
    check_recipe(run, folder, state=state, begun=begun)
    try:
        run.restore(weights, state)
    except (KeyError, ValueError, RuntimeError, TypeError) as error:
        raise checkpoint.damaged(folder / runs.CHECKPOINTS, error) from error
    steps, validations = runs.truncate(folder, run.step)
    run.use_metrics(runs.filled(steps, validations, room=run.steps, parts=runs.parts_in(folder)))
    run.folder = str(folder)
    run.record = runs.Record(folder, run.metrics.parts)
    run.notices += differences(run, begun, optimizer=str(state["optimizer_id"]))


def check_network(run: Run, folder: Path) -> None:
    """Whether the same text trains."""
    recorded = (folder / runs.SOURCE).read_text(encoding="utf-8") if (folder / runs.SOURCE).is_file() else ""
    if recorded != run.source.text:
        message = f"The network has changed since the run in {folder} was made, so it cannot go on."
        raise TrainingError(Problem(ERROR, "network-changed", message, fix="Undo the changes, or start a new run."))


def check_data(run: Run, folder: Path) -> None:
    """Whether it trains on the same data; a document that cannot be read says nothing."""
    try:
        before = text.load((folder / runs.DOCUMENT).read_text(encoding="utf-8"))
    except (OSError, text.TextError):
        return
    old, new = data_of(before), data_of(run.snapshot)
    changed = next((name for name in new if old.get(name) != new[name]), "")
    if changed:
        message = f"The data of {changed} has changed since the run in {folder} was made, so it cannot go on."
        raise TrainingError(Problem(ERROR, "data-changed", message, node=changed, fix="Set its parameters back, or start a new run."))


def data_of(snapshot: Snapshot) -> dict[str, tuple[str, dict[str, Any]]]:
    """Type and parameters of every dataset."""
    rows = ((node, registry.of(node, snapshot)) for node in snapshot.nodes)
    return {node.id: (node.type, dict(node.params)) for node, row in rows if row is not None and row.role == "data"}


def check_recipe(run: Run, folder: Path, *, state: Mapping[str, Any], begun: Mapping[str, Any]) -> None:
    """Whether each step would be what it would have been."""
    for field, said, fix in MUST_STAY:
        now = getattr(run.recipe, field)
        before = state.get(field, begun.get(field, now))
        if before != now:
            message = f"The run in {folder} was made with {said.format(spoken(before))}, not {spoken(now)}, so it cannot go on."
            raise TrainingError(Problem(ERROR, "recipe-changed", message, fix=f"Set {fix} back, or start a new run."))
    if state.get("factors", [1.0]) != run.factors:
        message = f"The learning-rate factors of some layers have changed since the run in {folder} was made, so it cannot go on."
        raise TrainingError(Problem(ERROR, "recipe-changed", message, fix="Set them back, or start a new run."))


def differences(run: Run, begun: Mapping[str, Any], *, optimizer: str) -> list[Problem]:
    """What else the recipe says now: from here on that counts."""
    recipe, found = asdict(run.recipe), []
    if optimizer != run.recipe.optimizer:
        names = [optimizers.BY_ID[name].title if name in optimizers.BY_ID else name for name in (optimizer, run.recipe.optimizer)]
        message = f"The run was begun with {names[0]} and goes on with {names[1]}, which remembers nothing of the steps so far."
        found.append(Problem(WARNING, "other-optimizer", message, fix="Choose the first one again to go on as if nothing had been."))
    meant = {param.name: param.caption.lower() for param in params_of(run.recipe) if param.name not in FREE}
    meant |= {"schedule": "schedule"} if begun.get("schedule") in schedules.BY_ID else {}
    other = {name: words for name, words in meant.items() if name in begun and begun[name] != recipe[name]}
    if other:
        listed = ", ".join(f"{words} {spoken(begun[name])} → {spoken(recipe[name])}" for name, words in other.items())
        found.append(Problem(HINT, "recipe-differs", f"The recipe is another than at the beginning of this run, and counts from here on: {listed}."))
    return found


def spoken(value: object) -> str:
    """A value of a recipe in words."""
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)

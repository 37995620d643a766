"""Turns a job into a run: recipe, device, source, data, network, optimizer, run folder, and where to go on. Takes no step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.compile.datasets import without_samples
from engine.data.catalog import CATALOG, DataError, LoadingStopped
from engine.data.load import Dataset, load
from engine.events import Analysis, Source
from engine.graph.model import Node, Snapshot, block_of
from engine.graph.problem import ERROR, HINT, WARNING, Problem
from engine.layers import registry
from engine.train import ensemble, judge, optimizers, order, resume, runs, transfer
from engine.train.config import Job, TrainingError, check_recipe, pick_device, threads_for
from engine.train.control import Control
from engine.train.metrics import accuracy_of
from engine.train.parts import mixes, parts_of
from engine.train.run import Run

Attributes = Mapping[str, str]  # node id -> attribute of the class


def prepare(job: Job, control: Control) -> Run:
    """The run of `job`, ready for its first or next step. TrainingError carries the problem when there can be none."""
    snapshot = job.snapshot
    check_recipe(snapshot.recipe)
    device = pick_device(snapshot.recipe.device)
    analysis = analyse(snapshot, base=job.base)
    if analysis.errors:
        raise TrainingError(analysis.errors[0])
    source = job.source or analysis.source
    node = data_node(snapshot, source)
    if (missing := without_samples(snapshot, analysis.problems, node.id)) is not None:
        raise TrainingError(missing)
    dataset = load_dataset(node, job, device=device, control=control)
    torch.set_num_threads(threads_for(analysis.macs * snapshot.recipe.batch_size) if device.type == "cpu" else torch.get_num_threads())
    run = assemble(job, analysis, source=source, dataset=dataset, device=device)
    if not len(dataset.validation):
        message = "There are no validation samples, so nothing tells how well the network does on what it has not seen."
        run.notices.append(Problem(WARNING, "no-validation", message, node=node.id, fix="Add samples, or hold out a larger share."))
    if dataset.report:
        run.notices.append(Problem(WARNING, "skipped-files", dataset.report, node=node.id, fix="Remove or replace these files."))
    parent = Path(job.resume).parent if job.resume else job.folder
    origin = transfer.located(snapshot.recipe.weights_from, base=job.base, folder=parent) if snapshot.recipe.weights_from else None
    if origin is not None and not job.resume:
        transfer.begin(run, origin)
    if job.resume:
        resume.go_on(run, Path(job.resume))
    elif job.folder is not None:
        open_folder(run, Path(job.folder))
    if run.stages and origin is not None:
        run.use_metrics(transfer.with_past(origin, run.metrics))
    return run


def assemble(job: Job, analysis: Analysis, *, source: Source, dataset: Dataset, device: torch.device) -> Run:
    """Network, loss and optimizer from the source, on `device`, seeded by the recipe."""
    snapshot = job.snapshot
    if snapshot.recipe.copies > 1:
        return assemble_copies(job, analysis, source=source, dataset=dataset, device=device)
    built = build(source, seed=snapshot.recipe.seed)
    net = built.net.to(device).train()
    check_built(built)
    torch.manual_seed(order.derived_seed(snapshot.recipe.seed, order.TRAINING))  # dropout and the like, whatever the initialisation drew
    factors = factors_of(snapshot, built)
    parts = parts_of(snapshot, analysis) if source is analysis.source and len(source.losses) > 1 else None
    return Run(
        snapshot, analysis, source=source, name=job.name or snapshot.about.title, net=net, loss=parts or built.loss, dataset=dataset, device=device,
        steps=job.steps, optimizer=optimizers.make(snapshot.recipe, net.parameters(), factors), accuracy=accuracy_of(snapshot, source), parts=parts,
    )  # fmt: skip


def check_built(built: Built) -> None:
    """TrainingError where there is nothing to make smaller, or nothing to make it smaller with."""
    if built.loss is None:
        raise TrainingError(Problem(ERROR, "no-loss", "There is no loss to make smaller.", fix="Wire the last layer and the label into a CrossEntropy node."))
    if not any(weight.requires_grad for weight in built.net.parameters()):
        raise TrainingError(Problem(ERROR, "no-weights", "This network has no weights to train.", fix="Add a layer that learns, or unfreeze one."))


def assemble_copies(job: Job, analysis: Analysis, *, source: Source, dataset: Dataset, device: torch.device) -> Run:
    """The run of an ensemble: copies with seeds of their own, trained the quicker way."""
    snapshot, recipe = job.snapshot, job.snapshot.recipe
    ends = ensemble.ends_of(snapshot, source)
    ensemble.check(recipe, ends)
    if mixes(snapshot, source):
        message = "Some losses are summed over the batch and others are means; the copies of an ensemble need one of the two for all."
        raise TrainingError(Problem(ERROR, "mixed-reductions", message, node=source.losses[0], fix="Set Reduction of all losses to mean, or to sum."))
    built = ensemble.members_of(source, recipe, device)
    check_built(built[0])
    factors = {name: factor for each in built for name, factor in by_name(each.net, factors_of(snapshot, each)).items()}
    index = torch.arange(min(recipe.batch_size, len(dataset.train)) * recipe.copies, device=dataset.train.x.device) % len(dataset.train)
    fields = dataset.train.fields(index)
    batch = tuple([fields[port] for _, port in ports] for ports in (source.inputs, source.targets))
    recorded = runs.read_json(Path(job.resume) / runs.ENSEMBLE) if job.resume else {}
    model, how = ensemble.choose([each.net for each in built], built[0].loss, batch, recorded=recorded)
    torch.manual_seed(order.derived_seed(recipe.seed, order.TRAINING))
    rates = {id(weight): factors.get(ensemble.plain_name(name), 1.0) for name, weight in model.named_parameters()}
    parts = ensemble.MemberLosses(built[0].loss, recipe.copies)
    run = ensemble.EnsembleRun(
        snapshot, analysis, source=source, name=job.name or snapshot.about.title, net=build(source, seed=recipe.seed).net.to(device), loss=parts,
        dataset=dataset, device=device, steps=job.steps, optimizer=optimizers.make(recipe, model.parameters(), rates),
        accuracy=accuracy_of(snapshot, source), parts=parts, model=model,
    )  # fmt: skip
    run.how, run.ends, run.evaluator = how, ends, judge.evaluate_copies
    run.net = run.member(0)
    run.notices.append(Problem(HINT, "ensemble", how.words))
    return run


def by_name(net: nn.Module, factors: Mapping[int, float]) -> dict[str, float]:
    """The factors of weights by their names."""
    return {name: factors[id(weight)] for name, weight in net.named_parameters() if id(weight) in factors}


def factors_of(snapshot: Snapshot, built: Built) -> dict[int, float]:
    """What multiplies the learning rate of a weight, by its id(), where the node that has it says so; those that share it have no say."""
    factors: dict[int, float] = {}
    add_factors(factors, snapshot, built.source.modules, blocks=built.source.block_modules, module=built.net, outer=1.0)
    return factors


def add_factors(factors: dict[int, float], here: Snapshot, table: Attributes, *, blocks: Mapping[str, Attributes], module: nn.Module, outer: float) -> None:
    """The factors in Net or in one copy of a block; that of an instance multiplies those inside."""
    nodes = here.by_id()
    for node_id, attribute in table.items():
        node, part = nodes[node_id], getattr(module, attribute, None)
        if part is None or (node.shares and any(other == attribute for name, other in table.items() if name != node_id and not nodes[name].shares)):
            continue
        factor, block = outer * node.lr_factor, block_of(node.type)
        if (factor, outer) != (1, 1):
            factors.update({id(weight): factor for weight in part.parameters()})
        if block:
            for copy in part if isinstance(part, nn.Sequential) else [part]:
                add_factors(factors, here.body(block), blocks.get(block, {}), blocks=blocks, module=copy, outer=factor)


def data_node(snapshot: Snapshot, source: Source) -> Node:
    """The one data node that feeds the network and its loss."""
    ids = sorted({node_id for node_id, _ in (*source.inputs, *source.targets)})
    nodes = snapshot.by_id()
    if not ids:
        raise TrainingError(Problem(ERROR, "no-data", "No dataset is wired to the network.", fix="Add MNIST 5k and wire it to the first layer."))
    if len(ids) > 1:
        names = " and ".join(nodes[node_id].title or node_id for node_id in ids)
        raise TrainingError(
            Problem(ERROR, "several-datasets", f"A run trains on one dataset; {names} are wired in.", node=ids[1], fix="Wire all inputs to one dataset.")
        )
    return nodes[ids[0]]


def load_dataset(node: Node, job: Job, *, device: torch.device, control: Control) -> Dataset:
    """The dataset of `node` on `device`; what is wrong with it becomes a problem pinned to the node."""
    row = registry.of(node)
    try:
        if CATALOG[row.dataset].kind != "archive" and not control.preparing(f"Loading {row.title}"):
            raise LoadingStopped
        return load(row.dataset, node.params, device=device, base=job.base, say=control.preparing)
    except LoadingStopped:
        raise
    except DataError as error:
        raise TrainingError(Problem(ERROR, "data", str(error), node=node.id, fix=error.fix, remedies=error.remedies)) from error


def open_folder(run: Run, parent: Path) -> None:
    """Makes the run folder."""
    try:
        folder = runs.create(parent, run.name, run.snapshot, source=run.source.text)
        run.record = runs.Record(folder, run.metrics.parts)
        if isinstance(run, ensemble.EnsembleRun):
            (folder / runs.ENSEMBLE).write_text(json.dumps({"copies": run.copies, "together": run.how.together, "words": run.how.words}, indent=1) + "\n")
    except OSError as error:
        message = f"The run folder cannot be made in {parent}: {error.strerror or error}."
        raise TrainingError(Problem(ERROR, "no-run-folder", message, fix="Save the project in a folder that you may write to.")) from error
    run.folder = str(folder)

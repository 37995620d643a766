"""What can be wrong with a network beyond a single layer: a table of small functions. Changes nothing; knows no torch.

Each function takes a view of the analysed document and yields problems; RULES lists those that are asked every time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import networkx as nx

from engine.compile import mending, sharing
from engine.compile.findings import width_setter
from engine.compile.habits import HABITS, WITHIN
from engine.compile.names import natural
from engine.compile.order import Wiring
from engine.data.catalog import DatasetFacts
from engine.events import NodeFacts
from engine.graph.filling import PLACES
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, HINT, WARNING, Problem, Remedy
from engine.layers.registry import find
from engine.layers.spec import LayerType, shape_text

RANK = {ERROR: 0, WARNING: 1, HINT: 2}
MOST_ALSO = 200  # further paths that a problem names
SQUASHED = {"softmax": ("cross_entropy",), "sigmoid": ("bce_with_logits",)}  # functions that these losses apply themselves
BY_CLASS = ("cross_entropy", "nll", "hinge", "dice")  # losses that want one score for each class
BEFORE = {"nll": "log_softmax", "kl_div": "log_softmax", "binary_nll": "sigmoid"}  # what these losses leave to a layer
RANGES = {"nll": "log-probabilities", "kl_div": "log-probabilities", "binary_nll": "probabilities between 0 and 1"}
ANY_RANGE = ("linear", "conv2d", "pointwise_conv2d", "transposed_conv2d")  # layers whose outputs are surely none of that
PLAIN_BIAS = ("linear", "bilinear", "conv1d", "conv2d", "conv3d", "depthwise_conv2d", "pointwise_conv2d", "separable_conv2d", "transposed_conv2d")


@dataclass(frozen=True, slots=True)
class View:
    """An analysed document: its wires, facts per node (outputs empty behind an error) and facts per dataset node."""

    snapshot: Snapshot
    wires: Wiring
    facts: Mapping[str, NodeFacts]
    datasets: Mapping[str, DatasetFacts]

    def row(self, node_id: str) -> LayerType:
        return self.wires.rows[node_id]

    def works(self, node_id: str) -> bool:
        """Whether the node has an output shape."""
        return bool(self.facts.get(node_id, NodeFacts()).outputs)

    def value(self, node_id: str, name: str) -> object:
        """A parameter as it is set, or its default; None when the layer has none of this name."""
        param = next((param for param in self.row(node_id).params if param.name == name), None)
        return self.wires.nodes[node_id].params.get(name, param.default) if param else None


def loops(view: View) -> Iterator[Problem]:
    """One problem for each group of nodes that feed each other."""
    looped = view.wires.looped
    graph = nx.DiGraph((ref[0], node_id) for node_id in looped for ref in view.wires.sources[node_id].values() if ref[0] in looped)
    for group in nx.strongly_connected_components(graph):
        names = sorted(group, key=natural)
        if len(names) == 1 and not graph.has_edge(names[0], names[0]):
            continue
        message = f"These nodes feed each other in a circle: {', '.join(names[:6])}{' ...' if len(names) > 6 else ''}."
        if len(names) == 1:
            message = f"{names[0]} feeds itself."
        yield Problem(ERROR, "loop", message, names[0], fix="Delete one of the wires of the circle.")


def impossible_wires(view: View) -> Iterator[Problem]:
    """Wires that no editor draws but a file may hold."""
    for wire, reason in view.wires.refused.items():
        ends = [node_id for node_id in (wire.target, wire.source) if node_id in view.wires.nodes]
        ports = {port.name for port in view.wires.inputs.get(wire.target, ())}
        message = f"The wire from {wire.source}.{wire.source_port} to {wire.target}.{wire.target_port} is not possible: {reason}"
        remedies = (Remedy("Remove this wire", "remove", port=wire.target_port),) if ends[:1] == [wire.target] else ()
        port = wire.target_port if wire.target_port in ports else ""
        # An input that is lost cannot be trained without; a wire to nowhere only lies about.
        yield Problem(ERROR if port else WARNING, "impossible-wire", message, ends[0] if ends else "", port, "Remove the wire.", remedies)


def no_data(view: View) -> Iterator[Problem]:
    if not view.wires.of_role("data"):
        message = "The network has no data: there is no dataset among its nodes." if view.wires.nodes else "The network is empty."
        yield Problem(ERROR, "no-data", message, fix="Add a dataset from the palette, such as MNIST 5k, and wire its image to the first layer.")


def several_data(view: View) -> Iterator[Problem]:
    used = sorted((n for n in view.wires.relevant if view.wires.role(n) == "data"), key=natural)
    for node_id in used[1:]:
        message = f"A network trains on one dataset, and {used[0]} is in use already."
        same = {name for source, name in view.wires.readers if source == node_id} <= {port.name for port in view.row(used[0]).outputs}
        remedies = (Remedy(f"Use {used[0]} for all", "take-over", node=used[0], note=f"without {node_id}"),) if same else ()
        yield Problem(ERROR, "several-data", message, node_id, fix=f"Wire everything to {used[0]}, or delete one of the two.", remedies=remedies)


def dataset_trouble(view: View) -> Iterator[Problem]:
    for node_id, known in view.datasets.items():
        if known.problem:
            yield Problem(ERROR, "dataset", known.problem, node_id, fix=known.fix)
        elif known.note:
            yield Problem(HINT, "dataset-note", known.note, node_id)


def no_loss(view: View) -> Iterator[Problem]:
    sinks = view.wires.sinks
    if sinks and not view.wires.of_role("loss"):
        last = next((node_id for node_id in reversed(view.wires.order) if node_id in sinks and view.works(node_id)), sinks[-1])
        message = f"The network has no loss: nothing says how good the output of {last} is."
        data = next(iter(view.wires.of_role("data")), "")
        label = next((port.name for port in view.row(data).outputs if port.kind == "target"), "") if data else ""
        params = {"data": data, "output": label} if label else {}
        remedy = Remedy("Add CrossEntropy", "add", "cross_entropy", node=last, params=params, note=f"with {label} of {data} as target" if label else "")
        yield Problem(ERROR, "no-loss", message, last, fix="Add a loss, and wire the last layer and the label to it.", remedies=(remedy,))
    elif not sinks and not view.wires.of_role("loss") and view.wires.of_role("data"):
        message = "The network has no layers: the data goes nowhere."
        yield Problem(ERROR, "no-loss", message, view.wires.of_role("data")[0], fix="Drag layers from the palette and end with a loss.")


def unread(view: View) -> Iterator[Problem]:
    """Outputs that nobody reads, and datasets that are not used. A label alone may stay unused: an autoencoder needs none."""
    pinned = {problem.node for problem in no_loss(view)}
    # While there is a gap before the loss, loose ends are expected, and the gap is reported.
    for node_id in view.wires.sinks if view.wires.measured or not view.wires.losses else ():
        ports = view.wires.rows[node_id].outputs if view.wires.rows[node_id] else ()
        if node_id not in pinned and ports:
            message = f"Nothing reads the output of {node_id}{', so the training leaves it out' if view.wires.measured else ''}."
            yield Problem(HINT, "unread", message, node_id, ports[0].name, "Drag from its port to go on.")
    for node_id in view.wires.of_role("data"):
        ports = {port.name: port for port in view.row(node_id).outputs}
        idle = [name for name in ports if (node_id, name) not in view.wires.readers]
        if len(idle) == len(ports):
            yield Problem(HINT, "unread", f"Nothing reads {node_id}.", node_id, fix="Wire its image to the first layer and its label to the loss.")


def unread_inside(view: View) -> Iterator[Problem]:
    """Layers of a block that lead to none of its outputs."""
    for node_id in view.wires.sinks if view.wires.measured else ():
        ports = view.wires.rows[node_id].outputs if view.wires.rows[node_id] else ()
        if ports:
            yield Problem(HINT, "unread", f"Nothing reads the output of {node_id}, so the block leaves it out.", node_id, ports[0].name)


def class_count(view: View) -> Iterator[Problem]:
    """As many scores as the dataset has classes."""
    for node_id in view.wires.losses:
        row = view.row(node_id)
        if row.id not in BY_CLASS or not view.works(node_id):
            continue
        prediction, target = view.wires.feeds(node_id)
        classes = view.datasets[target[0]].classes if target[0] in view.datasets else 0
        shape = view.facts[node_id].inputs["prediction"]
        if not classes or shape[1] == classes:
            continue
        message = f"{target[0]} has {classes} classes, so {row.title} needs {classes} scores per sample, got {shape_text(shape)}."
        setter = width_setter(view.wires, view.facts, prediction)
        remedies = (Remedy(f"Give {setter[0]} {classes} outputs", "set", node=setter[0], params={setter[1]: classes}),) if setter else ()
        fix = f"Let the last layer have {classes} outputs."
        # Too few scores break the training; scores that no class uses only cost time.
        yield Problem(ERROR if shape[1] < classes else WARNING, "class-count", message, node_id, "prediction", fix, remedies)


def squashed_twice(view: View) -> Iterator[Problem]:
    """Softmax before cross-entropy, sigmoid before its binary sister: both losses apply these themselves. Several in a row are one problem."""
    for loss_id in view.wires.losses:
        ref, chain = view.wires.feeds(loss_id)[0], []
        while ref and (row := view.wires.rows[ref[0]]) and view.row(loss_id).id in SQUASHED.get(row.id, ()):
            chain.append(ref[0])
            title, ref = row.title, view.wires.feeds(ref[0])[0]
        if chain:
            loss = view.row(loss_id).title
            times = "twice" if len(chain) == 1 else f"{len(chain) + 1} times"
            message = f"{loss} applies {title.lower()} itself, so with this {title} it is applied {times} and learning is slow."
            remedy = Remedy(f"Bypass {' and '.join(reversed(chain))}", "bypass", params={"nodes": tuple(chain)} if len(chain) > 1 else {})
            yield Problem(WARNING, "squashed-twice", message, chain[0], fix=f"Wire the scores before {chain[-1]} to the loss.", remedies=(remedy,))


def not_a_probability(view: View) -> Iterator[Problem]:
    """Bare scores before a loss that takes the logarithm of a probability, or of what it is told is one."""
    for loss_id in view.wires.losses:
        row, ref = view.row(loss_id), view.wires.feeds(loss_id)[0]
        before = view.wires.rows[ref[0]] if ref else None
        if before and row.id in BEFORE and before.id in ANY_RANGE:
            wanted = find(BEFORE[row.id])
            message = f"{row.title} takes {RANGES[row.id]}, and {ref[0]} gives scores of any size."
            remedy = Remedy(f"Insert {wanted.title}", "insert", wanted.id, "prediction")
            yield Problem(WARNING, "not-a-probability", message, loss_id, "prediction", f"Put {wanted.title} before it.", (remedy,))


def idle_bias(view: View) -> Iterator[Problem]:
    """A bias right before batch norm."""
    for node_id in view.wires.members:
        if view.row(node_id) is None or view.row(node_id).id != "batch_norm":
            continue
        ref = view.wires.feeds(node_id)[0]
        before = view.wires.rows[ref[0]] if ref else None
        if before is None or before.id not in PLAIN_BIAS or view.value(ref[0], "bias") is not True or len(view.wires.readers.get(ref, ())) != 1:
            continue
        known = view.facts.get(ref[0], NodeFacts())
        width = f"−{known.outputs[ref[1]][1]:,} parameters" if known.outputs else ""
        message = f"The bias of {ref[0]} has no effect: {node_id} subtracts the mean right after it."
        remedy = Remedy("Switch bias off", "set", params={"bias": False}, note=width)
        yield Problem(HINT, "idle-bias", message, ref[0], fix=f"Switch the bias of {ref[0]} off.", remedies=(remedy,))


def batch_of_one(view: View) -> Iterator[Problem]:
    """Batch norm over a single number is impossible; over the positions of one image it is another layer. Told of the worst of them."""
    alone = any(known.train == 1 for known in view.datasets.values())  # whatever the batch size, every batch is this one sample
    if view.snapshot.recipe.batch_size != 1 and not alone:
        return
    norms = [n for n in view.wires.order if n in view.wires.members and view.row(n) and view.row(n).id == "batch_norm" and view.works(n)]
    arriving = {node_id: next(iter(view.facts[node_id].inputs.values())) for node_id in norms}
    if norms:
        worst = min(norms, key=lambda n: prod(arriving[n][2:]) > 1)  # torch refuses a mean over one number
        got = "a dataset of one training sample" if alone else "batch size 1"
        message = f"BatchNorm needs several samples in a batch to take a mean over, got {got} for {shape_text(arriving[worst])}."
        severity = WARNING if prod(arriving[worst][2:]) > 1 else ERROR
        remedies = () if alone else (Remedy("Set the batch size to 32", "recipe", params={"batch_size": 32}, note="batch size 1 → 32"),)
        fix = "Add samples, or use LayerNorm." if alone else "Set the batch size to 2 or more, or use LayerNorm."
        yield Problem(severity, "batch-of-one", message, worst, fix=fix, remedies=remedies)


def batch_size(view: View) -> Iterator[Problem]:
    size = view.snapshot.recipe.batch_size
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        message = f"The batch size must be a whole number from 1 on, got {str(size)[:20]}."
        remedy = Remedy("Set the batch size to 64", "recipe", params={"batch_size": 64})
        yield Problem(ERROR, "batch-size", message, fix="Set another batch size in the run bar.", remedies=(remedy,))


def memory_need(view: View) -> Iterator[Problem]:
    """A network that would not fit into this machine is refused before it takes the machine down."""
    members = [n for n in view.wires.members if view.works(n)]
    batch = view.snapshot.recipe.batch_size if isinstance(view.snapshot.recipe.batch_size, int) else 1
    need = {n: 12 * view.facts[n].parameters + max(batch, 1) * view.facts[n].memory for n in members}  # weight, gradient, momentum
    total, here = sum(need.values()), machine_memory()
    if total > here:
        largest = max(members, key=lambda n: need[n])
        known = view.facts[largest]
        share = f"{largest} has {known.parameters:,} parameters and {shape_text(next(iter(known.outputs.values())))} as output"
        message = f"Training needs about {total / 1e9:,.0f} GB, and this machine has {here / 1e9:,.0f} GB: {share}."
        declared = any(view.wires.nodes[name].type in PLACES for name in view.wires.of_role("data"))  # nothing to train on yet: still worth looking at
        severity = WARNING if declared else ERROR
        yield Problem(severity, "memory", message, largest, fix="Make it smaller, pool earlier, or choose a smaller batch size.")


def samples_need(view: View) -> Iterator[Problem]:
    """A dataset that would not fit into this machine: all samples are kept in memory, and once more while their order is mixed."""
    for node_id, known in view.datasets.items():
        count, shapes = known.train + known.validation, known.outputs.values()
        need, here = 2 * count * max((prod(shape) for shape in shapes), default=0), machine_memory()
        if need > here:
            shape = "×".join(map(str, max(shapes, key=prod)))
            message = f"Loading {count:,} samples of {shape} numbers takes about {need / 1e9:,.0f} GB, and this machine has {here / 1e9:,.0f} GB."
            yield Problem(ERROR, "samples-memory", message, node_id, fix="Choose a smaller size, or fewer samples.")


def shared_weights(view: View) -> Iterator[Problem]:
    """Nodes that should use the weights of others and cannot."""
    return sharing.problems(view.wires, view.facts)


def machine_memory() -> int:
    """Bytes of memory in this machine; where the system does not say, 64 GB."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 64 * 10**9


RULES: tuple[Callable[[View], Iterable[Problem]], ...] = (
    loops, impossible_wires, no_data, several_data, dataset_trouble, no_loss, unread, class_count, squashed_twice, not_a_probability, idle_bias,
    batch_of_one, batch_size, memory_need, samples_need, shared_weights, *HABITS,
)  # fmt: skip


INSIDE: tuple[Callable[[View], Iterable[Problem]], ...] = (  # those asked of a block's body
    loops, impossible_wires, idle_bias, batch_of_one, unread_inside, shared_weights, *WITHIN,
)  # fmt: skip


def once(snapshot: Snapshot, found: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Without what several instances of a block have in common: it is told of the first of them, which names the others."""
    told: dict[tuple[str, ...], int] = {}
    kept: list[Problem] = []
    for problem in found:
        if problem.path:
            body, node = snapshot.at(problem.path)
            first = told.setdefault((body.inside, node.id, problem.code, problem.message), len(kept))
            if first < len(kept):
                if len(kept[first].also) < MOST_ALSO:
                    kept[first] = replace(kept[first], also=(*kept[first].also, problem.path))
                continue
        kept.append(problem)
    return tuple(kept)


def ranked(view: View, found: Iterable[Problem], *, rules: Iterable[Callable[[View], Iterable[Problem]]] = RULES) -> tuple[Problem, ...]:
    """The nodes' own problems and those of the whole, errors first. What training does not depend on cannot keep it: at most a warning.

    What waits for a Choose to let it through is not asked: of two alternatives, only one need fit.
    """
    everything = [p for p in (*found, *(problem for rule in rules for problem in rule(view))) if p.node not in view.wires.dormant]
    needed = view.wires.relevant if view.wires.measured else frozenset(view.wires.nodes)
    eased = [replace(p, severity=WARNING) if p.severity == ERROR and p.node and p.node not in needed else p for p in everything]
    return tuple(sorted((mending.mended(view, p) for p in eased), key=lambda p: (RANK[p.severity], natural(p.node), p.port)))

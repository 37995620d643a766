"""Frozen messages from the engine to the GUI. Plain data and numpy arrays; no torch, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.graph.model import EMPTY, Value, steps
from engine.graph.problem import Problem
from engine.layers.spec import Shape


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What the analyst found out about one node. Shapes have the recipe's batch axis first; costs are per sample.

    `inputs` and `outputs` map port name -> shape; `axes` maps output port -> axis letters ("N C H W").
    `parameters` counts numbers, `macs` multiply-accumulates, `memory` bytes of the float32 output;
    `receptive` is (height, width) in input pixels, or None where it means nothing. `derived` holds the constructor
    arguments read off the wires ({"in_channels": 1}).
    """

    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)
    parameters: int = 0
    macs: int = 0
    memory: int = 0
    receptive: tuple[int, int] | None = None
    derived: dict[str, Value] = field(default_factory=dict)
    inside: tuple[Inside, ...] = ()  # of an instance of a block: one for each repeat


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The inside of a block for certain parameters and input shapes; all instances and repeats with these share one object.

    `receptive` of its nodes counts from the block's input. `values` are what its parameters are.
    """

    block: str
    values: Mapping[str, Value]
    nodes: dict[str, NodeFacts]


@dataclass(frozen=True, slots=True)
class Inside:
    """One repeat of an instance: its body, and what a position of its input sees of the network's input (`size`, and `jump` between neighbours)."""

    body: Body
    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)

    def seen(self, receptive: tuple[int, int]) -> tuple[int, int]:
        """A receptive field that counts from the block's input, counted from the outside."""
        return self.size[0] + (receptive[0] - 1) * self.jump[0], self.size[1] + (receptive[1] - 1) * self.jump[1]


@dataclass(frozen=True, slots=True)
class Source:
    """Generated Python: the text, and which node each 1-based line belongs to. `block_lines` has the lines of the blocks' classes:
    line -> (block id, inner node). `block_modules` maps block id -> inner node -> attribute of the block's class.

    `modules` maps node id -> attribute of Net. References are (node id, output port): `inputs` of each argument of
    forward, `outputs` of each value that it returns (a tuple when several), `targets` of each argument of loss after the first.
    `losses` are the loss nodes in the order in which they are added.
    """

    text: str = ""
    lines: dict[int, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    losses: tuple[str, ...] = ()
    block_lines: dict[int, tuple[str, str]] = field(default_factory=dict)
    block_modules: dict[str, dict[str, str]] = field(default_factory=dict)

    def lines_of(self, node: str, inside: str = "") -> list[int]:
        """The lines that belong to `node` of the document, or of the block `inside`, ascending."""
        if inside:
            return sorted(line for line, owner in self.block_lines.items() if owner == (inside, node))
        return sorted(line for line, owner in self.lines.items() if owner == node)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Shapes, costs, problems and source of one snapshot; `generation` grows with every snapshot that is sent.

    An edit is answered twice: first without the source (not `written`), so that shapes and problems need not wait for it, then with it.
    """

    generation: int
    nodes: dict[str, NodeFacts]
    problems: tuple[Problem, ...]
    source: Source
    parameters: int = 0
    macs: int = 0
    written: bool = True

    def inside(self, path: str) -> dict[str, NodeFacts]:
        """Facts of all nodes inside the instance at `path` ("block1", "block1.2", "block1/inner"); empty where there is nothing known."""
        nodes, way = self.nodes, []
        for name, index in steps(path):
            repeats = nodes[name].inside if name in nodes else ()
            if index >= len(repeats):
                return {}
            way.insert(0, repeats[index])
            nodes = repeats[index].body.nodes
        return {name: from_outside(known, way) for name, known in nodes.items()}

    def facts(self, path: str) -> NodeFacts | None:
        """Facts of the node at `path`: "conv1", or "block1.2/conv1" for one inside a block; None where nothing is known."""
        outer, _, name = path.rpartition("/")
        return (self.inside(outer) if outer else self.nodes).get(name.partition(".")[0])

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the document from training."""
        return tuple(p for p in self.problems if p.severity == "error")


def from_outside(known: NodeFacts, way: list[Inside]) -> NodeFacts:
    """Facts of a node inside blocks with its receptive field in pixels of the network's input; `way` leads outwards."""
    seen = known.receptive
    for step in way if seen else ():
        seen = step.seen(seen)
    return replace(known, receptive=seen) if way and seen else known


@dataclass(frozen=True, slots=True)
class EngineReady:
    """torch is loaded. `devices` lists what can be chosen ("cpu", "cuda"); `label` is for people ("CPU · 2 threads")."""

    devices: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins. `metrics` is the live store; `folder` its run folder; steps and epochs are those of the whole run."""

    run: str
    folder: str
    metrics: Metrics
    steps: int
    steps_per_epoch: int
    epochs: int
    device: str
    classes: int = 0
    copies: int = 0  # of an ensemble: how many members, whose losses are the parts of `metrics`
    stages: tuple[Stage, ...] = ()  # where the run, which begins with the weights of another one, changes


@dataclass(frozen=True, slots=True)
class Stage:
    """From this step on the training is another: step 0 is where loaded weights begin to learn. What lies before it is the earlier run."""

    step: int
    words: str


@dataclass(frozen=True, slots=True)
class RunState:
    """state: running, paused, or ended. `reason` of an end: finished, stopped, failed, diverged."""

    run: str
    state: str
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What the network is worth on the validation set in one task: that of the loss node `node`.

    `task`: classification, segmentation or regression. `numbers`: accuracy and top5 (which k the name says) of a classification, accuracy
    and miou of a segmentation, mae of a regression. `confusion` counts (samples or pixels): rows the truth, columns the answer, int64.
    `per_class` has accuracy (the share found of each class) and, of a segmentation, iou; NaN for a class that does not occur.
    """

    node: str
    task: str
    numbers: dict[str, float]
    classes: tuple[str, ...] = ()
    confusion: np.ndarray | None = None
    per_class: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What the copies of an ensemble are worth, each alone and all together, on the validation set.

    `how` says in words which way they train, `together` whether it is the stacked one. `members` and `whole` have loss and, of classes,
    accuracy. `weights` are those of the optimal combination, fitted on the whole validation set; what is judged with them is fitted on one
    half and counted on the other. `squares` has the mean squared errors members, ambiguity and whole (= members - ambiguity) of the plain
    average, and optimal (with `weights`).
    """

    copies: int
    combine: str
    together: bool
    how: str
    weights: tuple[float, ...]
    members: tuple[dict[str, float], ...]
    whole: dict[str, float]
    squares: dict[str, float]


@dataclass(frozen=True, slots=True)
class EpochDone:
    """Validation numbers after an epoch; `best` says whether the best checkpoint was replaced; `evaluations` has one for each task."""

    run: str
    epoch: int
    step: int
    validation: dict[str, float]
    best: bool
    evaluations: tuple[Evaluation, ...] = ()
    ensemble: Ensemble | None = None


@dataclass(frozen=True, slots=True)
class RunProblem:
    """Something went wrong while training or loading; pinned to a node where the engine knows which."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Progress:
    """Latest-wins: where the run is. Seconds are of training time; `probe_share` is the probes' share of it, 0..1."""

    run: str
    step: int
    steps: int
    epoch: int
    samples_per_second: float
    seconds_left: float
    learning_rate: float
    probe_share: float = 0.0


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What a panel wants to see. `kind`: filters, activations, attention, segmentation, views, prediction, samples, thumbnails or timing.

    `sample` indexes the validation set; `nodes` asks for several nodes at once (thumbnails); `limit` caps the tiles.
    `query` is the token that asks (attention) or the class whose probabilities are wanted (segmentation); it only matters where there are
    too many to send all of them. Without a `node`, attention, views and segmentation (an output) take the first that there is.
    `shuffle` (attention): if it is not 0, the patches of the image change places in an order that follows from it.
    """

    kind: str
    node: str = ""
    sample: int = 0
    nodes: tuple[str, ...] = ()
    limit: int = 64
    query: int = 0
    shuffle: int = 0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """An answer to a panel's latest request. Arrays are float32 copies, safe to keep.

    `arrays` by name: filters -> {"weight": (F, C, kh, kw), of a linear layer (out, in)}; activations -> {"output": (C, H, W) or (F,), "input": (C, H, W)};
    prediction -> {"scores": (K,), "input": (C, H, W)}; samples -> {"images": (N, C, H, W), "labels": (N,)} from `request.sample` on, validation set;
    thumbnails -> {node id: (tiles, H, W), images of data (tiles, C, H, W), matrix (H, W)}. Images ("input", "images") are in 0..1.
    attention -> {"weights", "scores": (heads, queries, keys), "entropy": (heads,), "mean": (queries, keys), "input"} and, where they mean something,
    {"rollout": (queries, keys), "positions": (tokens, tokens)}; scores are q · k before scaling, -inf where a query may not look.
    segmentation -> {"truth", "prediction": (H, W), NaN where a pixel does not count, "probability": (K or 1, H, W), "input": (C, H, W)};
    views -> {"views": (V, C, H, W)} and, where they mean something, {"won": (V,), "alone": (V, K), "scores": (K,)}: features in which each view
    alone is the greatest, what the network says of each view by itself, and of all.
    `info` holds scalars and words. Always: step, weights ("initial" or "step 662"). filters, activations: what ("filters", "rows as images",
    "weight matrix", "activation maps", "values"), total, shown, min, max;
    filters after the first step: moved (|w - w0| / |w0| since initialisation). activations, prediction: index, label, label_name. prediction: predicted,
    predicted_name, classes, class_names, probabilities (whether the scores are). samples: total, class_names. thumbnails:
    {node id: what its picture is, in words}.
    attention: heads, tokens, keys, features (of a head), factor (of the scores), whole (all queries were sent, else only `query`), every (of "mean"),
    nodes (all attention nodes), entropies ((node, ln keys, entropy of each head), ...), query_grid and key_grid (tokens in front, rows, columns; rows 0:
    no grid), query_what and key_what (in words), query_exact and key_exact (whether a cell is a patch of the very image), predicted, predicted_name, score,
    node; of shuffled patches order (which patch is at each place), and predicted_before, predicted_name_before, score_before.
    segmentation: classes, class_names, picked, whole (all classes were sent), every (1 row and 1 column in so many), probabilities, origin, height,
    width, finite, ignored (pixels), output, outputs (all of pixels), others ((output, accuracy) of "others":
    (n, H, W), their predictions), and where mask and output are of one size accuracy, iou (of each class, NaN for one that is nowhere), mean_iou.
    views: views, angles (degrees of a ring), elevation, apart (each view is a sample), first (their first one), pools (paths), pool, how (max, mean,
    concat), features, ties (features in which several views are equal), as prediction where there is one, else why (there is none).
    timing -> {"milliseconds": (n,)} of a forward pass; info: nodes (the n paths), samples (in the batch), passes.
    `problem` is a sentence when there is no answer.
    """

    panel: str
    request: ProbeRequest
    step: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    info: dict[str, Value] = field(default_factory=lambda: dict(EMPTY))
    problem: str = ""


class Metrics:
    """Numbers of a run in preallocated arrays: one writer (the engine), any readers; `count` is published last.

    Rows are training steps: loss, accuracy (fraction, NaN where it means nothing), learning_rate, seconds.
    Validation rows: step, loss, accuracy, seconds. Reading [:count] needs no lock. `parts` names what the loss is made of where
    that is several things (the loss nodes, each times its weight); their columns are called `part(name)`, in both tables.
    """

    STEP = ("loss", "accuracy", "learning_rate", "seconds")
    VALIDATION = ("step", "loss", "accuracy", "seconds")

    def __init__(self, steps: int, validations: int, *, first_step: int = 0, parts: tuple[str, ...] = ()) -> None:
        self.first_step = first_step
        self.parts = parts
        self.count = 0
        self.validation_count = 0
        more = tuple(map(part, parts))
        self.step = {name: np.full(max(steps, 1), np.nan) for name in (*self.STEP, *more)}
        self.validation = {name: np.full(max(validations, 1), np.nan) for name in (*self.VALIDATION, *more)}

    def write_steps(self, rows: dict[str, np.ndarray]) -> None:
        """Appends equally long columns (float64); silently grows when a run turns out longer."""
        length = len(rows["loss"])
        end = self.count + length
        self.step = grown(self.step, end)
        for name, column in self.step.items():
            column[self.count : end] = rows[name]
        self.count = end

    def write_validation(self, **row: float) -> None:
        """Appends one validation row."""
        end = self.validation_count + 1
        self.validation = grown(self.validation, end)
        for name, column in self.validation.items():
            column[end - 1] = row[name]
        self.validation_count = end

    def steps(self, name: str) -> np.ndarray:
        """The column `name` of all training steps so far (a view)."""
        count = self.count
        return self.step[name][:count]

    def validations(self, name: str) -> np.ndarray:
        """The column `name` of all validations so far (a view)."""
        count = self.validation_count
        return self.validation[name][:count]


def part(name: str) -> str:
    """The column of one part of the loss."""
    return f"loss.{name}"


def grown(columns: dict[str, np.ndarray], needed: int) -> dict[str, np.ndarray]:
    """`columns`, or copies of twice the length when `needed` rows do not fit."""
    size = len(next(iter(columns.values())))
    if needed <= size:
        return columns
    longer = max(2 * size, needed)
    return {name: np.concatenate([old, np.full(longer - size, np.nan)]) for name, old in columns.items()}


@dataclass(frozen=True, slots=True)
class HealthReport:
    """On the examination `serial`: `words` on what is being read while it lasts, then `health` (an engine.data.health.Health), or a problem."""

    serial: int
    words: str = ""
    health: Any = None
    problem: str = ""


Event = EngineReady | Analysis | RunStarted | RunState | EpochDone | RunProblem | Progress | ProbeResult | HealthReport

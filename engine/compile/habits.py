"""What works and yet is likely a mistake: a table of small functions over an analysed document. Says nothing of what is only unusual.

Warnings are for what very probably spoils the training; each has a repair. Changes nothing; knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from engine.compile.order import Ref
from engine.events import NodeFacts
from engine.graph.definitions import contents, reachable
from engine.graph.model import block_of
from engine.graph.problem import WARNING, Problem, Remedy
from engine.layers.optimizers import BY_ID

if TYPE_CHECKING:
    from engine.compile.problems import View

LINEAR = ("linear", "conv2d")  # layers of which two in a row can do no more than one
STRAIGHT = ("dropout", "channel_dropout", "flatten", "reshape", "identity", "permute", "avg_pool2d")  # what bends nothing on the way
ERASERS = ("dropout", "channel_dropout")
FREE_SCORES = ("cross_entropy", "hinge", "bce_with_logits")  # losses that want scores of any size
CUTS = {"relu": "sets all scores below 0 to 0", "sigmoid": "presses all scores into 0 to 1", "tanh": "presses all scores into −1 to 1"}
ATTENTION = ("multi_head_attention", "cross_attention", "scaled_dot_product")
PLACES = ("positional_embedding", "coordinate_embedding", "factorised_embedding")
TOKENS = ("patchify", "map_to_tokens")  # where images become a set of tokens
RATES = (1 / 20_000, 400.0)  # times the optimizer's usual rate: beyond, nothing moves or all explodes
FULL = 64  # samples from which a batch beyond the dataset is a slip of the pen
MOST_DROPPED = 0.95


def source(view: View, node_id: str) -> Ref | None:
    """What arrives at the node's first input, through nodes that are switched off."""
    feeds = view.wires.feeds(node_id)
    return feeds[0] if feeds else None


def type_of(view: View, ref: Ref | None) -> str:
    row = view.wires.rows[ref[0]] if ref else None
    return row.id if row else ""


def shape_at(view: View, ref: Ref) -> tuple[int, ...]:
    return view.facts.get(ref[0], NodeFacts()).outputs.get(ref[1], ())


def nothing_bends(view: View) -> Iterator[Problem]:
    """Two linear layers, or two convolutions, without an activation in between."""
    for node_id in sorted(n for n in view.wires.members if type_of(view, (n, "")) in LINEAR):
        if view.value(node_id, "init") == "identity":
            continue
        ref = source(view, node_id)
        while type_of(view, ref) in STRAIGHT and alone(view, ref):
            ref = source(view, ref[0])
        if type_of(view, ref) != type_of(view, (node_id, "")) or not alone(view, ref):
            continue
        if view.value(ref[0], "init") == "identity" or is_bottleneck(view, ref[0], node_id):
            continue
        message = f"Nothing bends between {ref[0]} and {node_id}: without an activation, two such layers in a row can do no more than one."
        remedy = Remedy("Insert ReLU", "behind", "relu", ref[1], node=ref[0])
        yield Problem(WARNING, "no-activation", message, node_id, "x", f"Put an activation such as ReLU behind {ref[0]}.", (remedy,))


def alone(view: View, ref: Ref | None) -> bool:
    """Whether only one node reads this output."""
    return len(view.wires.readers.get(ref, ())) == 1


def is_bottleneck(view: View, before: str, node_id: str) -> bool:
    """Whether the layer in between is narrower than both ends: then the pair saves weights, which may be meant."""
    known = [view.facts.get(name, NodeFacts()) for name in (before, node_id)]
    if not all(facts.inputs and facts.outputs for facts in known):
        return False
    sizes = [next(iter(shapes.values())) for shapes in (known[0].inputs, known[0].outputs, known[1].outputs)]
    first, middle, last = (shape[1] if len(shape) == 4 else shape[-1] for shape in sizes)
    return middle < min(first, last)


def dropped_scores(view: View) -> Iterator[Problem]:
    """Dropout between the last layer and the loss."""
    for loss_id in view.wires.losses:
        ref = source(view, loss_id)
        if type_of(view, ref) in ERASERS:
            message = f"{ref[0]} sets random scores to zero right before the loss, so the network is punished for answers that it did not give."
            fix = "Put it before the last layer, or leave it out."
            yield Problem(WARNING, "dropped-scores", message, ref[0], fix=fix, remedies=(Remedy(f"Bypass {ref[0]}", "bypass"),))


def cut_scores(view: View) -> Iterator[Problem]:
    """An activation between the last layer and a loss that wants scores of any size."""
    for loss_id in view.wires.losses:
        ref, row = source(view, loss_id), view.row(loss_id)
        kind = type_of(view, ref)
        if row.id in FREE_SCORES and kind in CUTS and (row.id, kind) != ("bce_with_logits", "sigmoid"):  # that one is applied twice
            message = f"{ref[0]} {CUTS[kind]}, and {row.title} wants scores of any size: it can never be quite sure."
            fix = f"Wire the scores before {ref[0]} to the loss."
            yield Problem(WARNING, "cut-scores", message, ref[0], fix=fix, remedies=(Remedy(f"Bypass {ref[0]}", "bypass"),))


def everything_dropped(view: View) -> Iterator[Problem]:
    for node_id in sorted(n for n in view.wires.members if type_of(view, (n, "")) in ERASERS):
        share = view.value(node_id, "p")
        if isinstance(share, float | int) and share >= MOST_DROPPED:
            message = f"{node_id} drops {share:.0%} of what it gets: next to nothing is left to learn from."
            yield Problem(WARNING, "all-dropped", message, node_id, fix="Drop half or less.", remedies=(Remedy("Drop half", "set", params={"p": 0.5}),))


def no_places(view: View) -> Iterator[Problem]:
    """Attention over the patches of an image that nobody told where they are."""
    table = {block.id: contents(block.nodes) for block in view.snapshot.blocks}

    def holds(node_id: str, kinds: tuple[str, ...]) -> bool:
        name, kind = block_of(view.wires.nodes[node_id].type), view.wires.nodes[node_id].type
        inside = {name} | reachable(table, name) if name else set()
        return kind in kinds or any(node.type in kinds for block in view.snapshot.blocks if block.id in inside for node in block.nodes)

    for node_id in view.wires.order:
        if node_id not in view.wires.members or not holds(node_id, ATTENTION):
            continue
        before = view.wires.upstream([node_id]) & view.wires.members
        cut = [name for name in view.wires.order if name in before and type_of(view, (name, "")) in TOKENS]
        if cut and not any(holds(name, PLACES) for name in before):
            message = f"Nothing tells {node_id} where its tokens come from: to attention they are a set, so the picture could as well be shuffled."
            remedy = Remedy("Insert positions", "behind", "positional_embedding", "out", node=token_maker(view, cut[0]))
            yield Problem(WARNING, "no-places", message, node_id, fix="Add a PositionalEmbedding before the first attention.", remedies=(remedy,))
        return


def token_maker(view: View, node_id: str) -> str:
    """The node from which tokens go on to attention: after the linear embedding and the class token that follow the patches."""
    while True:
        readers = view.wires.readers.get((node_id, "out"), ())
        if len(readers) != 1 or type_of(view, readers[0]) not in ("linear", "class_token"):
            return node_id
        node_id = readers[0][0]


def odd_rate(view: View) -> Iterator[Problem]:
    """A learning rate far beyond what its optimizer is used with."""
    recipe = view.snapshot.recipe
    if recipe.optimizer not in BY_ID or isinstance(recipe.learning_rate, bool) or not isinstance(recipe.learning_rate, float | int):
        return
    row = BY_ID[recipe.optimizer]
    usual = row.param("learning_rate").default
    low, high = (usual * times for times in RATES)
    if recipe.learning_rate <= 0 or low <= recipe.learning_rate <= high:
        return
    result = "the weights will jump about and the loss will grow" if recipe.learning_rate > high else "the weights will hardly move"
    message = f"A learning rate of {recipe.learning_rate:g} is far from what {row.title} is used with, about {usual:g}: {result}."
    remedy = Remedy(f"Set it to {usual:g}", "recipe", params={"learning_rate": usual}, note=f"learning rate {recipe.learning_rate:g} → {usual:g}")
    yield Problem(WARNING, "odd-rate", message, fix="Set another learning rate in the run bar.", remedies=(remedy,))


def batch_beyond(view: View) -> Iterator[Problem]:
    """More samples in a batch than there are."""
    size = view.snapshot.recipe.batch_size
    for node_id, known in view.datasets.items():
        if node_id in view.wires.relevant and isinstance(size, int) and FULL <= known.train < size:
            message = f"A batch of {size:,} is more than {node_id} has: all {known.train:,} training samples make a single step an epoch."
            remedies = tuple(
                Remedy(f"Set the batch size to {count:,}", "recipe", params={"batch_size": count}, note=f"batch size {size:,} → {count:,}")
                for count in (64, known.train)
            )[: 1 if known.train == FULL else 2]
            yield Problem(WARNING, "batch-beyond", message, fix="Choose a smaller batch size in the run bar.", remedies=remedies)


def nothing_learns(view: View) -> Iterator[Problem]:
    """All layers that have weights are frozen."""
    if not view.wires.measured:
        return
    able = [name for name in view.wires.order if name in view.wires.members and view.facts.get(name, NodeFacts()).parameters]
    nodes = [view.wires.nodes[name] for name in able]
    if nodes and all(node.frozen or node.lr_factor == 0 for node in nodes):
        message = (
            "All layers with weights are frozen, so nothing learns." if len(able) > 1 else f"{able[0]} has the only weights and is frozen: nothing learns."
        )
        last = Remedy(f"Let {able[-1]} learn", "unfreeze")
        every = (Remedy("Let all layers learn", "unfreeze", params={"nodes": tuple(able)}),) if len(able) > 1 else ()
        yield Problem(WARNING, "all-frozen", message, able[-1], fix="Let at least the last layer learn.", remedies=(last, *every))


HABITS: tuple[Callable[[View], Iterable[Problem]], ...] = (
    nothing_bends, dropped_scores, cut_scores, everything_dropped, no_places, odd_rate, batch_beyond, nothing_learns,
)  # fmt: skip
WITHIN: tuple[Callable[[View], Iterable[Problem]], ...] = (nothing_bends, everything_dropped)  # those asked of a block's body

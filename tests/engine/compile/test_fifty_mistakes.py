"""Fifty mistakes that students make, seeded into good networks: each is marked at the right node, and most are repaired by an offered fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from compile_networks import network, node

from engine.compile.analyse import analyse
from engine.graph import edits
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Snapshot, Wire, frozen
from engine.graph.ops import Op, SetNode
from engine.graph.problem import HINT, Problem
from engine.graph.text import open_file

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
Change = Callable[[Snapshot], Snapshot]


@cache
def lesson(name: str) -> Snapshot:
    return open_file(RESOURCES / "lessons" / f"{name}.chainrule")


def applied(snapshot: Snapshot, ops: list[Op]) -> Snapshot:
    document = Document(snapshot)
    document.apply(ops)
    return document.snapshot()


def setting(name: str, **params: object) -> Change:
    def change(snapshot: Snapshot) -> Snapshot:
        for param, value in params.items():
            snapshot = applied(snapshot, edits.set_param(snapshot, name, param, value=value))
        return snapshot

    return change


def by_file(name: str, **fields: object) -> Change:
    """A change that no form makes, but a file may hold."""
    return lambda snapshot: replace(snapshot, nodes=tuple(replace(n, **fields) if n.id == name else n for n in snapshot.nodes))


def recipe(**fields: object) -> Change:
    return lambda snapshot: applied(snapshot, edits.set_recipe(snapshot, **fields))


def without(*names: str) -> Change:
    """Deletes nodes and leaves the gap."""
    return lambda snapshot: applied(snapshot, edits.delete(snapshot, names))


def skipping(*names: str) -> Change:
    """Deletes nodes and heals the gap."""
    return lambda snapshot: applied(snapshot, edits.dissolve(snapshot, names))


def cut(name: str, port: str = "x") -> Change:
    return lambda snapshot: applied(snapshot, edits.disconnect([snapshot.incoming()[name][port]]))


def wired(source: str, output: str, target: str, port: str = "x") -> Change:
    return lambda snapshot: applied(snapshot, edits.connect(snapshot, Wire(source, output, target, port)))


def miswired(source: str, output: str, target: str, port: str = "x") -> Change:
    """A wire that no editor draws."""

    def change(snapshot: Snapshot) -> Snapshot:
        kept = tuple(w for w in snapshot.wires if (w.target, w.target_port) != (target, port))
        return replace(snapshot, wires=(*kept, Wire(source, output, target, port)))

    return change


def before(name: str, port: str, *types: str, **params: object) -> Change:
    """Further layers on the wire into a port, the last one next to it; `params` are those of the last."""

    def change(snapshot: Snapshot) -> Snapshot:
        for index, type_id in enumerate(types):
            more = params if index == len(types) - 1 else {}
            snapshot = applied(snapshot, edits.insert_on_wire(snapshot, type_id, snapshot.incoming()[name][port], pos=(0, 900), params=more)[0])
        return snapshot

    return change


def retyped(name: str, type_id: str) -> Change:
    return by_file(name, type=type_id, params=frozen({}))


def both(*changes: Change) -> Change:
    def change(snapshot: Snapshot) -> Snapshot:
        for one in changes:
            snapshot = one(snapshot)
        return snapshot

    return change


def all_frozen(snapshot: Snapshot) -> Snapshot:
    return applied(snapshot, [SetNode(n.id, {"frozen": True}) for n in snapshot.nodes])


def second_data(snapshot: Snapshot) -> Snapshot:
    ops, name = edits.add_node(snapshot, "mnist5k", (0, 900))
    return wired(name, "label", "cross_entropy1", "target")(applied(snapshot, ops))


def small(nodes: list[Node], wiring: str) -> Snapshot:
    return network(nodes, wiring)


def moons() -> Snapshot:
    nodes = [node("moons1", "moons"), node("fc1", "linear", out_features=16), node("relu1", "relu"), node("fc2", "linear", out_features=1)]
    chain = "moons1.point > fc1, fc1 > relu1, relu1 > fc2, fc2 > bce1.prediction, moons1.label > bce1.target"
    return small([*nodes, node("bce1", "bce_with_logits")], chain)


def attending() -> Snapshot:
    """Maps of a convolution as tokens with places, that attend to those of another one."""
    nodes = [
        node("mnist1", "mnist5k"), node("conv1", "conv2d", out_channels=16, kernel_size=4, stride=4), node("tokens1", "map_to_tokens"),
        node("conv2", "conv2d", out_channels=16, kernel_size=7, stride=7), node("tokens2", "map_to_tokens"), node("places1", "positional_embedding"),
        node("attention1", "cross_attention", num_heads=4), node("mean1", "mean_tokens"), node("fc1", "linear", out_features=10),
        node("cross_entropy1", "cross_entropy"),
    ]  # fmt: skip
    chain = (
        "mnist1.image > conv1, mnist1.image > conv2, conv1 > tokens1, conv2 > tokens2, tokens1 > places1, places1 > attention1, tokens2 > attention1.context,"
        "attention1 > mean1, mean1 > fc1, fc1 > cross_entropy1.prediction, mnist1.label > cross_entropy1.target"
    )
    return small(nodes, chain)


def unfolding() -> Snapshot:
    """Features back to an image: an autoencoder."""
    nodes = [
        node("mnist1", "mnist5k"), node("flatten1", "flatten"), node("fc1", "linear", out_features=64), node("relu1", "relu"),
        node("fc2", "linear", out_features=784), node("reshape1", "reshape", shape=(1, 28, 28)), node("mse1", "mse"),
    ]  # fmt: skip
    chain = "mnist1.image > flatten1, flatten1 > fc1, fc1 > relu1, relu1 > fc2, fc2 > reshape1, reshape1 > mse1.prediction, mnist1.image > mse1.target"
    return small(nodes, chain)


@dataclass(frozen=True)
class Mistake:
    name: str
    base: str | Callable[[], Snapshot]
    change: Change
    node: str  # that should be marked; empty: the document
    mended: bool = True  # whether an offered fix should repair it

    def good(self) -> Snapshot:
        return lesson(self.base) if isinstance(self.base, str) else self.base()


MISTAKES = (
    Mistake("flatten is missing", "lenet-mnist", skipping("flatten1"), "fc1"),
    Mistake("channels differ at an Add", "resnet-mini", setting("shortcut2", out_channels=24), "add2"),
    Mistake("a shortcut without its stride", "resnet-mini", setting("shortcut3", stride=1), "add3"),
    Mistake("a stride only in the shortcut", "resnet-mini", setting("conv6", stride=1), "add3"),
    Mistake("sizes differ at a Concat", "unet-scenes", setting("up1", kernel_size=4), "cat1"),
    Mistake("a transposed convolution one pixel too large", "unet-scenes", setting("up2", kernel_size=3), "cat2"),
    Mistake("joined along the wrong axis", "unet-scenes", both(setting("up3", out_channels=16), setting("cat3", dim=2)), "cat3"),
    Mistake("heads do not divide the features", "vit-mnist", setting("attention1", num_heads=5), "attention1"),
    Mistake("the loss has no target", "lenet-mnist", cut("cross_entropy1", "target"), "cross_entropy1"),
    Mistake("an input is not wired", "lenet-mnist", cut("conv2"), "conv2"),
    Mistake("a shortcut is not wired", "resnet-mini", cut("add2", "b"), "add2"),
    Mistake("a third input of an Add without a wire", "resnet-mini", setting("add2", inputs=3), "add2"),
    Mistake("softmax before cross-entropy", "lenet-mnist", before("cross_entropy1", "prediction", "softmax"), "softmax1"),
    Mistake("two softmaxes", "mlp-mnist", before("cross_entropy1", "prediction", "softmax", "softmax"), "softmax2"),
    Mistake("sigmoid before binary cross-entropy with logits", moons, before("bce1", "prediction", "sigmoid"), "sigmoid1"),
    Mistake("sigmoid before cross-entropy", "mlp-mnist", before("cross_entropy1", "prediction", "sigmoid"), "sigmoid1"),
    Mistake("ReLU behind the last layer", "lenet-mnist", before("cross_entropy1", "prediction", "relu"), "relu4"),
    Mistake("dropout behind the last layer", "mlp-mnist", before("cross_entropy1", "prediction", "dropout"), "drop1"),
    Mistake("everything is dropped", "dropout", setting("drop2", p=1.0), "drop2"),
    Mistake("log-probabilities expected, scores given", "mlp-mnist", retyped("cross_entropy1", "nll"), "cross_entropy1"),
    Mistake("a bias before batch norm", "resnet-mini", setting("conv2", bias=True), "conv2"),
    Mistake("batch norm at batch size 1", "resnet-mini", recipe(batch_size=1), "bn1"),
    Mistake("the kernel is larger than the image", "lenet-mnist", setting("conv2", kernel_size=15), "conv2"),
    Mistake("pooled below one pixel", "lenet-mnist", before("flatten1", "x", "max_pool2d", "max_pool2d", "max_pool2d"), "pool5"),
    Mistake("too much padding for pooling", "lenet-mnist", setting("pool1", padding=2), "pool1"),
    Mistake("fewer scores than classes", "lenet-mnist", setting("fc2", out_features=9), "cross_entropy1"),
    Mistake("a thousand scores for ten classes", "alexnet-32", setting("fc3", out_features=1000), "cross_entropy1"),
    Mistake("fewer maps than classes of pixels", "segmentation-scenes", setting("head1", out_channels=3), "cross_entropy1"),
    Mistake("maps smaller than the mask", "segmentation-scenes", setting("conv1", stride=2), "cross_entropy1"),
    Mistake("no activation between two Linear layers", "mlp-mnist", skipping("relu1"), "fc2"),
    Mistake("labels wired as data", "mlp-mnist", miswired("mnist1", "label", "flatten1"), "flatten1"),
    Mistake("the image wired as target", "lenet-mnist", wired("mnist1", "image", "cross_entropy1", "target"), "cross_entropy1"),
    Mistake("squared error on class labels", "mlp-mnist", retyped("cross_entropy1", "mse"), "cross_entropy1"),
    Mistake("binary cross-entropy on ten classes", "mlp-mnist", retyped("cross_entropy1", "bce_with_logits"), "cross_entropy1"),
    Mistake("the loss is missing", "lenet-mnist", without("cross_entropy1"), "fc2"),
    Mistake("the data is missing", "lenet-mnist", without("mnist1"), ""),
    Mistake("two datasets in use", "lenet-mnist", second_data, "mnist2"),
    Mistake("flatten in front of a convolution", "lenet-mnist", before("conv2", "x", "flatten"), "conv2"),
    Mistake("flatten behind the Linear layer", "mlp-mnist", both(skipping("flatten1"), before("relu1", "x", "flatten")), "fc1"),
    Mistake("flatten from an axis that is not there", "mlp-mnist", setting("flatten1", start_dim=5), "flatten1"),
    Mistake("attention does not know where the patches were", "vit-mnist", skipping("positions1"), "attention1"),
    Mistake("patches do not divide the image", "vit-mnist", setting("patches1", patch=5), "patches1"),
    Mistake("context of another width", attending, setting("conv2", out_channels=12), "attention1"),
    Mistake("reshape to another count", unfolding, setting("reshape1", shape=(1, 28, 27)), "reshape1"),
    Mistake("keys not transposed", "attention-by-hand", setting("scores1", transpose=False), "scores1"),
    Mistake("keys wider than queries", "attention-by-hand", setting("key1", out_features=3), "scores1"),
    Mistake("groups do not divide the channels", "alexnet-32", setting("conv2", groups=3), "conv2"),
    Mistake("views not laid out as images", "multi-view", both(wired("shapes1", "views", "conv1"), without("fold1")), "conv1"),
    Mistake("learning rate far too high", "mlp-mnist", recipe(learning_rate=100.0), ""),
    Mistake("learning rate far too low", "vit-mnist", recipe(learning_rate=1e-9), ""),
    Mistake("batch larger than the dataset", "mlp-mnist", recipe(batch_size=10_000), ""),
    Mistake("everything is frozen", "lenet-mnist", all_frozen, "fc2"),
    Mistake("no output channels", "lenet-mnist", by_file("conv2", params=frozen({"out_channels": 0})), "conv2"),
    Mistake("a layer that leads nowhere", "lenet-mnist", lambda s: applied(s, edits.add_after(s, "conv2d", "relu1")[0]), "conv3", mended=False),
    Mistake("wired in a circle", "lenet-mnist", miswired("pool2", "out", "conv2"), "conv2", mended=False),
)


@dataclass
class Score:
    """What became of one mistake."""

    mistake: Mistake
    pinned: bool
    repaired: str  # the title of the fix that repaired it
    said: str

    def line(self) -> str:
        marks = f"{'ok ' if self.pinned else 'NOT PINNED'} {self.repaired or ('NOT REPAIRED' if self.mistake.mended else '-')}"
        return f"{self.mistake.name:52} {self.mistake.node or 'document':16} {marks:46} {self.said}"


def is_cured(seen: Problem, after: Snapshot) -> bool:
    """No error is left, and what was a warning is gone."""
    analysis = analyse(after)
    return not analysis.errors and (seen.code, seen.node) not in {(p.code, p.node) for p in analysis.problems}


def judged(mistake: Mistake) -> Score:
    bad = mistake.change(mistake.good())
    found = analyse(bad).problems
    here = [p for p in found if p.node == mistake.node]
    worst = found[0].severity if found else ""
    said = "; ".join(f"{p.severity} {p.code} at {p.node or 'document'}" for p in found) or "nothing"
    fix = next((fix for problem in here for fix in cures(bad, problem)), "")
    return Score(mistake, bool(here) and here[0].severity == worst, fix, said)


def cures(bad: Snapshot, problem: Problem) -> list[str]:
    """The title of the first offered repair after which all is well."""
    for index, remedy in enumerate(problem.remedies):
        try:
            after = applied(bad, edits.remedy(bad, problem, index))
        except EditError:  # a document that a file may hold, but no editor takes
            continue
        if is_cured(problem, after):
            return [remedy.title]
    return []


def test_the_networks_are_good_before() -> None:
    bases = {mistake.base for mistake in MISTAKES}
    for base in bases:
        snapshot = lesson(base) if isinstance(base, str) else base()
        assert analyse(snapshot).problems == (), base


def test_mistakes_are_pinned_and_repaired() -> None:
    scores = [judged(mistake) for mistake in MISTAKES]
    table = "\n".join(score.line() for score in scores)
    assert len(scores) >= 50 and len({mistake.name for mistake in MISTAKES}) == len(scores)
    assert sum(score.pinned for score in scores) >= len(scores) - 2, f"\n{table}"
    assert sum(bool(score.repaired) for score in scores) >= 40, f"\n{table}"
    missed = [score for score in scores if score.mistake.mended and not score.repaired]
    assert not missed, f"\n{table}"


def test_a_mistake_makes_few_problems() -> None:
    """One slip is one to three sentences, not a flood."""
    for mistake in MISTAKES:
        loud = [p for p in analyse(mistake.change(mistake.good())).problems if p.severity != HINT]
        assert len(loud) <= 3, (mistake.name, [p.message for p in loud])

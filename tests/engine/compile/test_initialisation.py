"""How weights begin: the exact deviations of lecture items 74 and 75, what items 71 to 73 say of depth, and the lines that say it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from engine.compile import library
from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.compile.expressions import constructor
from engine.compile.initial import lines
from engine.compile.shapes import Inference, Tensor
from engine.graph.model import Node, Recipe, Snapshot, Value, Wire
from engine.layers import initial, registry

ROWS = {row.id: row for row in registry.ROWS if row.init}


def network(*nodes: Node, **recipe: Value) -> Snapshot:
    """MNIST -> Flatten -> the nodes in a row -> CrossEntropy."""
    row = (Node("mnist1", "mnist5k"), Node("flatten1", "flatten"), *nodes)
    wires = [Wire(a.id, "image" if a.id == "mnist1" else "out", b.id, "x") for a, b in pairwise(row)]
    wires += [Wire(row[-1].id, "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    return Snapshot(nodes=(*row, Node("loss1", "cross_entropy")), wires=tuple(wires), recipe=Recipe(**recipe))


def linear(node_id: str = "fc1", out: int = 100, **params: Value) -> Node:
    return Node(node_id, "linear", {"out_features": out, **params})


def first(snapshot: Snapshot) -> nn.Linear:
    return build(analyse(snapshot).source, seed=1).net.fc1


EXACT = [  # scheme, fan, what the numbers of a layer 784 -> 100 are drawn with: a deviation, or a reach
    ("xavier_normal", "usual", 0.047565), ("xavier_uniform", "usual", 0.082385), ("xavier_normal", "average", 0.047565),
    ("xavier_normal", "fan_in", 1 / 28), ("xavier_normal", "fan_out", 0.1), ("xavier_uniform", "fan_out", 3**0.5 / 10),
    ("he_normal", "fan_out", 0.141421), ("he_normal", "fan_in", 0.050508), ("he_normal", "usual", 0.050508), ("he_normal", "average", 0.067267),
    ("he_uniform", "fan_out", 0.244949), ("he_uniform", "fan_in", 0.087482), ("he_uniform", "average", 0.116510),
]  # fmt: skip


@pytest.mark.parametrize("whole", [False, True], ids=["node", "recipe"])
@pytest.mark.parametrize(("scheme", "fan", "expected"), EXACT)
def test_deviations_of_lecture_items_74_and_75(monkeypatch: pytest.MonkeyPatch, scheme: str, fan: str, expected: float, whole: bool):
    """The number that reaches torch, exactly, and the weights that come of it."""
    asked: list[float] = []
    normal, uniform = torch.Tensor.normal_, torch.Tensor.uniform_
    monkeypatch.setattr(torch.Tensor, "normal_", lambda t, mean=0.0, std=1.0, **more: asked.append(std) or normal(t, mean, std, **more))
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda t, a=0.0, b=1.0, **more: asked.append(b) or uniform(t, a, b, **more))
    asking = {"init": scheme, "init_fan": fan}
    weight = first(network(linear(), **asking) if whole else network(linear(**asking))).weight.detach()
    assert asked[-1] == pytest.approx(expected, abs=6e-7)
    deviation = expected if scheme.endswith("normal") else expected / math.sqrt(3)
    assert weight.std().item() == pytest.approx(deviation, rel=0.02) and abs(weight.mean().item()) < 0.02 * deviation
    if scheme.endswith("uniform"):
        assert 0.99 * expected < weight.abs().max().item() <= expected


def test_biases_of_lecture_item_76():
    assert (first(network(linear(bias_init="0"))).bias == 0).all()
    assert (first(network(linear(bias_init="0.01"))).bias == 0.01).all()
    assert (first(network(linear(), bias_init="0.01")).bias == 0.01).all()
    assert first(network(linear(bias_init="default"), bias_init="0")).bias.abs().max() > 0
    assert "bias" not in analyse(network(linear(bias=False, bias_init="0"))).source.text.replace("bias=False", "")


def test_constant_normal_orthogonal_and_identity():
    assert (first(network(linear(init="constant", init_value=0.25))).weight == 0.25).all()
    assert first(network(linear(init="normal", init_value=0.01))).weight.std().item() == pytest.approx(0.01, rel=0.02)
    weight = first(network(linear(init="orthogonal"))).weight
    assert torch.allclose(weight @ weight.T, torch.eye(100), atol=1e-4)
    assert torch.equal(first(network(linear(init="identity"))).weight, torch.eye(100, 784))


def test_a_node_has_the_last_word_and_default_is_torchs():
    plain = first(network(linear()))
    asked = first(network(linear(init="default"), init="he_normal"))
    assert torch.equal(plain.weight, asked.weight) and "nn.init" not in analyse(network(linear(init="default"), init="he_normal")).source.text


def test_the_lines_stand_after_the_modules_and_belong_to_their_nodes():
    nodes = (linear(init="he_normal", init_fan="average", bias_init="0"), Node("relu1", "relu"), linear("fc2", 10))
    source = analyse(network(*nodes, init="xavier_uniform")).source
    text = source.text.split("def forward")[0]
    assert text.splitlines()[-6:-2] == [
        "        self.fc2 = nn.Linear(100, 10)",
        "        nn.init.normal_(self.fc1.weight, std=(4 / (784 + 100)) ** 0.5)",
        "        nn.init.zeros_(self.fc1.bias)",
        "        nn.init.xavier_uniform_(self.fc2.weight)",
    ]
    owners = [source.lines[number] for number, line in enumerate(source.text.splitlines(), 1) if "nn.init" in line]
    assert owners == ["fc1", "fc1", "fc2"]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("scheme", initial.SCHEMES)
def test_every_scheme_runs_on_every_layer(row, scheme: str):
    tensors = tuple(Tensor(shape) for shape in row.example)
    drawn = []
    for fan in initial.FANS:
        params = {"init": scheme, "init_fan": fan, "init_value": 0.125, **({"bias_init": "0.01"} if any(p.name == "bias" for p in row.params) else {})}
        p = row.values(params)
        names, biases = row.weights_of(p), row.biases_of(p)
        torch.manual_seed(0)
        scope = {**library.NAMESPACE, "layer": eval(constructor(row, p, row.example), dict(library.NAMESPACE))}
        known = Inference().outcome(row, params, tensors)
        said = lines(row, p, Recipe(), module="layer", weights=known.weights)
        for line in said:
            exec(line, scope)
        weights = [eval(f"layer.{name}", scope) for name in names]
        assert all(torch.isfinite(weight).all() for weight in weights) and len(said) == (len(names) if scheme != "default" else 0) + len(biases)
        assert all((eval(f"layer.{name}", scope) == 0.01).all() for name in biases)
        if scheme == "constant":
            assert all((weight == 0.125).all() for weight in weights)
        drawn.append(tuple(said))
    assert len(set(drawn)) == (3 if scheme.startswith(("xavier", "he")) else 1)  # usual is one of the three


@pytest.mark.parametrize(("type_id", "shape"), [("conv2d", (2, 6, 5, 5)), ("depthwise_conv2d", (2, 4, 5, 5)), ("transposed_conv2d", (2, 3, 5, 5))])
def test_the_identity_lets_images_pass(type_id: str, shape: tuple[int, ...]):
    row = ROWS[type_id]
    same = {"kernel_size": 3, "padding": 1, "init": "identity", "bias_init": "0", "stride": 1}
    params = same if type_id == "depthwise_conv2d" else {**same, "out_channels": shape[1]}
    p = row.values(params)
    scope = {**library.NAMESPACE, "layer": eval(constructor(row, p, (shape,)), dict(library.NAMESPACE))}
    known = Inference().outcome(row, params, (Tensor(shape),))
    for line in lines(row, p, Recipe(), module="layer", weights=known.weights):
        exec(line, scope)
    x = torch.randn(shape)
    assert torch.allclose(scope["layer"](x), x, atol=1e-6)


def test_a_transposed_convolution_counts_the_channels_that_arrive_as_inputs():
    row = ROWS["transposed_conv2d"]
    params = {"out_channels": 50, "init": "he_normal"}
    p, shape = row.values(params), (1, 200, 4, 4)
    scope = {**library.NAMESPACE, "layer": eval(constructor(row, p, (shape,)), dict(library.NAMESPACE))}
    known = Inference().outcome(row, params, (Tensor(shape),))
    for line in lines(row, p, Recipe(), module="layer", weights=known.weights):
        exec(line, scope)
    assert scope["layer"].weight.std().item() == pytest.approx((2 / (200 * 4)) ** 0.5, rel=0.02)


def variances(init: str, *, relu: bool, depth: int = 9, width: int = 400) -> list[float]:
    """Of the values in front of each activation of a deep net without biases, relative to the first's."""
    torch.manual_seed(0)
    nodes: list[Node] = []
    for number in range(depth):
        nodes.append(linear(f"fc{number + 1}", width, bias=False, init_fan="fan_in", init=init))
        nodes += [Node(f"relu{number + 1}", "relu")] if relu else []
    net = build(analyse(network(*nodes)).source, seed=3).net
    x = torch.randn(400, 784)
    found = []
    with torch.no_grad():
        for number in range(depth):
            x = getattr(net, f"fc{number + 1}")(x)
            found.append(x.var().item())
            x = x.relu() if relu else x
    return [value / found[0] for value in found]


def test_variance_over_depth_of_lecture_items_71_to_73():
    """M Var[w] = 1 keeps the variance of a linear stack; a ReLU halves it, so 2⁻⁸ are left of nine layers; He keeps it."""
    assert variances("xavier_normal", relu=False)[-1] == pytest.approx(1, rel=0.25)
    assert variances("xavier_normal", relu=True)[-1] == pytest.approx(2**-8, rel=0.5)
    assert variances("he_normal", relu=True)[-1] == pytest.approx(1, rel=0.5)


def test_own_weights_and_biases_are_what_it_begins_with():
    source = analyse(network(linear(out=2, own_weights=(0.5, *[0.0] * 783, -1.25, *[2.0] * 783), own_biases=(1, 0.25), init="he_normal"))).source
    layer = build(source, seed=3).net.fc1
    assert layer.weight[0, 0] == 0.5 and layer.weight[0, 1:].abs().sum() == 0 and layer.weight[1].tolist() == [-1.25, *[2.0] * 783]
    assert layer.bias.tolist() == [1.0, 0.25] and "self.fc1.bias.data.copy_(torch.tensor([1, 0.25]))" in source.text


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_own_numbers_fill_every_weight_in_order(row):
    tensors = tuple(Tensor(shape) for shape in row.example)
    known = Inference().outcome(row, {}, tensors)
    p = row.values({})
    both = row.weights_of(p), row.biases_of(p)
    counts = [sum(math.prod(known.weights[name]) for name in names) for names in both]
    p.own_biases = tuple(float(n) for n in range(counts[1]))
    p.own_weights = tuple(float(n) for n in range(counts[0]))  # of the largest layers, more than a project file may hold
    scope = {**library.NAMESPACE, "layer": eval(constructor(row, p, row.example), dict(library.NAMESPACE))}
    for line in lines(row, p, Recipe(), module="layer", weights=known.weights):
        exec(line, scope)
    for names, count in zip(both, counts, strict=True):
        found = [eval(f"layer.{name}", scope).detach().flatten() for name in names]
        assert torch.equal(torch.cat([torch.zeros(0), *found]), torch.arange(count).float())


@pytest.mark.parametrize(
    ("params", "words"), [({"own_weights": (1, 2)}, "100×784"), ({"own_biases": (1, 2)}, "100 biases"), ({"bias": False, "own_biases": (1,)}, "none")]
)
def test_as_many_own_numbers_as_weights(params: dict[str, Value], words: str):
    (problem,) = [found for found in analyse(network(linear(**params), Node("relu1", "relu"), linear("fc2", 10))).problems if found.code == "own-numbers"]
    assert problem.node == "fc1" and problem.severity == "error" and words in problem.message and problem.remedies


def test_each_gate_of_a_recurrent_layer_begins_for_itself():
    """The fans of a gate are features and hidden size, not those of all gates together."""
    nodes = (Node("tokens1", "reshape", {"shape": (28, 28)}), Node("lstm1", "lstm", {"hidden_size": 400, "give": "last step"}))
    source = analyse(network(*nodes, linear("fc1", 10), init="xavier_normal", bias_init="0")).source
    layer = build(source, seed=1).net.lstm1
    for name, inputs in (("weight_ih_l0", 28), ("weight_hh_l0", 400)):
        for gate in getattr(layer, name).chunk(4):
            assert gate.std().item() == pytest.approx((2 / (inputs + 400)) ** 0.5, rel=0.03)
    assert layer.bias_ih_l0.abs().sum() == layer.bias_hh_l0.abs().sum() == 0
    assert "nn.init.xavier_normal_(self.lstm1.weight_hh_l0.chunk(4)[3])" in source.text


def test_an_embedding_begins_as_chosen_and_has_no_biases():
    row = registry.TYPES["embedding"]
    assert not {"bias_init", "own_biases"} & {param.name for param in row.params}
    p = row.values({"num_embeddings": 500, "embedding_dim": 200, "init": "normal", "init_value": 0.02})
    layer = nn.Embedding(500, 200)
    for line in lines(row, p, Recipe(bias_init="0.01"), module="layer", weights={"weight": (500, 200)}):
        exec(line, {"nn": nn, "layer": layer})
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.02)

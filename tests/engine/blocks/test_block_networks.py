"""Networks out of blocks against torch and torchvision: text, parameter counts, outputs, values inside, frozen and bypassed instances."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from block_networks import CHANNELS, around, basic, conv, ex, node, port, resnet, use, wires, with_params
from torch import nn

from engine.compile.analyse import analyse
from engine.compile.build import build, tapped
from engine.compile.shapes import Inference
from engine.compile.source import generate
from engine.graph import text
from engine.graph.model import BLOCK, Block, BlockParam, Snapshot
from engine.probe.tap import shadow

BASIC = """\
class BasicBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        h = self.conv1(x)
        h = self.bn1(h)
        h = F.relu(h)
        h = self.conv2(h)
        h = self.bn2(h)
        h = h + x
        h = F.relu(h)
        return h


class DownBlock(nn.Module):
    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
"""
STAGES = """\
        self.stage1 = nn.Sequential(*[BasicBlock(64) for _ in range(3)])
        self.down2 = DownBlock(64, 128, stride=2)
        self.stage2 = nn.Sequential(*[BasicBlock(128) for _ in range(3)])
        self.down3 = DownBlock(128, 256, stride=2)
        self.stage3 = nn.Sequential(*[BasicBlock(256) for _ in range(5)])
        self.down4 = DownBlock(256, 512, stride=2)
        self.stage4 = nn.Sequential(*[BasicBlock(512) for _ in range(2)])
"""


def ready(snapshot: Snapshot) -> tuple[nn.Module, str]:
    """The network of a snapshot without errors, in evaluation mode, and its text."""
    analysis = analyse(snapshot)
    assert analysis.errors == ()
    net = build(analysis.source).net.eval()
    assert sum(weight.numel() for weight in net.parameters()) == analysis.parameters
    return net, analysis.source.text


def test_a_resnet_stage_reads_as_if_written_by_hand() -> None:
    made = analyse(resnet((3, 4, 6, 3))).source.text
    assert BASIC in made and STAGES in made and made.count("class ") == 3


@pytest.mark.parametrize(("name", "depths", "count"), [("resnet18", (2, 2, 2, 2), 11_689_512), ("resnet34", (3, 4, 6, 3), 21_797_672)])
def test_resnets_equal_torchvision(name: str, depths: tuple[int, int, int, int], count: int) -> None:
    import torchvision

    net, _ = ready(resnet(depths, size=64))
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)(weights=None).eval()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics that say something
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = net.state_dict()
    assert [tuple(v.shape) for v in ours.values()] == [tuple(v.shape) for v in theirs.state_dict().values()]
    net.load_state_dict(dict(zip(ours, theirs.state_dict().values(), strict=True)))
    image = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(net(image), theirs(image), atol=1e-5, rtol=1e-5)
    assert sum(weight.numel() for weight in net.parameters()) == count == analyse(resnet(depths)).parameters


def test_facts_costs_and_receptive_fields_inside_an_instance() -> None:
    analysis = analyse(resnet((3, 4, 6, 3)))
    assert analysis.facts("stage2.1/conv1").outputs == {"out": (2, 128, 28, 28)} and analysis.facts("stage3/bn2").parameters == 512
    assert analysis.nodes["stage2"].parameters == 3 * analysis.nodes["down2"].inside[0].body.nodes["bn1"].parameters * 2 + 3 * 2 * 128 * 128 * 9
    assert analysis.inside("stage2.9") == {} and analysis.facts("nothing/conv1") is None and analysis.facts("conv1").parameters == 9408
    chain = expanded(resnet((3, 4, 6, 3)))
    flat = analyse(chain)
    assert (flat.parameters, flat.macs) == (analysis.parameters, analysis.macs)
    last = [name for name in flat.nodes if flat.nodes[name].receptive][-1]
    assert analysis.nodes["stage4"].receptive == max(known.receptive for known in flat.nodes.values() if known.receptive), last
    seen = sorted(known.receptive for known in flat.nodes.values() if known.receptive)
    paths = [f"stage{k}.{i}/{n}" if i else f"stage{k}/{n}" for k, many in ((1, 3), (2, 3), (3, 5), (4, 2)) for i in range(many) for n in ("conv1", "conv2")]
    assert {analysis.facts(path).receptive for path in paths} <= set(seen)


def expanded(snapshot: Snapshot) -> Snapshot:
    """The same network without any block."""
    from engine.graph.blocks import expand
    from engine.graph.document import Document

    document = Document(snapshot)
    while instances := [n.id for n in document.snapshot().nodes if n.type.startswith(BLOCK)]:
        document.apply(expand(document.snapshot(), instances[0])[0])
    return document.snapshot()


def test_taps_see_every_value_inside_every_repeat() -> None:
    snapshot = resnet((2, 3, 1 + 1, 2), size=32)
    analysis = analyse(snapshot)
    net = build(analysis.source).net.eval()
    seen: dict[str, torch.Tensor] = {}
    calls: list[str] = []

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        calls.append(name)
        seen[name] = value.clone()
        return value

    image = torch.randn(2, 3, 32, 32)
    source = generate(snapshot, facts=analysis.nodes, taps=True)
    with torch.no_grad():
        result = tapped(source)(shadow(net), image, tap)
        assert torch.equal(result, net(image))
        assert len(calls) == len(set(calls))
        here = net.stage2[0](seen["down2"])
        assert torch.equal(seen["stage2/y"], here) and torch.equal(seen["stage2.1/x"], here) and torch.equal(seen["stage2"], net.stage2[1](here))
        assert torch.equal(seen["stage2.1/conv1"], net.stage2[1].conv1(here))
    assert {"down2/proj", "stage1/relu1", "stage1.1/add1", "mean1", "input1.image"} <= set(seen) and "stage4.1/conv1" not in seen


def test_frozen_and_bypassed_instances() -> None:
    snapshot = resnet((2, 2, 2, 2), size=32)
    nodes = tuple(replace(n, frozen=n.id == "down2", bypassed=n.id == "stage3") for n in snapshot.nodes)
    net, text_ = ready(replace(snapshot, nodes=nodes))
    assert "        self.down2.requires_grad_(False)\n" in text_ and "stage3" not in text_
    assert not any(w.requires_grad for w in net.down2.parameters()) and all(w.requires_grad for w in net.down3.parameters())


def test_a_frozen_node_inside_is_frozen_in_every_instance() -> None:
    snapshot = resnet(size=32)
    block = snapshot.blocks[0]
    inner = replace(block, nodes=tuple(replace(n, frozen=n.id == "conv1") for n in block.nodes))
    net, _ = ready(replace(snapshot, blocks=(inner, snapshot.blocks[1])))
    assert not net.stage1[1].conv1.weight.requires_grad and net.stage1[1].conv2.weight.requires_grad


def test_values_read_off_the_wires_become_arguments_only_when_they_differ() -> None:
    one = Block("Step", params=(CHANNELS,), nodes=(port("x", "in"), conv("c", 3, out_channels=ex("channels")), node("bn", "batch_norm"), port("y", "out")),
                wires=wires("x > c, c > bn, bn > y"))  # fmt: skip
    _, single = ready(around(one, channels=12))
    assert "nn.Conv2d(3, channels, 3" in single and "nn.BatchNorm2d(channels)" in single and "self.b1 = Step(12)" in single
    _, twice = ready(around(one, channels=12, repeat=3))
    assert "def __init__(self, in_channels, channels):" in twice and "self.b1 = nn.Sequential(Step(3, 12), *[Step(12, 12) for _ in range(2)])" in twice
    _, usual = ready(around(one, channels=64))
    assert "def __init__(self, channels=64):" in usual and "self.b1 = Step()" in usual


def test_forward_keeps_the_parameters_that_it_needs() -> None:
    rate = BlockParam("rate", "float", 0.1, 0.0, 0.99)
    axis = BlockParam("axis", "int", 1, 1, 3)
    nodes = (
        port("x", "in"), node("drop1", "dropout", p=ex("rate * 2")), node("cat1", "concat", dim=ex("axis")), node("soft", "softmax", dim=ex("axis")),
        port("y", "out"),
    )  # fmt: skip
    block = Block("Odd", params=(rate, axis), nodes=nodes, wires=wires("x > drop1, drop1 > cat1.a, x > cat1.b, cat1 > soft, soft > y"))
    snapshot = around(block, axis=2)
    second = replace(snapshot, nodes=(*snapshot.nodes[:1], use("b0", "Odd", rate=0.3), *snapshot.nodes[1:]),
                     wires=(*wires("input1.image > b0.x, b0.y > b1.x"), *snapshot.wires[1:]))  # fmt: skip
    net, made = ready(second)
    assert "self.axis = axis" in made and "dim=self.axis)" in made and net(torch.ones(2, 3, 8, 8)).shape == (2, 10)
    assert net.b0.axis == 1 and net.b1.axis == 2


def test_a_block_of_functions_is_a_class_too() -> None:
    block = Block("Act", nodes=(port("x", "in"), node("relu1", "relu"), port("y", "out")), wires=wires("x > relu1, relu1 > y"))
    net, made = ready(around(block))
    assert "class Act(nn.Module):\n    def forward(self, x):" in made and "self.b1 = Act()" in made
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)


def test_bodies_that_read_differently_get_classes_of_their_own() -> None:
    """Batch norm over images is another module than over features: one class cannot be both."""
    block = Block("Norm", nodes=(port("x", "in"), node("bn", "batch_norm"), port("y", "out")), wires=wires("x > bn, bn > y"))
    snapshot = around(block)
    nodes = (*snapshot.nodes, use("b2", "Norm"))
    ends = tuple(w for w in snapshot.wires if w.target != "ce1" or w.target_port != "prediction")
    net, made = ready(replace(snapshot, nodes=nodes, wires=(*ends, *wires("fc1 > b2.x, b2.y > ce1.prediction"))))
    assert "class Norm(nn.Module):" in made and "class Norm_2(nn.Module):" in made
    assert isinstance(net.b1.bn, nn.BatchNorm2d) and isinstance(net.b2.bn, nn.BatchNorm1d)


def test_choose_leaves_out_what_is_not_taken() -> None:
    shortcut = BlockParam("shortcut", "choice", "identity", choices=("identity", "projection"))
    plain = basic()
    nodes = (
        *plain.nodes,
        conv("proj", 1, out_channels=ex("channels")),
        node("choose1", "choose", take=ex("'b' if shortcut == 'projection' else 'a'")),
    )
    chain = tuple(w for w in plain.wires if (w.target, w.target_port) != ("add1", "b")) + wires("x > choose1.a, x > proj, proj > choose1.b, choose1 > add1.b")
    block = Block("Res", params=(CHANNELS, shortcut), nodes=nodes, wires=chain)
    _, identity = ready(around(block, shape=(8, 8, 8), channels=8))
    _, projection = ready(around(block, shape=(3, 8, 8), channels=8, shortcut="projection"))
    assert "proj" not in identity and "shortcut" not in identity and "self.proj = nn.Conv2d(3, channels, 1, bias=False)" in projection
    wrong = analyse(around(block, shape=(3, 8, 8), channels=8))
    assert [(p.node, p.path, p.code) for p in wrong.errors] == [("b1", "b1/add1", "shapes-differ")]


def nested(depth: int) -> Snapshot:
    """A block in a block in a block ...: the parameter is handed down, and each level repeats the one below."""
    inner = Block("Level0", params=(CHANNELS,), nodes=(port("x", "in"), conv("c", 3, out_channels=ex("channels")), node("relu", "relu"), port("y", "out")),
                  wires=wires("x > c, c > relu, relu > y"))  # fmt: skip
    blocks = [inner]
    for level in range(1, depth):
        nodes = (port("x", "in"), use("inner", f"Level{level - 1}", channels=ex("channels"), repeat=2 if level == 1 else 1), port("y", "out"))
        blocks.append(Block(f"Level{level}", params=(CHANNELS,), nodes=nodes, wires=wires("x > inner.x, inner.y > y")))
    return around(blocks[-1], others=tuple(blocks[:-1]), channels=4)


def test_nesting_five_deep_survives_files_and_runs() -> None:
    snapshot = nested(5)
    again = text.load(text.dump(snapshot))
    assert text.dump(again) == text.dump(text.load(text.dump(again))) and len(again.blocks) == 5
    net, made = ready(again)
    assert made.count("class Level") == 5 and "self.inner = nn.Sequential(Level0(3, channels), Level0(channels, channels))" in made
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)
    analysis = analyse(again)
    assert analysis.facts("b1/inner/inner/inner/inner.1/c").parameters == 4 * 4 * 9
    assert analysis.parameters == sum(w.numel() for w in net.parameters())


def test_depth_may_follow_a_parameter() -> None:
    layer = Block("Dense", params=(BlockParam("width", "int", 16, 1),), nodes=(port("x", "in"), node("fc", "linear", out_features=ex("width")),
                  node("relu", "relu"), port("y", "out")), wires=wires("x > fc, fc > relu, relu > y"))  # fmt: skip
    nodes = (port("x", "in"), node("flat", "flatten"), use("hidden", "Dense", width=ex("width"), repeat=ex("depth")), port("y", "out"))
    block = Block(
        "Mlp", params=(BlockParam("width", "int", 16, 1), BlockParam("depth", "int", 2, 1)), nodes=nodes, wires=wires("x > flat, flat > hidden.x, hidden.y > y")
    )
    snapshot = around(block, others=(layer,), width=32, depth=4)
    net, made = ready(snapshot)
    assert "nn.Sequential(Dense(192, width), *[Dense(width, width) for _ in range(depth - 1)])" in made and len(net.b1.hidden) == 4


def test_a_resnet_152_out_of_basic_blocks_is_worked_out_once_for_each_kind_of_layer() -> None:
    memory = Inference()
    snapshot = resnet((30, 30, 30, 30))
    analyse(snapshot, memory=memory)
    cold = memory.evaluations
    edited = with_params(snapshot, "down3", {"channels": 320})
    edited = with_params(edited, "stage3", {"channels": 320})
    analysis = analyse(edited, memory=memory)
    warm = memory.evaluations
    analyse(edited, memory=memory)
    assert analysis.errors == () and 10 < cold < 80 and cold < warm < cold + 30 and memory.evaluations == warm, (cold, warm, memory.evaluations)

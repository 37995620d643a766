"""The convolutional templates: the lecture's parameter counts to the last one, sizes on the way, equality with torchvision, and the switches."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from engine import library
from engine.compile import problems
from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.events import Analysis
from engine.graph import edits, text
from engine.graph.document import Document
from engine.graph.model import Snapshot, Value
from engine.layers import registry

PARAMETERS = {  # SPEC.md's table of reference architectures
    "mlp": 79_510, "lenet-slide": 6_070, "lenet-dlnet": 431_080, "lenet5": 61_706, "alexnet": 61_100_840, "alexnet-2012": 60_965_224,
    "vgg11": 132_863_336, "vgg13": 133_047_848, "vgg16": 138_357_544, "vgg19": 143_667_240, "plain18": 11_515_688, "plain34": 21_623_848,
    "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160, "resnet152": 60_192_808,
    "resnet20-cifar": 269_722, "resnet56-cifar": 853_018, "resnet110-cifar": 1_727_962, "plain20-cifar": 269_722, "plain56-cifar": 853_018,
    "plain110-cifar": 1_727_962, "separable-net": 48_266, "unet": 31_030_658, "unet-small": 481_915,
}  # fmt: skip
SIZES = {  # height behind these nodes
    "lenet-slide": [("conv1", 24), ("pool1", 12), ("conv2", 8), ("pool2", 4)],
    "lenet-dlnet": [("conv1", 24), ("pool1", 12), ("conv2", 8), ("pool2", 4)],
    "lenet5": [("conv1", 28), ("pool1", 14), ("conv2", 10), ("pool2", 5)],
    "alexnet": [("conv1", 55), ("pool1", 27), ("conv2", 27), ("pool2", 13), ("conv5", 13), ("pool3", 6)],
    "alexnet-2012": [("conv1", 55), ("pool1", 27), ("conv2", 27), ("pool2", 13), ("conv3", 13), ("conv5", 13), ("pool3", 6)],
    "vgg16": [("stage1", 112), ("stage2", 56), ("stage3", 28), ("stage4", 14), ("stage5", 7)],
    "resnet18": [("pool1", 56), ("stages1/stage1", 56), ("stages1/stage2", 28), ("stages1/stage3", 14), ("stages1", 7)],
    "resnet50": [("conv1", 112), ("pool1", 56), ("stage1", 56), ("stage2", 28), ("stage3", 14), ("stage4", 7)],
    "separable-net": [("stem1", 32), ("conv1", 16), ("conv2", 8)],
    "unet": [
        ("pad1", 572), ("down1", 284), ("down2", 140), ("down3", 68), ("down4", 32), ("bottom1", 28), ("up4", 52), ("up3", 100), ("up2", 196), ("up1", 388),
        ("scores1", 388),
    ],
    "unet-small": [("down1", 24), ("down3", 6), ("bottom1", 6), ("up1", 48), ("scores1", 48)],
}  # fmt: skip


def changed(snapshot: Snapshot, **changes: dict[str, Value]) -> Snapshot:
    """`snapshot` with parameters of some nodes changed by the editor's own edits."""
    document = Document(snapshot)
    for node_id, params in changes.items():
        for name, value in params.items():
            document.apply(edits.set_param(document.snapshot(), node_id, name, value=value))
    return document.snapshot()


@cache
def analysed(entry_id: str) -> Analysis:
    return analyse(library.read(entry_id))


@pytest.mark.parametrize("entry_id", sorted(PARAMETERS))
def test_a_template_is_exact_and_complete(entry_id: str) -> None:
    snapshot, analysis = library.read(entry_id), analysed(entry_id)
    assert analysis.parameters == PARAMETERS[entry_id]
    assert [problem.code for problem in analysis.problems] == ["dataset-note"]
    entry = library.find(entry_id)
    assert entry.kind == "template" and entry.summary.endswith((".", ":")) and entry.lecture_items
    assert text.load(text.dump(snapshot)) == snapshot and text.dump(snapshot) == entry.path.read_text(encoding="utf-8")
    classes = next(analysis.nodes[n.id].derived["classes"] for n in snapshot.nodes if n.type.startswith("input"))
    loss = next(n.id for n in snapshot.nodes if n.type == "cross_entropy")
    assert analysis.nodes[loss].inputs["prediction"][1] == classes
    assert all(registry.of(node, snapshot) is not None for block in snapshot.blocks for node in block.nodes), "no opaque node inside"


@pytest.mark.parametrize(("entry_id", "steps"), SIZES.items())
def test_sizes_on_the_way(entry_id: str, steps: list[tuple[str, int]]) -> None:
    analysis = analysed(entry_id)
    assert [(name, next(iter(analysis.facts(name).outputs.values()))[2]) for name, _ in steps] == steps


@pytest.mark.parametrize("entry_id", sorted(PARAMETERS))
def test_the_source_runs_with_torch_alone(entry_id: str) -> None:
    source = analysed(entry_id).source.text
    imported = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert imported and all("torch" in line or line.startswith(("from __future__", "import math")) for line in imported)
    spaces: dict[str, object] = {"__name__": "exported"}
    with torch.device("meta"):
        exec(compile(source, entry_id, "exec"), spaces)
        net = spaces["Net"]().eval()
        shape = library.read(entry_id).node("input1").params["shape"]
        assert net(torch.zeros(2, *shape)).shape[:2] == (2, library.read(entry_id).node("input1").params.get("classes", {"unet": 2}.get(entry_id, 1000)))
    assert sum(weight.numel() for weight in net.parameters()) == PARAMETERS[entry_id]


def test_embedded_definitions_are_the_shipped_ones() -> None:
    shipped = {block.id: block for entry in library.blocks() for block in library.block(entry.id)[0].blocks}
    for entry_id in PARAMETERS:
        for block in library.read(entry_id).blocks:
            assert block.id == "EitherConv" or block == shipped[block.id], (entry_id, block.id)  # that one switches between two shipped blocks


def test_a_machine_with_eight_gigabytes_can_train_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "machine_memory", lambda: 8 * 10**9)
    assert {entry_id: analyse(library.read(entry_id)).errors for entry_id in PARAMETERS} == dict.fromkeys(PARAMETERS, ())


def test_nodes_do_not_overlap() -> None:
    for entry_id in PARAMETERS:
        places = sorted(node.pos for node in library.read(entry_id).nodes)
        assert all(abs(a[0] - b[0]) >= 180 or abs(a[1] - b[1]) >= 120 for i, a in enumerate(places) for b in places[:i]), entry_id


# -- switches ----------------------------------------------------------------------------------------------------------


def depths(*blocks: int) -> dict[str, dict[str, Value]]:
    return {f"stage{index}": {"blocks": count} for index, count in enumerate(blocks, 1)}


@pytest.mark.parametrize(
    ("entry_id", "changes", "wanted"),
    [
        ("resnet18", {"stages1": {"depth": 34}}, "resnet34"),
        ("plain34", {"stages1": {"depth": 18}}, "plain18"),
        ("resnet18", {"stages1": {"shortcuts": 0}}, "plain18"),
        ("plain34", {"stages1": {"shortcuts": 4}}, "resnet34"),
        ("resnet50", depths(3, 8, 36, 3), "resnet152"),
        ("vgg11", {f"stage{i + 1}": {"convs": count} for i, count in enumerate((2, 2, 4, 4, 4))}, "vgg19"),
        ("resnet20-cifar", {"stages1": {"blocks": 18}}, "resnet110-cifar"),
        ("resnet20-cifar", {"stages1": {"residual": False}}, "plain20-cifar"),
        ("lenet-slide", {"conv1": {"out_channels": 20}, "conv2": {"out_channels": 50}, "fc1": {"out_features": 500}}, "lenet-dlnet"),
    ],
)
def test_one_template_becomes_another_by_its_parameters(entry_id: str, changes: dict[str, dict[str, Value]], wanted: str) -> None:
    analysis = analyse(changed(library.read(entry_id), **changes))
    assert analysis.parameters == PARAMETERS[wanted] and not analysis.errors
    if entry_id != "lenet-slide":  # whose tanh lies elsewhere
        assert analysis.source.text == analysed(wanted).source.text


@pytest.mark.parametrize("depth", range(18, 35))
def test_the_depth_slider_says_how_many_layers_have_weights(depth: int) -> None:
    snapshot = changed(library.read("resnet18"), stages1={"depth": depth})
    net = build(analyse(snapshot).source).net
    layers = [module for name, module in net.named_modules() if isinstance(module, nn.Conv2d | nn.Linear) and not name.endswith("proj")]
    assert len(layers) == depth - depth % 2


@pytest.mark.parametrize(("shortcuts", "projections"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3)])
def test_the_other_slider_gives_the_first_stages_their_shortcuts(shortcuts: int, projections: int) -> None:
    sizes = [(2 * width) * width + 2 * 2 * width for width in (64, 128, 256)]  # a 1x1 convolution and its normalisation
    analysis = analyse(changed(library.read("plain18"), stages1={"shortcuts": shortcuts}))
    assert analysis.parameters == PARAMETERS["plain18"] + sum(sizes[:projections]) and not analysis.errors


HALVED = {f"{way}{level + 1}": {"channels": 8 * 2**level} for way in ("down", "up") for level in range(3)} | {"bottom1": {"channels": 64}}


@pytest.mark.parametrize(
    ("entry_id", "changes", "parameters"),
    [
        ("mlp", {"mlp1": {"width": 500}}, 397_510),
        ("unet", {"input1": {"classes": 1}, "scores1": {"out_channels": 1}}, 31_030_593),
        ("unet", {"input1": {"shape": (3, 388, 388)}}, 31_031_810),
        ("unet-small", HALVED, 120_771),
        ("resnet20-cifar", {"stages1": {"blocks": 5}}, 464_154),
        ("resnet20-cifar", {"stages1": {"blocks": 7}}, 658_586),
        ("resnet20-cifar", {"stages1": {"blocks": 200}}, 19_421_274),
    ],
)  # fmt: skip
def test_further_counts_of_the_table(entry_id: str, changes: dict[str, dict[str, Value]], parameters: int) -> None:
    assert analyse(changed(library.read(entry_id), **changes)).parameters == parameters


def test_separable_and_standard_weights() -> None:
    snapshot = library.read("separable-net")
    separable = analyse(snapshot)
    assert [weights(separable, f"{name}/separable/{part}") for name in ("conv1", "conv2") for part in ("depthwise", "pointwise")] == [576, 8_192, 1_152, 32_768]
    standard = analyse(changed(snapshot, conv1={"separable": False}, conv2={"separable": False}))
    assert [weights(standard, f"{name}/standard/conv") for name in ("conv1", "conv2")] == [73_728, 294_912]


def weights(analysis: Analysis, path: str) -> int:
    return analysis.facts(path).parameters


# -- torchvision -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("entry_id", "size", "gain"), [("alexnet", 64, 6), ("vgg11", 32, 6), ("resnet18", 64, 3), ("resnet50", 64, 2)])
def test_torchvisions_weights_give_torchvisions_outputs(entry_id: str, size: int, gain: float) -> None:
    from torchvision import models

    snapshot = changed(library.read(entry_id), input1={"shape": (3, size, size)})
    with torch.device("meta"):
        theirs, ours = getattr(models, entry_id)(weights=None).eval(), build(analyse(snapshot).source).net.eval()
    begin(theirs, gain)
    values = list(theirs.state_dict().values())  # in module order
    assert [tuple(value.shape) for value in ours.state_dict().values()] == [tuple(value.shape) for value in values]
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)), assign=True)
    image = torch.randn(1, 3, size, size)
    with torch.no_grad():
        wanted = theirs(image)
        assert 0.01 < wanted.std() < 10
        assert torch.allclose(ours(image), wanted, atol=1e-5)


def begin(net: nn.Module, gain: float) -> None:
    """Random weights that keep the signal's size, without the slow initialisation of large layers; running statistics that are not trivial."""
    net.to_empty(device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.dim() > 1:
                spread = (gain / value[0].numel()) ** 0.5
                value.uniform_(-spread, spread)
            elif value.is_floating_point():
                value.uniform_(0.8, 1.2) if name.endswith(("weight", "running_var")) else value.uniform_(-0.1, 0.1)
            else:
                value.zero_()

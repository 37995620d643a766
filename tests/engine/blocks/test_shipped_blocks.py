"""The blocks that are shipped: each opens as an editable graph, computes, and equals torch where torch has the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from block_networks import node, wires
from torch import nn

from engine import library
from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.graph import blocks, edits, text
from engine.graph.document import Document
from engine.graph.model import INPUT, OUTPUT, Recipe, Snapshot, Value, Wire
from engine.layers import registry

IMAGE, TOKENS = (8, 16, 16), (16, 64)
EXAMPLES: dict[str, tuple[tuple[int, ...], dict[str, Value], tuple[int, ...]]] = {
    "attention_head": (TOKENS, {"dim": 32}, (16, 32)),
    "bottleneck_stage": (IMAGE, {"channels": 4, "stride": 2}, (16, 8, 8)),
    "conv_bn_relu": (IMAGE, {"kernel": 5, "stride": 2}, (64, 8, 8)),
    "double_conv": (IMAGE, {"channels": 12, "padding": 0}, (12, 12, 12)),
    "mlp": ((48,), {"width": 20, "depth": 3}, (10,)),
    "patch_embedding": (IMAGE, {"dim": 24}, (17, 24)),
    "plain_block": (IMAGE, {"stride": 2}, (64, 8, 8)),
    "res_basic_identity": (IMAGE, {"channels": 8}, (8, 16, 16)),
    "res_basic_projection": (IMAGE, {"channels": 16}, (16, 8, 8)),
    "res_basic_zero_pad": (IMAGE, {"channels": 16}, (16, 8, 8)),
    "res_bottleneck_identity": (IMAGE, {"channels": 2}, (8, 16, 16)),
    "res_bottleneck_projection": (IMAGE, {"channels": 4}, (16, 16, 16)),
    "residual_block": (IMAGE, {"channels": 8}, (8, 16, 16)),
    "residual_stage": (IMAGE, {"channels": 12, "blocks": 3, "stride": 2}, (12, 8, 8)),
    "residual_stages": (IMAGE, {"width": 8, "blocks": 2}, (32, 4, 4)),
    "resnet_stages": (IMAGE, {"width": 8, "depth": 20, "shortcuts": 3}, (64, 2, 2)),
    "separable_conv": (IMAGE, {"stride": 2}, (64, 8, 8)),
    "mvcnn_tower": ((12, *IMAGE), {"channels": 4}, (12, 16, 4, 4)),
    "setr_mla": (TOKENS, {"channels": 8}, (10, 16, 16)),
    "setr_naive": (TOKENS, {}, (10, 16, 16)),
    "setr_pup": (TOKENS, {"channels": 8}, (10, 16, 16)),
    "transformer_encoder_block": (TOKENS, {"dim": 64, "heads": 4, "ratio": 2}, TOKENS),
    "transformer_encoder_block_packed": (TOKENS, {"dim": 64, "heads": 4, "ratio": 2}, TOKENS),
    "transformer_encoder_block_post": (TOKENS, {"dim": 64, "heads": 4}, TOKENS),
    "unet_down": (IMAGE, {"channels": 12}, (12, 8, 8)),
    "unet_up": (IMAGE, {"channels": 6}, (6, 32, 32)),
    "vgg_stage": (IMAGE, {"channels": 12, "convs": 3}, (12, 8, 8)),
}


def alone(entry_id: str, shape: tuple[int, ...], params: dict[str, Value]) -> Snapshot:
    """An input, the block, and nothing else; tokens go into every port, and a second port for images is fed from a larger one."""
    shipped, name = library.block(entry_id)
    document = Document(Snapshot((node("input1", "input", shape=shape, classes=10),), recipe=Recipe(batch_size=2)))
    ops, instance = blocks.add_instance(document.snapshot(), shipped, name, pos=(300.0, 0.0), params=params)
    document.apply(ops)
    ports = document.block(name).ports(INPUT)
    document.apply(edits.connect(document.snapshot(), Wire("input1", "image", instance, ports[0])))
    for port in ports[1:]:
        if port == "owner":  # one number for each token
            document.apply(edits.add_node(document.snapshot(), "linear", (0.0, 200.0), params={"out_features": 1})[0])
            document.apply(edits.add_node(document.snapshot(), "flatten", (150.0, 200.0))[0])
            for wire in (Wire("input1", "image", "fc1", "x"), Wire("fc1", "out", "flatten1", "x"), Wire("flatten1", "out", instance, port)):
                document.apply(edits.connect(document.snapshot(), wire))
            continue
        if shape == TOKENS:
            document.apply(edits.connect(document.snapshot(), Wire("input1", "image", instance, port)))
            continue
        document.apply(edits.add_node(document.snapshot(), "upsample", (0.0, 200.0), params={"scale_factor": 3})[0])
        document.apply(edits.connect(document.snapshot(), Wire("input1", "image", "up1", "x")))
        document.apply(edits.connect(document.snapshot(), Wire("up1", "out", instance, port)))
    return document.snapshot()


def network(snapshot: Snapshot) -> Built:
    analysis = analyse(snapshot)
    assert [p for p in analysis.errors if p.code != "no-loss"] == []
    made = build(analysis.source)
    assert sum(w.numel() for w in made.net.parameters()) == analysis.parameters
    return made


def test_every_shipped_block_has_an_example_and_words() -> None:
    assert {entry.id for entry in library.blocks()} == set(EXAMPLES)
    titles = [entry.title for entry in library.blocks()]
    assert len(set(titles)) == len(titles) and all(entry.kind == "block" and entry.summary.endswith(".") for entry in library.blocks())
    with pytest.raises(KeyError):
        library.block("nothing")


@pytest.mark.parametrize("entry_id", sorted(EXAMPLES))
def test_a_shipped_block_computes_trains_and_opens(entry_id: str) -> None:
    shape, params, expected = EXAMPLES[entry_id]
    snapshot = alone(entry_id, shape, params)
    assert text.load(text.dump(snapshot)) == snapshot
    instance = next(n for n in snapshot.nodes if n.type.startswith("block:"))
    analysis = analyse(snapshot)
    main = snapshot.block(library.block(entry_id)[1])
    assert analysis.nodes[instance.id].outputs[main.ports(OUTPUT)[0]] == (2, *expected)
    net = network(snapshot).net
    result = net(torch.randn(4, *shape))
    first = result[0] if isinstance(result, tuple) else result
    assert first.shape == (4, *expected)
    first.square().mean().backward()
    assert all(w.grad is not None and torch.isfinite(w.grad).all() for w in net.parameters() if w.grad is not None)
    assert all(registry.of(n, snapshot) is not None for block in snapshot.blocks for n in block.nodes), "no opaque node inside"
    assert not [p for p in analysis.problems if p.path], [p for p in analysis.problems if p.path]
    opened, names = blocks.expand(snapshot, instance.id)
    after = Document(snapshot)
    after.apply(opened)
    assert names and analyse(after.snapshot()).parameters == analysis.parameters


def test_the_encoder_block_equals_that_of_vit() -> None:
    from torchvision.models.vision_transformer import EncoderBlock

    ours = network(alone("transformer_encoder_block", TOKENS, {"dim": 64, "heads": 4, "ratio": 2})).net.eval()
    theirs = EncoderBlock(4, 64, 128, 0.0, 0.0, norm_layer=lambda dim: nn.LayerNorm(dim, eps=1e-6)).eval()
    state = theirs.state_dict()
    assert [tuple(v.shape) for v in ours.state_dict().values()] == [tuple(v.shape) for v in state.values()]
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))
    tokens = torch.randn(3, *TOKENS)
    with torch.no_grad():
        assert torch.allclose(ours(tokens), theirs(tokens), atol=1e-5)
    assert sum(w.numel() for w in ours.parameters()) == 33_472


def test_the_post_norm_block_equals_torchs_layer() -> None:
    ours = network(alone("transformer_encoder_block_post", TOKENS, {"dim": 64, "heads": 4})).net.eval()
    theirs = nn.TransformerEncoderLayer(64, 4, 256, 0.0, activation="gelu", batch_first=True).eval()
    state = theirs.state_dict()
    order = [*(k for k in state if k.startswith("self_attn")), *(k for k in state if k.startswith("norm1")), *(k for k in state if k.startswith("linear"))]
    order += [k for k in state if k.startswith("norm2")]
    ours.load_state_dict(dict(zip(ours.state_dict(), (state[k] for k in order), strict=True)))
    tokens = torch.randn(3, *TOKENS)
    with torch.no_grad():
        assert torch.allclose(ours(tokens), theirs(tokens), atol=1e-5)


def test_bottlenecks_give_resnet50_its_parameters() -> None:
    document = Document(Snapshot((node("input1", "input", shape=(64, 56, 56), classes=10),), recipe=Recipe(batch_size=2)))
    last = ("input1", "image")
    for channels, depth in ((64, 3), (128, 4), (256, 6), (512, 3)):
        first = ("res_bottleneck_projection", {"channels": channels, "stride": 1 if channels == 64 else 2})
        for entry_id, params in (first, ("res_bottleneck_identity", {"channels": channels, "repeat": depth - 1})):
            ops, name = blocks.add_instance(document.snapshot(), *library.block(entry_id), pos=(0.0, 0.0), params=params)
            document.apply([*ops, *edits_wire(last, name)])
            last = (name, "y")
    assert len(document.snapshot().blocks) == 2
    stem_and_head = 3 * 64 * 49 + 128 + 2048 * 1000 + 1000
    assert analyse(document.snapshot()).parameters + stem_and_head == 25_557_032


def edits_wire(source: tuple[str, str], target: str) -> list[object]:
    from engine.graph.ops import AddWire

    return [AddWire(Wire(*source, target, "x"))]


def test_cifar_resnet_20_of_zero_padded_blocks_has_the_papers_parameters() -> None:
    stem = (node("input1", "input", shape=(3, 32, 32), classes=10), node("conv0", "conv2d", out_channels=16, padding=1, bias=False))
    rest = (node("bn0", "batch_norm"), node("relu0", "relu"))
    document = Document(Snapshot((*stem, *rest), wires("input1.image > conv0, conv0 > bn0, bn0 > relu0"), recipe=Recipe(batch_size=2)))
    last = ("relu0", "out")
    for entry_id, params in (
        ("res_basic_identity", {"channels": 16, "repeat": 3}), ("res_basic_zero_pad", {"channels": 32}), ("res_basic_identity", {"channels": 32, "repeat": 2}),
        ("res_basic_zero_pad", {"channels": 64}), ("res_basic_identity", {"channels": 64, "repeat": 2}),
    ):  # fmt: skip
        ops, name = blocks.add_instance(document.snapshot(), *library.block(entry_id), pos=(0.0, 0.0), params=params)
        document.apply([*ops, *edits_wire(last, name)])
        last = (name, "y")
    assert analyse(document.snapshot()).parameters + 64 * 10 + 10 == 269_722


def test_one_switch_turns_plain_into_residual() -> None:
    snapshot = alone("residual_block", (64, 8, 8), {"shortcut": "none", "repeat": 3})
    plain = network(snapshot)
    residual = network(
        replace(snapshot, nodes=tuple(replace(n, params={**n.params, "shortcut": "identity"}) if n.id.startswith("res") else n for n in snapshot.nodes))
    )
    assert "h + x" not in plain.source.text and "h + x" in residual.source.text
    assert [w.shape for w in plain.net.parameters()] == [w.shape for w in residual.net.parameters()]


def test_the_zero_padded_shortcut_can_be_chosen() -> None:
    chosen = network(alone("residual_block", (8, 16, 16), {"shortcut": "zero padding", "channels": 16, "stride": 2})).net.eval()
    fixed = network(alone("res_basic_zero_pad", (8, 16, 16), {"channels": 16, "stride": 2})).net.eval()
    chosen.load_state_dict(dict(zip(chosen.state_dict(), fixed.state_dict().values(), strict=True)))
    image = torch.randn(2, 8, 16, 16)
    assert torch.equal(chosen(image), fixed(image))


def test_a_stage_of_one_block_has_no_further_ones() -> None:
    deep, flat = (analyse(alone("residual_stage", (64, 8, 8), {"shortcut": "identity", "blocks": blocks})) for blocks in (3, 1))
    assert deep.parameters == 3 * flat.parameters == 3 * (2 * 9 * 64 * 64 + 2 * 128)


def test_what_waits_for_a_choice_is_no_problem() -> None:
    plain = alone("residual_stage", (8, 16, 16), {"channels": 12, "stride": 2, "residual": False})  # its unused Add could not add
    assert [p.code for p in analyse(plain).problems if p.node != "input1"] == ["no-loss"]


def test_an_equal_definition_is_used_again() -> None:
    snapshot = alone("unet_up", IMAGE, {"channels": 6})
    ops, _ = blocks.add_instance(snapshot, *library.block("unet_down"), pos=(0.0, 0.0))
    document = Document(snapshot)
    document.apply(ops)
    assert [b.id for b in document.snapshot().blocks] == ["DoubleConv", "UNetDown", "UNetUp"]


def test_heads_drawn_side_by_side_equal_the_composite() -> None:
    """Items 97 to 105: four opened heads, joined and mixed, are multi-head attention."""
    document = Document(alone("attention_head", TOKENS, {"dim": 16}))
    first = next(n.id for n in document.nodes.values() if n.type.startswith("block:"))
    heads = [first]
    for place in range(1, 4):
        ops, name = blocks.add_instance(document.snapshot(), *library.block("attention_head"), pos=(300.0, 200.0 * place), params={"dim": 16})
        document.apply([*ops, *edits_wire(("input1", "image"), name)])
        heads.append(name)
    document.apply(edits.add_node(document.snapshot(), "concat", (600.0, 0.0), params={"inputs": 4, "dim": 2})[0])
    document.apply(edits.add_node(document.snapshot(), "linear", (800.0, 0.0), params={"out_features": 64, "bias": False})[0])
    for name, port in zip(heads, "abcd", strict=True):
        document.apply(edits.connect(document.snapshot(), Wire(name, "y", "cat1", port)))
    document.apply(edits.connect(document.snapshot(), Wire("cat1", "out", "fc1", "x")))
    for name in heads:  # opened, nothing is left of the blocks
        document.apply(blocks.expand(document.snapshot(), name)[0])
    drawn = network(document.snapshot()).net.double().eval()
    composite = nn.MultiheadAttention(64, 4, bias=False, batch_first=True).double()
    weights = iter(composite.in_proj_weight.detach().unflatten(0, (3, 4, 16)).transpose(0, 1).flatten(0, 1))  # of each head: query, key, value
    layers = {name: module for name, module in drawn.named_children() if isinstance(module, nn.Linear)}
    for stem_number in range(4):
        for kind in ("query", "key", "value"):
            layer = [module for name, module in layers.items() if name.startswith(kind)][stem_number]
            layer.weight = nn.Parameter(next(weights).clone())
    layers["fc1"].weight = composite.out_proj.weight
    tokens = torch.randn(2, *TOKENS, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(drawn(tokens), composite(tokens, tokens, tokens)[0], atol=1e-12)

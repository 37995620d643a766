"""Patch n' Pack and shuffled patches: a packed image is computed as if it were alone, and without positions nobody notices an order."""

from __future__ import annotations

import pytest
import torch
from template_tools import descent, template
from torch import nn

from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.compile.library import OWN
from engine.data.load import load
from engine.events import ProbeRequest
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Snapshot
from engine.layers import registry
from engine.probe.request import answer
from engine.probe.subject import Subject

SIZES = ((28, 56), (42, 42), (28, 28), (56, 56), (49, 28), (35, 28))


def net_of(snapshot: Snapshot) -> nn.Module:
    analysis = analyse(snapshot)
    assert not analysis.errors, analysis.errors
    return build(analysis.source).net.eval()


def canvases(sizes: tuple[tuple[int, int], ...] = SIZES) -> tuple[torch.Tensor, torch.Tensor]:
    """Images padded to the largest with what must not matter, and their sizes."""
    torch.manual_seed(1)
    return torch.randn(len(sizes), 1, 56, 56), torch.tensor(sizes)


@pytest.fixture(scope="module")
def navit() -> nn.Module:
    return net_of(template("navit-mnist"))


def test_a_packed_image_is_computed_as_if_it_were_alone(navit: nn.Module) -> None:
    image, size = canvases()
    with torch.no_grad():
        together = navit(image, size)
        alone = torch.cat([navit(image[i : i + 1, :, :h, :w], size[i : i + 1]) for i, (h, w) in enumerate(SIZES)])
    assert together.shape == (6, 10) and together.std() > 0.01
    assert torch.allclose(together, alone, atol=1e-5)
    packed, owner, _ = navit.pack1(image, size)
    assert len(packed) == 2 < len(SIZES)  # 188 patches in two sequences of 128 places
    with torch.no_grad():
        without = [navit.block1(packed @ torch.eye(49, 64), o) for o in (owner, owner.clamp(0, 0))]
    assert not torch.allclose(*without, atol=1e-3)  # the mask is what keeps the images apart


def test_what_lies_beyond_an_image_does_not_matter(navit: nn.Module) -> None:
    image, size = canvases()
    other = image.clone()
    for picture, (h, w) in zip(other, SIZES, strict=True):
        picture[:, h:], picture[:, :, w:] = 7.0, -7.0
    with torch.no_grad():
        assert torch.equal(navit(other, size), navit(image, size))


def test_pack_puts_every_patch_into_one_place() -> None:
    image, size = canvases()
    tokens, owner, place = OWN["Pack"](7, 64)(image, size)
    assert owner.shape == tokens.shape[:2] == place.shape[:2] and tokens.shape[2] == 49
    for index, (h, w) in enumerate(SIZES):
        mine = owner == index
        assert mine.any(1).sum() == 1  # in one sequence
        grid = [(row, column) for row in range(h // 7) for column in range(w // 7)]
        assert [tuple(where) for where in place[mine].tolist()] == grid
        cut = torch.stack([image[index, :, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7].flatten() for row, column in grid])
        assert torch.equal(tokens[mine], cut)
    assert (owner >= 0).sum() == sum(h * w // 49 for h, w in SIZES) and not tokens[owner < 0].any()


def test_the_mask_has_a_block_for_each_image_and_empty_places_are_finite() -> None:
    attention = OWN["PackedAttention"](8, 2)
    owner = torch.tensor([[0, 0, 0, 2, 2, -1, -1]])
    weights = attention.weights(torch.randn(1, 7, 8), owner)[0]
    blocks = torch.block_diag(torch.ones(3, 3), torch.ones(2, 2), torch.ones(2, 2))
    assert torch.equal((weights > 0).float(), blocks.expand(2, 7, 7))
    assert torch.allclose(weights.sum(-1), torch.ones(2, 7))
    x = torch.randn(1, 7, 8)
    _, _, values = attention.heads(x)
    mixed = (attention.weights(x, owner) @ values).transpose(1, 2).flatten(2)
    assert torch.allclose(attention.out_proj(mixed), attention(x, owner), atol=1e-6)


def test_packed_attention_of_one_image_equals_torchs() -> None:
    ours, theirs = OWN["PackedAttention"](12, 3).double(), nn.MultiheadAttention(12, 3, batch_first=True).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    owner = torch.tensor([[0] * 5, [1] * 5])
    assert torch.allclose(ours(x, owner), theirs(x, x, x)[0], atol=1e-12)
    padding = torch.tensor([[False] * 5, [False, False, False, True, True]])
    assert torch.allclose(ours(x, owner.masked_fill(padding, -1))[1, :3], theirs(x, x, x, key_padding_mask=padding)[0][1, :3], atol=1e-12)


@pytest.fixture(scope="module")
def trained_of(navit: nn.Module) -> tuple[Snapshot, Built]:
    snapshot = template("navit-mnist", canvases1={"count": 24})
    return snapshot, Built(navit, None, analyse(snapshot).source)


def test_the_attention_panel_shows_a_block_for_each_image(trained_of: tuple[Snapshot, Built]) -> None:
    snapshot, built = trained_of
    data = load("digit_canvases", snapshot.node("canvases1").params)
    subject = Subject(built.net, snapshot, facts=analyse(snapshot).nodes, source=built.source, data=data, step=1)
    shown = answer(subject, "panel", ProbeRequest(kind="attention", node="block2/attention", sample=2))
    mean = torch.from_numpy(shown.arrays["mean"])
    assert mean.shape == (128, 128) and torch.allclose(mean.sum(1), torch.ones(128), atol=1e-5)
    sizes = data.validation.extras["size"].roll(-2, 0)[:4] // 7  # the sample and those after it
    counts, blocks = sizes.prod(1).tolist(), []
    for count in counts:
        if sum(blocks) + count <= 128:
            blocks.append(count)
    assert len(blocks) > 1
    parts = [torch.ones(n, n) for n in (*blocks, 128 - sum(blocks)) if n]
    assert torch.equal(mean.gt(0).float(), torch.block_diag(*parts))
    scores = subject.value("head1", 2)
    with torch.no_grad():
        fields = data.validation.fields(torch.tensor([2]))
        assert scores.shape == (1, 10) and torch.allclose(scores, built.net(fields["image"], fields["size"]), atol=1e-5)


def test_it_learns_canvases_of_mixed_sizes() -> None:
    snapshot = template("navit-mnist", canvases1={"count": 24})
    analysis = analyse(snapshot)
    assert analysis.parameters == 105_418 and not analysis.problems
    before, after = descent(snapshot, steps=25)
    assert before > 1.8 and after < 0.5 * before


def found(type_id: str, *shapes: tuple[int, ...], **params: object) -> str:
    row = registry.TYPES[type_id]
    return " ".join(finding.message for finding in row.check(row.values(params), *shapes))


def test_mistakes_with_packing_are_named_with_a_way_out() -> None:
    assert "has 64 patches of 7×7 and does not fit into a sequence of 63" in found("pack", (2, 1, 56, 56), (2, 2), length=63)
    assert "height and width of each image" in found("pack", (2, 1, 56, 56), (2,))
    assert "smaller than its patch" in found("pack", (2, 1, 5, 5), (2, 2))
    assert "needs the owner of each token" in found("packed_attention", (2, 5, 8), (2, 4))
    assert "3 heads do not divide 8 features" in found("packed_attention", (2, 5, 8), (2, 5), num_heads=3)
    assert "row and column of each token" in found("packed_positions", (2, 5, 8), (2, 5))
    assert "needs the owner" in found("packed_mean", (2, 5, 8), (2, 5, 1))


# -- shuffled patches ----------------------------------------------------------------------------------------------------
def shuffled(*, positions: bool) -> tuple[nn.Module, nn.Module]:
    """The small vision transformer, and the same with its patches shuffled, of equal weights."""
    document = Document(template("vit-mnist"))
    if not positions:
        document.apply(edits.toggle_bypass(document.snapshot(), ["positions1"]))
    plain = net_of(document.snapshot())
    wire = next(w for w in document.wires if w.target == "token1")
    document.apply(edits.insert_on_wire(document.snapshot(), "shuffle_patches", wire, pos=(0.0, 0.0))[0])
    mixed = net_of(document.snapshot())
    mixed.load_state_dict(plain.state_dict())
    return plain, mixed


@pytest.mark.parametrize("positions", [False, True])
def test_without_positions_logits_do_not_change_under_shuffle(positions: bool) -> None:
    plain, mixed = shuffled(positions=positions)
    torch.manual_seed(2)
    image = torch.randn(4, 1, 28, 28)
    with torch.no_grad():
        before, after = plain(image), mixed(image)
        assert torch.equal(mixed(image), after)  # judged in the same order again
    assert before.std() > 0.01
    if positions:
        assert (before - after).abs().max() > 1e-3
    else:
        assert (before - after).abs().max() < 1e-5


def test_shuffling_only_for_validation_lets_the_training_see_the_order() -> None:
    layer = OWN["ShufflePatches"](when="validation only", prefix=1)
    x = torch.arange(12.0).view(1, 12, 1).expand(3, -1, -1)
    assert layer(x) is x
    mixed = layer.eval()(x)
    assert torch.equal(mixed[:, 0], x[:, 0]) and torch.equal(mixed.sort(1).values, x)
    assert not torch.equal(mixed[0], x[0]) and not torch.equal(mixed[0], mixed[1])  # each image has its own order
    always = OWN["ShufflePatches"]()
    assert not torch.equal(always(x), always(x))  # a new order at each step
    assert not torch.equal(OWN["ShufflePatches"](seed=1).eval()(x), OWN["ShufflePatches"]().eval()(x))

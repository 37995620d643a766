"""Rows of Patch n' Pack, in the family attention: images of many sizes share sequences. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.attention import DROPOUT, HEADS, OUT, TOKENS, attention_macs, check_attention, need_tokens, weight_memory
from engine.layers.params import Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import rank_finding

OWNER = Port("owner", "N T", whole=True, doc="Which image of the batch each token belongs to, counted from 0; −1 where a place is empty.")
PLACE = Port("place", "N T D", whole=True, doc="Row and column of each patch in its image.")


def most_tokens(p: SimpleNamespace, image: Shape) -> int:
    """Patches of the largest image that can come."""
    return (image[2] // p.patch) * (image[3] // p.patch)


def check_pack(p: SimpleNamespace, image: Shape, size: Shape) -> list[Finding]:
    found = rank_finding(image, rank=4, title="Pack", wanted="images C H W")
    if found:
        return found
    if len(size) != 2 or size[1] != 2:
        message = f"Pack needs the height and width of each image, such as the size of Digit canvases, got {shape_text(size)}."
        return [Finding("wrong-rank", message, fix="Wire the size of the dataset to size.", port="size")]
    if p.patch > min(image[2:]):
        message = f"An image of H{image[2]} W{image[3]} is smaller than its patch of {p.patch}×{p.patch}."
        return [Finding("patches", message, fix="Choose a smaller patch.", port="image")]
    most = most_tokens(p, image)
    if most <= p.length:
        return []
    message = f"An image of H{image[2]} W{image[3]} has {most} patches of {p.patch}×{p.patch} and does not fit into a sequence of {p.length}."
    return [
        Finding(
            "length", message, fix="Make the sequences longer or the patches larger.", remedies=(Remedy(f"Use {most} places", "set", params={"length": most}),)
        )
    ]


def pack_shapes(p: SimpleNamespace, image: Shape, size: Shape) -> tuple[Shape, ...]:
    """One sequence for each image: as many as there can be. How many there are depends on the images."""
    count = image[0]
    return (count, p.length, image[1] * p.patch**2), (count, p.length), (count, p.length, 2)


def pack_formula(p: SimpleNamespace, image: Shape, size: Shape) -> Formula:
    most = most_tokens(p, image)
    parts = (Part(f"{p.length} places", "length"), Part(f" / {most} patches of the largest = "), Part(f"{p.length / most:.3g}", result=True))
    return Formula("Images in a sequence", parts, "at least, when smaller ones come too")


def check_owner(title: str, x: Shape, owner: Shape) -> list[Finding]:
    found = need_tokens(x, title)
    if found or owner == x[:2]:
        return found
    message = f"{title} needs the owner of each token: x brings {shape_text(x)}, owner brings {shape_text(owner)}."
    return [Finding("owners", message, fix="Wire the owner of the Pack that made these tokens.", port="owner")]


def check_places(p: SimpleNamespace, x: Shape, place: Shape) -> list[Finding]:
    found = need_tokens(x, "PackedPositions")
    if found or place == (*x[:2], 2):
        return found
    message = f"PackedPositions needs row and column of each token: x brings {shape_text(x)}, place brings {shape_text(place)}."
    return [Finding("places", message, fix="Wire the place of the Pack that made these tokens.", port="place")]


def attention_formula(p: SimpleNamespace, x: Shape, owner: Shape) -> Formula:
    entries = p.num_heads * x[1] ** 2
    parts = (Part(str(p.num_heads), "num_heads"), Part(f" · {x[1]}² = "), Part(f"{entries:,}", result=True), Part(f"   d = {x[2] // p.num_heads}"))
    return Formula("Attention weights", parts, weight_memory(4 * entries).replace("sample", "sequence"))


ROWS = (
    LayerType(
        id="pack",
        title="Pack",
        family="attention",
        stem="pack",
        aliases="patch n pack navit any size resolution sequence patchify tokens",
        doc="Cuts images of any size into patches and lays those of several images into one sequence, so that hardly a place stays empty.",
        make="Pack",
        args=("patch", "length"),
        inputs=(Port("image", "N C H W", doc="Images, padded to the largest."), Port("size", "N F", whole=True, doc="Height and width that count, in pixels.")),
        outputs=(Port("out", "N T D", doc="Sequences of patches. How many sequences there are depends on the images: at most one for each."), OWNER, PLACE),
        params=(
            Int("patch", 7, low=1, high=1000, label="Patch size", help="Height and width of a patch; what an image has beyond whole patches is cut off."),
            Int("length", 128, low=1, high=100_000, help="Places of a sequence; the patches of the largest image must fit."),
        ),
        shapes=pack_shapes,
        check=check_pack,
        key=lambda p: f"{p.patch}×{p.patch} · {p.length} places",
        formula=pack_formula,
        probes=("activations",),
        example=((1, 1, 14, 14), (1, 2)),
    ),
    LayerType(
        id="packed_positions",
        title="PackedPositions",
        family="attention",
        stem="places",
        aliases="navit factorised position embedding rows columns pack",
        doc="Adds to each packed token a learned vector for its row and one for its column: places of images of any size and shape.",
        make="PackedPositions",
        args=("dim",),
        inputs=(TOKENS, PLACE),
        outputs=OUT,
        derive={"dim": lambda x, place: x[2]},
        params=(Int("most", 64, low=1, high=10_000, label="Rows and columns", help="How many rows and columns have a vector of their own."),),
        check=check_places,
        formula=lambda p, x, place: Formula("Parameters", (Part(f"2 · {p.most}", "most"), Part(f" · {x[2]} = "), Part(f"{2 * p.most * x[2]:,}", result=True))),
        bypass="x",
        probes=("activations",),
        example=((2, 5, 8), (2, 5, 2)),
    ),
    LayerType(
        id="packed_attention",
        title="PackedAttention",
        family="attention",
        stem="attention",
        aliases="mha multi-head masked self navit pack block diagonal mask",
        doc="Self-attention in packed sequences: a mask lets every token look at the tokens of its own image only.",
        make="PackedAttention",
        args=("embed_dim", "num_heads"),
        inputs=(TOKENS, OWNER),
        outputs=OUT,
        derive={"embed_dim": lambda x, owner: x[2]},
        params=(*HEADS, DROPOUT),
        check=lambda p, x, owner: check_owner("PackedAttention", x, owner) or check_attention(p, x),
        key=lambda p: f"{p.num_heads} head{'s' if p.num_heads > 1 else ''}",
        formula=attention_formula,
        macs=lambda p, inputs, output: attention_macs(p, inputs[:1], output),
        bypass="x",
        probes=("attention", "activations"),
        init=("in_proj_weight", "out_proj.weight"),
        biases=("in_proj_bias", "out_proj.bias"),
        example=((2, 5, 8), (2, 5)),
    ),
    LayerType(
        id="packed_mean",
        title="PackedMean",
        family="attention",
        stem="mean",
        aliases="unpack masked pooling average pool navit tokens",
        doc="The mean of the tokens of each image in packed sequences: one row of features for each image, in the order of the batch.",
        call="packed_mean",
        inputs=(TOKENS, OWNER),
        outputs=(Port("out", "N F"),),
        shapes=lambda p, x, owner: ((x[0], x[2]),),
        check=lambda p, x, owner: check_owner("PackedMean", x, owner),
        formula=lambda p, x, owner: Formula("Output", (Part("mean over the tokens of an image = "), Part(f"F{x[2]}", result=True))),
        probes=("activations",),
        example=((1, 5, 8), (1, 5)),
    ),
)

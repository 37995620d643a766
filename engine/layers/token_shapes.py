"""Rows of the family shape that resize images or turn them into tokens and back. Data only: no torch, no Qt."""

from __future__ import annotations

from math import isqrt, prod
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Choice, Float, Int, Pair
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape
from engine.layers.words import laid_out, rank_finding, times, two

MAP, TOKENS = Port("x", "N C H W"), Port("x", "N T D")
WHEN = ("always", "validation only")  # when patches are shuffled
PADDINGS = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def shape_row(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A shape row over images."""
    defaults: dict[str, Any] = {"inputs": (MAP,), "outputs": (Port("out", "N C H W"),), "example": ((2, 3, 8, 8),)}
    return LayerType(id=type_id, title=title, family="shape", stem=stem, doc=doc, probes=("activations",), **{**defaults, **more})


def need_maps(x: Shape, title: str) -> list[Finding]:
    return rank_finding(x, rank=4, title=title, wanted="images C H W")


def check_crop(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_maps(x, "Crop")
    height, width = two(p.size)
    if found or (height <= x[2] and width <= x[3]):
        return found
    most = (min(height, x[2]), min(width, x[3]))
    message = f"A crop of {times(p.size)} does not fit into H{x[2]} W{x[3]}."
    return [
        Finding(
            "small-image",
            message,
            fix="Crop to a smaller size, or use Pad.",
            port="x",
            remedies=(Remedy(f"Crop to {times(most)}", "set", params={"size": most}),),
        )
    ]


def crop_call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    (height, width), x = two(p.size), shapes[0]
    top, left = (x[2] - height) // 2, (x[3] - width) // 2
    return f"{inputs[0]}[:, :, {top}:{top + height}, {left}:{left + width}]"


def check_pad(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_maps(x, "Pad")
    extra = {"reflect": 0, "circular": 1}.get(p.mode)
    if found or extra is None or all(pad < size + extra for pad, size in zip(two(p.padding), x[2:], strict=True)):
        return found
    message = f"Padding {times(p.padding)} by mode “{p.mode}” needs a larger image, got H{x[2]} W{x[3]}."
    return [Finding("reflect", message, fix="Use less padding, or zeros.", port="x", remedies=(Remedy("Pad with zeros", "set", params={"mode": "zeros"}),))]


def pad_call(inputs: list[str], p: SimpleNamespace) -> str:
    rows, columns = two(p.padding)
    mode = f', mode="{PADDINGS[p.mode]}"' if p.mode != "zeros" else f", value={p.value!r}" if p.value else ""
    return f"F.pad({inputs[0]}, ({columns}, {columns}, {rows}, {rows}){mode})"


def upsample_call(inputs: list[str], p: SimpleNamespace) -> str:
    mode = ', mode="bilinear"' if p.mode == "bilinear" else ""
    return f"F.interpolate({inputs[0]}, scale_factor={p.scale_factor!r}{mode})"


def check_shuffle(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_maps(x, "PixelShuffle")
    if found or x[1] % p.upscale_factor**2 == 0:
        return found
    message = f"PixelShuffle by {p.upscale_factor} makes one map out of {p.upscale_factor**2}, and {x[1]} channels are not a multiple of that."
    best = max(f for f in range(1, p.upscale_factor + 1) if x[1] % f**2 == 0)
    return [
        Finding(
            "channels",
            message,
            fix="Give the layer before it more channels.",
            port="x",
            remedies=(Remedy(f"Use {best}", "set", params={"upscale_factor": best}),),
        )
    ]


def check_patches(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_maps(x, "Patchify")
    (height, width), rest = two(p.patch), [size % patch for size, patch in zip(x[2:], two(p.patch), strict=False)]
    if found or not any(rest):
        return found
    if height > x[2] or width > x[3]:
        message = f"An image of H{x[2]} W{x[3]} is smaller than its patch of {times(p.patch)}."
        remedies = patch_remedies(min(height, width), x)
    else:
        message = f"Patches of {times(p.patch)} do not divide an image of H{x[2]} W{x[3]}: {max(rest)} pixel{'s are' if max(rest) > 1 else ' is'} left over."
        kept = (x[2] - rest[0], x[3] - rest[1])
        crop = Remedy(f"Crop the image to {times(kept)}", "insert", "crop", "x", params={"size": kept})
        remedies = (*patch_remedies(min(height, width), x), crop)
    return [Finding("patches", message, fix="Choose a patch size that divides height and width.", port="x", remedies=remedies)]


def patch_remedies(wanted: int, x: Shape) -> tuple[Remedy, ...]:
    """The nearest patches that fit, the next smaller and the next larger; a patch of one pixel only where nothing else fits."""
    fitting = [k for k in range(1, min(x[2:]) + 1) if x[2] % k == 0 and x[3] % k == 0]
    near = {max((k for k in fitting if k <= wanted), default=1), min((k for k in fitting if k >= wanted), default=1)} - {1}
    return tuple(
        Remedy(f"Use patches of {k}×{k}", "set", params={"patch": k}, note=f"{(x[2] // k) * (x[3] // k)} tokens")
        for k in sorted(near or {1}, key=lambda k: abs(k - wanted))
    )


def check_shuffled(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=3, title="ShufflePatches", wanted="tokens T D")
    if found or p.prefix <= x[1]:
        return found
    message = f"{p.prefix} tokens are to stay in place, and only {x[1]} arrive."
    return [Finding("axis", message, fix="Leave only a class token in place.", port="x", remedies=(Remedy("Leave one in place", "set", params={"prefix": 1}),))]


def patch_call(inputs: list[str], p: SimpleNamespace) -> str:
    return f"F.unfold({inputs[0]}, {p.patch!r}, stride={p.patch!r}).transpose(1, 2)"


def patch_formula(p: SimpleNamespace, x: Shape) -> Formula:
    (height, width), rows, columns = two(p.patch), x[2] // two(p.patch)[0], x[3] // two(p.patch)[1]
    parts = (
        Part(f"({x[2]} / "), Part(str(height), "patch"), Part(f") · ({x[3]} / "), Part(str(width), "patch"), Part(") = "),
        Part(f"{rows * columns} tokens", result=True), Part(f" of {x[1]}·{height}·{width} = "), Part(f"{x[1] * height * width}", result=True),
    )  # fmt: skip
    return Formula("Tokens", parts, f"{rows} rows, {columns} columns")


def grid(p: SimpleNamespace, x: Shape) -> tuple[int, int] | None:
    """Rows and columns of the tokens after the first `skip`; None when they make no rectangle."""
    tokens = x[1] - p.skip
    rows = p.rows or isqrt(max(tokens, 0))
    return (rows, tokens // rows) if rows and tokens > 0 and tokens % rows == 0 and (p.rows or rows * rows == tokens) else None


def check_tokens(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=3, title="TokensToMap", wanted="tokens T D")
    if found or grid(p, x):
        return found
    tokens = x[1] - p.skip
    shape = f"{p.rows} equal rows" if p.rows else "a square"
    remedies: tuple[Remedy, ...] = ()
    if not p.skip and grid(SimpleNamespace(rows=p.rows, skip=1), x):
        remedies = (Remedy("Leave out the class token", "set", params={"skip": 1}),)
    remedies = remedies or tuple(laid_out(x[1], "skip", p.skip))
    message = f"{max(tokens, 0)} tokens make no map of {shape}."
    return [Finding("grid", message, fix="Set the number of rows, or leave out the class token.", port="x", remedies=remedies)]


def map_call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    rest = f"[:, {p.skip}:]" if p.skip else ""
    return f"{inputs[0]}{rest}.transpose(1, 2).unflatten(2, {grid(p, shapes[0])})"


def tokens_formula(p: SimpleNamespace, x: Shape) -> Formula:
    rows, columns = grid(p, x) or (0, 0)
    return Formula(
        "Output",
        (Part(f"{x[1]} tokens"), Part(f" − {p.skip}" if p.skip else "", "skip"), Part(" = "), Part(f"{rows}×{columns}", "rows", result=True)),
        f"{x[2]} maps",
    )


ROWS = (
    shape_row(
        "crop",
        "Crop",
        stem="crop",
        aliases="centre center cut",
        doc="Keeps the centre of each map.",
        call=crop_call,
        params=(Pair("size", 4, low=1, high=10_000, help="Height and width that are kept."),),
        check=check_crop,
        key=lambda p: times(p.size),
        formula=lambda p, x: Formula("Output size", (Part(f"{x[2]}×{x[3]} → "), Part(times(p.size), "size", result=True)), "from the centre"),
        field=lambda p: (1, 1, 1),
        bypass="x",
    ),
    shape_row(
        "pad",
        "Pad",
        stem="pad",
        aliases="padding border zeros reflect",
        doc="Adds rows and columns on all sides.",
        call=pad_call,
        params=(
            Pair("padding", 1, low=0, high=1000, help="How many rows and columns are added on each side."),
            Choice("mode", list(PADDINGS), help="What the added pixels hold."),
            Float("value", 0.0, low=-1e6, high=1e6, advanced=True, help="The number added instead of zero, in the mode zeros."),
        ),
        check=check_pad,
        key=lambda p: f"{p.padding if isinstance(p.padding, int) else times(p.padding)}" + ("" if p.mode == "zeros" else f" · {p.mode}"),
        formula=lambda p, x: Formula(
            "Output size",
            (Part(f"{x[2]} + "), Part(f"2·{two(p.padding)[0]}", "padding"), Part(" = "), Part(str(x[2] + 2 * two(p.padding)[0]), result=True)),
            "H",
        ),
        field=lambda p: (1, 1, 1),
        bypass="x",
    ),
    shape_row(
        "shift",
        "Shift",
        stem="shift",
        aliases="translate move roll jitter invariance offset",
        doc="Moves each picture by whole pixels; what leaves on one side comes in on the other.",
        call=lambda inputs, p: f"{inputs[0]}.roll(({p.down}, {p.right}), (2, 3))",
        params=(
            Int("right", 1, low=-1000, high=1000, unit="px", help="How far to the right; negative numbers go left."),
            Int("down", 0, low=-1000, high=1000, unit="px", help="How far down; negative numbers go up."),
        ),
        check=lambda p, x: need_maps(x, "Shift"),
        key=lambda p: f"→ {p.right} · ↓ {p.down}",
        field=lambda p: (1, 1, 1),
        bypass="x",
    ),
    shape_row(
        "upsample",
        "Upsample",
        stem="up",
        aliases="interpolate nearest bilinear resize enlarge unpool decoder",
        doc="Enlarges each map by a whole factor: repeats pixels, or blends between them.",
        call=upsample_call,
        params=(
            Int("scale_factor", 2, low=1, high=64, label="Factor", help="How many times as high and wide the map becomes."),
            Choice("mode", ["nearest", "bilinear"], help="Repeat each pixel, or blend between neighbours."),
        ),
        check=lambda p, x: need_maps(x, "Upsample"),
        key=lambda p: f"×{p.scale_factor} · {p.mode}",
        formula=lambda p, x: Formula(
            "Output size",
            (Part(f"{x[2]} · "), Part(str(p.scale_factor), "scale_factor"), Part(" = "), Part(str(x[2] * p.scale_factor), result=True)),
            "H and W",
        ),
        bypass="x",
    ),
    shape_row(
        "pixel_shuffle",
        "PixelShuffle",
        stem="shuffle",
        aliases="sub-pixel depth to space super resolution",
        doc="Lays the channels of each pixel out as a small square: r² times fewer channels, r times the height and width.",
        call="F.pixel_shuffle",
        args=("upscale_factor",),
        params=(Int("upscale_factor", 2, low=1, high=64, label="Factor r", help="How many times as high and wide the map becomes."),),
        check=check_shuffle,
        key=lambda p: f"×{p.upscale_factor}",
        formula=lambda p, x: Formula(
            "Channels", (Part(f"{x[1]} / "), Part(f"{p.upscale_factor}²", "upscale_factor"), Part(" = "), Part(str(x[1] // p.upscale_factor**2), result=True))
        ),
        example=((2, 8, 4, 4),),
    ),
    shape_row(
        "patchify",
        "Patchify",
        stem="patches",
        aliases="patch tokens vit unfold im2col transformer",
        doc="Cuts an image into square patches and lays each out as one token: with a Linear behind it, the patch embedding of a ViT.",
        call=patch_call,
        outputs=(Port("out", "N T D"),),
        params=(Pair("patch", 4, low=1, high=1000, label="Patch size", help="Height and width of a patch; must divide those of the image."),),
        check=check_patches,
        key=lambda p: times(p.patch),
        formula=patch_formula,
    ),
    shape_row(
        "shuffle_patches",
        "ShufflePatches",
        stem="shuffle",
        aliases="permute patches order tokens position embedding bag vit",
        doc="Puts the tokens of each image into an order of its own: without positions attention does not notice.",
        make="ShufflePatches",
        inputs=(TOKENS,),
        outputs=(Port("out", "N T D"),),
        params=(
            Choice(
                "when", list(WHEN), help="Always, in a new order each time while training; or only where the network is judged, so that it learns in order."
            ),
            Int("prefix", 0, low=0, high=100, label="Leave in place", help="How many tokens at the front stay, such as a class token."),
            Int("seed", 0, low=0, high=1_000_000, help="Another seed gives other orders for validation."),
        ),
        check=check_shuffled,
        key=lambda p: p.when,
        formula=lambda p, x: Formula("Orders", (Part(f"{x[1] - p.prefix}!", "prefix", result=True), Part(" of the tokens")), "0 parameters"),
        bypass="x",
        example=((2, 16, 5),),
    ),
    shape_row(
        "map_to_tokens",
        "MapToTokens",
        stem="tokens",
        aliases="flatten pixels sequence transformer",
        doc="Every pixel of the maps becomes one token, row by row; its channels are the features.",
        call=lambda inputs, p: f"{inputs[0]}.flatten(2).transpose(1, 2)",
        outputs=(Port("out", "N T D"),),
        check=lambda p, x: need_maps(x, "MapToTokens"),
        formula=lambda p, x: Formula("Tokens", (Part(f"{x[2]} · {x[3]} = "), Part(f"{prod(x[2:])} tokens", result=True), Part(f" of {x[1]}"))),
    ),
    shape_row(
        "tokens_to_map",
        "TokensToMap",
        stem="map",
        aliases="reshape grid setr decoder transformer",
        doc="Lays tokens out as maps again, row by row: the features become the channels.",
        call=map_call,
        inputs=(TOKENS,),
        params=(
            Int("rows", 0, low=0, high=10_000, help="How many rows the map has; 0 makes it a square."),
            Int("skip", 0, low=0, high=100, label="Leave out", help="How many tokens at the front are left out, such as a class token."),
        ),
        check=check_tokens,
        key=lambda p: " · ".join([*([f"{p.rows} rows"] if p.rows else []), *([f"without {p.skip}"] if p.skip else [])]),
        formula=tokens_formula,
        example=((2, 16, 5),),
    ),
)

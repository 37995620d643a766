"""Rows of the family attention: tokens that look at each other, and where they are. Data only: no torch, no Qt."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt, prod
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Float, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import laid_out, rank_finding

TOKENS = Port("x", "N T D")
OUT = (Port("out", "N T D"),)
MOST_HEADS = 1000
MANY_BYTES = 128 * 2**20  # of attention weights a sample; ViT-B/16 has 1.8 MiB of them in each block at 224 pixels, 130 MiB at 656
POSITIONS = {"learned": "LearnedPositions", "sinusoidal": "SinusoidalPositions"}


def need_tokens(x: Shape, title: str, port: str = "x") -> list[Finding]:
    """A finding when `x` is no sequence of tokens; images can become one."""
    remedies = (Remedy("Insert MapToTokens", "insert", "map_to_tokens", port, note=f"{shape_text(x)} → T{x[2] * x[3]} D{x[1]}"),) if len(x) == 4 else ()
    found = rank_finding(x, rank=3, title=title, wanted="tokens T D", remedies=remedies)
    return [Finding(f.code, f.message, f.fix, f.severity, port, f.remedies) for f in found]


def check_attention(p: SimpleNamespace, x: Shape, context: Shape | None = None) -> list[Finding]:
    return check_heads(p, x, context) or quadratic(p.num_heads, x[1], (context or x)[1])


def check_heads(p: SimpleNamespace, x: Shape, context: Shape | None = None) -> list[Finding]:
    found = need_tokens(x, "Attention") or (need_tokens(context, "Attention", "context") if context else [])
    if found:
        return found
    if x[2] % p.num_heads:
        message = f"{p.num_heads} heads do not divide {x[2]} features: each head gets an equal share of them."
        fix = "Choose a number of heads that divides the features."
        return [Finding("heads", message, fix=fix, port="x", remedies=tuple(map(use_heads, nearest_heads(p.num_heads, x[2]))))]
    if context and context[2] != x[2]:
        remedy = Remedy("Insert Linear", "insert", "linear", "context", params={"out_features": x[2]}, note=f"context D{context[2]} → D{x[2]}")
        message = f"Query and context need the same number of features: x brings {shape_text(x)}, context brings {shape_text(context)}."
        return [Finding("widths-differ", message, fix="Put a Linear before the context.", port="context", remedies=(remedy,))]
    return []


def quadratic(heads: int, queries: int, keys: int) -> list[Finding]:
    """A warning where the weights, one for each pair of tokens, are many."""
    entries = heads * queries * keys
    if 4 * entries < MANY_BYTES:
        return []
    squared = f"{queries:,}²" if queries == keys else f"{queries:,} · {keys:,}"
    within = f" in each of {heads} heads" if heads > 1 else ""
    message = f"Every token looks at every other: {squared} = {queries * keys:,} weights{within}, {4 * entries / 2**20:,.0f} MiB a sample."
    return [Finding("quadratic", message, fix="Use larger patches or a smaller image: half as many tokens cost a quarter.", severity="warning", port="x")]


def nearest_heads(wanted: int, features: int) -> list[int]:
    """The next smaller and the next larger number of heads that divides the features, the nearer one first."""
    low = max(h for h in range(1, min(wanted, features) + 1) if features % h == 0)
    high = next((h for h in range(wanted + 1, min(features, MOST_HEADS) + 1) if features % h == 0), low)
    return sorted({low, high}, key=lambda h: (abs(h - wanted), h))


def use_heads(count: int) -> Remedy:
    return Remedy(f"Use {count} head{'s' if count > 1 else ''}", "set", params={"num_heads": count})


def attention_formula(p: SimpleNamespace, x: Shape, context: Shape | None = None) -> Formula:
    keys = (context or x)[1]
    entries = p.num_heads * x[1] * keys
    parts = (Part(str(p.num_heads), "num_heads"), Part(f" · {x[1]} · {keys} = "), Part(f"{entries:,}", result=True), Part(f"   d = {x[2] // p.num_heads}"))
    return Formula("Attention weights", parts, weight_memory(4 * entries))


def weight_memory(size: int) -> str:
    """So many bytes in words."""
    return f"{size / 2**20:,.3g} MiB a sample" if size >= 2**20 else f"{size / 2**10:.3g} KiB a sample"


def attention_macs(p: SimpleNamespace, inputs: list[Shape], output: Shape) -> int:
    (n, tokens, dim), keys = inputs[0], inputs[-1][1]
    projections = 2 * tokens * dim * dim + 2 * keys * dim * dim  # Q and the output; K and V
    return n * (projections + 2 * tokens * keys * dim)


HEADS = (
    Int("num_heads", 4, low=1, high=MOST_HEADS, label="Heads", help="How many attentions look side by side, each with a share of the features."),
    Bool("bias", True, advanced=True, help="Adds learned numbers to queries, keys, values and output."),
)
DROPOUT = Float("dropout", 0.0, low=0.0, high=0.99, advanced=True, help="The share of attention weights that are dropped while training.")


def attention_row(type_id: str, title: str, *, doc: str, aliases: str, inputs: tuple[Port, ...], **more: Any) -> LayerType:
    return LayerType(
        id=type_id,
        title=title,
        family="attention",
        stem="attention",
        aliases=aliases,
        doc=doc,
        make="MultiHeadAttention",
        args=("embed_dim", "num_heads"),
        inputs=inputs,
        outputs=OUT,
        derive={"embed_dim": lambda *shapes: shapes[0][2]},
        check=check_attention,
        key=lambda p: f"{p.num_heads} head{'s' if p.num_heads > 1 else ''}" + (" · causal" if getattr(p, "causal", False) else ""),
        formula=attention_formula,
        macs=attention_macs,
        bypass="x",
        probes=("attention", "activations"),
        init=("in_proj_weight", "out_proj.weight"),
        biases=("in_proj_bias", "out_proj.bias"),
        **more,
    )


def check_products(p: SimpleNamespace, q: Shape, k: Shape, v: Shape) -> list[Finding]:
    for shape, port in ((q, "q"), (k, "k"), (v, "v")):
        if found := need_tokens(shape, "ScaledDotProduct", port):
            return found
    if q[2] != k[2]:
        message = f"Each query is compared with each key, so both need the same features: q brings {shape_text(q)}, k brings {shape_text(k)}."
        remedy = Remedy("Insert Linear", "insert", "linear", "k", params={"out_features": q[2]}, note=f"k D{k[2]} → D{q[2]}")
        return [Finding("widths-differ", message, fix="Let both Linear layers give as many features.", port="k", remedies=(remedy,))]
    if k[1] != v[1] or not q[0] == k[0] == v[0]:
        message = f"Each key comes with one value: k brings {shape_text(k)}, v brings {shape_text(v)}."
        return [Finding("tokens-differ", message, fix="Wire keys and values of the same tokens.", port="v")]
    return [replace(found, port="q") for found in quadratic(1, q[1], k[1])]


def product_call(inputs: list[str], p: SimpleNamespace) -> str:
    more = (", is_causal=True" if p.causal else "") + ("" if p.scaled else ", scale=1.0")
    return f"F.scaled_dot_product_attention({', '.join(inputs)}{more})"


# -- places --------------------------------------------------------------------------------------------------------------
def grid_of(p: SimpleNamespace, x: Shape) -> tuple[int, int]:
    """Rows and columns of the tokens behind the prefix; (0, 0) when they make no rectangle."""
    tokens = max(x[1] - p.prefix, 0)
    rows = p.rows or isqrt(tokens)
    return (rows, tokens // rows) if rows and tokens >= rows and tokens % rows == 0 and (p.rows or rows * rows == tokens) else (0, 0)


def check_grid(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_tokens(x, "This embedding")
    if found or grid_of(p, x) != (0, 0):
        return found
    tokens = x[1] - p.prefix
    message = f"{max(tokens, 0)} tokens make no {f'image of {p.rows} equal rows' if p.rows else 'square image'}, so nobody knows their coordinates."
    remedies: tuple[Remedy, ...] = ()
    if not p.prefix and grid_of(SimpleNamespace(rows=p.rows, prefix=1), x) != (0, 0):
        remedies = (Remedy("Leave the class token without a place", "set", params={"prefix": 1}),)
    remedies = remedies or tuple(laid_out(x[1], "prefix", p.prefix))
    return [Finding("grid", message, fix="Set the number of rows, and how many tokens at the front have no place.", port="x", remedies=remedies)]


def table_formula(p: SimpleNamespace, x: Shape) -> Formula:
    if p.kind == "sinusoidal":
        return Formula("Added", (Part("sin, cos of place / 10,000^(2i / "), Part(f"{x[2]})", result=True)), "0 parameters")
    return Formula("Parameters", (Part(f"{x[1]} · {x[2]} = ", "kind"), Part(f"{x[1] * x[2]:,}", result=True)), "one row a token")


def factorised_formula(p: SimpleNamespace, x: Shape) -> Formula:
    rows, columns = grid_of(p, x)
    return Formula("Parameters", (Part(f"({rows} + {columns}) · {x[2]} = ", "rows"), Part(f"{(rows + columns) * x[2]:,}", result=True)), f"{x[1]} tokens")


def coordinate_formula(p: SimpleNamespace, x: Shape) -> Formula:
    count = 3 * p.hidden + (p.hidden + 1) * x[2]
    return Formula("Parameters", (Part("2 → "), Part(str(p.hidden), "hidden"), Part(f" → {x[2]}: "), Part(f"{count:,}", result=True)), "for any grid")


def grid_key(p: SimpleNamespace) -> str:
    return f"{p.rows} rows" if p.rows else ""


GRID = (
    Int("rows", 0, low=0, high=10_000, help="How many rows of patches there are; 0 means a square image."),
    Int("prefix", 0, low=0, high=100, label="Without a place", help="How many tokens at the front have no place, such as a class token."),
)


def first_token(inputs: list[str], p: SimpleNamespace) -> str:
    return f"{inputs[0]}[:, {p.index!r}]"


def check_index(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = need_tokens(x, "TakeToken")
    if found or -x[1] <= p.index < x[1]:
        return found
    message = f"There is no token {p.index}: {shape_text(x)} has the tokens 0 to {x[1] - 1}."
    return [Finding("axis", message, fix="Use 0 for the class token.", remedies=(Remedy("Take the first token", "set", params={"index": 0}),))]


def token_row(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A row over tokens."""
    defaults: dict[str, Any] = {"inputs": (TOKENS,), "outputs": OUT, "check": lambda p, x: need_tokens(x, title), "example": ((2, 16, 8),)}
    return LayerType(id=type_id, title=title, family="attention", stem=stem, doc=doc, probes=("activations",), **{**defaults, **more})


ROWS = (
    attention_row(
        "multi_head_attention",
        "MultiHeadAttention",
        doc="Self-attention: every token asks all tokens, and takes the mean of their values weighted by softmax(Q Kᵀ / √d).",
        aliases="mha self attention transformer heads query key value",
        inputs=(TOKENS,),
        params=(*HEADS, Bool("causal", False, label="Look back only", help="Each token sees itself and those before it."), DROPOUT),
        example=((2, 5, 8),),
    ),
    attention_row(
        "cross_attention",
        "CrossAttention",
        doc="Every token of x asks the tokens of a context: queries of x, keys and values of the context.",
        aliases="mha multi-head encoder decoder transformer heads query key value",
        inputs=(Port("x", "N T D", doc="The tokens that ask."), Port("context", "N T D", doc="The tokens that answer.")),
        params=(*HEADS, DROPOUT),
        example=((2, 5, 8), (2, 7, 8)),
    ),
    LayerType(
        id="scaled_dot_product",
        title="ScaledDotProduct",
        family="attention",
        stem="attend",
        aliases="attention sdpa query key value softmax transformer",
        doc="Attention without weights: softmax(q kᵀ / √D) v for queries, keys and values that are wired in.",
        call=product_call,
        inputs=(Port("q", "N T D", doc="Queries."), Port("k", "N T D", doc="Keys."), Port("v", "N T D", doc="Values.")),
        outputs=OUT,
        params=(
            Bool("causal", False, label="Look back only", help="Each token sees itself and those before it."),
            Bool("scaled", True, label="Divide by √D", help="Keeps softmax from becoming too peaked when there are many features."),
        ),
        check=check_products,
        key=lambda p: " · ".join([*(["causal"] if p.causal else []), *([] if p.scaled else ["unscaled"])]),
        formula=lambda p, q, k, v: Formula(
            "Attention weights",
            (Part(f"{q[1]} · {k[1]} = "), Part(f"{q[1] * k[1]:,}", result=True), Part(f"   / √{q[2]}" if p.scaled else "", "scaled")),
            "a sample",
        ),
        macs=lambda p, inputs, output: prod(output[:2]) * inputs[1][1] * (inputs[0][2] + inputs[2][2]),
        bypass="v",
        probes=("attention", "activations"),
        example=((2, 5, 8), (2, 7, 8), (2, 7, 6)),
    ),
    token_row(
        "positional_embedding",
        "PositionalEmbedding",
        stem="positions",
        aliases="position encoding vit learned table sinusoidal",
        doc="Adds to each token where it is; without it attention does not know the order of the tokens.",
        make=lambda p, x: POSITIONS[p.kind],
        args=("tokens", "dim"),
        silent=("kind",),
        derive={"tokens": lambda x: x[1], "dim": lambda x: x[2]},
        params=(Choice("kind", list(POSITIONS), help="A learned row for each place, or fixed sines and cosines of it."),),
        key=lambda p: p.kind,
        formula=table_formula,
        bypass="x",
    ),
    token_row(
        "coordinate_embedding",
        "CoordinateEmbedding",
        stem="places",
        aliases="position encoding navit mlp coordinates fractional",
        doc="Adds what a small network makes of each patch's coordinates (y, x): works for images of any size.",
        make="CoordinatePositions",
        args=("grid", "dim"),
        silent=("rows",),
        derive={"grid": grid_of, "dim": lambda x: x[2]},
        params=(
            *GRID,
            Int("hidden", 64, low=1, high=100_000, help="Width of the hidden layer of the small network."),
            Bool("absolute", False, label="Count in patches", help="Places are counted in patches instead of shares of the image."),
        ),
        check=check_grid,
        key=grid_key,
        formula=coordinate_formula,
        bypass="x",
    ),
    token_row(
        "factorised_embedding",
        "FactorisedEmbedding",
        stem="places",
        aliases="position encoding navit rows columns factorized",
        doc="Adds a learned row for the height and one for the width of each patch's place.",
        make="FactorisedPositions",
        args=("grid", "dim"),
        silent=("rows",),
        derive={"grid": grid_of, "dim": lambda x: x[2]},
        params=GRID,
        check=check_grid,
        key=grid_key,
        formula=factorised_formula,
        bypass="x",
    ),
    token_row(
        "class_token",
        "ClassToken",
        stem="token",
        aliases="cls vit prepend learned",
        doc="Puts one learned token in front: it gathers from the others what the classifier reads.",
        make="ClassToken",
        args=("dim",),
        derive={"dim": lambda x: x[2]},
        formula=lambda p, x: Formula("Tokens", (Part(f"1 + {x[1]} = "), Part(str(x[1] + 1), result=True)), f"{x[2]} parameters"),
        bypass="x",
    ),
    token_row(
        "take_token",
        "TakeToken",
        stem="cls",
        aliases="select index cls class first token",
        doc="Keeps one token and drops the others, such as the class token before the classifier.",
        call=first_token,
        outputs=(Port("out", "N F"),),
        params=(Int("index", 0, low=-10_000, high=10_000, label="Token", help="Which token, from 0; −1 is the last."),),
        check=check_index,
        key=lambda p: str(p.index),
        formula=lambda p, x: Formula("Output", (Part("token "), Part(str(p.index), "index"), Part(f" of {x[1]}: "), Part(f"F{x[2]}", result=True))),
    ),
    token_row(
        "mean_tokens",
        "MeanTokens",
        stem="mean",
        aliases="average pool tokens gap sequence",
        doc="The mean of all tokens: a sequence becomes one row of features.",
        call=lambda inputs, p: f"{inputs[0]}.mean(1)",
        outputs=(Port("out", "N F"),),
        formula=lambda p, x: Formula("Output", (Part(f"mean over {x[1]} tokens = "), Part(f"F{x[2]}", result=True))),
    ),
)

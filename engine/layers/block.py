"""Rows of the family block: the ports inside a definition, and the row of an instance made from its definition. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from engine.graph.model import BLOCK, INPUT, OUTPUT, REPEAT, Block, BlockParam, Value
from engine.graph.problem import Remedy
from engine.layers.params import BoolParam, Choice, ChoiceParam, FloatParam, Int, IntParam, PairParam, Param, ShapeParam
from engine.layers.spec import Finding, LayerType, Port, Shape

MOST_REPEATS = 1000
MOST_SIZES = 64  # numbers in a list of them
WIDTHS = ("channels", "features", "width", "dim", "units")  # how the names end of parameters that say how much comes out
KEPT = 1024  # rows of instances that are remembered

PORTS = (
    LayerType(
        id=INPUT,
        title="Input port",
        family="block",
        role="port",
        stem="x",
        aliases="in argument",
        doc="Where a wire enters a block. Ports are ordered from top to bottom.",
        outputs=(Port("out"),),
    ),
    LayerType(
        id=OUTPUT,
        title="Output port",
        family="block",
        role="port",
        stem="y",
        aliases="out result",
        doc="Where a wire leaves a block. Ports are ordered from top to bottom.",
        inputs=(Port("x"),),
        outputs=(),
    ),
)

CASTS: dict[str, Callable[[BlockParam], Param]] = {
    "int": lambda b: IntParam(
        name=b.name, default=b.default, low=int(b.low or 0), high=int(1_000_000 if b.high is None else b.high), help=b.help, label=b.label
    ),
    "float": lambda b: FloatParam(
        name=b.name, default=b.default, low=-1e12 if b.low is None else b.low, high=1e12 if b.high is None else b.high, help=b.help, label=b.label
    ),
    "bool": lambda b: BoolParam(name=b.name, default=b.default, help=b.help, label=b.label),
    "choice": lambda b: ChoiceParam(name=b.name, default=b.default, choices=b.choices, help=b.help, label=b.label),
    "pair": lambda b: PairParam(
        name=b.name, default=b.default, low=int(b.low or 0), high=int(10_000 if b.high is None else b.high), words=b.choices, optional=b.optional,
        none_label="automatic" if b.optional else "", help=b.help, label=b.label,
    ),
    "sizes": lambda b: ShapeParam(
        name=b.name, default=b.default, help=b.help, label=b.label, most=MOST_SIZES,
        bounds=None if b.low is None or b.high is None else (int(b.low), int(b.high)),
    ),
}  # fmt: skip


def param_of(param: BlockParam) -> Param:
    """The form and bounds of a block's parameter; KeyError for a kind that is not known."""
    return CASTS[param.kind](param)


def exposed(param: Param, *, name: str, default: Value) -> BlockParam | None:
    """The block parameter that shows a layer's parameter to the outside; None for kinds that stay inside, such as folders."""
    known = {"name": name, "default": default, "help": param.help, "label": "" if param.name != name else param.label}
    if isinstance(param, (IntParam, FloatParam)):
        return BlockParam(kind="int" if isinstance(param, IntParam) else "float", low=param.low, high=param.high, **known)
    if isinstance(param, BoolParam):
        return BlockParam(kind="bool", **known)
    if isinstance(param, ChoiceParam):
        return BlockParam(kind="choice", choices=param.choices, **known)
    if isinstance(param, PairParam):
        return BlockParam(kind="pair", low=param.low, high=param.high, choices=param.words, optional=param.optional, **known)
    if not isinstance(param, ShapeParam) or not param.whole:
        return None
    low, high = param.bounds or (None, None)
    return BlockParam(kind="sizes", low=low, high=high, **known)


ROWS_OF: dict[int, tuple[Block, LayerType]] = {}  # by identity: a definition is a frozen record that is replaced, never changed
ROWS_LIKE: dict[tuple[object, ...], LayerType] = {}  # by what shows outside, so that an edit inside keeps the row


def row_of(block: Block) -> LayerType:
    """The layer type that instances of `block` have; the same object as long as nothing shows a change outside."""
    known = ROWS_OF.get(id(block))
    if known is not None and known[0] is block:
        return known[1]
    face = (block.id, block.title, block.doc, block.params, block.ports(INPUT), block.ports(OUTPUT))
    row = ROWS_LIKE.get(face) or made(block)
    for memory in (ROWS_OF, ROWS_LIKE):
        if len(memory) >= KEPT:
            memory.clear()
    ROWS_LIKE[face] = row
    ROWS_OF[id(block)] = (block, row)
    return row


def made(block: Block) -> LayerType:
    """An instance's row: ports and parameters of the definition, and how often it is repeated."""
    inputs, outputs = block.ports(INPUT), block.ports(OUTPUT)
    repeat = Int(REPEAT, 1, low=1, high=MOST_REPEATS, help="How many copies follow each other, each with weights of its own.")
    return LayerType(
        id=BLOCK + block.id,
        title=block.title or block.id,
        family="block",
        stem=stem_of(block.id),
        doc=block.doc or "A block of this document.",
        aliases="composite group subgraph",
        inputs=tuple(Port(name) for name in inputs),
        outputs=tuple(Port(name) for name in outputs),
        params=(*map(param_of, block.params), repeat),
        key=lambda p: key_of(block.params, p),
        bypass=inputs[0] if len(inputs) == len(outputs) == 1 else "",
        probes=("activations",),
    )


def stem_of(block_id: str) -> str:
    """`ResBlock` as the beginning of an id: resblock."""
    return block_id.lower().rstrip("0123456789_") or "block"


def key_of(params: tuple[BlockParam, ...], p: SimpleNamespace) -> str:
    """`128 · /2 · ×3`: the first two parameters, and how often. A width needs no name, as on a convolution."""
    words = [spoken(param.name, getattr(p, param.name)) for param in params[:2]]
    return " · ".join([*words, *([f"×{p.repeat}"] if p.repeat > 1 else [])])


def spoken(name: str, value: Value) -> str:
    """A parameter in a node's key line: `128`, `/2`, `heads 12`, `projection`, `residual` or `no residual`."""
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    if name == "stride":
        return f"/{text}"
    return text if isinstance(value, str) or name.endswith(WIDTHS) else f"{words} {text}"


def choose(p: SimpleNamespace) -> str:
    """The input port that a Choose node lets through."""
    return p.take


def check_choose(p: SimpleNamespace, *shapes: Shape) -> list[Finding]:
    if "abcdefgh".index(p.take) < p.inputs:
        return []
    remedy = Remedy("Take input a", "set", params={"take": "a"})
    message = f"Choose has {p.inputs} inputs, the last of them {'abcdefgh'[p.inputs - 1]}, and cannot take {p.take}."
    return [Finding("choice", message, fix="Take another input, or have more of them.", remedies=(remedy,))]


ROWS = (
    LayerType(
        id="choose",
        title="Choose",
        family="merge",
        stem="choose",
        aliases="switch select either or if condition shortcut",
        doc="Lets one of its inputs through; what leads only to the others is left out. Inside a block the choice can follow a parameter.",
        call=lambda inputs, p: inputs["abcdefgh".index(p.take)],
        inputs=(Port("x", many="inputs"),),
        outputs=(Port("out"),),
        params=(
            Choice("take", list("abcdefgh"), help="The input that is let through."),
            Int("inputs", 2, low=2, high=8, help="How many inputs there are to choose from."),
        ),
        silent=("inputs", "take"),
        through=choose,
        check=check_choose,
        key=lambda p: f"takes {p.take}",
        example=((2, 3, 8, 8), (2, 3, 8, 8)),
    ),
)

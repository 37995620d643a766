"""What a layer type is: one declaration from which everything else follows. No torch, no Qt.

A shape is a plain tuple of ints with the batch axis first, for example (64, 16, 28, 28).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from types import SimpleNamespace

from engine.graph.model import EMPTY, Value
from engine.graph.problem import Remedy
from engine.layers import initial
from engine.layers.params import IntParam, Param, ParamError

Shape = tuple[int, ...]
FAMILIES = (
    "data", "linear", "convolution", "pooling", "activation", "normalisation", "regularisation",
    "merge", "shape", "attention", "recurrent", "multi-view", "loss", "block",
)  # fmt: skip
AXES_BY_RANK = {1: "N", 2: "N F", 3: "N T D", 4: "N C H W", 5: "N C D H W"}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output. `axes` names them ("N C H W"; "*" any). `kind`: tensor, target (labels) or loss.

    `many` names an IntParam: the port then stands for that many ports called a, b, c, ...
    """

    name: str
    axes: str = "*"
    kind: str = "tensor"
    many: str = ""
    doc: str = ""
    whole: bool = False  # holds whole numbers, such as indices


@dataclass(frozen=True, slots=True)
class Finding:
    """What a row's `check` reports; the analyst pins it to the node and makes it a Problem."""

    code: str
    message: str
    fix: str = ""
    severity: str = "error"
    port: str = ""
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula: plain text, the factor of a parameter (`param`), or the result."""

    text: str
    param: str = ""
    result: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """The layer's formula with its own numbers: `caption` ("Output size"), `note` ("H and W"), and the parts in order."""

    caption: str
    parts: tuple[Part, ...]
    note: str = ""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerType:
    """One row of the registry. Callables take `p` (parameters as attributes) and shapes in port order.

    make       constructor such as "nn.Conv2d", or a callable(p, *shapes) that picks one; None: no module
    args       names printed positionally in the constructor (or in `call`), in torch's order; the rest as keywords
    silent     parameters that torch does not know (never printed)
    call       without a module: a function name ("F.relu") or a template callable(inputs: list[str], p) -> expression;
               a third parameter takes the input shapes
    use        with a module that is not simply called: a template callable(module: str, inputs: list[str], p) -> expression
    derive     constructor arguments read off the input shapes, never typed by the user; a function that begins with `p` also gets the parameters
    shapes     callable(p, *shapes) -> output shapes, where finding them out by running the layer would take long
    check      callable(p, *shapes) -> iterable of Finding, asked before torch is
    macs       callable(p, inputs: list[Shape], output: Shape) -> multiply-accumulates for that batch
    field      callable(p) -> (kernel, stride, dilation) along an image axis, for the receptive field
    init       weights of the module whose beginning can be chosen, outputs first (a view where torch has them elsewhere), or a callable(p)
               that names them; gives the row the parameters of `engine.layers.initial`; `biases` are begun as well where the parameter
               "bias" is on
    """

    id: str
    title: str
    family: str
    doc: str
    stem: str
    outputs: tuple[Port, ...]
    inputs: tuple[Port, ...] = ()
    role: str = "layer"  # layer, data, loss, or port of a block
    aliases: str = ""
    make: str | Callable[..., str] | None = None
    args: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    call: str | Callable[..., str] | None = None
    use: Callable[..., str] | None = None
    derive: Mapping[str, Callable[..., Value]] = attribute(default_factory=lambda: EMPTY)
    params: tuple[Param, ...] = ()
    shapes: Callable[..., tuple[Shape, ...]] | None = None
    check: Callable[..., list[Finding]] | None = None
    key: Callable[[SimpleNamespace], str] | None = None
    formula: Callable[..., Formula | None] | None = None
    macs: Callable[..., int] | None = None
    field: Callable[[SimpleNamespace], tuple[int, int, int]] | None = None
    parts: str = ""  # the IntParam that says how many outputs a, b, c, ... there are; `outputs` are those of its default
    bypass: str = ""  # the input port that passes through when bypassed
    through: Callable[[SimpleNamespace], str] | None = None  # the input port that always passes through: the node itself computes nothing
    probes: tuple[str, ...] = ()
    example: tuple[Shape, ...] = ()
    dataset: str = ""  # for data nodes: an id of engine.data.catalog
    init: tuple[str, ...] | Callable[[SimpleNamespace], tuple[str, ...]] = ()
    biases: tuple[str, ...] | Callable[[SimpleNamespace], tuple[str, ...]] = ("bias",)

    def __post_init__(self) -> None:
        biased = any(param.name == "bias" for param in self.params)
        more = initial.NODE if biased else initial.WEIGHTS_ONLY
        if self.init and self.params[-1:] != more[-1:]:
            object.__setattr__(self, "params", (*self.params, *more))
            object.__setattr__(self, "silent", (*self.silent, *(param.name for param in more)))

    def weights_of(self, p: SimpleNamespace) -> tuple[str, ...]:
        """The weights whose beginning can be chosen, with these parameters."""
        return self.init(p) if callable(self.init) else self.init

    def biases_of(self, p: SimpleNamespace) -> tuple[str, ...]:
        """The biases whose beginning can be chosen, with these parameters; none where the layer has none."""
        if not self.init or not getattr(p, "bias", False):
            return ()
        return self.biases(p) if callable(self.biases) else self.biases

    def param(self, name: str) -> Param:
        """The parameter called `name`; KeyError when there is none."""
        for param in self.params:
            if param.name == name:
                return param
        raise KeyError(name)

    def values(self, params: Mapping[str, Value]) -> SimpleNamespace:
        """All parameters as attributes: those set in `params`, defaults for the rest. ParamError names the bad one."""
        known = {param.name for param in self.params}
        for name in params:
            if name not in known:
                raise ParamError(f"{self.title} has no parameter {name!r}.")
        return SimpleNamespace(**{p.name: p.parse(params[p.name]) if p.name in params else p.default for p in self.params})

    def input_ports(self, params: Mapping[str, Value]) -> tuple[Port, ...]:
        """The input ports of a node with these `params`, `many` ports spelled out."""
        if not any(port.many for port in self.inputs):
            return self.inputs
        ports: list[Port] = []
        for port in self.inputs:
            if not port.many:
                ports.append(port)
                continue
            count = params.get(port.many, self.param(port.many).default)
            kind = self.param(port.many)
            low, high = (kind.low, kind.high) if isinstance(kind, IntParam) else (2, 8)
            count = min(max(count, low), high) if isinstance(count, int) else low
            ports += [Port(chr(ord("a") + i), port.axes, port.kind, doc=port.doc) for i in range(count)]
        return tuple(ports)

    def counts_ports(self, name: str) -> bool:
        """Whether the parameter `name` says how many ports there are."""
        return bool(name) and (name == self.parts or any(port.many == name for port in self.inputs))

    def spelled(self, params: Mapping[str, Value]) -> LayerType:
        """This row with the outputs of a node with these `params`; the same object for the same number."""
        if not self.parts:
            return self
        kind = self.param(self.parts)
        count = params.get(self.parts, kind.default)
        low, high = (kind.low, kind.high) if isinstance(kind, IntParam) else (2, 8)
        count = min(max(count, low), high) if isinstance(count, int) and not isinstance(count, bool) else kind.default
        if count == len(self.outputs):
            return self
        if (self.id, count) not in SPELLED:
            first = self.outputs[0]
            SPELLED[self.id, count] = replace(self, outputs=tuple(replace(first, name=chr(ord("a") + index)) for index in range(count)))
        return SPELLED[self.id, count]

    def key_line(self, params: Mapping[str, Value]) -> str:
        """The one to three values that identify a node ("16 · 5×5 · pad 2"); empty for a compact node."""
        try:
            return self.key(self.values(params)) if self.key else ""
        except ParamError:
            return "?"


SPELLED: dict[tuple[str, int], LayerType] = {}  # rows whose outputs were spelled out, so that each exists once


def axis_names(shape: Shape, port: Port | None = None) -> str:
    """The axis letters of `shape`: the port's own when they fit, else those usual for its rank."""
    if port and port.axes != "*" and len(port.axes.split()) == len(shape):
        return port.axes
    return AXES_BY_RANK.get(len(shape), " ".join("N" if i == 0 else f"D{i}" for i in range(len(shape))))


def shape_text(shape: Shape, axes: str = "", *, batch: bool = False) -> str:
    """`C16 H28 W28`: axis letters and sizes, without the batch axis unless `batch`."""
    letters = (axes or axis_names(shape)).split()
    start = 0 if batch else 1
    return " ".join(f"{letter}{size}" for letter, size in list(zip(letters, shape, strict=True))[start:]) or "scalar"

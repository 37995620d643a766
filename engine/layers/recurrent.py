"""Rows of the family recurrent: layers that read a sequence step by step. Data only: no torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import rank_finding

LAST = "last step"


def check_sequence(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if len(x) == 4:
        remedy = Remedy("Insert MapToTokens", "insert", "map_to_tokens", "x", note=f"{shape_text(x)} → T{x[2] * x[3]} D{x[1]}")
        return rank_finding(x, rank=3, title="A recurrent layer", wanted="sequences T D", remedies=(remedy,))
    found = rank_finding(x, rank=3, title="A recurrent layer", wanted="sequences T D")
    if not found and p.bidirectional and p.give == LAST:
        message = "At the last step, the half that reads backwards has seen one step only."
        return [Finding("backward-half", message, fix="Give the sequence and take its mean over the tokens.", severity="hint")]
    return found


def width(p: SimpleNamespace) -> int:
    return p.hidden_size * (2 if p.bidirectional else 1)


def output(p: SimpleNamespace, x: Shape) -> tuple[Shape, ...]:
    return ((x[0], width(p)),) if p.give == LAST else ((*x[:2], width(p)),)


def weights(p: SimpleNamespace, features: int, gates: int) -> int:
    """Multiplications of one step, all layers: gates · hidden · (input + hidden)."""
    first = gates * p.hidden_size * (features + p.hidden_size)
    later = gates * p.hidden_size * (width(p) + p.hidden_size)
    return (first + (p.num_layers - 1) * later) * (2 if p.bidirectional else 1)


def formula(gates: int) -> Any:
    def card(p: SimpleNamespace, x: Shape) -> Formula:
        biases = gates * 2 * p.hidden_size * p.num_layers * (2 if p.bidirectional else 1) if p.bias else 0
        parts = [Part(f"{gates}·" if gates > 1 else ""), Part(str(p.hidden_size), "hidden_size"), Part(f"·({x[-1]} + {p.hidden_size})")]
        parts += [Part(f" + {gates * 2 * p.hidden_size}", "bias")] if p.bias else []
        parts += [Part(" ... = ", "num_layers") if p.num_layers > 1 or p.bidirectional else Part(" = ")]
        return Formula("Parameters", (*parts, Part(f"{weights(p, x[-1], gates) + biases:,}", result=True)), f"{x[1]} steps share them")

    return card


def halves(p: SimpleNamespace) -> list[str]:
    """What torch appends to the names of the weights of each layer and direction: `_l0`, `_l0_reverse`, `_l1`, ..."""
    return [f"_l{layer}{way}" for layer in range(p.num_layers) for way in (("", "_reverse") if p.bidirectional else ("",))]


def begun(gates: int) -> Callable[[SimpleNamespace], tuple[str, ...]]:
    """The matrices whose beginning can be chosen: of each gate for itself, for their outputs are no layer's fan-out together."""

    def names(p: SimpleNamespace) -> tuple[str, ...]:
        whole = [f"weight_{kind}{half}" for half in halves(p) for kind in ("ih", "hh")]
        return tuple(f"{name}.chunk({gates})[{gate}]" for name in whole for gate in range(gates)) if gates > 1 else tuple(whole)

    return names


def row(type_id: str, title: str, *, gates: int, doc: str, aliases: str, more: tuple[Any, ...] = ()) -> LayerType:
    return LayerType(
        id=type_id,
        title=title,
        family="recurrent",
        stem=type_id,
        aliases=aliases,
        doc=doc,
        make=f"nn.{title}",
        args=("input_size", "hidden_size"),
        silent=("give",),
        use=lambda module, inputs, p: f"{module}({inputs[0]})[0]" + ("[:, -1]" if p.give == LAST else ""),
        inputs=(Port("x", "N T D"),),
        outputs=(Port("out", "*"),),
        derive={"input_size": lambda x: x[-1], "batch_first": lambda x: True},
        params=(
            Int("hidden_size", 64, low=1, high=100_000, label="Features", help="How many numbers the layer remembers from step to step."),
            Choice("give", ["sequence", LAST], label="Output", help="What every step gives, or only the last one."),
            Int("num_layers", 1, low=1, high=16, label="Layers", help="How many are stacked; each reads what the one below gives."),
            Bool("bias", True, advanced=True, help="Adds learned numbers to the inputs and the memory."),
            Bool("bidirectional", False, help="A second half reads the sequence backwards; twice as many features come out."),
            *more,
        ),
        shapes=output,
        check=check_sequence,
        key=lambda p: f"{p.hidden_size:,}" + (f" · {p.num_layers} layers" if p.num_layers > 1 else "") + (" · last" if p.give == LAST else ""),
        formula=formula(gates),
        macs=lambda p, inputs, output: inputs[0][0] * inputs[0][1] * weights(p, inputs[0][2], gates),
        init=begun(gates),
        biases=lambda p: tuple(f"bias_{kind}{half}" for half in halves(p) for kind in ("ih", "hh")),
        probes=("activations",),
        example=((2, 5, 8),),
    )


ROWS = (
    row(
        "rnn",
        "RNN",
        gates=1,
        doc="Reads a sequence step by step: h = tanh(W x + U h + b), the same weights at every step.",
        aliases="elman recurrent sequence time",
        more=(Choice("nonlinearity", ["tanh", "relu"], advanced=True, help="The activation of each step."),),
    ),
    row("gru", "GRU", gates=3, doc="A recurrent layer whose gates decide what is kept and what is forgotten.", aliases="gated recurrent unit sequence time"),
    row(
        "lstm",
        "LSTM",
        gates=4,
        doc="A recurrent layer with a memory cell that gates write, keep and read.",
        aliases="long short-term memory recurrent sequence time",
    ),
)

"""Rows of the family regularisation. Data only: no torch, no Qt."""

from __future__ import annotations

from engine.layers.params import Float
from engine.layers.spec import Formula, LayerType, Part, Port

ROWS = (
    LayerType(
        id="dropout",
        title="Dropout",
        family="regularisation",
        stem="drop",
        aliases="drop regularisation regularization",
        doc="While training, sets random values to zero and scales up the rest; does nothing in evaluation.",
        make="nn.Dropout",
        args=("p",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        params=(Float("p", 0.5, low=0.0, high=1.0, label="Drop probability", help="The share of values set to zero; what is kept is divided by 1 − p."),),
        key=lambda p: f"drop {p.p:g}",
        formula=lambda p, x: Formula(
            "Kept values", (Part("x / (1 − "), Part(f"{p.p:g}", "p"), Part(") = "), Part(f"{1 / (1 - p.p):.4g}·x" if p.p < 1 else "nothing kept", result=True))
        ),
        bypass="x",
        probes=("activations",),
        example=((2, 16),),
    ),
)

"""Rows of the family regularisation. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.layers.params import Float
from engine.layers.spec import Formula, LayerType, Part, Port, Shape
from engine.layers.words import rank_finding


def kept_values(p: SimpleNamespace, *_: Shape) -> Formula:
    parts = (Part("x / (1 − "), Part(f"{p.p:g}", "p"), Part(") = "), Part(f"{1 / (1 - p.p):.4g}·x" if p.p < 1 else "nothing kept", result=True))
    return Formula("Kept values", parts)


def silent_in_evaluation(type_id: str, title: str, *, stem: str, doc: str, make: str, **more: Any) -> LayerType:
    """A row that drops something with probability p while training."""
    return LayerType(
        id=type_id,
        title=title,
        family="regularisation",
        stem=stem,
        doc=doc,
        make=make,
        args=("p",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        key=lambda p: f"drop {p.p:g}",
        formula=kept_values,
        bypass="x",
        probes=("activations",),
        **more,
    )


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
        formula=kept_values,
        bypass="x",
        probes=("activations",),
        example=((2, 16),),
    ),
    silent_in_evaluation(
        "channel_dropout",
        "ChannelDropout",
        stem="drop",
        aliases="dropout2d spatial drop maps regularisation regularization",
        doc="While training, sets whole random maps to zero and scales up the rest; does nothing in evaluation.",
        make="nn.Dropout2d",
        params=(Float("p", 0.5, low=0.0, high=1.0, label="Drop probability", help="The share of maps set to zero; what is kept is divided by 1 − p."),),
        check=lambda p, x: rank_finding(x, rank=4, title="ChannelDropout", wanted="images C H W"),
        example=((2, 3, 4, 4),),
    ),
    silent_in_evaluation(
        "stochastic_depth",
        "StochasticDepth",
        stem="depth",
        aliases="drop path layer drop residual regularisation regularization",
        doc="While training, drops the whole branch for random samples: put it before the Add of a residual block.",
        make="StochasticDepth",
        params=(
            Float("p", 0.1, low=0.0, high=1.0, label="Drop probability", help="The share of samples that skip the branch; the others are divided by 1 − p."),
        ),
        example=((8, 3, 4, 4),),
    ),
    LayerType(
        id="gaussian_noise",
        title="GaussianNoise",
        family="regularisation",
        stem="noise",
        aliases="random jitter denoising regularisation regularization",
        doc="While training, adds normally distributed random numbers; does nothing in evaluation.",
        make="GaussianNoise",
        args=("std",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        params=(Float("std", 0.1, low=0.0, high=1000.0, label="Deviation", help="The standard deviation of what is added."),),
        key=lambda p: f"σ = {p.std:g}",
        formula=lambda p, x: Formula("Output", (Part("x + "), Part(f"{p.std:g}", "std"), Part(" · N(0, 1)")), "while training"),
        bypass="x",
        probes=("activations",),
        example=((2, 16),),
    ),
    LayerType(
        id="salt_noise",
        title="SaltNoise",
        family="regularisation",
        stem="salt",
        aliases="salt pepper random pixels disturb robust invariance",
        doc="Makes random pixels as bright as the brightest of their picture, in evaluation too: to see what a network makes of a disturbed picture.",
        make="SaltNoise",
        args=("p",),
        inputs=(Port("x", "N C H W"),),
        outputs=(Port("out", "N C H W"),),
        params=(Float("p", 0.05, low=0.0, high=1.0, label="Share of pixels", help="How many of the pixels are hit; others in every step."),),
        check=lambda p, x: rank_finding(x, rank=4, title="SaltNoise", wanted="images C H W"),
        key=lambda p: f"{100 * p.p:g} %",
        bypass="x",
        probes=("activations",),
        example=((2, 3, 8, 8),),
    ),
)

"""Rows of the family loss: another function sitting on top of the output. Data only: no torch, no Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Choice, Float
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import elements

REDUCTION = Choice("reduction", ["mean", "sum"], help="The mean over the batch, or the sum of all examples as on the slides.")
WEIGHT = Float("weight", 1.0, low=0.0, high=1e6, help="Its share when several losses are added.")


def loss_key(p: SimpleNamespace) -> str:
    return p.reduction if p.weight == 1 else f"{p.reduction} · ×{p.weight:g}"


def check_classes(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
    """Scores must be N×K (or N×K×... for per-pixel classes) and the labels what is left without K."""
    if len(prediction) > 2 and len(target) == 1:
        flat = elements(prediction)
        message = f"CrossEntropy needs one score per class, F, got {shape_text(prediction)}."
        remedy = Remedy("Insert Flatten", "insert", "flatten", "prediction", note=f"{shape_text(prediction)} → F{flat}")
        return [
            Finding(
                "prediction-shape",
                message,
                fix="Flatten the maps and end with a Linear layer of as many outputs as classes.",
                port="prediction",
                remedies=(remedy,),
            )
        ]
    if len(prediction) < 2:
        return [
            Finding(
                "prediction-shape",
                f"CrossEntropy needs one score per class, got {shape_text(prediction)}.",
                fix="Wire the output of the last layer.",
                port="prediction",
            )
        ]
    if target != (prediction[0], *prediction[2:]):
        message = f"CrossEntropy needs class indices as target, but target brings {shape_text(target)} for a prediction of {shape_text(prediction)}."
        return [Finding("target-shape", message, fix="Wire the dataset's label output to target.", port="target")]
    return []


def check_same(title: str) -> Callable[..., list[Finding]]:
    def check(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
        if prediction == target:
            return []
        message = f"{title} compares number by number: prediction brings {shape_text(prediction)}, target brings {shape_text(target)}."
        remedies: tuple[Remedy, ...] = ()
        if len(target) > 1 and elements(prediction) == elements(target):
            remedies = (Remedy("Insert Reshape", "insert", "reshape", "prediction", params={"shape": tuple(target[1:])}),)
        return [
            Finding(
                "target-shape",
                message,
                fix="Bring the prediction to the shape of the target, or use CrossEntropy for class labels.",
                port="prediction",
                remedies=remedies,
            )
        ]

    return check


def cross_entropy_formula(p: SimpleNamespace, prediction: Shape, target: Shape) -> Formula:
    classes = prediction[1]
    return Formula("Untrained", (Part(f"ln {classes} = "), Part(f"{math.log(classes):.4f}", result=True)), f"{classes} classes by chance")


def row(type_id: str, title: str, *, call: str, stem: str, doc: str, aliases: str, example: tuple[Shape, ...], **more: Any) -> LayerType:
    return LayerType(
        id=type_id,
        title=title,
        family="loss",
        role="loss",
        stem=stem,
        aliases=aliases,
        doc=doc,
        call=call,
        silent=("weight",),
        inputs=(Port("prediction", doc="The network's output."), Port("target", kind="target", doc="What it should have been.")),
        outputs=(),
        params=(REDUCTION, WEIGHT, *more.pop("params", ())),
        key=loss_key,
        example=example,
        **more,
    )


ROWS = (
    row(
        "cross_entropy",
        "CrossEntropy",
        call="F.cross_entropy",
        stem="cross_entropy",
        aliases="softmax loss classification nll negative log likelihood",
        doc="Softmax and negative log-likelihood in one: −log of the probability given to the true class.",
        params=(Float("label_smoothing", 0.0, low=0.0, high=1.0, help="The share of certainty spread over all classes.", advanced=True),),
        check=check_classes,
        formula=cross_entropy_formula,
        example=((2, 10), (2,)),
    ),
    row(
        "bce_with_logits",
        "BinaryCrossEntropy",
        call="F.binary_cross_entropy_with_logits",
        stem="bce",
        aliases="bce logits binary nll sigmoid loss",
        doc="Sigmoid and binary negative log-likelihood in one, number by number; targets are 0 to 1.",
        check=check_same("BinaryCrossEntropy"),
        formula=lambda p, prediction, target: Formula("Untrained", (Part("ln 2 = "), Part("0.6931", result=True)), "by chance"),
        example=((2, 4), (2, 4)),
    ),
    row(
        "mse",
        "MeanSquaredError",
        call="F.mse_loss",
        stem="mse",
        aliases="mse l2 squared error regression loss",
        doc="The mean of the squared differences, for regression and reconstruction.",
        check=check_same("MeanSquaredError"),
        formula=lambda p, prediction, target: Formula("Loss", (Part("mean (prediction − target)²"),), shape_text(prediction)),
        example=((2, 4), (2, 4)),
    ),
)

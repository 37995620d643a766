"""Rows of the family loss: another function sitting on top of the output. Data only: no torch, no Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from engine.graph.model import Value
from engine.graph.problem import Remedy
from engine.layers.params import Choice, Float, Int, Numbers
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import elements

REDUCTION = Choice("reduction", ["mean", "sum"], help="The mean over the batch, or the sum of all examples as on the slides.")
WATCH = "watch"  # the row that adds nothing to the loss
NOTHING = -100  # torch's own index for targets that do not count
IGNORE = Int(
    "ignore_index",
    NOTHING,
    low=-100,
    high=100_000,
    label="Ignore class",
    advanced=True,
    help="Targets with this index do not count, such as the border in a mask.",
)
CLASS_WEIGHTS = Numbers(
    "class_weights", (), most=1000, bounds=(0, 1_000_000), advanced=True, help="How much each class counts, such as 1, 5, 5; empty counts all the same."
)
WEIGHT = Float("weight", 1.0, low=0.0, high=1e6, help="Its share when several losses are added.")


def loss_key(p: SimpleNamespace) -> str:
    return p.reduction if p.weight == 1 else f"{p.reduction} · ×{p.weight:g}"


def check_scores(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
    """Scores and labels, and one class weight for each class."""
    found = check_classes(p, prediction, target)
    if found or len(p.class_weights) in (0, prediction[1]):
        return found
    message = f"There are {len(p.class_weights)} class weights for {prediction[1]} classes."
    remedy = Remedy("Weigh all classes equally", "set", params={"class_weights": ()})
    return [Finding("class-weights", message, fix="Give one weight for each class, or none.", remedies=(remedy,))]


def named(title: str, check: Callable[..., list[Finding]]) -> Callable[..., list[Finding]]:
    """`check` of CrossEntropy in the words of another loss."""

    def renamed(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
        return [replace(finding, message=finding.message.replace("CrossEntropy", title)) for finding in check(p, prediction, target)]

    return renamed


def keywords(p: SimpleNamespace, **defaults: Value) -> str:
    """`, reduction="sum"`: what differs from torch's default."""
    shown = {name: getattr(p, name) for name, default in defaults.items() if getattr(p, name) != default}
    return "".join(f', {name}="{value}"' if isinstance(value, str) else f", {name}={value!r}" for name, value in shown.items())


def scores_call(function: str, **defaults: Value) -> Callable[..., str]:
    """A loss over class scores, with class weights when there are any."""

    def call(inputs: list[str], p: SimpleNamespace) -> str:
        weights = f", weight={inputs[0]}.new_tensor({p.class_weights!r})" if p.class_weights else ""
        return f"{function}({inputs[0]}, {inputs[1]}{weights}{keywords(p, reduction='mean', **defaults)})"

    return call


def check_binary(title: str) -> Callable[..., list[Finding]]:
    """One prediction for each target; an axis of size 1 may be missing."""
    same = check_same(title)

    def check(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
        return [] if one_each(prediction, target) else same(p, prediction, target)

    return check


def one_each(prediction: Shape, target: Shape) -> bool:
    return (
        prediction[0] == target[0] and elements(prediction) == elements(target) and tuple(s for s in prediction if s != 1) == tuple(s for s in target if s != 1)
    )


def binary_call(function: str) -> Callable[..., str]:
    """A loss number by number; labels of another shape are brought to that of the prediction."""

    def call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
        fitted = "" if shapes[0] == shapes[1] else f".float().view_as({inputs[0]})"
        return f"{function}({inputs[0]}, {inputs[1]}{fitted}{keywords(p, reduction='mean')})"

    return call


def divergence_call(inputs: list[str], p: SimpleNamespace) -> str:
    return f'F.kl_div({inputs[0]}, {inputs[1]}, reduction="{"batchmean" if p.reduction == "mean" else "sum"}")'


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
        factor = enlargement(prediction, target)
        if factor:
            larger = (prediction[0], prediction[1], *target[1:])
            note = f"{shape_text(prediction)} → {shape_text(larger)}"
            params = {"scale_factor": factor, "mode": "bilinear"}
            remedy = Remedy(f"Insert Upsample ×{factor}", "insert", "upsample", "prediction", params=params, note=note)
            message = f"CrossEntropy compares pixel by pixel: prediction brings {shape_text(prediction)}, and the mask has {target[1]}×{target[2]} pixels."
            return [Finding("target-shape", message, fix="Bring the maps to the size of the mask.", port="prediction", remedies=(remedy,))]
        return [Finding("target-shape", message, fix="Wire the dataset's label output to target.", port="target")]
    return []


def enlargement(prediction: Shape, target: Shape) -> int:
    """How many times larger maps would have to be to fit a mask; 0 where no whole number does."""
    if len(prediction) != 4 or len(target) != 3 or 0 in prediction[2:]:
        return 0
    factors = {size // old if size % old == 0 else 0 for size, old in zip(target[1:], prediction[2:], strict=True)}
    return factors.pop() if len(factors) == 1 else 0


def check_same(title: str) -> Callable[..., list[Finding]]:
    def check(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
        if prediction == target:
            return []
        wanted = shape_text(target) if len(target) > 1 else "one number a sample"
        message = f"{title} compares number by number: prediction brings {shape_text(prediction)}, target brings {wanted}."
        remedies: tuple[Remedy, ...] = ()
        if len(target) > 1 and elements(prediction) == elements(target):
            remedies = (Remedy("Insert Reshape", "insert", "reshape", "prediction", params={"shape": tuple(target[1:])}),)
        elif len(target) == 1 and len(prediction) == 2 and prediction[1] == 1:
            remedies = (Remedy("Insert Squeeze", "insert", "squeeze", "prediction", note=f"{shape_text(prediction)} → {shape_text(target)}"),)
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


def check_hinge(p: SimpleNamespace, prediction: Shape, target: Shape) -> list[Finding]:
    found = named("Hinge", check_classes)(p, prediction, target)
    if found or len(prediction) == 2:
        return found
    message = f"Hinge compares one row of scores a sample, got {shape_text(prediction)}."
    return [Finding("prediction-shape", message, fix="Use CrossEntropy for classes per pixel.", port="prediction")]


def row(type_id: str, title: str, *, call: str | Callable[..., str], stem: str, doc: str, aliases: str, example: tuple[Shape, ...], **more: Any) -> LayerType:
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
        call=scores_call("F.cross_entropy", label_smoothing=0.0, ignore_index=NOTHING),
        stem="cross_entropy",
        aliases="ce softmax loss classification nll negative log likelihood pixel segmentation",
        doc="Softmax and negative log-likelihood in one: −log of the probability given to the true class.",
        params=(
            Float("label_smoothing", 0.0, low=0.0, high=1.0, help="The share of certainty spread over all classes.", advanced=True),
            CLASS_WEIGHTS,
            IGNORE,
        ),
        check=check_scores,
        formula=cross_entropy_formula,
        example=((2, 10), (2,)),
    ),
    row(
        "bce_with_logits",
        "BinaryCrossEntropy",
        call=binary_call("F.binary_cross_entropy_with_logits"),
        stem="bce",
        aliases="bce logits binary nll sigmoid loss",
        doc="Sigmoid and binary negative log-likelihood in one, number by number; targets are 0 to 1.",
        check=check_binary("BinaryCrossEntropy"),
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
        formula=lambda p, prediction, target: Formula("Loss", (Part(f"{p.reduction} (prediction − target)²", "reduction"),), shape_text(prediction)),
        example=((2, 4), (2, 4)),
    ),
    row(
        "nll",
        "NLL",
        call=scores_call("F.nll_loss", ignore_index=NOTHING),
        stem="nll",
        aliases="negative log likelihood classification loss logsoftmax",
        doc="Negative log-likelihood of log-probabilities, such as LogSoftmax gives: −log p of the true class.",
        params=(CLASS_WEIGHTS, IGNORE),
        check=named("NLL", check_scores),
        formula=cross_entropy_formula,
        example=((2, 10), (2,)),
    ),
    row(
        "binary_nll",
        "BinaryNLL",
        call=binary_call("F.binary_cross_entropy"),
        stem="nll",
        aliases="binary negative log likelihood bce probabilities loss",
        doc="−log f where the target is 1, −log (1 − f) where it is 0, for probabilities f such as Sigmoid gives.",
        check=check_binary("BinaryNLL"),
        formula=lambda p, prediction, target: Formula("Untrained", (Part("ln 2 = "), Part("0.6931", result=True)), "by chance"),
        example=((2, 4), (2, 4)),
    ),
    row(
        "l1",
        "MeanAbsoluteError",
        call="F.l1_loss",
        stem="l1",
        aliases="mae l1 absolute error regression loss",
        doc="The mean of the absolute differences: single large errors count less than squared.",
        check=check_same("MeanAbsoluteError"),
        formula=lambda p, prediction, target: Formula("Loss", (Part(f"{p.reduction} |prediction − target|", "reduction"),), shape_text(prediction)),
        example=((2, 4), (2, 4)),
    ),
    row(
        "huber",
        "Huber",
        call="F.huber_loss",
        stem="huber",
        aliases="smooth l1 robust regression loss",
        doc="Squared for small differences, straight for large ones: robust against outliers.",
        params=(Float("delta", 1.0, low=1e-6, high=1e6, log=True, label="Bend δ", help="Where the square turns into a straight line."),),
        check=check_same("Huber"),
        formula=lambda p, prediction, target: Formula(
            "Loss", (Part("½ d² up to |d| = "), Part(f"{p.delta:g}", "delta"), Part(", then straight")), shape_text(prediction)
        ),
        example=((2, 4), (2, 4)),
    ),
    row(
        "hinge",
        "Hinge",
        call="F.multi_margin_loss",
        stem="hinge",
        aliases="margin svm multi-class loss classification",
        doc="Costs nothing as soon as the true class leads all others by a margin; the sum over the others is divided by the classes.",
        params=(Float("margin", 1.0, low=0.0, high=1e6, help="The lead that the true class should have."),),
        check=check_hinge,
        formula=lambda p, prediction, target: Formula(
            "Loss", (Part("Σ max(0, "), Part(f"{p.margin:g}", "margin"), Part(f" − true + other) / {prediction[1]}")), f"{prediction[1]} classes"
        ),
        example=((2, 10), (2,)),
    ),
    row(
        "kl_div",
        "KLDivergence",
        call=divergence_call,
        stem="kl",
        aliases="kullback leibler divergence distillation distribution loss",
        doc="How far log-probabilities are from a target distribution: Σ t (log t − log p), mean or sum over the samples.",
        check=check_same("KLDivergence"),
        formula=lambda p, prediction, target: Formula("Loss", (Part("Σ t · (log t − log p)"),), shape_text(prediction)),
        example=((2, 4), (2, 4)),
    ),
    row(
        "dice",
        "Dice",
        call="dice_loss",
        stem="dice",
        aliases="overlap f1 segmentation mask pixel loss",
        doc="One minus the overlap of predicted and true areas, class by class: small objects count as much as large ones.",
        params=(IGNORE,),
        check=named("Dice", check_classes),
        formula=lambda p, prediction, target: Formula("Loss", (Part("1 − 2 |P ∩ T| / (|P| + |T|)"),), f"mean over {prediction[1]} classes"),
        example=((2, 3, 4, 4), (2, 4, 4)),
    ),
    LayerType(
        id=WATCH,
        title="Watch",
        family="loss",
        role="loss",
        stem="watch",
        aliases="output look keep see probe nothing",
        doc="Keeps what is wired to it in the network, so that it can be looked at. It adds nothing to the loss.",
        call=lambda inputs, p: f"0 * {inputs[0]}.mean()",  # a number for the shape; no network prints it
        inputs=(Port("x", doc="What is to be looked at."),),
        outputs=(),
        key=lambda p: "adds nothing",
        example=((2, 4),),
    ),
)

"""The optimizers, declared as data: what the run bar's form shows and which recipe fields it sets. No torch, no Qt.

`engine.train.optimizers` builds the torch object from the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers.params import Bool, Float, Param


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerType:
    """One optimizer. Each parameter's `name` is a field of the Recipe; its default is the field's usual value for this optimizer."""

    id: str
    title: str
    doc: str
    params: tuple[Param, ...]

    def param(self, name: str) -> Param | None:
        """The parameter that sets the recipe field `name`, or None when this optimizer has no such parameter."""
        return next((param for param in self.params if param.name == name), None)


def rate(default: float) -> Param:
    return Float("learning_rate", default, low=1e-12, high=1e12, log=True, help="The step size. Can be changed while it trains.")


def decay(default: float, doc: str) -> Param:
    return Float("weight_decay", default, low=0.0, high=10.0, log=True, help=doc)


def share(name: str, default: float, doc: str, label: str = "") -> Param:
    return Float(name, default, low=0.0, high=0.999999, label=label, help=doc)


def eps(default: float) -> Param:
    return Float("eps", default, low=0.0, high=1.0, log=True, label="Epsilon", help="Added to the divisor, so that tiny gradients do not make huge steps.")


L2 = "Adds this share of each weight to its gradient, which pulls weights towards zero."
KEPT = "The share of the previous step that is kept."
BETAS = (
    share("beta1", 0.9, "How much of the running mean of the gradient is kept at each step.", "Beta 1"),
    share("beta2", 0.999, "How much of the running mean of the squared gradient is kept at each step.", "Beta 2"),
    eps(1e-8),
    Bool("amsgrad", False, label="AMSGrad", help="Divides by the largest running mean so far instead of the present one."),
)
OPTIMIZERS: tuple[OptimizerType, ...] = (
    OptimizerType(
        id="sgd",
        title="SGD",
        doc="Stochastic gradient descent: a step against the gradient of one batch, with momentum if wanted.",
        params=(
            rate(0.05),
            share("momentum", 0.9, KEPT),
            Bool("nesterov", False, help="Looks ahead along the momentum before taking the gradient."),
            decay(0.0, L2),
        ),
    ),
    OptimizerType(
        id="sgd_lecture",
        title="SGD (lecture form)",
        doc="As in the lecture: Δw = μ Δw + η ∇L, then w = w − Δw − η λ w. The rate is part of the remembered step, the decay is not.",
        params=(rate(0.05), share("momentum", 0.9, KEPT), decay(0.0, "Shrinks each weight by this share of the learning rate, apart from the momentum.")),
    ),
    OptimizerType(
        id="rmsprop",
        title="RMSprop",
        doc="Divides each gradient by the root of its running mean square.",
        params=(
            rate(0.001),
            share("alpha", 0.99, "How much of the running mean of the squared gradient is kept at each step.", "Smoothing"),
            eps(1e-8),
            share("momentum", 0.0, KEPT),
            Bool("centered", False, help="Divides by the standard deviation: the mean gradient is subtracted first."),
            decay(0.0, L2),
        ),
    ),
    OptimizerType(
        id="adagrad",
        title="Adagrad",
        doc="Divides each gradient by the root of the sum of all its squares so far: weights that moved much move less.",
        params=(
            rate(0.01),
            Float("lr_decay", 0.0, low=0.0, high=1000.0, log=True, label="Rate decay", help="Divides the rate by 1 + this times the steps done."),
            eps(1e-10),
            decay(0.0, L2),
        ),
    ),
    OptimizerType(
        id="adam",
        title="Adam",
        doc="A step size of its own for each weight, from running moments of the gradient.",
        params=(rate(0.001), *BETAS, decay(0.0, L2)),
    ),
    OptimizerType(
        id="adamw",
        title="AdamW",
        doc="Adam with weight decay apart from the gradient.",
        params=(rate(0.001), *BETAS, decay(0.01, "Shrinks each weight by this share of the learning rate at every step.")),
    ),
)
BY_ID: dict[str, OptimizerType] = {row.id: row for row in OPTIMIZERS}

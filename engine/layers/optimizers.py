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


L2 = "Adds this share of each weight to its gradient, which pulls weights towards zero."
OPTIMIZERS: tuple[OptimizerType, ...] = (
    OptimizerType(
        id="sgd",
        title="SGD",
        doc="Stochastic gradient descent: a step against the gradient of one batch, with momentum if wanted.",
        params=(
            rate(0.05),
            Float("momentum", 0.9, low=0.0, high=0.9999, help="The share of the previous step that is kept."),
            Bool("nesterov", False, help="Looks ahead along the momentum before taking the gradient."),
            decay(0.0, L2),
        ),
    ),
    OptimizerType(
        id="adam", title="Adam", doc="A step size of its own for each weight, from running moments of the gradient.", params=(rate(0.001), decay(0.0, L2))
    ),
    OptimizerType(
        id="adamw",
        title="AdamW",
        doc="Adam with weight decay apart from the gradient.",
        params=(rate(0.001), decay(0.01, "Shrinks each weight by this share of the learning rate at every step.")),
    ),
)
BY_ID: dict[str, OptimizerType] = {row.id: row for row in OPTIMIZERS}

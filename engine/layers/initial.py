"""How weights and biases begin, declared as data for nodes and for the whole network. No torch, no Qt.

M inputs (fan-in), N outputs (fan-out), as in the lecture: Xavier has the variance 1/M, 1/N or 2/(N + M), He twice that.
`engine.compile.initial` prints the lines.
"""

from __future__ import annotations

from engine.layers.params import Choice, Float, Numbers, Param

INHERIT = "as recipe"
SCHEMES = ("default", "constant", "normal", "xavier_normal", "xavier_uniform", "he_normal", "he_uniform", "orthogonal", "identity")
FANS = ("usual", "fan_in", "fan_out", "average")
BIASES = ("default", "0", "0.01")
USUAL = {"xavier": "average", "he": "fan_in"}  # which fan counts when nobody says
WORDS = "default is torch's own; constant and normal use the number below; Xavier suits tanh, He suits ReLU; orthogonal and identity keep lengths."
FAN_HELP = "Which fan the variance of Xavier and He counts: inputs, outputs, or both; usual is average for Xavier and fan_in for He."
VALUE_HELP = "The constant, or the standard deviation of normal."
BIAS_HELP = "How the biases begin; default is torch's own."
OWN_HELP = "Numbers to begin with, row by row, one row for each output; they come before the choice above. Empty: the choice counts."
OWN_BIAS_HELP = "The biases to begin with, one for each output. Empty: the choice counts."

RECIPE: tuple[Param, ...] = (
    Choice("init", list(SCHEMES), label="Weights", help=f"How weights begin: {WORDS}"),
    Choice("init_fan", list(FANS), label="Fan", help=FAN_HELP),
    Float("init_value", 0.01, low=-1e6, high=1e6, label="Value or std", help=VALUE_HELP),
    Choice("bias_init", list(BIASES), label="Biases", help=BIAS_HELP),
)
NODE: tuple[Param, ...] = (
    Choice("init", [INHERIT, *SCHEMES], label="Weights begin", section="Learning", help=f"How its weights begin: {WORDS}"),
    Choice("init_fan", list(FANS), label="Fan", section="Learning", help=FAN_HELP),
    Float("init_value", 0.01, low=-1e6, high=1e6, label="Value or std", section="Learning", help=VALUE_HELP),
    Numbers("own_weights", (), whole=False, most=10_000, bounds=(-1_000_000, 1_000_000), section="Learning", help=OWN_HELP),
    Choice("bias_init", [INHERIT, *BIASES], label="Biases begin", section="Learning", help=BIAS_HELP),
    Numbers("own_biases", (), whole=False, most=10_000, bounds=(-1_000_000, 1_000_000), section="Learning", help=OWN_BIAS_HELP),
)
WEIGHTS_ONLY: tuple[Param, ...] = tuple(param for param in NODE if "bias" not in param.name)  # of a layer without biases
NAMES = tuple(param.name for param in NODE)

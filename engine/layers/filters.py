"""Fixed filters of the family convolution: kernels as whole numbers and what divides them. Data only: no torch, no Qt."""

from __future__ import annotations

from math import isqrt, prod
from types import SimpleNamespace

from engine.layers.params import Bool, Choice, Float, Int, Numbers
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape
from engine.layers.words import rank_finding, small_image, window_formula

Kernel = tuple[tuple[int, ...], ...]
BINOMIAL = (1, 4, 6, 4, 1)
KERNELS: dict[str, tuple[Kernel, int]] = {  # name -> rows, divisor
    "Gaussian 3×3": (((1, 2, 1), (2, 4, 2), (1, 2, 1)), 16),
    "Gaussian 5×5": (tuple(tuple(a * b for b in BINOMIAL) for a in BINOMIAL), 256),
    "Sobel x": (((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)), 1),
    "Sobel y": (((-1, -2, -1), (0, 0, 0), (1, 2, 1)), 1),
    "Laplacian": (((0, 1, 0), (1, -4, 1), (0, 1, 0)), 1),
    "box": (((1, 1, 1), (1, 1, 1), (1, 1, 1)), 9),
    "sharpen": (((0, -1, 0), (-1, 5, -1), (0, -1, 0)), 1),
    "emboss": (((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), 1),
}


def rows_of(numbers: tuple[int, ...]) -> Kernel:
    """Numbers row by row as a square."""
    side = isqrt(len(numbers))
    return tuple(numbers[row * side : (row + 1) * side] for row in range(side))


def kernel_of(p: SimpleNamespace, *_: Shape) -> Kernel:
    return rows_of(p.weights) if p.weights else KERNELS[p.kind][0]


def divisor_of(p: SimpleNamespace, *_: Shape) -> float | int:
    if p.scale:
        return int(p.scale) if p.scale == int(p.scale) else p.scale
    return 1 if p.weights else KERNELS[p.kind][1]


def check_filter(p: SimpleNamespace, x: Shape) -> list[Finding]:
    count = len(p.weights)
    if count and (isqrt(count) ** 2 != count or count % 2 == 0):
        message = f"A kernel is a square with a centre: 1, 9, 25, 49 or 81 numbers row by row, got {count}."
        return [Finding("kernel", message, fix="Give as many numbers, or none to use the kind.")]
    found = rank_finding(x, rank=4, title="FixedFilter", wanted="images C H W")
    if found:
        return found
    side = len(kernel_of(p))
    if p.border == "valid":
        return small_image(x, kernel=side, padding=0, title="FixedFilter")
    if p.border == "reflect" and side // 2 >= min(x[2:]):
        message = f"Reflecting {side // 2} pixels needs an image larger than that, got H{x[2]} W{x[3]}."
        return [Finding("reflect", message, fix="Use the border “replicate”, or a smaller kernel.", port="x")]
    return []


def filter_formula(p: SimpleNamespace, x: Shape) -> Formula:
    kernel, divisor = kernel_of(p), divisor_of(p)
    if len(kernel) > 3:
        reach = 0 if p.border == "valid" else len(kernel) // 2
        return window_formula(x, kernel=len(kernel), stride=p.stride, padding=reach, names=("weights", "stride", "border"))
    text = " / ".join(" ".join(str(number).replace("-", "−") for number in row) for row in kernel)
    share = [] if divisor == 1 else [Part(f"   · 1/{divisor:g}", "scale")]
    return Formula("Kernel", (Part(text, "weights"), *share), f"adds up to {sum(map(sum, kernel)) / divisor:g}")


ROW = LayerType(
    id="fixed_filter",
    title="FixedFilter",
    family="convolution",
    stem="filter",
    aliases="gaussian blur sobel edge laplacian box sharpen emboss hand kernel",
    doc="Slides one known kernel over every channel: blur, edges, sharpen, or numbers of your own. Nothing is learned.",
    make="FixedFilter",
    args=("kernel",),
    silent=("kind", "weights", "scale"),
    inputs=(Port("x", "N C H W"),),
    outputs=(Port("out", "N C H W"),),
    derive={"kernel": kernel_of, "divisor": divisor_of},
    params=(
        Choice("kind", list(KERNELS), help="Which known kernel; your own weights come before it."),
        Numbers("weights", (), most=81, bounds=(-1000, 1000), help="Your own kernel, row by row: 9, 25, 49 or 81 whole numbers. Empty uses the kind."),
        Float("scale", 0.0, low=0.0, high=1e6, label="Divide by", help="What the numbers are divided by; 0 is the kind's own divisor."),
        Int("stride", 1, low=1, high=1000, help="How far the window hops. 2 halves the size."),
        Choice("border", ["reflect", "zeros", "replicate", "circular", "valid"], help="What lies beyond the edge; valid adds nothing and the image shrinks."),
        Bool("flip", False, label="Flip kernel", help="Formal convolution: the kernel is turned by 180°."),
    ),
    check=check_filter,
    key=lambda p: (f"own {isqrt(len(p.weights))}×{isqrt(len(p.weights))}" if p.weights else p.kind) + (f" · /{p.stride}" if p.stride > 1 else ""),
    formula=filter_formula,
    macs=lambda p, inputs, output: len(kernel_of(p)) ** 2 * prod(output),
    field=lambda p: (max(len(kernel_of(p)), 1), p.stride, 1),
    bypass="x",
    probes=("filters", "activations"),
    example=((2, 3, 8, 8),),
)

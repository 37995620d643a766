"""What the attention panel shows of an answer: which matrices, on which scale, in which words. Arrays in, arrays and words out; no widget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.events import ProbeResult
from gui.plots import colormap, numbers
from gui.plots.colormap import Scale
from gui.plots.token_grid import TokenGrid, token_grid

HEADS, MEAN, ROLLOUT, POSITIONS = "heads", "mean", "rollout", "positions"
SOFTMAX, SCORES = "softmax", "scores"
TOP = 99.0  # percentile at which the scale of the matrix ends


@dataclass(frozen=True, slots=True)
class View:
    """Maps (heads, keys) of the query, the matrix (queries, keys), and what they are."""

    maps: np.ndarray
    names: tuple[str, ...]
    matrix: np.ndarray
    map: str
    scale: Scale  # of the matrix
    every: tuple[int, int]
    title: str  # of the matrix
    words: str  # below it


def softmax(scores: np.ndarray) -> np.ndarray:
    """Along the last axis; -inf gets 0."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def values_of(result: ProbeResult, values: str, *, scaled: bool) -> np.ndarray:
    """(heads, queries, keys): weights or scores, divided by √d or not. As the network computes them, they are what the engine sent."""
    factor = float(result.info["factor"])
    mine = factor if scaled == usual(result) else other_factor(result)
    if values == SCORES:
        return result.arrays["scores"] * np.float32(mine)
    return result.arrays["weights"] if mine == factor else softmax(result.arrays["scores"] * np.float32(mine))


def usual(result: ProbeResult) -> bool:
    """Whether the network itself divides the scores by √d."""
    return float(result.info["factor"]) != 1.0


def other_factor(result: ProbeResult) -> float:
    """What the scores are multiplied with when the switch is not as in the network."""
    return 1.0 if usual(result) else float(result.info["features"]) ** -0.5


def offered(result: ProbeResult) -> list[tuple[str, str]]:
    """(id, caption) of what can be shown of this answer."""
    options = [(HEADS, "heads"), (MEAN, "mean")]
    options += [(ROLLOUT, "rollout")] if "rollout" in result.arrays else []
    return options + ([(POSITIONS, "positions")] if "positions" in result.arrays else [])


def view_of(result: ProbeResult, show: str, *, values: str, scaled: bool, query: int, head: int) -> View:
    """What the switches ask for. `head` is the one whose matrix is shown, -1 for the mean of all."""
    whole = bool(result.info["whole"])
    every = (1, 1)
    if show in (ROLLOUT, POSITIONS) and show in result.arrays:
        stack, names = result.arrays[show][None], ("Rollout" if show == ROLLOUT else "Likeness of places",)
    else:
        stack = values_of(result, values, scaled=scaled)
        names = tuple(f"Head {index + 1}" for index in range(len(stack)))
        if show == MEAN:
            stack, names = stack.mean(axis=0, keepdims=True), ("Mean of heads",)
    maps = stack[:, min(query, stack.shape[1] - 1) if whole else 0]
    if whole:
        matrix = stack[head] if 0 <= head < len(stack) else stack.mean(axis=0)
    else:
        matrix, every = result.arrays["mean"], tuple(result.info["every"])
    signed = show == POSITIONS or (values == SCORES and show in (HEADS, MEAN))
    name = colormap.SIGNED if signed and (whole or show != MEAN) else colormap.POSITIVE
    title = title_of(show, names, head=head, whole=whole)
    if not whole:
        return View(maps, names, matrix, name, top_scale(matrix), every, title, "Mean of the weights of all heads; of very many tokens, every few.")
    scale = Scale(-1.0, 1.0) if show == POSITIONS else colormap.scale_of(matrix, name) if signed else top_scale(matrix)
    return View(maps, names, matrix, name, scale, every, title, words_of(show, values, same=scaled == usual(result)))


def title_of(show: str, names: tuple[str, ...], *, head: int, whole: bool) -> str:
    """Whose matrix it is."""
    if show in (ROLLOUT, POSITIONS):
        return names[0].lower()
    return f"head {head + 1}" if whole and show == HEADS and 0 <= head < len(names) else "mean of heads"


def words_of(show: str, values: str, *, same: bool) -> str:
    """The scale, and what the rows are."""
    if show == POSITIONS:
        return "Cosine between the position vectors of two tokens. 1: the same direction, 0: unrelated."
    if show == ROLLOUT:
        return "Mean attention of this and all earlier blocks multiplied, half of each passing by on the shortcut. Scale ends at the 99th percentile."
    other = "" if same else " Not what the network computes: the scaling is switched."
    if values == SCORES:
        return "Before softmax; one scale, symmetric about 0." + other
    return "Rows sum to 1. Scale ends at the 99th percentile." + other


def top_scale(matrix: np.ndarray) -> Scale:
    """0 to the 99th percentile."""
    finite = matrix[np.isfinite(matrix)]
    return Scale(0.0, float(np.percentile(finite, TOP)) if finite.size else 0.0)


def grids(result: ProbeResult) -> tuple[TokenGrid, TokenGrid]:
    """The cells of the tokens that ask, and of those that answer."""
    info = result.info
    return token_grid(int(info["tokens"]), tuple(info["query_grid"])), token_grid(int(info["keys"]), tuple(info["key_grid"]))


def formula(result: ProbeResult, *, scaled: bool) -> list[tuple[str, str]]:
    """The formula with the node's own numbers, as (text, token of its colour); a newline begins the second line."""
    info = result.info
    root = f" / √{info['features']}" if scaled else ""
    count = int(info["tokens"]) * int(info["keys"])
    size = f"{info['tokens']}²" if info["tokens"] == info["keys"] else f"{info['tokens']} · {info['keys']}"
    symbol = "N²" if info["tokens"] == info["keys"] else "T · S"
    return [("softmax( q·Kᵀ", "t1"), (root, "accent"), (" )\n", "t1"), (f"{symbol} = {size} = ", "t3"), (f"{count:,}", "accent"), (" per head", "t3")]


def most_entropy(result: ProbeResult) -> float:
    """The entropy of a query that looks at all keys alike, in nats."""
    return math.log(max(int(result.info["keys"]), 1))


def moment(result: ProbeResult) -> str:
    """Which sample and which weights."""
    step = f"step {result.step:,}" if result.step else "initial weights"
    return f"sample {result.info.get('index', 0)} · {step}"


def guess(result: ProbeResult) -> tuple[str, bool | None]:
    """("predicts 5 · 69 %", right or wrong or unknown)."""
    info = result.info
    if "predicted_name" not in info:
        return "", None
    score = numbers.percent(float(info["score"]), 0) if info.get("probabilities") else numbers.plain(float(info["score"]), 2)
    truth = int(info.get("label", -1))
    return f"predicts {info['predicted_name']} · {score}", None if truth < 0 else truth == int(info["predicted"])


def guesses(result: ProbeResult) -> tuple[str, ...]:
    """What the network says in longer and shorter words; of shuffled patches also what it said before."""
    info = result.info
    words, right = guess(result)
    truth = f" · truly {info['label_name']}" if right is False else ""
    short = words.removeprefix("predicts ")
    if "predicted_name_before" not in info:
        return words + truth, short + truth
    score = float(info["score_before"])
    before = f"{info['predicted_name_before']} · {numbers.percent(score, 0) if info.get('probabilities') else numbers.plain(score, 2)}"
    return f"{words}, before shuffling {before}", f"{short}, before {before}", f"{short} (before {info['predicted_name_before']})"

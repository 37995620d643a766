"""What the views panel says of an answer: bars, shares and sentences. Arrays in, words out; no widget."""

from __future__ import annotations

import math

import numpy as np

from engine.events import ProbeResult
from gui.plots import numbers
from gui.plots.view_bars import Chart

NO_POOL = "No ViewPool joins the views of this network."


def shares(result: ProbeResult) -> tuple[float, ...]:
    """The bar under each view, from 0 to 1: the features that it won, against those of the best view; of a mean all alike."""
    won = result.arrays.get("won")
    if won is not None:
        return tuple(float(value) / max(float(won.max()), 1.0) for value in won)
    return (1.0,) * int(result.info["views"]) if result.info["how"] == "mean" else ()


def charts(result: ProbeResult) -> list[Chart]:
    """Features won, where there is a maximum; what the network says of each view alone, where it can."""
    found = []
    won, alone = result.arrays.get("won"), result.arrays.get("alone")
    if won is not None:
        total, best = int(result.info["features"]), int(won.argmax())
        note = f"of {total:,} · most: view {best + 1}" if won.max() > 0 else f"of {total:,}"
        found.append(Chart("Features won", note, won, most=float(max(won.max(), 1)), tones=["accent"] * len(won)))
    if alone is not None:
        found.append(alone_chart(result, alone))
    return found


def alone_chart(result: ProbeResult, alone: np.ndarray) -> Chart:
    """Each view by itself: the probability of the true class, or of what is predicted where the truth is not known."""
    truth, probable = int(result.info.get("label", -1)), bool(result.info.get("probabilities"))
    said = alone.argmax(axis=1)
    known = 0 <= truth < alone.shape[1]
    values = alone[:, truth] if known else alone.max(axis=1)
    right = [bool(index == truth) for index in said]
    tones = ["ok" if good else "err" for good in right] if known else ["ctl3"] * len(said)
    name = result.info["class_names"][truth] if known else ""
    title = "Each view alone"
    note = f"{sum(right)} of {len(said)} right · " + ("P of " if probable else "score of ") + str(name) if known else "its highest score"
    most = 1.0 if probable else max(float(np.nanmax(values)), 1e-9)
    return Chart(title, note, np.maximum(values, 0), most=most, tones=tones, hatched=[not good for good in right] if known else ())


def guess(result: ProbeResult) -> tuple[str, bool | None]:
    """("predicts chair · 84 %", right, wrong or unknown)."""
    info = result.info
    if "predicted_name" not in info or "scores" not in result.arrays:
        return str(info.get("why", "")), None
    score = float(result.arrays["scores"][int(info["predicted"])])
    said = numbers.percent(score, 0) if info.get("probabilities") else numbers.plain(score, 2)
    truth = int(info.get("label", -1))
    how = f"{info['views']} views vote: " if info["apart"] else "predicts "
    return f"{how}{info['predicted_name']} · {said}", None if truth < 0 else truth == int(info["predicted"])


def pooling(result: ProbeResult) -> str:
    """How the views are joined, in a sentence."""
    info = result.info
    if info["apart"]:
        return "Each view is a sample of its own: the vote is the mean of what the network says of each."
    if not info["pool"]:
        return NO_POOL
    if info["how"] == "mean":
        return f"{info['pool']} takes the mean: all {info['views']} views count equally in each of {info['features']:,} features."
    if info["how"] == "concat":
        return f"{info['pool']} keeps all views behind each other: none wins, and none can stand alone."
    if info["how"] != "max":
        return f"{info['pool']} is not part of the network."
    ties = int(info["ties"])
    equal = f" In {ties:,} several views are equal, such as 0 after ReLU." if ties else ""
    return f"{info['pool']} keeps the highest of {info['views']} views in each of {info['features']:,} features.{equal}"


def words_of(result: ProbeResult, view: int) -> tuple[str, str]:
    """Two lines on a view: which it is; what it adds and what the network says of it."""
    info = result.info
    turn = f" · turned by {info['angles'][view]:g}°" if view < len(info["angles"]) else ""
    parts = []
    if "won" in result.arrays:
        won = int(result.arrays["won"][view])
        parts.append(f"won {won:,} ({numbers.percent(won / max(int(info['features']), 1))})")
    if "alone" in result.arrays:
        scores = result.arrays["alone"][view]
        best = int(np.argmax(np.nan_to_num(scores, nan=-math.inf)))
        number = numbers.percent(float(scores[best]), 0) if info.get("probabilities") else numbers.plain(float(scores[best]), 2)
        parts.append(f"alone: {info['class_names'][best]} {number}")
    return f"view {view + 1}{turn}", " · ".join(parts) or "no more is known of it"


def description(result: ProbeResult) -> str:
    """What stands behind the name of the shape."""
    info = result.info
    tall = f" · {info['elevation']:g}° up" if info["elevation"] is not None else ""
    return f" · {info['views']} views{tall} · " + (f"step {result.step:,}" if result.step else "initial weights")

"""Answers the panels' requests about a subject: which picture, for which node, or why there is none. Draws nothing, decides no moment."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from engine.compile.order import wiring
from engine.data.load import NOT_COUNTED, classes
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Value, plain_path
from engine.layers import registry
from engine.layers.spec import LayerType, shape_text
from engine.layers.words import two
from engine.probe import multi_view
from engine.probe.activations import activations
from engine.probe.arrays import plain
from engine.probe.attention import attention, attentive, ends, head_tiles, is_attention
from engine.probe.filters import NoWeightsError, filters, moved, weight_of
from engine.probe.levels import Level, Spot, settled
from engine.probe.places import mix_patches, places
from engine.probe.prediction import prediction, scores_of
from engine.probe.samples import displayed, one_per_class, samples
from engine.probe.segmentation import segmentation
from engine.probe.subject import Subject
from engine.probe.thumbnails import SAMPLES, of_output, of_weight
from engine.probe.timing import timing

REGRESSIONS = ("mse", "l1", "huber")  # losses that know no classes
ATTENTIONS = "Select a MultiHeadAttention, CrossAttention, PackedAttention or ScaledDotProduct node, or a Softmax over the scores of a MatMul."
NO_SAMPLES = "There are no validation samples to look at."
Answer = tuple[dict[str, np.ndarray], dict[str, Value]]


class UnansweredError(Exception):
    """Why there is no picture, in one sentence and what to do instead."""


def answer(subject: Subject, panel: str, request: ProbeRequest) -> ProbeResult:
    """The picture that `request` asks for, or a problem in words. Raises nothing but what torch itself could not do."""
    common = {"step": subject.step, "weights": subject.weights}
    if not len(subject.data.validation) and request.kind in KINDS and request.kind != "filters":  # filters are weights and need no sample
        return ProbeResult(panel, request, subject.step, info=common, problem=f"{NO_SAMPLES} Add samples to the dataset, or hold out a larger share.")
    try:
        arrays, info = KINDS[request.kind](subject, request) if request.kind in KINDS else unknown_kind(request)
    except UnansweredError as error:
        return ProbeResult(panel, request, subject.step, info=common, problem=str(error))
    return ProbeResult(panel, request, subject.step, arrays=arrays, info=common | info)


def unknown_kind(request: ProbeRequest) -> Answer:
    raise UnansweredError(f"There is no picture called {request.kind!r}.")


def node_of(subject: Subject, path: str) -> tuple[Node, LayerType | None]:
    """The node at `path` ("conv1", or "block1.2/conv1" inside a block) and its type; UnansweredError when there is none."""
    try:
        owner, node = subject.snapshot.at(path)
        return node, registry.of(node, owner)
    except KeyError:
        if subject.live and path:
            raise UnansweredError(f"{path} was added after this run began, so the run does not have it. It takes part from the next run on.") from None
        where = f"{path} is not part of this network." if path else "No layer is chosen."
        raise UnansweredError(f"{where} Select a layer on the canvas.") from None


def feeds(subject: Subject, node_id: str) -> bool:
    """Whether this data node's samples are the loaded ones: those that forward or the loss reads."""
    return any(node_id == source for source, _ in (*subject.source.inputs, *subject.source.targets))


def answer_filters(subject: Subject, request: ProbeRequest) -> Answer:
    node, row = node_of(subject, request.node)
    try:
        image = image_before(subject, request.node)
        arrays, info = filters(subject.module(request.node), request.limit, image=image)
        return arrays, info | change_of(subject, request.node)
    except NoWeightsError:
        if row is not None and "filters" in row.probes:
            raise UnansweredError(outside(subject, node)) from None
        raise UnansweredError(f"{node.id} has no weights to show as filters. Pick a convolution or a linear layer.") from None


def change_of(subject: Subject, path: str) -> dict[str, Value]:
    """How far the weight of the layer at `path` is from where it began; nothing before the first step."""
    first = subject.first_weight(path) if subject.step else None
    weight = weight_of(subject.module(path))
    ratio = moved(weight, first) if first is not None and first.shape == weight.shape else None
    return {} if ratio is None else {"moved": ratio}


def image_before(subject: Subject, path: str) -> tuple[int, ...]:
    """(C, H, W) of the data's image, or of its patches, where the layer at `path` gets that laid out and nothing else has touched it; empty elsewhere."""
    spot, patch = first_feed(subject.root.at(path)), ()
    while spot is not None and spot[0].wires.nodes[spot[1]].type == "flatten":
        spot = first_feed(spot[:2])
    if spot is not None and spot[0].wires.nodes[spot[1]].type in ("patchify", "pack"):
        patch = two(spot[0].values(spot[1]).patch)
        spot = first_feed(spot[:2])
    if spot is None or spot[0].wires.role(spot[1]) != "data" or not len(subject.data.validation):
        return ()
    shape = tuple(subject.image(0).shape[1:])
    return (*shape[:-2], *patch) if patch else shape


def first_feed(layer: tuple[Level, str] | None) -> Spot | None:
    """What really gives a layer its first input, whatever blocks it lies in."""
    return settled(layer[0].feeds(layer[1])[0]) if layer and layer[0].feeds(layer[1]) else None


def answer_activations(subject: Subject, request: ProbeRequest) -> Answer:
    node, row = node_of(subject, request.node)
    if row is not None and row.role == "loss":
        raise UnansweredError(f"{node.id} gives one number for a whole batch, no maps. Pick a layer before it.")
    index = subject.sample(request.sample)
    image = displayed(subject.data.validation, subject.image(index))[0]
    if row is not None and row.role == "data":
        if not feeds(subject, request.node):
            raise UnansweredError(f"{node.id} feeds nothing of this network, so its samples are not loaded. Wire its output to a layer.")
        arrays: dict[str, np.ndarray] = {"output": image}
        what = "image" if image.ndim == 3 else "values"
        info: dict[str, Value] = {"what": what, "total": len(image), "shown": len(image), "min": float(image.min()), "max": float(image.max()), "dead": ()}
    elif (value := subject.value(request.node, index)) is not None:
        arrays, info = activations(value, request.limit)
    else:
        raise UnansweredError(outside(subject, node))
    return {**arrays, "input": subject_image(subject, index)}, info | label_of(subject, index)


def answer_attention(subject: Subject, request: ProbeRequest) -> Answer:
    path = plain_path(request.node) if request.node else next(iter(attentive(subject.root)), "")
    if not path:
        raise UnansweredError(f"This network has no attention. {ATTENTIONS}")
    node, _ = node_of(subject, path)
    here = subject.root.at(path)
    if here is None or not is_attention(*here):
        raise UnansweredError(f"{path} is no attention. {ATTENTIONS}")
    index = subject.sample(request.sample)
    values, image = subject.values(index), subject_image(subject, index)
    mixed = shuffled(subject, path, index, seed=request.shuffle) if request.shuffle else None
    more = favourite(subject, request)
    if mixed is not None:
        values, image, order = mixed
        more |= {f"{name}_before": more[name] for name in ("predicted", "predicted_name", "score") if name in more} | {"order": order}
        more |= favourite(subject, request, values)
    found = attention(subject, path, values, query=request.query)
    if found is None:
        raise UnansweredError(outside(subject, node))
    arrays, info = found
    arrays["input"] = image
    return arrays, info | {"node": path} | label_of(subject, index) | more


def shuffled(subject: Subject, path: str, index: int, *, seed: int) -> tuple[dict[str, torch.Tensor], np.ndarray, tuple[int, ...]] | None:
    """The network's values, the picture and the order of patches for a sample whose patches have changed places; None where tokens are no patches."""
    asks = places(ends(subject.root, path)[0])
    found = mix_patches(subject.image(index), asks.rows, asks.columns, seed=seed)
    if found is None:
        return None
    image, order = found
    name = ".".join(subject.source.inputs[0])
    return subject.run(torch.tensor([index]), swap={name: image}), displayed(subject.data.validation, image)[0], order


def favourite(subject: Subject, request: ProbeRequest, values: dict[str, torch.Tensor] | None = None) -> dict[str, Value]:
    """The class that the network favours for the sample, and its score; nothing where it gives no scores of classes."""
    try:
        arrays, info = answer_prediction(subject, request, values)
    except UnansweredError:
        return {}
    known = {name: info[name] for name in ("predicted", "predicted_name", "probabilities")}
    return known | {"score": float(arrays["scores"][int(info["predicted"])])}


def answer_prediction(subject: Subject, request: ProbeRequest, values: dict[str, torch.Tensor] | None = None) -> Answer:
    if not subject.source.outputs:
        raise UnansweredError("The network has no output yet. Wire its last layer to a loss.")
    index = subject.sample(request.sample)
    reference = subject.source.outputs[0]
    node = reference[0]
    values = subject.values(index) if values is None else values
    output = values.get(node, values.get(".".join(reference)))
    loss = loss_behind(subject, reference)
    if loss in REGRESSIONS and not subject.data.classes:
        raise UnansweredError(f"There are no classes to choose from: the loss behind {node} compares number by number.")
    if output is not None and output.dim() == 4 and "mask" in {port for _, port in subject.source.targets}:
        raise UnansweredError(f"{node} gives a class for every pixel. The Segmentation panel shows them.")
    if output is None or output.dim() != 2:
        shape = "" if output is None else f": it gives {shape_text(tuple(output.shape))}"
        raise UnansweredError(f"{node} does not give one score per class{shape}. End with a Linear layer of as many outputs as classes.")
    if loss in REGRESSIONS and output.shape[1] != subject.data.classes:
        raise UnansweredError(f"There are no classes to choose from: the loss behind {node} compares number by number.")
    arrays, info = prediction(output, loss, names=subject.data.class_names)
    arrays["input"] = subject_image(subject, index)
    return arrays, info | label_of(subject, index) | {"output": node}


def answer_segmentation(subject: Subject, request: ProbeRequest) -> Answer:
    truth = subject.data.validation.y
    if truth.dim() != 3 or truth.is_floating_point():
        raise UnansweredError("This dataset has no masks. Wire one with a class for each pixel: Scenes, or a mask folder.")
    index = subject.sample(request.sample)
    values, found = subject.values(index), pixel_outputs(subject)
    chosen = next((place for place, (reference, _) in enumerate(found) if reference[0] == request.node), 0)
    shown = [of_pixels(subject, values, *one, truth=truth[index], picked=request.query) for one in (found[chosen], *found[:chosen], *found[chosen + 1 :])]
    arrays, info = shown[0]
    alike = [(other, said) for other, said in shown[1:] if other["prediction"].shape == arrays["prediction"].shape]
    if alike:
        arrays["others"] = np.stack([other["prediction"] for other, _ in alike])
    arrays["input"] = subject_image(subject, index)[:, :: info["every"], :: info["every"]]
    others = tuple((str(said["output"]), float(said.get("accuracy", math.nan))) for _, said in alike)
    return arrays, info | label_of(subject, index) | {"outputs": tuple(reference[0] for reference, _ in found), "others": others}


def of_pixels(subject: Subject, values: dict[str, torch.Tensor], reference: tuple[str, str], loss: Node | None, *, truth: torch.Tensor, picked: int) -> Answer:
    """What one output of the network says of the pixels of a mask (H, W)."""
    output = values.get(reference[0], values.get(".".join(reference)))
    if output is None or output.dim() not in (3, 4):
        shape = "" if output is None else f": it gives {shape_text(tuple(output.shape))}"
        raise UnansweredError(f"{reference[0]} does not give scores for each pixel{shape}. End with a 1×1 Conv2d of as many filters as classes.")
    p = registry.TYPES[loss.type].values(loss.params) if loss else None
    ignore, kind, names = getattr(p, "ignore_index", NOT_COUNTED), loss.type if loss else "", subject.data.class_names
    arrays, info = segmentation(output, classes(truth).to(output.device), loss_type=kind, ignore=ignore, names=names, picked=picked)
    return arrays, info | {"output": reference[0]}


def pixel_outputs(subject: Subject) -> list[tuple[tuple[str, str], Node | None]]:
    """The outputs that are compared with the mask, each with its loss; without any, the first output alone."""
    wires, found = subject.root.wires, []
    for name in wires.losses:
        prediction, target = (*wires.feeds(name), None, None)[:2]
        if prediction in subject.source.outputs and target in subject.source.targets and prediction not in [known for known, _ in found]:
            found.append((prediction, wires.nodes[name]))
    if not found and not subject.source.outputs:
        raise UnansweredError("The network has no output yet. Wire its last layer to a loss.")
    return found or [(subject.source.outputs[0], None)]


def answer_views(subject: Subject, request: ProbeRequest) -> Answer:
    index = subject.sample(request.sample)
    shape = multi_view.shown(subject, index)
    if shape is None:
        raise UnansweredError("This dataset has no views of shapes. Wire one that has: Shapes 3D, a mesh folder or a view folder.")
    found = multi_view.pools(subject)
    pool = plain_path(request.node) if plain_path(request.node) in found else next(iter(found), "")
    arrays, info = multi_view.views(subject, shape, pool)
    try:
        answers, said = answer_prediction(subject, request)
    except UnansweredError as reason:
        return arrays, info | label_of(subject, index) | {"why": str(reason)}
    reference = subject.source.outputs[0]
    loss = loss_behind(subject, reference)
    each = multi_view.alone(subject, shape, pool, output=reference)
    if each is not None:
        arrays["alone"] = plain(torch.stack([scores_of(row[None], loss)[0] for row in each]))
    if each is not None and shape.apart and said["probabilities"]:  # the views vote: the mean of what they say
        arrays["scores"] = arrays["alone"].mean(0)
        best = int(arrays["scores"].argmax())
        said |= {"predicted": best, "predicted_name": said["class_names"][best]}
    else:
        arrays["scores"] = answers["scores"]
    return arrays, said | info


def subject_image(subject: Subject, index: int) -> np.ndarray:
    """A sample as a person sees it, (C, H, W); of several views the first."""
    image = subject.image(index)
    return displayed(subject.data.validation, image[:, 0] if image.dim() == 5 else image)[0]


def answer_samples(subject: Subject, request: ProbeRequest) -> Answer:
    return samples(subject.data, request.sample, request.limit)


def answer_thumbnails(subject: Subject, request: ProbeRequest) -> Answer:
    """One small picture for each of the nodes that have one; the others are left out."""
    index = subject.sample(request.sample)
    arrays: dict[str, np.ndarray] = {}
    info: dict[str, Value] = {}
    for node_id in request.nodes:
        found = thumbnail(subject, node_id, index)
        if found is not None:
            arrays[node_id], info[node_id] = found
    return arrays, info


def thumbnail(subject: Subject, node_id: str, index: int) -> tuple[np.ndarray, str] | None:
    """What the node `node_id` shows of itself and that in words; None for a loss and for nodes outside the network."""
    try:
        owner, node = subject.snapshot.at(node_id)
        row = registry.of(node, owner)
    except KeyError:
        return None
    if row is None or row.role == "loss":
        return None
    if row.role == "data":
        shown = subject.data.validation
        if not (shown.pixels or shown.x.dim() == 4) or not feeds(subject, node_id):
            return None
        images = one_per_class(subject.data, SAMPLES)
        return images, f"{len(images)} samples of the validation set"
    if "attention" in row.probes:
        return head_tiles(subject, node_id, index)
    if "filters" in row.probes:
        try:
            return of_weight(weight_of(subject.module(node_id)))
        except NoWeightsError:
            return None
    value = subject.value(node_id, index)
    return None if value is None else of_output(value)


def outside(subject: Subject, node: Node) -> str:
    """Why a layer takes no part in the network."""
    if node.bypassed:
        return f"{node.id} is bypassed, so the network does not use it. Switch it on to see what it does."
    return f"{node.id} is not part of the network: no path of wires leads through it to the loss."


def label_of(subject: Subject, index: int) -> dict[str, Value]:
    """Index, label and name of a validation sample."""
    truth = subject.data.validation.y[index]
    names = subject.data.class_names
    if truth.dim() or truth.is_floating_point():  # a class for each pixel, or no class at all
        return {"index": index, "label": -1, "label_name": "", "samples": len(subject.data.validation)}
    label = int(truth)
    return {"index": index, "label": label, "label_name": names[label] if label < len(names) else str(label), "samples": len(subject.data.validation)}


def loss_behind(subject: Subject, output: tuple[str, str]) -> str:
    """The type of the loss that takes this output as its prediction; empty when there is none."""
    wires = wiring(subject.snapshot)
    return next((wires.nodes[loss].type for loss in wires.losses if wires.feeds(loss)[:1] == [output]), "")


KINDS: dict[str, Callable[[Subject, ProbeRequest], Answer]] = {
    "filters": answer_filters,
    "activations": answer_activations,
    "attention": answer_attention,
    "prediction": answer_prediction,
    "segmentation": answer_segmentation,
    "views": answer_views,
    "samples": answer_samples,
    "thumbnails": answer_thumbnails,
    "timing": lambda subject, request: timing(subject),
}

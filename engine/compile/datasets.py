"""Which datasets fit in the place of a template's Input: repairs of the problem that it has no data. Loads nothing; knows no torch.

A dataset fits when it has the declared shape, or can be brought to it, or when the network also computes with the shape that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from engine.data import catalog
from engine.graph import filling
from engine.graph.document import Document, EditError
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, Problem, Remedy
from engine.graph.repairs import remedy
from engine.layers import registry

READY = ("mnist5k", "animal_shapes", "cifar10", "mnist", "fashion_mnist", "scenes", "shapes3d")  # what can be trained on without own files, best first
OWN = {"image_folder": "an image folder", "mask_folder": "a mask folder", "view_folder": "a view folder", "mesh_folder": "a mesh folder"}
MOST = 3  # offers beside the user's own data
LARGE, FEWER = 128, {"shapes3d": {"count": 8}}  # px from which rendering takes its time, and what then is enough to begin with
DOWNLOAD = "MB to download"
NONE = "no-data"  # the code of a network without any dataset
NOTE = "dataset-note"  # the code of what a data node has to say
Works = Callable[[Snapshot], bool]


def offering(snapshot: Snapshot, found: tuple[Problem, ...], *, base: str, works: Works) -> tuple[Problem, ...]:
    """The problems, and with that of each Input the datasets that could take its place. `works` tells whether a network has no errors."""
    if any(problem.code == NONE for problem in found):
        found = tuple(with_data(snapshot, problem, works=works) if problem.code == NONE else problem for problem in found)
    places = {node.id for node in snapshot.nodes if node.type in filling.PLACES}
    return tuple(with_offers(snapshot, p, base=base, works=works) if p.code == NOTE and p.node in places else p for p in found) if places else found


def without_samples(snapshot: Snapshot, found: tuple[Problem, ...], node_id: str) -> Problem | None:
    """The problem of this node as what keeps it from training, if it is an Input."""
    if snapshot.node(node_id).type not in filling.PLACES:
        return None
    return next((replace(problem, severity=ERROR, code="data") for problem in found if problem.code == NOTE and problem.node == node_id), None)


def with_data(snapshot: Snapshot, problem: Problem, *, works: Works) -> Problem:
    """The problem with one repair: the first dataset that the network trains on as it is, or the shipped digits to begin with."""
    offers = [Remedy(f"Add {catalog.CATALOG[type_id].title}", "data", type_id) for type_id in READY if not catalog.CATALOG[type_id].url]
    fitting = (offer for offer in offers if works_after(snapshot, replace(problem, remedies=(offer,)), works=works))
    return replace(problem, remedies=(next(fitting, offers[0]) if snapshot.nodes else offers[0],))


def works_after(snapshot: Snapshot, problem: Problem, *, works: Works) -> bool:
    """Whether the network has no errors after the problem's first repair. Not in a document that no editor makes."""
    try:
        document = Document(snapshot)
        document.apply(remedy(snapshot, problem))
    except EditError:
        return False
    return works(document.snapshot())


def with_offers(snapshot: Snapshot, problem: Problem, *, base: str, works: Works) -> Problem:
    remedies = tuple(offers(snapshot, problem.node, base=base, works=works))
    names = ", ".join(remedy.title.removeprefix("Use ") for remedy in remedies)
    fix = f"Drop a dataset from the palette onto {problem.node}." + (f" These fit: {names}." if names else "")
    return replace(problem, fix=fix, remedies=remedies)


def offers(snapshot: Snapshot, place: str, *, base: str, works: Works) -> Iterator[Remedy]:
    """At most MOST datasets that are ready, those of exactly the declared shape first, then the user's own files."""
    node = snapshot.node(place)
    shape = registry.of(node).values(node.params).shape
    exact, other, own = [], [], []
    for type_id in (*READY, *OWN):
        if filling.refusal(snapshot, place, type_id):
            continue
        remedy, brought = offer(snapshot, place, type_id, base=base)
        if type_id in OWN:
            own += [remedy] if brought == shape else []
        elif brought == shape:
            exact.append(remedy)
        elif len(brought) == len(shape):
            other.append((remedy, brought))
    ready = exact[:MOST]
    fine: dict[tuple[int, ...], bool] = {}  # asked once for each shape
    for remedy, brought in sorted(other, key=lambda pair: DOWNLOAD in pair[0].note):
        if len(ready) < MOST and brought not in fine:
            fine[brought] = works_with(snapshot, place, remedy, works=works)
        if len(ready) < MOST and fine[brought]:
            ready.append(remedy)
    yield from (*ready, *own[:1])


def offer(snapshot: Snapshot, place: str, type_id: str, *, base: str) -> tuple[Remedy, tuple[int, ...]]:
    """The repair that puts this dataset there, and the shape that it would bring."""
    entry, params = catalog.CATALOG[type_id], dict(filling.fitted(snapshot, place, type_id))
    size = params.get("size", 0)
    params |= FEWER.get(type_id, {}) if (size if isinstance(size, int) else max(size)) >= LARGE else {}
    known = catalog.facts(type_id, params, base)
    shape = known.outputs.get(filling.first(registry.TYPES[type_id], target=False), ())
    download = f"{entry.megabytes} {DOWNLOAD}" if entry.url and not catalog.on_disk(entry) else ""
    note = " · ".join(part for part in ("×".join(map(str, shape)), f"{known.classes} classes" if known.classes else "", download) if part)
    title = OWN.get(type_id, entry.title)
    return Remedy(f"Use {title}", "fill", type_id, node=place, params=params, classes=known.classes, note=note), shape


def works_with(snapshot: Snapshot, place: str, remedy: Remedy, *, works: Works) -> bool:
    """Whether the network computes with that dataset. Not in a document that no editor makes, such as one with impossible ids."""
    try:
        return works(filled(snapshot, place, remedy))
    except EditError:
        return False


def filled(snapshot: Snapshot, place: str, remedy: Remedy) -> Snapshot:
    """The document with this repair made."""
    document = Document(snapshot)
    document.apply(filling.fill(snapshot, place, remedy.type, params=remedy.params, classes=remedy.classes)[0])
    return document.snapshot()

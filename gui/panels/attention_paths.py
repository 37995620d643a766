"""Which attention there is in a document, blocks and repeats included, and what it is called. Reads the document; no widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.events import Analysis, NodeFacts
from engine.graph.model import Node, Snapshot, block_of, steps
from engine.layers import registry as layers

PASSING = ("scale", "dropout")  # between the product of queries and keys, and its softmax


@dataclass(frozen=True, slots=True)
class Look:
    """One attention node at `path`. Those of one `group` are the same node of the same block, in other instances and repeats."""

    path: str
    group: tuple[str, ...]
    caption: str  # of the group


def listing(snapshot: Snapshot, analysis: Analysis | None) -> tuple[Look, ...]:
    """Every attention of the document, sources first as far as that is known."""
    found = tuple(walk(snapshot, analysis.nodes if analysis else {}, analysis=analysis, prefix="", group=()))
    owners: dict[str, set[tuple[str, ...]]] = {}
    for look in found:
        owners.setdefault(look.caption, set()).add(look.group[:-1])
    twins = {caption for caption, blocks in owners.items() if len(blocks) > 1}  # different blocks of one title go by their ids too
    return tuple(replace(look, caption=f"{look.caption} ({look.group[-2]})") if look.caption in twins and len(look.group) > 1 else look for look in found)


def walk(here: Snapshot, facts: Mapping[str, NodeFacts], *, analysis: Analysis | None, prefix: str, group: tuple[str, ...]) -> Iterator[Look]:
    nodes = here.by_id()
    for name in [*(name for name in facts if name in nodes), *(name for name in nodes if name not in facts)]:
        node = nodes[name]
        block = here.block(block_of(node.type)) if block_of(node.type) else None
        if block is not None and not node.bypassed:
            body = here.body(block.id)
            for index in range(max(len(facts[name].inside) if name in facts else 1, 1)):
                path = f"{prefix}{name}{f'.{index}' if index else ''}"
                yield from walk(body, analysis.inside(path) if analysis else {}, analysis=analysis, prefix=f"{path}/", group=(*group, block.id))
        elif not node.bypassed and is_attention(here, node):
            title = here.block(group[-1]).title or group[-1] if group else node.title or name
            yield Look(prefix + name, (*group, name), title)


def is_attention(here: Snapshot, node: Node) -> bool:
    """Whether a node looks from tokens at tokens: by its type, or as a Softmax over the scores of a MatMul."""
    if node.type != "softmax":
        row = layers.of(node, here)
        return row is not None and "attention" in row.probes
    nodes, incoming, name, seen = here.by_id(), here.incoming(), node.id, {node.id}
    while (wire := incoming[name].get("x")) is not None and wire.source not in seen:
        name = wire.source
        seen.add(name)
        if nodes[name].type == "matmul":
            return True
        if nodes[name].type not in PASSING:
            break
    return False


def known(looks: Iterable[Look], paths: Iterable[str]) -> tuple[Look, ...]:
    """The looks at `paths`; one that the document does not tell goes by its name."""
    table = {look.path: look for look in looks}
    return tuple(table.get(path) or Look(path, tuple(name for name, _ in steps(path)), steps(path)[0][0]) for path in paths)


def place(looks: tuple[Look, ...], path: str) -> tuple[Look, int, int] | None:
    """The look at `path`, its place among those of its group from 1, and how many these are; None where it is not there."""
    look = next((look for look in looks if look.path == path), None)
    if look is None:
        return None
    group = [other.path for other in looks if other.group == look.group]
    return look, group.index(path) + 1, len(group)


def name_of(looks: tuple[Look, ...], path: str) -> str:
    """ "Encoder · 3 of 12"; a node outside of blocks goes by its id, and so does what is alone in its block."""
    found = place(looks, path)
    if found is None or "/" not in path:
        return path
    look, number, count = found
    twins = len({other.group for other in looks if other.group[:-1] == look.group[:-1]}) > 1
    inner = f" · {path.rpartition('/')[2]}" if twins else ""
    return look.caption + inner + (f" · {number} of {count}" if count > 1 else "")


def short_name(looks: tuple[Look, ...], path: str) -> str:
    """ "3" among several of one kind, else the name."""
    found = place(looks, path)
    alike = found is not None and found[2] > 1 and len({look.group for look in looks}) == 1 and "/" in path
    return str(found[1]) if alike else name_of(looks, path).replace(" of ", "/")


def choice(looks: tuple[Look, ...], *, chosen: str, kept: str, inside: str) -> str:
    """The path to look at: what is chosen, or what lies inside what is chosen; else what was looked at, or the first one.

    Where the level `inside` is open and has attention, only its own counts.
    """
    paths = [look.path for look in looks]
    if chosen in paths:
        return chosen
    of_chosen = [path for path in paths if chosen and (path.startswith((chosen + "/", chosen + ".")))]
    if of_chosen:
        return kept if kept in of_chosen else of_chosen[0]
    here = [path for path in paths if inside and path.startswith(inside + "/")] or paths
    return kept if kept in here else here[0] if here else ""

"""How the nodes of a snapshot hang together: wires by port, reading order, what belongs to Net. No torch, no shapes.

Survives any snapshot: wires to nothing are ignored, cycles are reported instead of followed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.compile.names import name_all, natural
from engine.graph.model import OUTPUT, Block, Node, Recipe, Snapshot, Wire, block_of
from engine.graph.rules import kind_through, ports_fit
from engine.layers import registry
from engine.layers.params import ParamError
from engine.layers.spec import LayerType, Port

Ref = tuple[str, str]  # (node id, output port)
OUTSIDE = ("data", "loss", "port")  # roles of nodes that are no part of Net or of a block's forward
HOLDING = ("refused_ports", "roles", "names", "losses", "sinks", "needed", "measured", "relevant", "dormant", "members")  # what parameters do not touch


@dataclass(frozen=True)
class Wiring:
    """A snapshot's wires as tables. All orders are stable: they depend on ids and ports, never on wire order.

    `drawn` are the snapshot's own wires. `passing[node]` is the input port that a node only hands on, since it is switched off or computes
    nothing. `sources[node][port]` is what feeds an input; `readers[ref]` lists (node, port) that read an output. `refused` holds the wires
    that cannot be, with the reason; they count as not drawn. `order` holds every node, sources first; `looped` the nodes that lie on a cycle.
    """

    nodes: dict[str, Node]
    rows: dict[str, LayerType | None]
    inputs: dict[str, tuple[Port, ...]]
    drawn: tuple[Wire, ...]
    passing: dict[str, str]
    sources: dict[str, dict[str, Ref]]
    readers: dict[Ref, list[Ref]]
    refused: dict[Wire, str]
    order: tuple[str, ...]
    looped: frozenset[str]
    blocks: tuple[Block, ...] = ()  # the document's definitions
    inside: str = ""  # the block whose body this is
    recipe: Recipe = field(default_factory=Recipe)  # of the document; a body knows none, since its wires are remembered across recipes

    def block(self, node_id: str) -> Block | None:
        """The definition that the node is an instance of, if it is one."""
        name = block_of(self.nodes[node_id].type)
        return next((block for block in self.blocks if block.id == name), None) if name else None

    def ports(self, type_id: str) -> list[str]:
        """The block's own input or output ports, from top to bottom; none outside of blocks."""
        return sorted((n for n, node in self.nodes.items() if node.type == type_id and self.inside), key=lambda n: (self.nodes[n].pos[1], n))

    def role(self, node_id: str) -> str:
        """layer, data, loss, port of a block, or unknown for a placeholder."""
        row = self.rows[node_id]
        return row.role if row else "unknown"

    @cached_property
    def roles(self) -> dict[str, list[str]]:
        """The nodes of each role in natural order."""
        found: dict[str, list[str]] = {}
        for node_id in sorted(self.nodes, key=natural):
            found.setdefault(self.role(node_id), []).append(node_id)
        return found

    def of_role(self, role: str) -> list[str]:
        """The nodes of this role in natural order."""
        return self.roles.get(role, [])

    def passes(self, node_id: str) -> str:
        """The input port that the node only hands on; empty for a node that works."""
        return self.passing.get(node_id, "")

    def skips(self, node_id: str) -> bool:
        """Whether the node only hands on one of its inputs."""
        return node_id in self.passing

    def resolve(self, ref: Ref | None) -> Ref | None:
        """The output that really arrives, through bypassed nodes; None when one of them has nothing wired in."""
        seen: set[str] = set()
        while ref and (port := self.passes(ref[0])):
            if ref[0] in seen:
                return None
            seen.add(ref[0])
            ref = self.sources[ref[0]].get(port)
        return ref

    def feeds(self, node_id: str) -> list[Ref | None]:
        """What arrives at each input port, in port order, through bypassed nodes."""
        return [self.resolve(self.sources[node_id].get(port.name)) for port in self.inputs[node_id]]

    @cached_property
    def names(self) -> dict[str, str]:
        """The identifier of each node in generated source."""
        return name_all(self.nodes)

    @cached_property
    def losses(self) -> list[str]:
        """The loss nodes that something is wired to, in natural order."""
        return [node_id for node_id in self.of_role("loss") if self.sources[node_id]]

    @cached_property
    def goals(self) -> list[str]:
        """What the network is for: its losses, or the outputs of the block whose body this is."""
        return [name for name in self.ports(OUTPUT) if self.sources[name]] if self.inside else self.losses

    @cached_property
    def refused_ports(self) -> frozenset[Ref]:
        """The (node, input port) at which a refused wire ends."""
        return frozenset((wire.target, wire.target_port) for wire in self.refused)

    @cached_property
    def sinks(self) -> list[str]:
        """The layers whose outputs nobody reads, in natural order."""
        read = {ref[0] for ref in self.readers}
        return sorted((n for n in self.nodes if n not in read and self.role(n) not in OUTSIDE), key=natural)

    @cached_property
    def measured(self) -> bool:
        """Whether a goal is reached without a gap: then what does not lead to one is no part of the training."""
        return bool(self.goals) and all(port in self.sources[node_id] for node_id in self.needed for port in self.required(node_id))

    @cached_property
    def needed(self) -> frozenset[str]:
        """The goals and what leads to them."""
        return self.upstream(self.goals)

    @cached_property
    def relevant(self) -> frozenset[str]:
        """All that training depends on: losses and what leads to them. While there is no loss, or a gap before it, all that leads anywhere."""
        return self.needed if self.measured else self.upstream([*self.goals, *self.sinks])

    def required(self, node_id: str) -> list[str]:
        """The input ports that count: of a node that is switched off, the one that passes through."""
        passing = self.passes(node_id)
        return [passing] if passing else [port.name for port in self.inputs[node_id]] or list(self.sources[node_id])

    def upstream(self, ends: list[str], *, waiting: bool = False) -> frozenset[str]:
        """`ends` and everything that leads to them; with `waiting` also through the inputs that a Choose does not let through."""
        stack, found = list(ends), set(ends)
        while stack:
            node_id = stack.pop()
            wired = self.sources[node_id]
            chooses = waiting and self.rows[node_id] is not None and self.rows[node_id].through is not None
            fresh = {wired[port][0] for port in (wired if chooses else self.required(node_id)) if port in wired} - found
            found |= fresh
            stack.extend(fresh)
        return frozenset(found)

    @cached_property
    def dormant(self) -> frozenset[str]:
        """What would lead to a goal if a Choose let another of its inputs through: it waits, and is no part of the network."""
        return self.upstream(self.goals, waiting=True) - self.relevant

    @cached_property
    def members(self) -> frozenset[str]:
        """The nodes that make up Net: the relevant ones without data, losses, and those switched off."""
        return frozenset(n for n in self.relevant if self.role(n) not in OUTSIDE and not self.skips(n))


RECENT: deque[Wiring] = deque(maxlen=8)  # an edit of parameters, most often, leaves the wires as they were


def wiring(snapshot: Snapshot) -> Wiring:
    """The wires of `snapshot` as tables."""
    nodes = snapshot.by_id()
    rows = {node_id: registry.of(node, snapshot) for node_id, node in nodes.items()}
    inputs = {node_id: row.input_ports(nodes[node_id].params) if row else () for node_id, row in rows.items()}
    passing = {node_id: port for node_id, row in rows.items() if row and (port := handed_on(nodes[node_id], row, inputs[node_id]))}
    wanted = (snapshot.inside, snapshot.wires, passing, rows, inputs)
    alike = (old for old in reversed(tuple(RECENT)) if (old.inside, old.drawn, old.passing, old.rows, old.inputs) == wanted)
    old = next(alike, None)
    found = again(old, nodes, snapshot) if old else joined(snapshot, nodes, rows=rows, inputs=inputs, passing=passing)
    RECENT.append(found)
    return found


def again(old: Wiring, nodes: dict[str, Node], snapshot: Snapshot) -> Wiring:
    """The same wires between nodes of which only parameters have changed: what was found out about them still holds."""
    found = replace(old, nodes=nodes, blocks=snapshot.blocks, recipe=snapshot.recipe)
    found.__dict__.update((name, old.__dict__[name]) for name in HOLDING if name in old.__dict__)
    return found


def joined(
    snapshot: Snapshot, nodes: dict[str, Node], *, rows: dict[str, LayerType | None], inputs: dict[str, tuple[Port, ...]], passing: dict[str, str]
) -> Wiring:
    """The tables of wires that nobody has looked at before."""
    sources: dict[str, dict[str, Ref]] = {node_id: {} for node_id in nodes}
    refused = {wire: reason for wire in snapshot.wires if (reason := misfit(snapshot, wire, rows=rows, inputs=inputs))}
    for wire in snapshot.wires:
        if wire not in refused:
            sources[wire.target][wire.target_port] = (wire.source, wire.source_port)
    sources = {node_id: in_port_order(found, inputs[node_id]) for node_id, found in sources.items()}
    readers: dict[Ref, list[Ref]] = {}
    for node_id in sorted(nodes, key=natural):
        for port, ref in sources[node_id].items():
            readers.setdefault(ref, []).append((node_id, port))
    order, looped = depth_first(starts(nodes, rows, readers=readers), sources)
    return Wiring(nodes, rows, inputs, snapshot.wires, passing, sources, readers, refused, order, looped, snapshot.blocks, snapshot.inside, snapshot.recipe)


def handed_on(node: Node, row: LayerType, ports: tuple[Port, ...]) -> str:
    """The input port that the node only hands on, since it is switched off or computes nothing; empty for a node that works."""
    if not node.bypassed and row.through is None:
        return ""
    if node.bypassed and row.bypass:
        return row.bypass
    try:
        name = row.through(row.values(node.params)) if row.through else ""
    except ParamError:
        return ""
    return name if any(port.name == name for port in ports) else ""


def misfit(snapshot: Snapshot, wire: Wire, *, rows: dict[str, LayerType | None], inputs: dict[str, tuple[Port, ...]]) -> str:
    """Why this wire cannot be, or nothing. The editor draws no such wires; a project file may hold them."""
    for node_id in (wire.source, wire.target):
        if node_id not in rows:
            return f"There is no node {node_id!r}."
    if rows[wire.source] is None or rows[wire.target] is None:
        return ""  # nobody knows the ports of a placeholder
    source = next((port for port in rows[wire.source].outputs if port.name == wire.source_port), None)
    target = next((port for port in inputs[wire.target] if port.name == wire.target_port), None)
    if source is None or target is None:
        return f"{wire.target} has no input {wire.target_port!r}." if source else f"{wire.source} has no output {wire.source_port!r}."
    if source.kind == "any":
        source = replace(source, kind=kind_through(snapshot, wire.source))
    return ports_fit(source, target) or ""


def in_port_order(found: dict[str, Ref], ports: tuple[Port, ...]) -> dict[str, Ref]:
    """`found` in the order of `ports`; a placeholder has no known ports, so its wires keep their names' order."""
    names = [port.name for port in ports] or sorted(found)
    return {name: found[name] for name in names if name in found}


def starts(nodes: dict[str, Node], rows: dict[str, LayerType | None], *, readers: dict[Ref, list[Ref]]) -> list[str]:
    """Where the search begins: losses, then other sinks, then whatever only a cycle holds."""
    read = {ref[0] for ref in readers}
    rank = {node_id: 0 if row and row.role in ("loss", "port") and not row.outputs else 2 if node_id in read else 1 for node_id, row in rows.items()}
    return sorted(nodes, key=lambda node_id: (rank[node_id], natural(node_id)))


def depth_first(begin: list[str], sources: dict[str, dict[str, Ref]]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Post-order from `begin`, inputs in port order: of Add(a, b) the whole branch of a comes first."""
    order: list[str] = []
    done: set[str] = set()
    looped: set[str] = set()
    for start in begin:
        path: dict[str, Iterator[Ref]] = {} if start in done else {start: iter(sources[start].values())}
        while path:
            node_id = next(reversed(path))
            ref = next(path[node_id], None)
            if ref is None:
                del path[node_id]
                done.add(node_id)
                order.append(node_id)
            elif ref[0] in path:
                trail = list(path)
                looped.update(trail[trail.index(ref[0]) :])
            elif ref[0] not in done:
                path[ref[0]] = iter(sources[ref[0]].values())
    return tuple(order), frozenset(looped)

"""Project files: sorted, diffable JSON in, a Snapshot out, and back; atomic on disk. Nothing in a file is ever executed.

A broken, foreign or future file raises TextError with what, where and how to fix it; nothing is overwritten.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from engine.graph import disk
from engine.graph.document import Document, EditError
from engine.graph.expression import Expression, ExpressionError
from engine.graph.model import About, Block, BlockParam, Frame, Node, Recipe, Snapshot, Value, Wire, frozen
from engine.layers import registry
from engine.layers.block import param_of
from engine.layers.params import ParamError

SUFFIX = disk.SUFFIX
LARGEST = 64 * 1024 * 1024  # bytes; a text this long is no network
SCHEMA = 1
EXPR = "expr"
EXTRAS = ("title", "bypassed", "frozen", "lr_factor", "shares")  # of a node, written where they differ from the default
PLAIN = Node("", "")


class TextError(ValueError):
    """A text that is no project; the message says what, where and how to fix it."""


def dump(snapshot: Snapshot) -> str:
    """`snapshot` as JSON: defaults left out, one node or wire a line, in a stable order."""
    record = {
        "chainrule": SCHEMA,
        "about": changed_fields(snapshot.about, About()),
        "recipe": changed_fields(snapshot.recipe, Recipe()),
        **body_record(snapshot),
    }
    parts = entries(record, "  ")
    if snapshot.blocks:
        blocks = ",\n".join("    {\n" + ",\n".join(entries(block_record(block), "      ")) + "\n    }" for block in snapshot.blocks)
        parts.append(f'  "blocks": [\n{blocks}\n  ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def entries(record: dict[str, Any], margin: str) -> list[str]:
    """The entries of a record, each row of a list or an object on a line of its own."""
    parts = []
    for key, value in record.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(f"{margin}  {compact(row)}" for row in value)
            parts.append(f"{margin}{json.dumps(key)}: [\n{rows}\n{margin}]")
        elif isinstance(value, dict) and value:
            rows = ",\n".join(f"{margin}  {json.dumps(name)}: {compact(value[name])}" for name in value)
            parts.append(f"{margin}{json.dumps(key)}: {{\n{rows}\n{margin}}}")
        else:
            parts.append(f"{margin}{json.dumps(key)}: {compact(value)}")
    return parts


def body_record(owner: Snapshot | Block) -> dict[str, Any]:
    """Nodes, wires and frames of a document or a definition."""
    return {
        "nodes": [node_record(node) for node in owner.nodes],
        "wires": [[w.source, w.source_port, w.target, w.target_port] for w in owner.wires],
        "frames": [{**asdict(frame), "rect": list(frame.rect)} for frame in owner.frames],
    }


def block_record(block: Block) -> dict[str, Any]:
    head = {"id": block.id, "title": block.title, "doc": block.doc}
    params = [{"name": param.name, **changed_fields(param, BlockParam(param.name)), "default": plain(param.default)} for param in block.params]
    return {**{key: value for key, value in head.items() if value}, "params": params, **body_record(block)}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def changed_fields(record: Any, default: Any) -> dict[str, Value]:
    """Fields that differ from `default`, in their order."""
    names = [f.name for f in fields(record)]
    return {name: getattr(record, name) for name in names if getattr(record, name) != getattr(default, name)}


def node_record(node: Node) -> dict[str, Any]:
    record: dict[str, Any] = {"id": node.id, "type": node.type, "pos": [tidy(node.pos[0]), tidy(node.pos[1])]}
    if node.params:
        record["params"] = {name: plain(node.params[name]) for name in sorted(node.params)}
    return record | {name: getattr(node, name) for name in EXTRAS if getattr(node, name) != getattr(PLAIN, name)}


def plain(value: Value) -> Any:
    """A value as JSON holds it: an expression as {"expr": "dim * 4"}."""
    if isinstance(value, Expression):
        return {EXPR: value.text}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def tidy(number: float) -> float | int:
    return int(number) if number == int(number) else number


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """The garbage collector rests meanwhile: what a document makes lives as long as it, and looking through it again and again takes half the time."""
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()


@uncollected()
def load(text: str) -> Snapshot:
    """The snapshot that `text` describes; TextError says what is wrong and where."""
    raw = parse(text)
    raw = migrate(raw)
    from pydantic import ValidationError  # here, since importing it takes longer than most programs' whole start

    from engine.graph.schema import ProjectRecord

    try:
        # Through JSON mode, in which pydantic's strictness still takes lists for tuples.
        record = ProjectRecord.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise TextError(explain(error)) from error
    except RecursionError as error:
        raise TextError(TOO_DEEP) from error
    return assemble(record)


TOO_DEEP = "This is no Chainrule project: it is nested too deeply. Open another file, or an autosaved copy."


def parse(text: str) -> dict[str, Any]:
    """JSON without NaN, duplicate keys, or endless nesting."""
    if len(text) > LARGEST:
        raise TextError(f"This text is {len(text) / 2**20:,.0f} MiB long; a project has at most {LARGEST // 2**20} MiB.")
    if not text.strip():
        raise TextError("This file is empty. Open an autosaved or older copy.")
    try:
        raw = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=no_duplicates)
    except RecursionError as error:
        raise TextError(TOO_DEEP) from error
    except json.JSONDecodeError as error:
        hint = "The file seems to be cut off" if error.pos >= len(text.rstrip()) - 1 else "The file is damaged"
        raise TextError(f"This is no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}. {hint}; open an autosaved or older copy.") from error
    if not isinstance(raw, dict) or "chainrule" not in raw:
        raise TextError("This is no Chainrule project: it lacks the entry “chainrule” with the format's number. Choose a file that Chainrule saved.")
    return raw


def refuse_constant(name: str) -> float:
    raise TextError(f"The number {name} is not allowed in a project; replace it by a finite number.")


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise TextError(f"The entry “{key[:60]}” occurs twice; remove one of them.")
        table[key] = value
    return table


def migrate(raw: dict[str, Any]) -> dict[str, Any]:
    """Brings older schemas up to date, and refuses newer ones."""
    version = raw["chainrule"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise TextError(f"The format's number must be a whole number from 1, got {str(version)[:40]!r}.")
    if version > SCHEMA:
        raise TextError(f"This project has format {version}, from a newer Chainrule; this one reads up to {SCHEMA}. Update Chainrule to open it.")
    return raw


PLAINER = {  # pydantic's kinds of error whose own words are no user's
    "string_pattern_mismatch": "a name starts with a letter and holds only letters, digits and _",
    "extra_forbidden": "this entry is not known here",
    "missing": "this entry is missing",
    "too_long": "there are too many entries",
    "too_short": "there are too few entries",
    "finite_number": "input should be a finite number",
}
MOST_LINES = 3


def explain(error: Any) -> str:
    """The first validation errors, each with its place, and how many more there are."""
    lines = []
    for item in error.errors()[:MOST_LINES]:
        place = " → ".join(str(part) for part in item["loc"])
        got = str(item.get("input"))[:60]
        words = PLAINER.get(item["type"]) or item["msg"][0].lower() + item["msg"][1:]
        lines.append(f"{place}: {words} (got {got!r})")
    more = len(error.errors()) - len(lines)
    return "This project cannot be read. " + "; ".join(lines) + (f"; and {more} more" if more > 0 else "") + ". Mend these entries or open an older copy."


def assemble(record: Any) -> Snapshot:
    """Typed records into a snapshot; parameters of known types are parsed, wires checked by a document."""
    heads = Snapshot(blocks=tuple(Block(b.id, b.title, b.doc, params_of(b)) for b in record.blocks))  # all that their instances' values depend on
    snapshot = Snapshot(
        **body_of(record, heads),
        blocks=tuple(replace(head, **body_of(b, heads)) for head, b in zip(heads.blocks, record.blocks, strict=True)),
        recipe=Recipe(**record.recipe.model_dump()),
        about=About(**record.about.model_dump()),
    )
    try:
        return Document(snapshot).snapshot()
    except EditError as error:
        raise TextError(f"This project cannot be read: {error} Mend that entry or open an older copy.") from error


def body_of(record: Any, heads: Snapshot) -> dict[str, Any]:
    """Nodes, wires and frames of a document or a definition."""
    return {
        "nodes": tuple(node_of(n, heads) for n in record.nodes),
        "wires": tuple(Wire(*row) for row in record.wires),
        "frames": tuple(Frame(f.id, f.title, tuple(float(v) for v in f.rect), f.family) for f in record.frames),
    }


def node_of(record: Any, heads: Snapshot) -> Node:
    place = (float(record.pos[0]), float(record.pos[1]))
    return Node(record.id, record.type, frozen(node_params(record, heads)), place, **{name: getattr(record, name) for name in EXTRAS})


def params_of(record: Any) -> tuple[BlockParam, ...]:
    """A definition's parameters; TextError for a default that is none."""
    params = []
    for p in record.params:
        param = BlockParam(p.name, p.kind, hashable(p.default), p.low, p.high, p.choices, p.optional, p.help, p.label)
        try:
            params.append(replace(param, default=param_of(param).parse(param.default)))
        except (ParamError, TypeError) as error:
            raise TextError(f"blocks → {record.id} → {p.name}: {error} Mend this entry or open an older copy.") from error
    return tuple(params)


def node_params(record: Any, heads: Snapshot) -> dict[str, Value]:
    """Parsed values for a known type. What does not parse stays as it is: the analyst marks it on the node."""
    row = registry.find(record.type, heads)
    values: dict[str, Value] = {}
    for name, value in record.params.items():
        value = hashable(value)
        if row is not None:
            # The analyst pins values that do not parse to their node, so that the rest of the project still opens.
            with contextlib.suppress(KeyError, ParamError):
                value = row.param(name).parse(value)
        values[name] = value
    return values


def hashable(value: Any) -> Value:
    """JSON lists as tuples, {"expr": ...} as an expression if it is one; other objects (only in unknown types) stay dicts."""
    if isinstance(value, dict) and list(value) == [EXPR] and isinstance(value[EXPR], str):
        with contextlib.suppress(ExpressionError):
            return Expression(value[EXPR])
    if isinstance(value, list):
        return tuple(hashable(item) for item in value)
    return {key: hashable(item) for key, item in value.items()} if isinstance(value, dict) else value


def open_file(path: str | Path) -> Snapshot:
    """Reads a project file; TextError for everything that can be wrong with it."""
    path = Path(path)
    if path.is_dir():
        raise TextError(
            f"{path.name or path} is a folder, no project. Choose a file that Chainrule saved; a folder of images is named in an Image folder node."
        )
    try:
        if path.stat().st_size > LARGEST:
            raise TextError(f"{path.name} is {path.stat().st_size / 2**20:,.0f} MiB long; a project has at most {LARGEST // 2**20} MiB.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"{path.name} is no text file (byte {error.start} is not UTF-8). Choose a file that Chainrule saved.") from error
    except OSError as error:
        raise TextError(f"{path.name} cannot be read: {error.strerror}. Check that it exists and that you may read it.") from error
    try:
        return load(text)
    except TextError as error:
        raise TextError(f"{path.name}: {error}") from error


def save(path: str | Path, snapshot: Snapshot) -> None:
    """Writes a project file atomically; on any failure the old file is untouched and TextError says why."""
    write_atomic(Path(path), dump(snapshot).encode("utf-8"))


def write_atomic(path: Path, data: bytes) -> None:
    """Replaces the file in one step; TextError when the disk refuses, and the old file is untouched."""
    try:
        disk.replace(path, data)
    except OSError as error:
        raise TextError(f"{path.name} was not saved: {error.strerror}. The file on disk is unchanged; free some space or choose another folder.") from error

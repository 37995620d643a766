"""The headless commands: lessons, check, code, train. Results go to stdout, words for people to stderr; no Qt, torch only when a command runs.

Exit status: 0 fine, 1 problems in the project, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine import library
from engine.graph import filling, text
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, Problem
from engine.layers.spec import Shape, shape_text

if TYPE_CHECKING:
    from engine.events import Analysis, NodeFacts

FINE, PROBLEMS, WRONG_USAGE = 0, 1, 2


def run(args: argparse.Namespace) -> int:
    """Carries out one parsed command line (see main.py) and returns its exit status."""
    if args.command == "lessons":
        return lessons(as_json=args.json)
    try:
        snapshot = library.read(args.x)
    except text.TextError as error:
        return unreadable(args, error)
    if args.command == "check":
        return check(snapshot, base=base_of(args.x), as_json=args.json)
    if args.command == "code":
        return code(snapshot, base=base_of(args.x))
    return train(snapshot, args)


def unreadable(args: argparse.Namespace, error: text.TextError) -> int:
    """What to say of an X that is not there (wrong usage) or cannot be read (a problem of the project)."""
    say(str(error))
    if args.command == "check" and args.json and Path(args.x).exists():
        problem = {"node": "", "severity": ERROR, "message": str(error), "fix": "Open another file, or an older copy of this one."}
        out(json.dumps({"parameters": 0, "nodes": [], "problems": [problem]}, ensure_ascii=False))
    return PROBLEMS if Path(args.x).exists() else WRONG_USAGE


def lessons(*, as_json: bool) -> int:
    """Every shipped project, one per line or as JSON."""
    entries = library.entries()
    if as_json:
        rows = [{"id": item.id, "title": item.title, "kind": item.kind, "lecture_items": list(item.lecture_items)} for item in entries]
        out(json.dumps(rows, ensure_ascii=False))
    else:
        width = max((len(item.id) for item in entries), default=0)
        out("\n".join(f"{item.id:{width}}  {item.kind:8}  {item.title}" for item in entries))
    return FINE


def check(snapshot: Snapshot, *, base: str, as_json: bool) -> int:
    """Shapes, parameters, MACs and problems. In JSON a shape is that of the node's first output for one sample, without the batch axis."""
    analysis = analysed(snapshot, base)
    if as_json:
        nodes = [node_row(node.id, node.type, analysis.nodes.get(node.id)) for node in snapshot.nodes]
        problems = [{"node": p.node, "severity": p.severity, "message": p.message, "fix": p.fix} for p in analysis.problems]
        out(json.dumps({"parameters": analysis.parameters, "nodes": nodes, "problems": problems}, ensure_ascii=False))
    else:
        out(table(snapshot, analysis))
    return PROBLEMS if analysis.errors else FINE


def node_row(node_id: str, type_id: str, facts: NodeFacts | None) -> dict[str, object]:
    shape = first_output(facts)
    return {
        "id": node_id,
        "type": type_id,
        "shape": list(shape[1:]) if shape else None,
        "parameters": facts.parameters if facts else 0,
        "macs": facts.macs if facts else 0,
    }


def first_output(facts: NodeFacts | None) -> Shape | None:
    return next(iter(facts.outputs.values())) if facts and facts.outputs else None


def table(snapshot: Snapshot, analysis: Analysis) -> str:
    """The same for people."""
    rows = [("node", "type", "output", "parameters", "MACs")]
    for node in snapshot.nodes:
        facts = analysis.nodes.get(node.id)
        port = next(iter(facts.outputs), "") if facts else ""
        shape = shape_text(facts.outputs[port], facts.axes.get(port, "")) if facts and port else "?"
        rows.append((node.id, node.type, shape, f"{facts.parameters:,}" if facts else "?", f"{facts.macs:,}" if facts else "?"))
    rows.append(("total", "", "", f"{analysis.parameters:,}", f"{analysis.macs:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) if at < 3 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in rows]
    lines += ["", *(problem_line(problem) for problem in analysis.problems)] if analysis.problems else ["", "No problems."]
    return "\n".join(line.rstrip() for line in lines)


def problem_line(problem: Problem) -> str:
    where = f" [{problem.node}]" if problem.node else ""
    return f"{problem.severity}{where}: {problem.message} {problem.fix}".rstrip()


def code(snapshot: Snapshot, *, base: str) -> int:
    """The Python source; with errors it says which and prints what there is."""
    analysis = analysed(snapshot, base)
    if analysis.source.text:
        out(analysis.source.text.rstrip("\n"))
    for problem in analysis.errors:
        say(problem_line(problem))
    return PROBLEMS if analysis.errors else FINE


def train(snapshot: Snapshot, args: argparse.Namespace) -> int:
    """Trains in the terminal."""
    from engine import headless

    status = headless.train_command(
        snapshot, name=name_of(args.x), epochs=args.epochs, steps=args.steps, seed=args.seed, device=args.device,
        out=args.out, resume=args.resume, json=args.json, base=base_of(args.x),
    )  # fmt: skip
    if status == PROBLEMS and any(node.type in filling.PLACES for node in snapshot.nodes):
        say(f"Open it with “main.py {args.x}”, put a dataset in the place of the Input, save it as a project, and train that.")
    return status


def without_display(x: str) -> int:
    """What `main.py` does where no window can open: trains the first lesson (or X) right here."""
    from engine import headless

    wanted = x or library.FIRST_LESSON
    try:
        snapshot = library.read(wanted)
    except text.TextError as error:
        say(str(error))
        return WRONG_USAGE if not Path(wanted).exists() else PROBLEMS
    say(f"No display, so no window: training “{snapshot.about.title}” in the terminal instead, with curves and filters as PNG in its run folder.")
    return headless.train_command(snapshot, name=name_of(wanted), base=base_of(wanted))


def analysed(snapshot: Snapshot, base: str) -> Analysis:
    from engine.compile.analyse import analyse

    return analyse(snapshot, base=base)


def name_of(x: str) -> str:
    """What runs of X are called: the file's name without its ending, or the id."""
    return Path(x).stem if Path(x).is_file() else x


def base_of(x: str) -> str:
    """The folder that relative paths in X count from; none for shipped projects."""
    path = Path(x)
    return str(path.absolute().parent) if path.is_file() else ""


def out(words: str) -> None:
    """A result, to stdout. A reader that went away (as `| head` does) is no error."""
    try:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None  # type: ignore[assignment]


def say(words: str) -> None:
    """Words for the person at the terminal, to stderr."""
    sys.stderr.write(words + "\n")

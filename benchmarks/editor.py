"""The canvas beside NodeGraphQt and orange-canvas-core: build, repaint, pan, drag, undo, save, load and memory at 100, 1,000 and 3,000 nodes.

python benchmarks/editor.py prints one table per size (--help for the options). Each editor has a process of its own, and they take turns at each row. The
others come with `pip install .[bench]`; without one of them the table says so and goes on. Bounds of ours are marked; status 1 when one is missed. Under a
drag step and an undo stands how many px of the view it repainted (the rectangle round all that was stale), since an editor that paints nothing is soon done.
Wall time is shown, with the thread's CPU time behind it: where other programs share the machine, that is the one to trust, and the bounds are held against it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from editors.turns import Table, race
from editors.workload import PAINTED, ROWS

FOLDER = Path(__file__).resolve().parent / "editors"
EDITORS = {"ours": "chainrule_canvas", "NodeGraphQt": "node_graph_qt", "orange-canvas-core": "orange_canvas"}
BOUNDS = {  # CPU ms of ours
    ("repaint fitted", 1000): 8.0, ("repaint at 100 %", 1000): 16.0, ("repaint fitted", 3000): 16.0,
    ("drag step fitted", 1000): 2.0, ("drag step at 100 %", 1000): 2.0, ("load", 3000): 500.0,
}  # fmt: skip


def cell(row: str, times: tuple[float, float] | None) -> str:
    if times is None:
        return f"{'-':>24}"
    wall, own = times
    if row in PAINTED.values():
        return f"{own:>18,.0f} px   "
    return f"{wall:>17.1f} MiB   " if row == "memory" else f"{wall:>12.2f} ({own:.2f})".ljust(24).rjust(24)


def report(count: int, tables: dict[str, Table]) -> bool:
    """One table; whether every bound of ours is kept."""
    print(f"\n{count:,} nodes, ms (CPU ms)".ljust(28) + "".join(f"{name:>24}" for name in tables) + "   bound of ours")
    kept = True
    for row in ROWS:
        ours, bound = tables.get("ours", {}).get(row), BOUNDS.get((row, count))
        verdict = ""
        if bound is not None and "ours" in tables:
            fine = ours is not None and ours[1] <= bound
            kept &= fine
            verdict = f"   {bound:g} ms: {'ok' if fine else 'MISSED'}"
        firsts = min((table[row][1], name) for name, table in tables.items() if row in table)[1] if any(row in table for table in tables.values()) else "ours"
        print(f"{row:<27}" + "".join(cell(row, table.get(row)) for table in tables.values()) + verdict + (f"   {firsts} is first" if firsts != "ours" else ""))
        if row in PAINTED:
            print(f"  {PAINTED[row]:<25}" + "".join(cell(PAINTED[row], table.get(PAINTED[row])) for table in tables.values()))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--only", choices=EDITORS, help="one editor alone")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds for one editor at one size")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of an environment that has the other editors")
    options = parser.parse_args()
    names = [options.only] if options.only else list(EDITORS)
    kept = True
    for count in options.sizes:
        commands = {name: [sys.executable if name == "ours" else options.python, str(FOLDER / f"{EDITORS[name]}.py"), str(count)] for name in names}
        tables, remarks = race(commands, options.patience)
        kept &= report(count, tables)
        print("\n".join(remarks), end="\n" if remarks else "", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

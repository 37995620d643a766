"""How long it takes to open and to check each template once torch is loaded. Prints seconds against their limit; exit status 1 when one is missed.

    python benchmarks/templates.py [ID ...]

Every template is checked from the beginning, with nothing remembered of the others. Memory is what the process's peak grew by: the weights
of the networks, two gigabytes for ViT-H, must never be taken.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CHECK_LIMIT, MEMORY_LIMIT = 2.0, 200  # seconds for one template, MiB for all of them


def peak() -> float:
    """MiB that this process took at most."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 2**20 if sys.platform == "darwin" else used / 2**10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID")
    wanted = parser.parse_args().ids
    from engine import library, warm

    warm.load_torch()
    from engine.compile.analyse import analyse
    from engine.compile.shapes import Inference

    before, slowest = peak(), 0.0
    print(f"{'template':<18}{'parameters':>13}{'open':>10}{'check':>10}")
    for entry in library.entries():
        if entry.id not in wanted if wanted else entry.kind != "template":
            continue
        begin = time.perf_counter()
        snapshot = library.read(entry.id)
        opened = time.perf_counter()
        analysis = analyse(snapshot, memory=Inference())
        seconds = time.perf_counter() - opened
        slowest = max(slowest, seconds)
        print(f"{entry.id:<18}{analysis.parameters:>13,}{1000 * (opened - begin):>7.0f} ms{1000 * seconds:>7.0f} ms")
    grown = peak() - before
    print(f"slowest check {slowest:.2f} s, limit {CHECK_LIMIT} s; memory grew by {grown:.0f} MiB, limit {MEMORY_LIMIT} MiB")
    return int(slowest > CHECK_LIMIT or grown > MEMORY_LIMIT)


if __name__ == "__main__":
    sys.exit(main())

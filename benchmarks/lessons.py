"""Proves what the lessons promise: trains each over several seeds, prints a table, and fails where an effect does not show.

    python benchmarks/lessons.py [WORD ...] [--seeds N]

Words choose the lessons whose id holds one of them. The effects are declared in benchmarks/effects, one file for each topic.
Variants are edits of the lesson's own document, trained by the same loop as in the window. Exit status 1 when an effect fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from effects.table import Effect, Verdict, all_effects


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    chosen = [found for found in all_effects() if not args.words or any(word in found.lesson for word in args.words)]
    if not chosen:
        print("No lesson has such a name.", file=sys.stderr)
        return 2
    failed = [found for found in chosen if not prove(found, min(args.seeds, found.seeds))]
    print(f"\n{len(chosen) - len(failed)} of {len(chosen)} effects shown")
    for found in failed:
        print(f"not shown: {found.lesson}: {found.sentence}")
    return 1 if failed else 0


def prove(found: Effect, seeds: int) -> bool:
    """Measures one effect and prints its rows; whether every seed shows it."""
    print(f"\n{found.lesson}: {found.sentence}", flush=True)
    fine = True
    for seed in range(seeds):
        began = time.perf_counter()
        verdict = measured(found, seed)
        fine = fine and verdict.ok
        print(f"    seed {seed}   {'ok  ' if verdict.ok else 'FAIL'} {time.perf_counter() - began:6.1f} s   {verdict}", flush=True)
    return fine


def measured(found: Effect, seed: int) -> Verdict:
    """The verdict for one seed; a training that goes wrong counts as a failure and does not end the table."""
    try:
        return found.measure(seed)
    except RuntimeError as error:
        print(f"    {error}", file=sys.stderr)
        return Verdict(False)


if __name__ == "__main__":
    raise SystemExit(main())

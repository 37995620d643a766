"""One workload for every node editor: the same nodes and wires, the same gestures, the same clocks. Imports no Qt: each editor brings its own binding."""

from __future__ import annotations

import json
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

PITCH = (260.0, 160.0)  # scene px from node to node
SIZE = (1600, 1000)  # of the view
DELETIONS = 100
BUDGET, MOST, LEAST = 4.0, 15, 3  # seconds and rounds per row
ROWS = (
    "build", "repaint fitted", "repaint at 100 %", "pan at 100 %", "drag step fitted", "drag step at 100 %",
    "undo of 100 deletions", "save", "load", "memory",
)  # fmt: skip


def places(count: int) -> list[tuple[float, float]]:
    """Rows of nodes, in the proportions of the view."""
    columns = round((count * 1.6 * PITCH[1] / PITCH[0]) ** 0.5)
    return [(i % columns * PITCH[0], i // columns * PITCH[1]) for i in range(count)]


def pairs(count: int) -> list[tuple[int, int]]:
    """One long chain through all rows."""
    return [(i, i + 1) for i in range(count - 1)]


class Editor(ABC):
    """What a row needs of an editor. `settle` lets it do and paint all that it has put off."""

    @abstractmethod
    def build(self, count: int) -> None:
        """Puts `places` and `pairs` into an empty, visible view through the editor's own commands."""

    @abstractmethod
    def settle(self) -> None: ...

    @abstractmethod
    def fit(self) -> None: ...

    @abstractmethod
    def at_full_size(self) -> None:
        """100 % about the middle node."""

    @abstractmethod
    def repaint(self) -> None:
        """The whole viewport at once."""

    @abstractmethod
    def pan(self, pixels: int) -> None: ...

    @abstractmethod
    def press(self) -> None:
        """The left button goes down on the middle node's title."""

    @abstractmethod
    def drag(self, right: int, down: int) -> None:
        """The pointer goes so many px from where it was pressed."""

    @abstractmethod
    def release(self) -> None: ...

    @abstractmethod
    def place(self) -> tuple[float, float]:
        """Where the middle node is in the scene."""

    @abstractmethod
    def delete(self, index: int) -> None:
        """Deletes one node as an undo step of its own."""

    @abstractmethod
    def undo(self) -> None: ...

    @abstractmethod
    def count(self) -> int:
        """How many nodes there are."""

    @abstractmethod
    def save(self, path: Path) -> None: ...

    @abstractmethod
    def load(self, path: Path) -> None:
        """Opens the file in the visible view."""


def once(act: Callable[[], object]) -> tuple[float, float]:
    """Wall and thread CPU time in ms."""
    wall, own = time.perf_counter(), time.thread_time()
    act()
    return (time.perf_counter() - wall) * 1e3, (time.thread_time() - own) * 1e3


def often(act: Callable[[], object]) -> tuple[float, float]:
    """Medians of several rounds after one that warms up; fewer rounds of what takes long."""
    begin = time.perf_counter()
    first = once(act)
    if time.perf_counter() - begin > BUDGET:
        return first
    times = []
    while len(times) < LEAST or (len(times) < MOST and time.perf_counter() - begin < BUDGET):
        times.append(once(act))
    return statistics.median(wall for wall, _ in times), statistics.median(own for _, own in times)


def resident() -> float:
    """MiB in memory now; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def measure(editor: Editor, count: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Row by row: wall and CPU ms, for memory MiB that the network took (twice)."""
    editor.settle()
    before = resident()
    yield "build", once(lambda: (editor.build(count), editor.settle()))
    taken = resident() - before
    yield "memory", (taken, taken)
    editor.fit()
    editor.settle()
    yield "repaint fitted", often(editor.repaint)
    if (times := dragging(editor)) is not None:
        yield "drag step fitted", times
    editor.at_full_size()
    editor.settle()
    yield "repaint at 100 %", often(editor.repaint)
    if (times := dragging(editor)) is not None:
        yield "drag step at 100 %", times
    step = iter(range(1_000_000))
    yield "pan at 100 %", often(lambda: (editor.pan(20 if next(step) % 8 < 4 else -20), editor.settle()))
    yield "undo of 100 deletions", undoing(editor, count)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.json"
        yield "save", often(lambda: editor.save(path))
        yield "load", often(lambda: (editor.load(path), editor.settle()))
    check(editor, count)


def dragging(editor: Editor) -> tuple[float, float] | None:
    """One move of the pointer with the button held, and what it makes the view paint; None when no node followed."""
    before = editor.place()
    editor.press()
    step = iter(range(1_000_000))

    def move() -> None:
        index = next(step)
        editor.drag(12 + index % 7 * 5, 9 + index % 5 * 6)
        editor.settle()

    move()
    result = often(move)
    followed = editor.place() != before
    editor.release()
    editor.settle()
    return result if followed else None


def undoing(editor: Editor, count: int) -> tuple[float, float]:
    """Deletes nodes one by one, and takes it all back step by step; each step is painted, as for somebody who holds Ctrl+Z."""
    number = min(DELETIONS, count // 2)
    for index in range(number):
        editor.delete(index)
    editor.settle()
    if editor.count() != count - number:
        raise RuntimeError(f"{number} deletions left {editor.count()} of {count} nodes")
    result = once(lambda: [(editor.undo(), editor.settle()) for _ in range(number)])
    check(editor, count)
    scale = DELETIONS / number
    return result[0] * scale, result[1] * scale


def check(editor: Editor, count: int) -> None:
    if editor.count() != count:
        raise RuntimeError(f"{editor.count()} nodes instead of {count}")


def run(make: Callable[[], Editor]) -> None:
    """The process of one editor and one size: prints each row as JSON once it is known."""
    for row in measure(make(), int(sys.argv[1])):
        print(json.dumps(row), flush=True)

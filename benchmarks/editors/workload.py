"""One workload for every node editor: the same nodes and wires, the same gestures, the same clocks. Imports no Qt: each editor brings its own binding.

Each drag step moves the node in every editor, also where it snaps to a grid, and each undo brings back a node that is in view: a step that paints
nothing while it is watched ends the run. It is watched before the clock runs, so that counting costs no time.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

PITCH = (260.0, 160.0)  # scene px from node to node
SIZE = (1600, 1000)  # of the view
DELETIONS, PARTS = 100, 5
BUDGET, MOST, LEAST, TURN = 4.0, 15, 3, 5  # seconds and rounds per row; rounds per turn
ROWS = (
    "build", "repaint fitted", "repaint at 100 %", "pan at 100 %", "drag step fitted", "drag step at 100 %",
    "undo of 100 deletions", "save", "load", "memory",
)  # fmt: skip
PAINTED = {"drag step fitted": "px per drag fitted", "drag step at 100 %": "px per drag at 100 %", "undo of 100 deletions": "px per undo"}
WATCHED = 10  # steps
Row = tuple[str, tuple[float, float]]


def places(count: int) -> list[tuple[float, float]]:
    """Rows of nodes, in the proportions of the view."""
    columns = round((count * 1.6 * PITCH[1] / PITCH[0]) ** 0.5)
    return [(i % columns * PITCH[0], i // columns * PITCH[1]) for i in range(count)]


def pairs(count: int) -> list[tuple[int, int]]:
    """One long chain through all rows."""
    return [(i, i + 1) for i in range(count - 1)]


def watching(core: ModuleType, widget: object) -> object:
    """Counts the paint events of `widget` and the px in them; `core` is the QtCore of its binding."""

    class Watch(core.QObject):
        events = pixels = 0

        def eventFilter(self, _: object, event: object) -> bool:
            if event.type() == core.QEvent.Type.Paint:
                area = event.region().boundingRect()
                self.events += 1
                self.pixels += area.width() * area.height()
            return False

        def during(self, act: Callable[[], object]) -> tuple[int, int]:
            """How often and how much `act` paints."""
            self.events = self.pixels = 0
            widget.installEventFilter(self)
            act()
            widget.removeEventFilter(self)
            return self.events, self.pixels

    return Watch()


class Editor(ABC):
    """What a row needs of an editor. `settle` lets it do and paint all that it has put off; `watch` is what `watching` gives for its viewport."""

    watch: object

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
    def wires(self) -> int:
        """How many wires there are."""

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


def often(act: Callable[[], object]) -> Iterator[None]:
    """Returns the medians of several rounds, in turns of a few, after one that warms up; fewer rounds of what takes long."""
    first = once(act)
    spent = first[0] / 1e3
    if spent > BUDGET:
        return first
    times = []
    while len(times) < LEAST or (len(times) < MOST and spent < BUDGET):
        if times and len(times) % TURN == 0:
            yield
            act()  # others have had the processor's caches
        times.append(once(act))
        spent += times[-1][0] / 1e3
    return statistics.median(wall for wall, _ in times), statistics.median(own for _, own in times)


def resident() -> float:
    """MiB in memory now; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def measure(editor: Editor, count: int) -> Iterator[Row | None]:
    """Row by row: wall and CPU ms, for memory MiB that the network took (twice). None where another editor may have its turn."""
    editor.settle()
    before = resident()
    yield "build", once(lambda: (editor.build(count), editor.settle()))
    taken = resident() - before
    yield "memory", (taken, taken)
    editor.fit()
    editor.settle()
    yield "repaint fitted", (yield from often(editor.repaint))
    yield from dragging(editor, "drag step fitted")
    editor.at_full_size()
    editor.settle()
    yield "repaint at 100 %", (yield from often(editor.repaint))
    yield from dragging(editor, "drag step at 100 %")
    step = iter(range(1_000_000))
    yield "pan at 100 %", (yield from often(lambda: (editor.pan(20 if next(step) % 8 < 4 else -20), editor.settle())))
    editor.fit()
    editor.settle()
    yield from undoing(editor, count, "undo of 100 deletions")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.json"
        yield "save", (yield from often(lambda: editor.save(path)))
        yield "load", (yield from often(lambda: (editor.load(path), editor.settle())))
    check(editor, count)


def dragging(editor: Editor, row: str) -> Iterator[Row | None]:
    """One move of the pointer with the button held, and what it makes the view paint. RuntimeError when no node followed or nothing was painted."""
    before = editor.place()
    editor.press()
    step = iter(range(1_000_000))

    def move() -> None:
        index = next(step)
        editor.drag(20 + index % 5 * 20, 20 + index % 3 * 20)
        editor.settle()

    move()
    yield PAINTED[row], watched(editor, [move] * WATCHED)
    yield row, (yield from often(move))
    if editor.place() == before:
        raise RuntimeError("the node did not follow the pointer")
    editor.drag(0, 0)
    editor.release()
    editor.settle()


def watched(editor: Editor, acts: list[Callable[[], object]]) -> tuple[float, float]:
    """Paint events and px of one act; each of them must paint."""
    seen = [editor.watch.during(act) for act in acts]
    blank = sum(not events for events, _ in seen)
    if blank:
        raise RuntimeError(f"{blank} of {len(acts)} steps painted nothing")
    return sum(events for events, _ in seen) / len(acts), sum(pixels for _, pixels in seen) / len(acts)


def undoing(editor: Editor, count: int, row: str) -> Iterator[Row | None]:
    """Deletes nodes one by one, and takes it all back step by step; each step is painted, as for somebody who holds Ctrl+Z.

    Each turn undoes a part of the deletions; the row is what all would take at the median pace.
    """
    number = min(DELETIONS, count // 2) // PARTS

    def back() -> None:
        editor.undo()
        editor.settle()

    delete(editor, count, WATCHED)
    yield PAINTED[row], watched(editor, [back] * WATCHED)
    times = []
    for part in range(PARTS):
        if part:
            yield
        delete(editor, count, number)
        times.append(once(lambda: [back() for _ in range(number)]))
        check(editor, count)
    scale = DELETIONS / number
    yield row, (statistics.median(wall for wall, _ in times) * scale, statistics.median(own for _, own in times) * scale)


def delete(editor: Editor, count: int, number: int) -> None:
    for index in range(number):
        editor.delete(index)
    editor.settle()
    if editor.count() != count - number:
        raise RuntimeError(f"{number} deletions left {editor.count()} of {count} nodes")


def check(editor: Editor, count: int) -> None:
    if editor.count() != count:
        raise RuntimeError(f"{editor.count()} nodes instead of {count}")
    if editor.wires() != count - 1:
        raise RuntimeError(f"{editor.wires()} wires instead of {count - 1}")


def run(make: Callable[[], Editor]) -> None:
    """The process of one editor and one size: works when a line comes in, and prints each row as JSON once it is known, null at the end of another turn."""
    sys.stdin.readline()
    for row in measure(make(), int(sys.argv[1])):
        print(json.dumps(row), flush=True)
        sys.stdin.readline()

"""The analyst thread survives whatever an analysis does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from engine.analyst import Analyst, Task
from engine.bus import Bus
from engine.events import Analysis, Source
from engine.graph.model import Snapshot


def test_an_exception_becomes_a_problem_and_the_next_analysis_works() -> None:
    bus, ready, heard = Bus(), threading.Event(), []

    def analyse(task: Task) -> Iterator[Analysis]:
        if task[0] == 1:
            raise RecursionError("too deep")
        yield Analysis(task[0], {}, (), Source(), written=False)
        yield Analysis(task[0], {}, (), Source("whole"))

    analyst = Analyst(bus, ready=ready, done=lambda snapshot, analysis, base: heard.append(analysis), analyse=analyse)
    thread = threading.Thread(target=analyst.serve)
    thread.start()
    analyst.send((1, Snapshot(), ""))
    time.sleep(0.05)
    assert not heard, "nothing is analysed before the engine is ready"
    ready.set()
    wait_for(heard, 1)
    first = bus.drain()[0]
    assert first.generation == 1 and first.errors[0].code == "analysis-failed" and "too deep" in first.errors[0].message
    analyst.send((2, Snapshot(), ""))
    wait_for(heard, 2)
    assert bus.drain() == [Analysis(2, {}, (), Source("whole"))] == heard[1:], "only the newest word waits, and the engine hears the last one"
    analyst.close()
    thread.join(5)
    assert not thread.is_alive()


def wait_for(heard: list[Analysis], count: int) -> None:
    end = time.monotonic() + 20
    while len(heard) < count and time.monotonic() < end:
        time.sleep(0.005)
    assert len(heard) == count

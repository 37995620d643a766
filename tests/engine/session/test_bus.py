"""The lanes: lossless keeps all in order, latest-wins keeps the newest, the inbox wakes its reader."""

from __future__ import annotations

import threading
import time

from engine.bus import Bus, Inbox


def test_posted_events_arrive_all_and_in_order() -> None:
    bus = Bus()
    for i in range(1000):
        bus.post(i)
    assert bus.drain() == list(range(1000))
    assert bus.drain() == []


def test_a_slot_keeps_only_the_newest() -> None:
    bus = Bus()
    for i in range(5):
        bus.put("analysis", i)
        bus.put(("panel", "filters"), -i)
    bus.post("fact")
    assert bus.drain() == ["fact", 4, -4]
    assert bus.drain() == []


def test_nothing_is_lost_while_four_threads_write() -> None:
    bus = Bus()

    def write(start: int) -> None:
        for i in range(500):
            bus.post(start + i)
            bus.put("slot", i)

    threads = [threading.Thread(target=write, args=(k * 1000,)) for k in range(4)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads):
        seen += bus.drain()
    for thread in threads:
        thread.join()
    seen += bus.drain()
    facts = [k * 1000 + i for k in range(4) for i in range(500)]
    assert set(facts) <= set(seen)
    for k in range(4):
        mine = [value for value in seen if k * 1000 <= value < k * 1000 + 500]
        assert k == 0 or mine == sorted(mine)


def test_the_board_is_looked_at_not_drained() -> None:
    bus = Bus()
    assert bus.look("progress") is None
    bus.show("progress", 1)
    bus.show("progress", 2)
    assert bus.look("progress") == 2 and bus.look("progress") == 2
    assert bus.drain() == []


def test_the_inbox_keeps_commands_in_order_and_notices_newest() -> None:
    inbox = Inbox()
    inbox.send("a")
    inbox.tell("document", 1)
    inbox.send("b")
    inbox.tell("document", 2)
    assert inbox.waiting
    assert inbox.take() == (["a", "b"], {"document": 2})
    assert not inbox.waiting
    assert inbox.take() == ([], {})


def test_the_inbox_wakes_its_reader_at_once() -> None:
    inbox = Inbox()
    got: list[object] = []

    def read() -> None:
        got.append(inbox.take(None))

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.05)
    assert not got
    inbox.send("now")
    reader.join(20)
    assert got == [(["now"], {})]


def test_waiting_ends_after_the_timeout() -> None:
    begin = time.monotonic()
    assert Inbox().take(0.03) == ([], {})
    assert time.monotonic() - begin > 0.02

"""Editors measured in turns: each in a process of its own, of which one alone runs at a time, so that a slow minute of the machine falls on all of them."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time

Table = dict[str, tuple[float, float]]


class Racer:
    """One editor's process at one size. It works only between `go` and the line that it answers with."""

    def __init__(self, name: str, command: list[str], patience: float) -> None:
        self.name, self.patience, self.left, self.rows, self.why, self.done = name, patience, patience, Table(), "", False
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.complaint: list[str] = []
        threading.Thread(target=self.listen, daemon=True).start()
        self.ear = threading.Thread(target=lambda: self.complaint.extend(self.process.stderr), daemon=True)
        self.ear.start()

    def listen(self) -> None:
        for line in self.process.stdout:
            if line.startswith(("[", "null")):
                self.lines.put(line)
        self.lines.put(None)

    def turn(self) -> bool:
        """Lets the editor work until it answers; whether it has more to do on the row it is at."""
        begin = time.perf_counter()
        try:
            print("go", file=self.process.stdin, flush=True)
            line = self.lines.get(timeout=max(self.left, 0.0))
        except queue.Empty:
            self.end(f"was stopped after {self.patience:.0f} s of work; what is missing would have taken longer")
            return False
        except OSError:
            line = None
        self.left -= time.perf_counter() - begin
        if line is None:
            self.finish()
            return False
        answer = json.loads(line)
        if answer is None:
            return True
        self.rows[answer[0]] = tuple(answer[1])
        return False

    def finish(self) -> None:
        """The process has closed its output: it is through, or has failed."""
        code = self.process.wait()
        self.ear.join()
        last = (self.complaint or ["no reason given"])[-1].strip()
        if code and not self.rows and "ModuleNotFoundError" in last:
            self.end(f"is not installed here (pip install .[bench]): {last}")
        else:
            self.end(f"failed after {len(self.rows)} rows: {last}" if code else "")

    def end(self, why: str) -> None:
        self.done, self.why = True, why and f"{self.name} {why}."
        self.process.kill()
        self.process.wait()


def race(commands: dict[str, list[str]], patience: float) -> tuple[dict[str, Table], list[str]]:
    """The rows of each editor, and why some have fewer. The editors take turns at each row until all are through with it, and another begins each time.

    `patience` is the seconds that one editor may work in all.
    """
    racers = [Racer(name, command, patience) for name, command in commands.items()]
    try:
        while any(not racer.done for racer in racers):
            at = [racer for racer in racers if not racer.done]
            while at:
                at = [racer for racer in at if racer.turn()]
            racers.append(racers.pop(0))
    finally:
        for racer in racers:
            racer.process.kill()
    tables = {racer.name: racer.rows for racer in racers if racer.rows}
    return {name: tables[name] for name in commands if name in tables}, [racer.why for racer in racers if racer.why]

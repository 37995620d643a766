"""What the GUI may tell the engine thread: frozen records. No torch, no Qt, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from engine.graph.model import Snapshot


@dataclass(frozen=True, slots=True)
class Start:
    """Train `snapshot`; run folders go below `folder`, `resume` names one to go on with. `single`: one batch, then paused.

    `hold_at`: pauses after so many steps (0: never), which a picture of a certain step needs.
    """

    snapshot: Snapshot
    folder: str
    resume: str = ""
    base: str = ""
    single: bool = False
    hold_at: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Step:
    """One batch, then paused."""


@dataclass(frozen=True, slots=True)
class Stop:
    pass


@dataclass(frozen=True, slots=True)
class SetLearningRate:
    value: float


@dataclass(frozen=True, slots=True)
class Close:
    """End the run if there is one, then the thread."""


Command = Start | Pause | Resume | Step | Stop | SetLearningRate | Close

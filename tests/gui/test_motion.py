"""Less motion as the desktop wants it: what each desktop's answer means, that no answer is no harm, and that the user's choice wins."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from gui import motion
from gui.motion import GNOME, MAC, SystemMotion
from gui.window import Window


def moves(window: Window) -> bool:
    assert window.canvas.motion == window.canvas.camera.motion
    return window.canvas.motion


@pytest.mark.parametrize(("answer", "less"), [("1", True), ("0", False), ("", None), ("The domain does not exist", None)])
def test_macos(answer: str, less: bool | None):
    asked: list[object] = []
    assert motion.of_system("darwin", {}, run=lambda command: asked.append(command) or answer) is less
    assert asked == [MAC]


@pytest.mark.parametrize(("animates", "less"), [(True, False), (False, True), (None, None)])
def test_windows_starts_no_program(animates: bool | None, less: bool | None):
    assert motion.of_system("win32", {}, run=lambda _: pytest.fail("a program was started"), animates=lambda: animates) is less


@pytest.mark.skipif(sys.platform == "win32", reason="asks Windows there")
def test_what_windows_is_asked_is_no_answer_elsewhere():
    assert motion.windows_animates() is None


@pytest.mark.parametrize(("answer", "less"), [("false", True), ("true", False), ("", None), ("No such schema", None)])
def test_gnome(answer: str, less: bool | None):
    asked: list[object] = []
    assert motion.of_system("linux", {"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, run=lambda command: asked.append(command) or answer) is less
    assert asked == [GNOME]


@pytest.mark.parametrize(
    ("text", "less"),
    [
        ("[KDE]\nAnimationDurationFactor=0\n", True),
        ("[General]\nx=1\n\n[KDE]\nSingleClick=true\nAnimationDurationFactor = 0.5\n", False),
        ("[Other]\nAnimationDurationFactor=0\n", None),
        ("[KDE]\nAnimationDurationFactor=fast\n", None),
        ("\x00 no settings at all [", None),
        ("", None),
    ],
)
def test_kde(text: str, less: bool | None):
    seen: list[Path] = []
    environ = {"XDG_CURRENT_DESKTOP": "KDE", "XDG_CONFIG_HOME": "somewhere"}
    assert motion.of_system("linux", environ, run=lambda _: "", read=lambda path: seen.append(path) or text) is less
    assert seen == [Path("somewhere/kdeglobals")]


def test_a_program_that_is_missing_fails_or_hangs_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    python = sys.executable
    monkeypatch.setattr(motion, "PATIENCE", 60.0)
    assert motion.run([python, "-c", "print('true')"]) == "true"
    assert motion.run([str(tmp_path / "nothing")]) == ""
    assert motion.run([python, "-c", "import sys; sys.stdout.write('true'); sys.exit(3)"]) == ""
    monkeypatch.setattr(motion, "PATIENCE", 0.2)
    assert motion.run([python, "-c", "import time; time.sleep(60); print('true')"]) == ""
    assert motion.read(tmp_path / "nothing") == "" and motion.read(tmp_path) == ""


def test_the_timeout_is_handed_to_the_program(monkeypatch: pytest.MonkeyPatch):
    def late(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("gsettings", timeout)

    monkeypatch.setattr(subprocess, "run", late)
    assert motion.run(GNOME) == ""


def test_the_desktop_is_asked_beside_the_window_and_only_after_it_stands(window: Window, wait):
    asked: list[str] = []
    window.view.system.question = lambda: asked.append(threading.current_thread().name) or True
    QApplication.processEvents()
    assert asked == [] and moves(window) and window.acts["motion-system"].isChecked()
    window.settled.emit()
    wait(lambda: not moves(window), 5, "the answer")
    assert asked == ["chainrule-motion"]


def test_a_question_that_hangs_does_not_hold_the_window(window: Window, wait):
    go_on = threading.Event()
    window.view.system.question = lambda: go_on.wait(20) or True
    window.settled.emit()
    QApplication.processEvents()
    assert moves(window)
    go_on.set()
    wait(lambda: not moves(window), 5, "the late answer")


def test_the_choice_of_the_user_wins(window: Window, wait):
    window.view.system.question = lambda: True
    window.acts["motion-full"].trigger()
    window.settled.emit()
    assert window.view.system.thread_ is None and moves(window)  # nobody is asked for nothing
    window.acts["motion-system"].trigger()
    wait(lambda: not moves(window), 5, "the answer")
    window.acts["motion-full"].trigger()
    assert moves(window)
    window.acts["motion-reduced"].trigger()
    assert not moves(window)
    assert [window.acts[f"motion-{name}"].isChecked() for name in ("system", "reduced", "full")] == [False, True, False]


def test_the_switch_of_an_earlier_version_still_counts(window: Window):
    window.settings.set("view/still", True)
    assert window.view.motion() == "reduced"
    window.settings.set("view/motion", "no such thing")
    assert window.view.motion() == "reduced"
    window.acts["motion-full"].trigger()
    assert window.view.motion() == "full"


def test_the_same_answer_is_no_change(app, wait):
    system = SystemMotion(app, question=lambda: None)
    heard: list[None] = []
    system.changed.connect(lambda: heard.append(None))
    system.ask()
    wait(lambda: system.thread_ is None, 5, "the answer")
    assert heard == [] and not system.less
    system.deleteLater()

"""Set-up of main.py: what is missing is found without importing it, said in one line, and never installed against the user's will."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import main

ROOT = Path(main.__file__).parent


def test_requirements_come_from_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert main.requirements("window") == project["dependencies"]
    assert main.requirements("test") == project["dependencies"] + project["optional-dependencies"]["test"]


def test_every_requirement_is_found_by_its_module():
    assert [line for line in main.requirements("test") if not main.found(line)] == []
    assert not main.found("surely-not-installed>=1")


@pytest.mark.parametrize(
    ("machine", "system", "wanted"), [("x86_64", "linux", True), ("AMD64", "win32", True), ("arm64", "darwin", True), ("aarch64", "linux", False)]
)
def test_requirements_for_other_machines_are_not_missed(monkeypatch: pytest.MonkeyPatch, machine: str, system: str, wanted: bool):
    monkeypatch.setattr(main.platform, "machine", lambda: machine)
    monkeypatch.setattr(sys, "platform", system)
    (line,) = [line for line in main.requirements("window") if line.startswith("embreex")]
    assert main.needed(line) is wanted and main.needed("numpy>=2")
    assert main.found("surely-not-installed>=1; platform_machine == 'none'")


def test_found_looks_into_another_environment(tmp_path: Path):
    (tmp_path / "pytest_timeout.py").write_text("")
    assert main.found("pytest-timeout>=2", [str(tmp_path)])
    assert not main.found("numpy>=2", [str(tmp_path)])


def test_nothing_missing_means_nothing_done(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main, "install", lambda *_: pytest.fail("installed"))
    assert main.set_up("check", may_set_up=True) is None


def test_no_setup_refuses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(main, "found", lambda line, path=None: "torch" not in line)
    monkeypatch.setattr(main, "VENV", Path("nowhere"))
    monkeypatch.setattr(main, "install", lambda *_: pytest.fail("installed"))
    assert main.set_up("check", may_set_up=False) == 1
    assert "torch" in capsys.readouterr().err


def test_a_complete_environment_is_used_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    python = tmp_path / ".venv" / main.venv_python().relative_to(main.VENV)
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(main, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(main, "found", lambda line, path=None: path is not None)
    monkeypatch.setattr(main, "again_in_venv", lambda: 42)
    assert main.set_up("check", may_set_up=False) == 42


def test_setup_makes_an_environment_installs_and_goes_on_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    calls: list[list[str]] = []
    monkeypatch.setattr(main, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(main, "found", lambda line, path=None: False)
    monkeypatch.setattr(main.subprocess, "call", lambda words, **_: calls.append(words) or 0)
    monkeypatch.setattr(main, "again_in_venv", lambda: 0)
    assert main.set_up("check", may_set_up=True) == 0
    assert calls[0][1:3] == ["-m", "venv"]
    assert calls[1][1:4] == ["-m", "pip", "install"]
    assert set(main.requirements("check")) < set(calls[1])
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_failing_pip_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(main, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(main, "found", lambda line, path=None: False)
    monkeypatch.setattr(main.subprocess, "call", lambda words, **_: int("pip" in words))
    assert main.set_up("check", may_set_up=True) == 1
    assert "pip" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="system libraries are checked on Linux only")
def test_missing_system_libraries_print_the_apt_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(main, "opens", lambda name: name not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert main.set_up("window", may_set_up=True) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.endswith("apt-get install -y libegl1 libxcb-cursor0")
    assert main.system_packages("test", venv=False) == ["libegl1"]  # offscreen needs no xcb
    assert main.system_packages("train", venv=False) == []  # and a headless command needs no Qt


def test_missing_ensurepip_is_part_of_the_same_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main.importlib.util, "find_spec", lambda name: None)
    assert main.system_packages("check", venv=True) == ["python3-venv"]


def test_a_display_is_one_of_three_variables(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not main.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert main.has_display()


WRONG = ("train", "train x --epochs 0", "train x --device abacus", "screenshot x", "screenshot x y.png --size big", "--bogus", "check")


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage_is_status_2_before_anything_is_installed(words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main, "set_up", lambda *_, **__: pytest.fail("set up"))
    with pytest.raises(SystemExit) as ending:
        main.main(words.split())
    assert ending.value.code == 2


def test_the_window_is_the_default_and_takes_a_project():
    assert main.parse([]).command == "window"
    assert main.parse(["lenet-mnist"]).x == "lenet-mnist"
    assert main.parse(["test", "-k", "x"]).pytest == ["-k", "x"]


def test_main_starts_without_any_library(tmp_path: Path):
    """A Python that has nothing but the standard library gets as far as the one line about what is missing."""
    environment = {**os.environ, "PYTHONPATH": ""}
    (tmp_path / "main.py").write_text((ROOT / "main.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["surely-not-installed>=1"]\n', encoding="utf-8")
    words = [sys.executable, "-I", "-S", str(tmp_path / "main.py"), "--no-setup", "lessons"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "surely-not-installed" in done.stderr

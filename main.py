"""Starts Chainrule: the window, or a headless command. Imports nothing but the standard library at module level."""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.util
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
MOST_WORKERS = 4  # processes of the test suite; each holds torch and a window, about 1 GB
COMMANDS = ("lessons", "check", "code", "train", "screenshot", "test")
FINE, PROBLEMS, WRONG_USAGE = 0, 1, 2

# What Qt opens at run time on Linux, and the Debian package that holds it.
OFFSCREEN = {
    "libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libxkbcommon.so.0": "libxkbcommon0", "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3", "libglib-2.0.so.0": "libglib2.0-0",
}  # fmt: skip
XCB = {
    "libxcb-cursor.so.0": "libxcb-cursor0", "libxcb-icccm.so.4": "libxcb-icccm4", "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0", "libxcb-xkb.so.1": "libxcb-xkb1", "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}  # fmt: skip
WAYLAND = {"libwayland-cursor.so.0": "libwayland-cursor0"}


def main(argv: list[str] | None = None) -> int:
    """Carries out one command line; the return value is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if sys.version_info < (3, 11):  # noqa: UP036 - main.py is what an older Python runs first
        return complain("Chainrule needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".", WRONG_USAGE)
    may_set_up = "--no-setup" not in words
    words = [word for word in words if word != "--no-setup"]
    args = parse(words)
    if (status := set_up(args.command, may_set_up=may_set_up)) is not None:
        return status
    return dispatch(args)


def parse(words: list[str]) -> argparse.Namespace:
    """The command line as a namespace; wrong usage ends the process with status 2, before anything is installed."""
    if words[:1] == ["test"]:
        return argparse.Namespace(command="test", pytest=words[1:])
    parser = argparse.ArgumentParser(prog="main.py", description="Draw neural networks, train them, and watch them learn.", epilog=EPILOG)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    if not words or words[0] not in COMMANDS:
        parser.add_argument("x", nargs="?", metavar="X", default="", help="a project file, or the id of a lesson or template, to open in the window")
        parser.set_defaults(command="window")
        return parser.parse_args(words)
    commands = parser.add_subparsers(dest="command")
    lessons = commands.add_parser("lessons", help="list the lessons and templates")
    check = commands.add_parser("check", help="shapes, parameters and problems of X")
    code = commands.add_parser("code", help="the Python source of X")
    train = commands.add_parser("train", help="train X without a window")
    picture = commands.add_parser("screenshot", help="render the window offscreen into a PNG")
    for command in (check, code, train, picture):
        command.add_argument("x", metavar="X", help="a project file, or the id of a lesson or template")
    for command in (lessons, check, train):
        command.add_argument("--json", action="store_true", help="machine-readable output")
    train.add_argument("--epochs", type=at_least(1), metavar="N")
    train.add_argument("--steps", type=at_least(1), metavar="N")
    train.add_argument("--seed", type=at_least(0), metavar="S")
    train.add_argument("--device", choices=("auto", "cpu", "cuda"))
    train.add_argument("--out", metavar="DIR", default="", help="where run folders go")
    train.add_argument("--resume", metavar="DIR", default="", help="a run folder to go on with")
    picture.add_argument("out", metavar="OUT.png")
    picture.add_argument("--size", type=pixels, default=(1600, 1000), metavar="1600x1000")
    picture.add_argument("--theme", choices=("dark", "light"), default="dark")
    picture.add_argument("--steps", type=at_least(0), default=0, metavar="N", help="train so many steps first")
    picture.add_argument("--panel", default="", metavar="NAME", help="a panel to bring to the front")
    return parser.parse_args(words)


EPILOG = """commands: main.py test | lessons | check X | code X | train X | screenshot X OUT.png   (main.py COMMAND -h tells more)
--no-setup never installs anything."""


def at_least(low: int) -> Callable[[str], int]:
    """An argparse type: a whole number from `low` up."""

    def whole_number(text: str) -> int:
        if not text.isdigit() or int(text) < low:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} up, got {text!r}")
        return int(text)

    return whole_number


def pixels(text: str) -> tuple[int, int]:
    """`1600x1000` as (width, height)."""
    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1600x1000, got {text!r}")
    return int(match[1]), int(match[2])


def dispatch(args: argparse.Namespace) -> int:
    """Runs a command whose libraries are there."""
    if args.command == "test":
        return run_tests(args.pytest)
    if args.command == "window" and not has_display():
        from engine import cli

        return cli.without_display(args.x)
    if args.command in ("window", "screenshot"):
        gc.disable()  # nothing that the start makes is garbage; the window collects again once its panels are made
        from gui import start

        return start.screenshot(args) if args.command == "screenshot" else start.run(args.x)
    from engine import cli

    return cli.run(args)


def run_tests(more: list[str]) -> int:
    """The test suite, offscreen, in several processes that share the cores; or what `more` asks of pytest, in one."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(cores, MOST_WORKERS)
    if not more and workers > 1:
        environment.setdefault("OMP_NUM_THREADS", str(cores // workers))
        more = ["-n", str(workers), "--dist", "worksteal"]
    return subprocess.call([sys.executable, "-m", "pytest", *(more or [str(ROOT / "tests")])], cwd=ROOT, env=environment)


def has_display() -> bool:
    """Whether a window can open here; an explicit QT_QPA_PLATFORM counts as one."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def complain(sentence: str, status: int = PROBLEMS) -> int:
    print(sentence, file=sys.stderr)
    return status


# -- set-up: from a bare Python to one that has the libraries --------------------------------------------------------


def set_up(command: str, *, may_set_up: bool) -> int | None:
    """Makes sure that `command` can run: None when it can here, else the exit status of the process that ran it or of the failure."""
    wanted = requirements(command)
    missing = [line for line in wanted if not found(line)]
    elsewhere = bool(missing) and not inside_venv() and venv_python().exists() and all(found(line, venv_packages() or [""]) for line in wanted)
    installing = bool(missing) and not elsewhere
    packages = system_packages(command, venv=installing and not inside_venv())
    if packages:
        sudo = "" if sys.platform != "linux" or os.geteuid() == 0 else "sudo "
        return complain(f"Chainrule needs system libraries that are missing here. On Debian or Ubuntu:\n{sudo}apt-get install -y {' '.join(packages)}")
    if not missing:
        return None
    if elsewhere:
        return again_in_venv()
    if not may_set_up:
        return complain(f"Missing: {', '.join(map(distribution, missing))}. Without --no-setup, main.py installs them into {VENV.name}.")
    return install(wanted, missing)


def install(wanted: list[str], missing: list[str]) -> int | None:
    """Installs the libraries into ./.venv and goes on there."""
    here = inside_venv()
    complain(f"Setting up: installing {', '.join(map(distribution, missing))} into {VENV} (a few minutes, once).")
    try:
        if not here and subprocess.run([str(venv_python()), "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            raise FileNotFoundError(VENV)
    except OSError:  # no environment yet, or one whose Python is gone
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=sys.stderr):
            return complain(f"Making {VENV} failed; what Python said stands above.")
    if subprocess.call([str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", *wanted], stdout=sys.stderr):
        return complain("Installing failed; what pip said stands above. Start main.py again to go on where it stopped.")
    if not here:
        return again_in_venv()
    importlib.invalidate_caches()
    return None


def again_in_venv() -> int:
    """Starts this very command with the Python of ./.venv."""
    words = [str(venv_python()), str(ROOT / "main.py"), *sys.argv[1:]]
    if os.name == "nt":  # exec does not wait on Windows
        return subprocess.call(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)  # never returns


def requirements(command: str) -> list[str]:
    """The requirement lines of pyproject.toml for `command`; none where the package was installed by pip."""
    project_file = ROOT / "pyproject.toml"
    if not project_file.exists():
        return []
    import tomllib

    project = tomllib.loads(project_file.read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + (project["optional-dependencies"]["test"] if command == "test" else [])


def distribution(line: str) -> str:
    """The name in a requirement line."""
    return re.match(r"[\w.-]+", line)[0]


def found(line: str, path: list[str] | None = None) -> bool:
    """Whether the module of a requirement can be imported, here or from `path`, or is not needed on this machine; nothing is imported."""
    if not needed(line):
        return True
    name = distribution(line).lower()
    module = {"pyside6-essentials": "PySide6", "pillow": "PIL", "pytest-xdist": "xdist"}.get(name, name.replace("-", "_"))
    return (PathFinder.find_spec(module, path) if path else importlib.util.find_spec(module)) is not None


def needed(line: str) -> bool:
    """Whether the marker behind the semicolon of one of our own requirement lines holds on this machine."""
    here = {"__builtins__": {}, "platform_machine": platform.machine(), "sys_platform": sys.platform}
    marker = line.partition(";")[2].strip()
    return not marker or bool(eval(marker, here))


def inside_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_packages() -> list[str]:
    return [str(path) for pattern in ("lib/python3*/site-packages", "Lib/site-packages") for path in VENV.glob(pattern)]


def system_packages(command: str, *, venv: bool) -> list[str]:
    """The Debian packages that are missing for `command`: Qt's libraries, and ensurepip when `venv` is to be made."""
    packages = ["python3-venv"] if venv and importlib.util.find_spec("ensurepip") is None else []
    shows = command in ("test", "screenshot") or (command == "window" and has_display())
    if not sys.platform.startswith("linux") or not shows:
        return packages
    libraries = dict(OFFSCREEN)
    if command == "window" and not os.environ.get("QT_QPA_PLATFORM"):
        libraries |= WAYLAND if os.environ.get("WAYLAND_DISPLAY") else XCB
    return packages + [package for name, package in libraries.items() if not opens(name)]


def opens(name: str) -> bool:
    """Whether the shared library `name` can be loaded."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

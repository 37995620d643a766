"""Training in the terminal: exit status, the line of JSON, the progress, Ctrl-C, and the pictures it leaves."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from train_tools import forgetful, only_run, perceptron

from engine import headless
from engine.headless import train_command
from engine.train import checkpoint, pictures, runs

ROOT = Path(__file__).resolve().parents[3]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_last_line_is_the_json_that_is_promised(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    stream = io.StringIO()
    status = train_command(perceptron(epochs=9), name="mine", epochs=2, seed=3, device="cpu", out=tmp_path, json=True, progress_stream=stream)
    out = capsys.readouterr().out.splitlines()
    facts = json.loads(out[-1])
    assert status == 0 and len(out) == 1
    assert list(facts) == ["run", "steps", "epochs", "seconds", "samples_per_second", "train", "validation", "metrics"]
    assert (facts["steps"], facts["epochs"]) == (40, 2) and set(facts["train"]) == set(facts["validation"]) == {"loss", "accuracy"}
    assert facts["run"] == str(only_run(tmp_path)) and runs.read_json(Path(facts["run"]) / runs.RECIPE)["seed"] == 3
    assert len(stream.getvalue().splitlines()) == 3 and "epoch   2/2" in stream.getvalue()


def test_a_terminal_gets_a_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(headless, "REDRAWS", -1.0)
    stream = Screen()
    train_command(perceptron(epochs=3), name="mine", out=tmp_path, progress_stream=stream)
    assert "█" * headless.BAR in stream.getvalue() and "samples/s" in stream.getvalue() and "\r" in stream.getvalue()
    assert "finished: 60 steps" in capsys.readouterr().out


def test_problems_have_status_1_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    stream = io.StringIO()
    assert train_command(perceptron(batch_size=0), name="mine", out=tmp_path, json=True, progress_stream=stream) == 1
    facts = json.loads(capsys.readouterr().out)
    assert "atch size" in facts["problem"]["message"] and "atch size" in stream.getvalue() and facts["steps"] == 0


def test_a_diverged_run_is_still_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert train_command(perceptron(learning_rate=1e9), name="mine", out=tmp_path, json=True, progress_stream=io.StringIO()) == 1
    facts = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert facts["problem"]["node"]


def test_runs_lie_beside_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train_command(perceptron(), name="mine", steps=2, base=str(tmp_path), json=True, progress_stream=io.StringIO())
    first = json.loads(capsys.readouterr().out)["run"]
    assert Path(first).parent == tmp_path / "mine.runs"
    train_command(perceptron(), name="mine", resume=first, base=str(tmp_path), json=True, progress_stream=io.StringIO())
    facts = json.loads(capsys.readouterr().out)
    assert (facts["run"], facts["steps"]) == (first, 20)


def test_curves_and_filters_are_left_as_pictures(tmp_path: Path):
    train_command(forgetful(), name="mine", out=tmp_path, json=True, progress_stream=io.StringIO())
    folder = only_run(tmp_path)
    with Image.open(folder / "curves.png") as curves:
        assert curves.size == (pictures.WIDTH, pictures.HEIGHT) and len(curves.getcolors(1 << 20)) > 20
    with Image.open(folder / "filters.png") as sheet:
        pixels = np.asarray(sheet.convert("RGB"), int)
    weight = checkpoint.load_weights(folder / runs.CHECKPOINTS / checkpoint.BEST)[0]["conv1.weight"].numpy()
    for index in range(4):  # the strongest weight of a filter is the most coloured pixel of its tile, blue for negative
        row, column = np.unravel_index(np.abs(weight[index, 0]).argmax(), (5, 5))
        x, y = 30 + index * 70 + column * 12 + 6, 54 + row * 12 + 6
        red, _, blue = pixels[y, x]
        assert (blue > red) == (weight[index, 0, row, column] < 0)


def test_a_linear_layer_on_the_pixels_leaves_its_rows(tmp_path: Path):
    train_command(perceptron(), name="mine", out=tmp_path, json=True, progress_stream=io.StringIO())
    folder = only_run(tmp_path)
    with Image.open(folder / "filters.png") as sheet:
        pixels = np.asarray(sheet.convert("RGB"), int)
    weight = checkpoint.load_weights(folder / runs.CHECKPOINTS / checkpoint.BEST)[0]["fc1.weight"].numpy().reshape(-1, 28, 28)
    row, column = np.unravel_index(np.abs(weight[0]).argmax(), (28, 28))
    red, _, blue = pixels[54 + row * 2 + 1, 30 + column * 2 + 1]
    assert (blue > red) == (weight[0, row, column] < 0)


def test_what_is_no_image_leaves_no_filters(tmp_path: Path):
    assert pictures.rows_as_images(np.zeros((4, 3 * 32 * 32))).shape == (4, 3, 32, 32)
    assert pictures.rows_as_images(np.zeros((4, 120))) is None and pictures.rows_as_images(np.zeros((4, 9))) is None
    assert pictures.draw(tmp_path) == []


TICKS = [(0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-2, 0.5, True, [0.01, 0.1, 1.0]), (0, 756, False, [0, 200, 400, 600])]


@pytest.mark.parametrize(("low", "high", "log", "marks"), TICKS)
def test_ticks_are_round(low: float, high: float, log: bool, marks: list[float]):
    assert pictures.ticks(low, high, log=log) == pytest.approx(marks)


ENDLESS = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from train_tools import perceptron
from engine import headless
from engine.headless import train_command
raise SystemExit(train_command(perceptron(epochs=100_000), name="mine", out={folder!r}, json=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_stops_with_a_checkpoint(tmp_path: Path):
    code = ENDLESS.format(root=str(ROOT), tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*/checkpoints/last-*.safetensors")):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    facts = json.loads(out.splitlines()[-1])
    assert process.returncode == 0 and runs.read_json(Path(facts["run"]) / runs.ENDED)["reason"] == "stopped"
    assert checkpoint.load_last(Path(facts["run"]) / runs.CHECKPOINTS)[1]["step"] == facts["steps"]

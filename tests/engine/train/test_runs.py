"""Run folders: readable at any moment, also after kill -9, and never in each other's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from train_tools import Notes, only_run, perceptron, trained

from engine.graph import disk, text
from engine.train import checkpoint, runs

ROOT = Path(__file__).resolve().parents[3]


def test_a_run_folder_holds_all_that_the_run_was(tmp_path: Path):
    result, notes = trained(perceptron(epochs=2, seed=8), folder=tmp_path, name="My run: 1/2")
    folder = only_run(tmp_path)
    assert folder.name.endswith("-My-run-1-2") and result.folder == str(folder)
    assert (folder / runs.DOCUMENT).read_text(encoding="utf-8") == text.dump(notes.run.snapshot)
    assert (folder / runs.SOURCE).read_text(encoding="utf-8") == notes.run.source.text
    assert runs.read_json(folder / runs.RECIPE)["seed"] == 8
    stored = runs.read_metrics(folder)
    assert stored.count == 40 and stored.validation_count == 2
    for name in ("loss", "accuracy", "learning_rate"):
        assert np.array_equal(stored.steps(name), notes.run.metrics.steps(name))
    assert np.array_equal(stored.validations("loss"), notes.run.metrics.validations("loss"))
    assert runs.read_json(folder / runs.ENDED)["validation"] == result.validation


def test_runs_of_the_same_second_do_not_meet(tmp_path: Path):
    folders = {runs.create(tmp_path, "a", perceptron(), source="") for _ in range(3)}
    assert len(folders) == 3


def test_runs_are_listed_newest_first(tmp_path: Path):
    first, _ = trained(perceptron(), folder=tmp_path, name="one")
    second, _ = trained(perceptron(), Notes(stop_at=3), folder=tmp_path, name="two")
    (tmp_path / "other").mkdir()
    (tmp_path / "file.txt").touch()
    found = {run.name: run for run in runs.list_runs(tmp_path)}
    assert set(found) == {"one", "two"} and runs.list_runs(tmp_path / "nowhere") == []
    assert (found["one"].reason, found["one"].steps, found["one"].epochs) == ("finished", 20, 1)
    assert found["one"].best == first.validation["loss"] and np.isnan(found["two"].best)
    assert (found["two"].reason, found["two"].steps, found["two"].folder) == ("stopped", 3, second.folder)


def test_an_unfinished_line_is_dropped_and_repaired(tmp_path: Path):
    result, _ = trained(perceptron(), Notes(stop_at=6), folder=tmp_path)
    folder = Path(result.folder)
    with open(folder / runs.STEPS, "a", encoding="utf-8") as file:
        file.write("7,0.5,0.5,0.05,1.0\n8,0.4,0.")
    assert len(runs.read_table(folder / runs.STEPS, runs.STEP_COLUMNS)) == 7
    steps, _ = runs.truncate(folder, 6)
    assert steps[:, 0].tolist() == [1, 2, 3, 4, 5, 6] and runs.ends_whole(folder / runs.STEPS)
    assert np.array_equal(runs.read_table(folder / runs.STEPS, runs.STEP_COLUMNS), steps)


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "weights"
    disk.replace(path, b"old")

    def fails(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="disk full"):
        disk.replace(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_only_the_newest_checkpoint_is_kept(tmp_path: Path):
    for step in (5, 12):
        checkpoint.save_last(tmp_path, {"w": torch.ones(2) * step}, {"step": step, "epoch": 0})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last-000000012.safetensors", "last-000000012.state.pt"]
    kept, state = checkpoint.load_last(tmp_path)
    assert kept["w"].tolist() == [12.0, 12.0] and state["step"] == 12


def test_shared_and_strided_weights_can_be_saved(tmp_path: Path):
    shared = torch.arange(6.0).reshape(2, 3)
    checkpoint.save_weights(tmp_path / "w.safetensors", {"a": shared, "b": shared, "c": shared.t()}, step=1)
    kept, facts = checkpoint.load_weights(tmp_path / "w.safetensors")
    assert torch.equal(kept["b"], shared) and torch.equal(kept["c"], shared.t()) and facts == {"step": "1"}


ENDLESS = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from train_tools import perceptron, trained
trained(perceptron(epochs=100_000), folder={folder!r})
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_kill_9_leaves_a_run_that_can_go_on(tmp_path: Path):
    code = ENDLESS.format(root=str(ROOT), tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*/checkpoints/last-*.safetensors")):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    folder = only_run(tmp_path)
    (run,) = runs.list_runs(tmp_path)
    assert run.reason == "" and not (folder / runs.ENDED).exists()
    _, state = checkpoint.load_last(folder / runs.CHECKPOINTS)
    checkpoint.load_weights(folder / runs.CHECKPOINTS / checkpoint.BEST)
    assert state["step"] >= 20 and runs.read_metrics(folder).count >= 0
    epochs = state["epochs_done"] + 1
    result, notes = trained(perceptron(epochs=epochs), resume=folder)
    whole, other = trained(perceptron(epochs=epochs))
    assert result.reason == "finished" and result.validation == whole.validation
    assert np.array_equal(notes.run.metrics.steps("loss"), other.run.metrics.steps("loss"))

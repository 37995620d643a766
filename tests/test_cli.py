"""The command line as scripts use it: what goes to stdout, what to stderr, and the exit status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import main
from engine import library
from engine.graph import edits, text
from engine.graph.document import Document
from engine.graph.model import Snapshot

LENET = 110_578


def command(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main.main(words)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_lessons_as_json(capsys):
    status, out, err = command(["lessons", "--json"], capsys)
    rows = json.loads(out)
    assert (status, err) == (0, "")
    assert [set(row) for row in rows] == [{"id", "title", "kind", "lecture_items"}] * len(rows)
    assert rows[0]["id"] == "lenet-mnist"
    assert {"mlp-mnist", "resnet-mini"} <= {row["id"] for row in rows}


def test_lessons_for_people(capsys):
    status, out, _ = command(["lessons"], capsys)
    assert status == 0
    assert len(out.splitlines()) == len(library.entries())


def test_check_as_json(capsys):
    status, out, err = command(["check", "lenet-mnist", "--json"], capsys)
    found = json.loads(out)
    assert (status, err, found["parameters"], found["problems"]) == (0, "", LENET, [])
    conv1 = next(node for node in found["nodes"] if node["id"] == "conv1")
    assert conv1 == {"id": "conv1", "type": "conv2d", "shape": [16, 28, 28], "parameters": 416, "macs": 28 * 28 * 16 * 25}


def test_check_for_people(capsys):
    status, out, _ = command(["check", "lenet-mnist"], capsys)
    assert status == 0
    assert "C16 H28 W28" in out
    assert out.rstrip().endswith("No problems.")


def test_check_of_a_project_with_a_problem(tmp_path: Path, capsys):
    document = Document(text.open_file(library.find("lenet-mnist").path))
    document.apply(edits.delete(document.snapshot(), ["flatten1"]))
    path = tmp_path / "broken.chainrule"
    text.save(path, document.snapshot())
    status, out, _ = command(["check", str(path), "--json"], capsys)
    problems = json.loads(out)["problems"]
    assert status == 1
    assert any(problem["severity"] == "error" and problem["node"] == "fc1" and problem["fix"] for problem in problems)


@pytest.mark.parametrize("name", ["check", "code", "train"])
@pytest.mark.parametrize(
    ("typed", "answer"), [("lenet", "Did you mean lenet-mnist or "), ("Lennet-mnist", "Did you mean lenet-mnist"), ("zzzz", "`main.py lessons` lists all.")]
)
def test_an_unknown_project_is_wrong_usage(name: str, typed: str, answer: str, capsys):
    status, out, err = command([name, typed], capsys)
    assert (status, out) == (2, "")
    assert repr(typed) in err and answer in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{", '{"chainrule": 99}', "[" * 10_000 + "]" * 10_000, '{"chainrule": 1, "chainrule": 1}', "\x00\x01"])
def test_a_broken_file_gets_one_clear_sentence(content: str, tmp_path: Path, capsys):
    path = tmp_path / "bad.chainrule"
    path.write_text(content, encoding="utf-8")
    status, out, err = command(["check", str(path), "--json"], capsys)
    assert status == 1
    assert err.startswith("bad.chainrule: ")
    assert "Traceback" not in err
    assert json.loads(out)["problems"][0]["severity"] == "error"
    assert path.read_text(encoding="utf-8") == content


def test_code_is_python_that_runs(capsys):
    status, out, err = command(["code", "lenet-mnist"], capsys)
    assert (status, err) == (0, "")
    assert len(out.splitlines()) <= 40
    space: dict[str, object] = {}
    exec(compile(out, "net.py", "exec"), space)
    assert sum(p.numel() for p in space["Net"]().parameters()) == LENET


def test_code_of_an_empty_project(tmp_path: Path, capsys):
    path = tmp_path / "empty.chainrule"
    text.save(path, Snapshot())
    status, _, err = command(["code", str(path)], capsys)
    assert status in (0, 1)
    assert "Traceback" not in err


def test_train_ends_with_one_line_of_json(tmp_path: Path, capsys):
    status, out, _ = command(["train", "mlp-mnist", "--steps", "3", "--seed", "1", "--device", "cpu", "--out", str(tmp_path), "--json"], capsys)
    last = json.loads(out.strip().splitlines()[-1])
    assert status == 0
    assert last["steps"] == 3
    assert {"run", "steps", "epochs", "seconds", "samples_per_second", "train", "validation"} <= set(last)
    assert Path(last["run"]).is_dir()
    assert list(Path(last["run"]).glob("*.png"))


def test_without_a_display_the_first_lesson_trains(monkeypatch, capsys, tmp_path):
    from engine import headless

    calls = []
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(headless, "train_command", lambda snapshot, **more: calls.append((snapshot.about.title, more["name"])) or 0)
    status, out, err = command([], capsys)
    assert (status, out, calls) == (0, "", [("LeNet on MNIST", "lenet-mnist")])
    assert err.startswith("No display")
    assert len(err.strip().splitlines()) == 1


def test_a_window_of_an_unknown_project_is_wrong_usage(monkeypatch, capsys):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    status, out, err = command(["no-such-thing"], capsys)
    assert (status, out) == (2, "")
    assert "no-such-thing" in err


def test_every_lesson_is_readable_and_free_of_errors(capsys):
    for entry in library.entries():
        status, out, _ = command(["check", entry.id, "--json"], capsys)
        assert status == 0, out


def test_code_goes_through_a_closed_pipe(monkeypatch):
    from engine import cli

    class Gone:
        def write(self, words: str) -> None:
            raise BrokenPipeError

        def flush(self) -> None: ...

    monkeypatch.setattr(sys, "stdout", Gone())
    cli.out("anything")

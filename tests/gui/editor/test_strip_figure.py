"""The figure of stacked maps: stages by shape, what they hold, and files that can be read again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from engine.events import Analysis, NodeFacts, Source
from gui.editor import export, strip_figure


@pytest.fixture
def lenet(window):
    window.files.open_lesson("lenet-mnist")
    shapes = {
        "mnist1": (1, 28, 28), "conv1": (16, 28, 28), "relu1": (16, 28, 28), "pool1": (16, 14, 14), "conv2": (32, 10, 10), "relu2": (32, 10, 10),
        "pool2": (32, 5, 5), "flatten1": (800,), "fc1": (120,), "relu3": (120,), "fc2": (10,),
    }  # fmt: skip
    facts = {name: NodeFacts(outputs={"image" if name == "mnist1" else "out": (64, *shape)}) for name, shape in shapes.items()}
    window.canvas.set_analysis(Analysis(1, facts, (), Source()))
    return window


def test_layers_that_keep_the_shape_share_a_stack(lenet):
    found = strip_figure.stages(lenet.canvas.network)
    assert [stage.caption for stage in found] == ["1 @ 28 × 28", "16 @ 28 × 28", "16 @ 14 × 14", "32 @ 10 × 10", "32 @ 5 × 5", "800", "120", "10"]
    assert len(found[1].words) == 2 and found[1].sheets == 12 and found[7].sheets == 1
    assert found[0].maps is None  # without a sample there is no image to show


def test_it_shows_the_sample_and_the_maps_but_no_filters(lenet):
    scene = lenet.canvas.network
    lenet.canvas.set_thumbnails({"relu1": np.ones((8, 28, 28), np.float32), "conv1": np.ones((16, 5, 5), np.float32)})
    lenet.canvas.network.gallery.draw()
    found = strip_figure.stages(scene, np.zeros((1, 28, 28), np.float32))
    assert found[0].image and found[0].maps.shape == (1, 28, 28)
    assert found[1].maps.shape == (8, 28, 28) and not found[1].image
    assert strip_figure.stages(scene, np.zeros((3, 32, 32), np.float32))[0].maps is None  # an image of other data


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_files_are_written(lenet, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"figure.{suffix}"
    monkeypatch.setattr("gui.dialogs.ask.figure_path", lambda *_: (path, True))
    lenet.acts["export-layers"].trigger()
    size = strip_figure.size_of(strip_figure.stages(lenet.canvas.network))
    if suffix == "png":
        image = QImage(str(path))
        assert (image.width(), image.height()) == (round(export.PRINT * size.width()), round(export.PRINT * size.height()))
        assert round(image.dotsPerMeterX() * export.INCH) == 300
    else:
        assert "16 @ 28" in path.read_text(encoding="utf-8") or "<text" in path.read_text(encoding="utf-8")


def test_without_shapes_it_says_so(window, monkeypatch):
    window.files.open_lesson("lenet-mnist")
    monkeypatch.setattr("gui.dialogs.ask.figure_path", lambda *_: pytest.fail("no file is asked for"))
    said: list[str] = []
    monkeypatch.setattr(window, "say", lambda sentence, icon="info": said.append(sentence))
    window.files.export_layers()
    assert said == ["There is no layer with a known shape to draw."]

"""SETR: one encoder and three decoders, with exactly the published numbers of parameters."""

from __future__ import annotations

import pytest
import torch
from template_tools import descent, template

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph import edits
from engine.graph.document import Document

ENCODER = 304_149_504
HEADS = {  # for 150 and for 19 classes
    "setr-naive": (303_510, 269_843),
    "setr-pup": (4_172_438, 4_138_771),
    "setr-mla": (5_874_838, 5_271_059),
}


@pytest.mark.parametrize("entry_id", sorted(HEADS))
def test_encoder_and_decoder_have_exactly_their_parameters(entry_id: str) -> None:
    for classes, count in zip((150, 19), HEADS[entry_id], strict=True):
        analysis = analyse(template(entry_id, decoder1={"classes": classes}, input1={"classes": classes}))
        assert analysis.nodes["decoder1"].parameters == count
        assert analysis.parameters - count == ENCODER
        assert analysis.nodes["decoder1"].outputs["y"][1:] == (classes, 512, 512)
        assert not analysis.errors
    assert analysis.nodes["embed1"].outputs["y"][1:] == (1025, 1024)
    assert {problem.code for problem in analysis.problems} - {"idle-bias", "memory"} == {"dataset-note"}


def test_the_idle_bias_of_the_published_count_is_switched_off_by_its_fix() -> None:
    snapshot = template("setr-pup")
    problem = next(p for p in analyse(snapshot).problems if p.code == "idle-bias")
    document = Document(snapshot)
    document.apply(edits.remedy(snapshot, problem, 0))
    after = document.snapshot()
    # The bias follows a parameter of the step, and that follows one of the decoder: that is the one to change.
    assert after.node("decoder1").params.get("bias", False) is False and after.blocks == snapshot.blocks
    assert analyse(after).parameters == analyse(snapshot).parameters - 4 * 256


def small(entry_id: str) -> dict[str, dict[str, object]]:
    """A few narrow blocks at 64 pixels, that the same graph is."""
    width = {"dim": 32, "heads": 4, "repeat": 1}
    encoder = {f"layers{i}": width for i in range(1, 5)} if entry_id == "setr-mla" else {"encoder1": width}
    channels = {"decoder1": {"channels": 8, "classes": 5}}
    return {"input1": {"shape": (3, 64, 64), "classes": 5}, "embed1": {"dim": 32, "patch": 16}, **encoder, **channels}


@pytest.mark.parametrize("entry_id", sorted(HEADS))
def test_every_pixel_gets_scores_and_every_weight_a_gradient(entry_id: str) -> None:
    made = build(analyse(template(entry_id, **small(entry_id))).source)
    scores = made.net(torch.randn(2, 3, 64, 64))
    assert scores.shape == (2, 5, 64, 64)
    made.loss(scores, torch.randint(5, (2, 64, 64))).backward()
    assert all(weight.grad is not None and torch.isfinite(weight.grad).all() for weight in made.net.parameters())


def test_mla_listens_to_all_four_depths() -> None:
    decoder = build(analyse(template("setr-mla", **small("setr-mla"))).source).net.eval().decoder1
    depths = [torch.randn(1, 17, 32) for _ in range(4)]
    with torch.no_grad():
        usual = decoder(*depths)
        for index in range(4):
            changed = [tokens.flip(1) if place == index else tokens for place, tokens in enumerate(depths)]
            assert not torch.allclose(decoder(*changed), usual, atol=1e-3), index


def test_the_small_one_trains_three_decoders_on_one_encoder() -> None:
    snapshot = template("setr-small")
    analysis = analyse(snapshot)
    assert not analysis.problems
    assert [analysis.nodes[name].outputs["y"][1:] for name in ("naive1", "pup1", "mla1")] == [(4, 48, 48)] * 3
    decoders = sum(analysis.nodes[name].parameters for name in ("naive1", "pup1", "mla1"))
    assert analysis.parameters == 250_636 == decoders + 10_432 + 4 * 33_472 + 128
    text = analysis.source.text
    assert "return mla_loss + naive_loss + pup_loss" in text
    before, after = descent(template("setr-small", scenes1={"count": 8, "size": 24}), steps=25)
    assert before > 3.5 and after < 0.5 * before  # three losses of four classes begin at about 3 ln 4 = 4.2


@pytest.mark.parametrize("entry_id", sorted(HEADS))
def test_images_that_are_no_squares_need_one_click(entry_id: str) -> None:
    changes = small(entry_id)
    changes["input1"]["shape"] = (3, 64, 96)
    document = Document(template(entry_id, **changes))
    problem = next(problem for problem in analyse(document.snapshot()).errors if problem.code == "grid")
    assert [remedy.title for remedy in problem.remedies] == ["Lay out 4 rows of 6", "Lay out 6 rows of 4"]
    document.apply(edits.remedy(document.snapshot(), problem, 0))
    assert document.node("decoder1").params["rows"] == 4
    analysis = analyse(document.snapshot())
    assert not analysis.errors and build(analysis.source).net(torch.randn(2, 3, 64, 96)).shape == (2, 5, 64, 96)

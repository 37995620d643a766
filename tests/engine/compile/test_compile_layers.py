"""Networks of newer layers: several outputs, tokens, views, and the problems that only a whole network shows."""

from __future__ import annotations

import pytest
import torch
from compile_networks import network, node

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph.model import Snapshot
from engine.graph.problem import Problem


def warnings(snapshot: Snapshot, code: str) -> list[Problem]:
    return [problem for problem in analyse(snapshot).problems if problem.code == code]


def test_a_layer_with_several_outputs() -> None:
    nodes = [
        node("input1", "input", shape=(6, 8, 8)), node("split1", "split", first=2), node("relu1", "relu"), node("cat1", "concat"), node("fold1", "flatten"),
    ]  # fmt: skip
    analysis = analyse(network(nodes, "input1.image > split1, split1.a > relu1, relu1 > cat1.a, split1.b > cat1.b, cat1 > fold1"))
    assert analysis.nodes["split1"].outputs == {"a": (64, 2, 8, 8), "b": (64, 4, 8, 8)}
    assert "split1, split1_b = image.split((2, 4), dim=1)" in analysis.source.text or "x, split1_b = image.split((2, 4), dim=1)" in analysis.source.text
    image = torch.randn(1, 6, 8, 8)
    assert torch.equal(build(analysis.source).net(image), torch.cat([image[:, :2].relu(), image[:, 2:]], 1).flatten(1))


def test_pooling_and_unpooling_share_their_indices() -> None:
    nodes = [node("input1", "input", shape=(1, 4, 4)), node("pool1", "max_pool2d_indices"), node("relu1", "relu"), node("unpool1", "max_unpool2d")]
    analysis = analyse(network(nodes, "input1.image > pool1, pool1 > relu1, relu1 > unpool1, pool1.indices > unpool1.indices"))
    assert [p.code for p in analysis.errors] == ["no-loss"] and analysis.nodes["unpool1"].outputs == {"out": (64, 1, 4, 4)}
    image = torch.rand(1, 1, 4, 4)
    back = build(analysis.source).net(image)
    assert back.count_nonzero() == 4 and torch.equal(back[back > 0], image[back > 0])


def test_a_multi_view_network_shares_one_tower() -> None:
    """Items 63 and 65: CNN1 for all views, view pooling, CNN2; any number of views has the same parameters."""
    totals = set()
    for views in (4, 12):
        nodes = [
            node("input1", "input", shape=(views, 3, 16, 16), classes=10), node("fold1", "fold_views"), node("conv1", "conv2d", out_channels=8),
            node("relu1", "relu"), node("mean1", "global_avg_pool"), node("unfold1", "unfold_views", views=views), node("views1", "view_pool"),
            node("fc1", "linear", out_features=10), node("loss1", "cross_entropy"),
        ]  # fmt: skip
        chain = "input1.image > fold1, fold1 > conv1, conv1 > relu1, relu1 > mean1, mean1 > unfold1, unfold1 > views1, views1 > fc1"
        analysis = analyse(network(nodes, f"{chain}, fc1 > loss1.prediction, input1.label > loss1.target", batch_size=2))
        assert not [p for p in analysis.errors if p.node != "input1"], analysis.errors
        assert analysis.nodes["conv1"].outputs["out"] == (2 * views, 8, 14, 14) and analysis.nodes["views1"].outputs["out"] == (2, 8)
        totals.add(analysis.parameters)
        net, x = build(analysis.source).net, torch.randn(3, views, 3, 16, 16)
        assert torch.allclose(net(x), net(x[:, torch.randperm(views)]), atol=1e-6)
    assert totals == {8 * 28 + 90}


def classifier(loss: str, *between: str, classes: int = 10) -> Snapshot:
    nodes = [node("mnist1", "mnist5k"), node("flatten1", "flatten"), node("fc1", "linear", out_features=classes), *(node(f"{name}1", name) for name in between)]
    last = f"{between[-1]}1" if between else "fc1"
    links = "".join(f", {a} > {b}" for a, b in zip(["fc1", *(f"{n}1" for n in between)], [f"{n}1" for n in between], strict=False))
    return network([*nodes, node("loss1", loss)], f"mnist1.image > flatten1, flatten1 > fc1{links}, {last} > loss1.prediction, mnist1.label > loss1.target")


@pytest.mark.parametrize("loss", ["nll", "hinge"])
def test_every_loss_over_classes_counts_them(loss: str) -> None:
    found = warnings(classifier(loss, "log_softmax", classes=7), "class-count")
    assert (
        found and f"so {'NLL' if loss == 'nll' else 'Hinge'} needs 10 scores" in found[0].message and dict(found[0].remedies[0].params) == {"out_features": 10}
    )


def test_scores_before_a_loss_of_probabilities() -> None:
    (problem,) = warnings(classifier("nll"), "not-a-probability")
    assert problem.message == "NLL takes log-probabilities, and fc1 gives scores of any size."
    assert (problem.remedies[0].type, problem.remedies[0].port) == ("log_softmax", "prediction")
    assert not warnings(classifier("nll", "log_softmax"), "not-a-probability") and not warnings(classifier("cross_entropy"), "not-a-probability")


def test_the_bias_of_attention_is_not_idle() -> None:
    nodes = [node("input1", "input", shape=(4, 8)), node("attention1", "multi_head_attention"), node("bn1", "batch_norm"), node("mean1", "mean_tokens")]
    assert not warnings(network(nodes, "input1.image > attention1, attention1 > bn1, bn1 > mean1"), "idle-bias")


def test_no_layer_is_made_wider_because_tokens_are_missing() -> None:
    nodes = [
        node("input1", "input", shape=(16, 8)), node("fc1", "linear", out_features=8), node("token1", "class_token"), node("fc2", "linear", out_features=8),
        node("add1", "add"),
    ]  # fmt: skip
    (problem,) = warnings(network(nodes, "input1.image > fc1, fc1 > add1.a, input1.image > token1, token1 > fc2, fc2 > add1.b"), "shapes-differ")
    assert "a brings T16 D8, b brings T17 D8" in problem.message and problem.remedies == ()

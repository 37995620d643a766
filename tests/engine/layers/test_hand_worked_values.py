"""Activations, losses, normalisations, regularisation and hand features give the hand-worked numbers of the lecture."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from layer_lab import bench, image, loss, parameters, problems, run

X = torch.linspace(-6, 6, 241, dtype=torch.float64)[None]


def slope(type_id: str, at: float, **params: object) -> float:
    x = torch.tensor([[at]], dtype=torch.float64, requires_grad=True)
    run(type_id, x, **params).sum().backward()
    return float(x.grad)


def test_sigmoid_and_rectifiers() -> None:
    assert slope("sigmoid", 0.0) == 0.25  # item 4
    assert (slope("relu", -1.0), slope("relu", 2.0)) == (0, 1)  # item 5
    assert (slope("leaky_relu", -1.0, negative_slope=0.2), slope("leaky_relu", 2.0, negative_slope=0.2)) == (0.2, 1)  # item 6


def test_silu_of_item_7() -> None:
    assert slope("silu", -1.27846) == pytest.approx(0, abs=1e-5)
    assert float(run("silu", torch.tensor([[-1.27846]]))) == pytest.approx(-0.27846, abs=1e-5)
    assert (slope("silu", 0.0), slope("silu", 1.0)) == (0.5, pytest.approx(0.92767, abs=1e-5))


def test_swish_of_item_8() -> None:
    assert torch.allclose(run("swish", X, b=0.0), X / 2)
    assert torch.allclose(run("swish", X), F.silu(X))
    assert torch.allclose(run("swish", X, b=1000.0), F.relu(X))
    assert (parameters("swish", (5,)), parameters("swish", (5,), learnable=True)) == (0, 1)
    learned = bench(("swish", {"b": 2.0, "learnable": True}), inputs=(X.float(),))
    learned(X.float()).sum().backward()
    assert learned.module().b.item() == 2 and learned.module().b.grad is not None


@pytest.mark.parametrize(
    ("type_id", "theirs", "params"),
    [
        ("elu", F.elu, {"alpha": 0.5}),
        ("softplus", F.softplus, {"beta": 2.0}),
        ("log_softmax", F.log_softmax, {"dim": 1}),
        ("gelu", F.gelu, {"approximate": "tanh"}),
    ],
)
def test_activations_as_in_torch(type_id: str, theirs: object, params: dict[str, object]) -> None:
    assert torch.equal(run(type_id, X, **params), theirs(X, **params))


def test_deep_fully_connected_nets() -> None:
    made = bench(("linear", {"out_features": 100}), ("relu", {}), ("linear", {"out_features": 10}), inputs=(torch.zeros(1, 784),))
    assert made.analysis.parameters == 79_510  # item 9
    assert parameters("linear", (784,), out_features=10) == 7_850


def test_bilinear_and_embedding() -> None:
    a, b = torch.randn(3, 4), torch.randn(3, 5)
    made = bench(("bilinear", {"out_features": 2}), inputs=(a, b))
    expected = torch.einsum("ni,oij,nj->no", a, made.module().weight, b) + made.module().bias
    assert torch.allclose(made(a, b), expected, atol=1e-5)
    words = bench(("embedding", {"num_embeddings": 9, "embedding_dim": 3}), inputs=(torch.zeros(2, 4),))
    index = torch.tensor([[0.0, 8, 1, 1], [2, 3, 4, 5]])
    assert torch.equal(words(index), words.module().weight[index.long()])


# -- losses ----------------------------------------------------------------------------------------------------------------
def test_binary_likelihood_of_item_12() -> None:
    p, y = torch.tensor([[0.9], [0.2], [0.7], [0.4]]), torch.tensor([1, 0, 1, 1])
    assert loss("binary_nll", p, y, reduction="sum") == pytest.approx(1.60147, abs=1e-5)
    assert loss("bce_with_logits", torch.logit(p), y, reduction="sum") == pytest.approx(1.60147, abs=1e-5)
    assert loss("binary_nll", p, y[:, None].float(), weight=0.5) == pytest.approx(1.60147 / 8, abs=1e-5)
    assert loss("binary_nll", torch.full((5, 1), 0.5), torch.tensor([0, 1, 1, 0, 1])) == pytest.approx(math.log(2))
    assert loss("cross_entropy", torch.zeros(4, 10), torch.tensor([1, 2, 3, 4])) == pytest.approx(math.log(10))  # untrained: ln 10


def test_classification_losses_as_in_torch() -> None:
    torch.manual_seed(0)
    scores, labels = torch.randn(6, 4), torch.tensor([0, 3, 1, 2, 2, 0])
    weights = torch.tensor([1.0, 5, 5, 2])
    assert loss("cross_entropy", scores, labels, class_weights=(1, 5, 5, 2)) == pytest.approx(float(F.cross_entropy(scores, labels, weight=weights)))
    assert loss("cross_entropy", scores, labels, label_smoothing=0.1, reduction="sum") == pytest.approx(
        float(F.cross_entropy(scores, labels, label_smoothing=0.1, reduction="sum"))
    )
    assert loss("cross_entropy", scores, labels, ignore_index=2) == pytest.approx(float(F.cross_entropy(scores, labels, ignore_index=2)))
    assert loss("nll", scores.log_softmax(1), labels) == pytest.approx(loss("cross_entropy", scores, labels))
    assert loss("hinge", scores, labels, margin=0.5) == pytest.approx(float(F.multi_margin_loss(scores, labels, margin=0.5)))
    target = scores.flip(1).softmax(1)
    assert loss("kl_div", scores.log_softmax(1), target) == pytest.approx(float((target * (target.log() - scores.log_softmax(1))).sum() / 6), rel=1e-5)


def test_regression_losses() -> None:
    a, b = torch.tensor([[0.0, 1.0], [4.0, -2.0]]), torch.tensor([[0.5, 1.0], [1.0, 0.0]])
    assert loss("l1", a, b) == pytest.approx((0.5 + 0 + 3 + 2) / 4)
    assert loss("mse", a, b, reduction="sum") == pytest.approx(0.25 + 9 + 4)
    assert loss("huber", a, b, reduction="sum") == pytest.approx(0.125 + 2.5 + 1.5)


def test_losses_per_pixel() -> None:
    torch.manual_seed(1)
    scores, mask = torch.randn(2, 3, 4, 4), torch.randint(3, (2, 4, 4))
    mask[0, 0] = 255
    assert as_masks("cross_entropy", scores, mask, ignore_index=255) == pytest.approx(float(F.cross_entropy(scores, mask, ignore_index=255)))
    sure = F.one_hot(mask % 255 % 3, 3).movedim(-1, 1) * 100.0
    assert as_masks("dice", sure, mask, ignore_index=255) == pytest.approx(0, abs=1e-6)
    assert as_masks("dice", -sure, mask, ignore_index=255) > 0.5


def as_masks(type_id: str, scores: torch.Tensor, mask: torch.Tensor, **params: object) -> float:
    """The printed expression of a loss on scores per pixel; no dataset of the catalog brings masks by itself."""
    from engine.compile.expressions import application
    from engine.compile.library import NAMESPACE
    from engine.layers import registry

    row = registry.TYPES[type_id]
    code = application(row, row.values(params), module="", inputs=["a", "b"], shapes=(tuple(scores.shape), tuple(mask.shape)))
    assert not row.check(row.values(params), tuple(scores.shape), tuple(mask.shape))
    return float(eval(code, {**NAMESPACE, "a": scores, "b": mask}))


def test_several_losses_add_up() -> None:
    """Item 11: the total is the weighted sum."""
    a, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    assert loss("cross_entropy", a, y, weight=0.25) == pytest.approx(0.25 * loss("cross_entropy", a, y))


# -- normalisation and regularisation ------------------------------------------------------------------------------------------
def test_batch_norm_of_item_77() -> None:
    out = run("batch_norm", torch.tensor([[1.0], [2.0], [3.0], [6.0]]))
    assert out[:, 0].tolist() == pytest.approx([-1.06904, -0.53452, 0, 1.60357], abs=1e-4)


def test_the_norms_of_items_81_and_82() -> None:
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64)
    groups_of_one = run("group_norm", x.float(), num_groups=4)
    assert torch.allclose(groups_of_one, run("instance_norm", x.float()), atol=1e-5)
    assert torch.allclose(run("group_norm", x.float(), num_groups=1), run("layer_norm", x.float(), over="whole sample"), atol=1e-5)
    last_two = run("layer_norm", x.float(), over="last two axes")
    assert torch.allclose(last_two, groups_of_one, atol=1e-5)
    assert torch.allclose(run("rms_norm", x.float()), F.rms_norm(x.float(), (3,)))
    assert torch.allclose(run("local_response_norm", x.float(), size=3, k=2.0), F.local_response_norm(x.float(), 3, k=2.0))
    assert parameters("group_norm", (4, 3, 3)) == 8 and parameters("instance_norm", (4, 3, 3)) == 0 and parameters("rms_norm", (5,)) == 5


def test_dropping_keeps_the_mean_and_does_nothing_in_evaluation() -> None:
    torch.manual_seed(0)
    for type_id, x, p in [
        ("dropout", torch.ones(100, 100), 0.2),
        ("channel_dropout", torch.ones(100, 40, 2, 2), 0.5),
        ("stochastic_depth", torch.ones(4000, 2), 0.25),
    ]:
        dropped = run(type_id, x, p=p)
        assert sorted(set(dropped.flatten().tolist())) == pytest.approx([0, 1 / (1 - p)])  # item 86
        assert float(dropped.mean()) == pytest.approx(1, abs=0.06)
        assert torch.equal(run(type_id, x, p=p, evaluate=True), x)
    whole = run("channel_dropout", torch.ones(9, 9, 4, 4)).flatten(2)
    assert torch.equal(whole.amin(2), whole.amax(2))
    branch = run("stochastic_depth", torch.ones(99, 9), p=0.5)
    assert torch.equal(branch.amin(1), branch.amax(1))


def test_noise_only_while_training() -> None:
    x = torch.zeros(200, 100)
    assert float(run("gaussian_noise", x, std=0.5).std()) == pytest.approx(0.5, abs=0.02)
    assert torch.equal(run("gaussian_noise", x, evaluate=True), x)


# -- hand features -----------------------------------------------------------------------------------------------------------
def test_hand_features_of_item_1() -> None:
    made = bench(("hand_features", {}), ("linear", {"out_features": 10}), inputs=(torch.zeros(1, 1, 28, 28),))
    assert made.analysis.nodes["layer1"].outputs == {"out": (1, 16)} and made.analysis.parameters == 170
    dot = torch.zeros(1, 1, 5, 5)
    dot[0, 0, 1, 3] = 7.0
    area, x, y, *rest = run("hand_features", dot)[0].tolist()
    assert (area, x, y) == (pytest.approx(1 / 25), 1, -1) and rest[:7] == [0] * 7
    assert sum(rest[7:10]) == pytest.approx(1) and sum(rest[10:]) == pytest.approx(1)
    bar = run("hand_features", image("0 0 0 0 0/0 0 0 0 0/1 1 1 1 1/0 0 0 0 0/0 0 0 0 0"))[0]
    assert bar[3:6].tolist() == pytest.approx([2, 0, 0])  # places -2 ... 2 have the variance 2
    shifted, scaled = torch.roll(dot, 1, 3), dot * 3 - 2
    assert torch.allclose(run("hand_features", scaled), run("hand_features", dot)) and not torch.allclose(
        run("hand_features", shifted)[0], run("hand_features", dot)[0]
    )


@pytest.mark.parametrize(
    ("type_id", "shape", "params", "words"),
    [
        ("hand_features", (12,), {}, "HandFeatures needs images C H W, got F12"),
        ("channel_dropout", (12,), {}, "ChannelDropout needs images C H W"),
        ("log_softmax", (3,), {"dim": 4}, "The sum over axis 4"),
    ],
)
def test_mistakes_with_values_are_named(type_id: str, shape: tuple[int, ...], params: dict[str, object], words: str) -> None:
    assert words in " ".join(problems(type_id, shape, **params))

"""Combining the answers of several networks: the sums of lecture items 87 and 88 by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.train import combine
from engine.train.combine import LOG_SHARES, NUMBERS, SCORES, YES_SCORES, YES_SHARES


def some_errors(copies: int = 4, samples: int = 60, width: int = 3) -> torch.Tensor:
    torch.manual_seed(0)
    common = torch.randn(1, samples, width)
    return (common + torch.randn(copies, samples, width) * torch.linspace(0.5, 2, copies).view(-1, 1, 1)).double()


def test_the_ensemble_wins_by_how_far_its_members_differ():
    """MSE of the average = mean MSE of the members - ambiguity, exactly."""
    found = combine.squares(some_errors())
    assert found.whole == pytest.approx(found.members - found.ambiguity, rel=1e-12) and found.ambiguity > 0.5


def test_the_optimal_combination_is_at_most_the_average_on_its_data():
    for seed in range(5):
        torch.manual_seed(seed)
        errors = some_errors() * torch.rand(4, 1, 1).double() * 3
        found = combine.squares(errors)
        assert found.optimal <= found.whole + 1e-12
    assert found.optimal < 0.9 * found.whole


def test_optimal_weights_by_hand():
    """Omega = diag(1, 4): the weights go with 1 and 1/4, so 0.8 and 0.2."""
    weights = combine.optimal(torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64)))
    assert weights.tolist() == pytest.approx([0.8, 0.2])
    omega = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64)  # its inverse is [[3, -1], [-1, 2]] / 5
    assert combine.optimal(omega).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_no_weights_are_better():
    errors = some_errors()
    best = combine.optimal(combine.covariance(errors))
    assert best.sum().item() == pytest.approx(1)
    for seed in range(20):
        torch.manual_seed(seed)
        other = torch.randn(4, dtype=torch.float64)
        other = other / other.sum()
        assert combine.weighted(errors, best).square().mean() <= combine.weighted(errors, other).square().mean() + 1e-12


def test_copies_that_are_alike_count_alike():
    same = torch.ones(3, 3, dtype=torch.float64)
    assert combine.optimal(same).tolist() == pytest.approx([1 / 3] * 3)
    assert combine.optimal(torch.zeros(3, 3, dtype=torch.float64)).tolist() == pytest.approx([1 / 3] * 3)


def test_probabilities_are_averaged_not_scores():
    outputs = torch.tensor([[[4.0, 0.0]], [[-1.0, 0.0]]])  # copies, N, K
    mean = combine.shares_of(outputs, SCORES).mean(0)
    assert mean[0].tolist() == pytest.approx([(0.98201 + 0.26894) / 2, 0.374525], abs=1e-4)
    back = combine.outputs_of(mean, SCORES)
    assert F.cross_entropy(back, torch.tensor([0])).item() == pytest.approx(-mean[0, 0].log().item(), abs=1e-6)


@pytest.mark.parametrize("kind", [SCORES, LOG_SHARES, YES_SCORES, YES_SHARES, NUMBERS])
def test_one_copy_is_an_ensemble_of_itself(kind: str):
    torch.manual_seed(1)
    outputs = torch.randn(1, 5, 4)
    outputs = {LOG_SHARES: outputs.log_softmax(2), YES_SHARES: outputs.sigmoid()}.get(kind, outputs)
    back = combine.outputs_of(combine.shares_of(outputs, kind)[0], kind)
    wanted = outputs[0].log_softmax(1) if kind == SCORES else outputs[0]
    assert torch.allclose(back, wanted, atol=1e-5)


def test_votes_by_hand():
    answers = F.one_hot(torch.tensor([[0, 1], [0, 2], [1, 2]]), 3).float() * 0.4 + 0.2  # three copies, two samples
    shares = combine.votes(answers, SCORES)
    assert torch.allclose(shares, torch.tensor([[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]]))
    assert combine.votes(torch.tensor([[0.9], [0.4], [0.7]]), YES_SHARES).tolist() == [pytest.approx(2 / 3)]


def test_errors_leave_out_what_does_not_count():
    shares = torch.tensor([[[0.75, 0.25], [0.5, 0.5]]])  # one copy, two samples, two classes
    found = combine.errors(shares, torch.tensor([0, -100]), SCORES, ignore=-100)
    assert found.tolist() == [[[-0.25, 0.25], [0.0, 0.0]]]
    numbers = combine.errors(torch.tensor([[[1.5]]]), torch.tensor([[1.0]]), NUMBERS, ignore=-100)
    assert numbers.tolist() == [[[0.5]]]


def test_each_half_is_weighted_by_the_other():
    omegas = tuple(torch.diag(torch.tensor(values, dtype=torch.float64)) for values in ((1.0, 4.0), (4.0, 1.0)))  # of even, of odd samples
    shares = torch.tensor([[[1.0], [1.0]], [[0.0], [0.0]]])  # the first copy says 1, the second 0
    assert combine.split(omegas, torch.tensor([6, 7]), shares).flatten().tolist() == pytest.approx([0.2, 0.8])

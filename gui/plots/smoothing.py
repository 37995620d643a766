"""The smoothed training line: a bias-corrected exponential moving average that grows row by row. No Qt, no drawing."""

from __future__ import annotations

import numpy as np

CHUNK = 128  # short enough that weight ** -CHUNK stays harmless for every span that `span_for` can choose


def span_for(steps: int) -> int:
    """Over how many steps the line of a run of `steps` averages: a fortieth of the run, from 10 to 500."""
    return int(min(max(steps // 40, 10), 500))


class MovingAverage:
    """s = w s + (1 - w) x with w = 1 - 2 / (span + 1), divided by 1 - w^n, so that the first values are not pulled to 0.

    Rows that are NaN or infinite have no part in the mean; the line is NaN there.
    """

    def __init__(self, span: int) -> None:
        self.span = span
        self.weight = 1 - 2 / (max(span, 2) + 1)
        self._sum = 0.0
        self._mass = 0.0  # 1 - weight ** n

    def extend(self, values: np.ndarray) -> np.ndarray:
        """The averages at the rows `values`, which follow those given before."""
        result = np.full(len(values), np.nan)
        finite = np.flatnonzero(np.isfinite(values))
        whole = len(finite) // CHUNK * CHUNK
        for rows in (finite[:whole].reshape(-1, CHUNK), finite[whole:].reshape(1, -1)):
            if rows.size:
                result[rows] = self._stretches(np.asarray(values, dtype=float)[rows])
        return result

    def _stretches(self, values: np.ndarray) -> np.ndarray:
        """The recursion over stretches (k, n) that follow each other, each in closed form: no Python loop over rows."""
        powers = self.weight ** np.arange(1, values.shape[1] + 1)
        within = np.cumsum((1 - self.weight) * values / powers, axis=1)
        before = np.empty((len(values), 2))  # sum and mass ahead of each stretch
        for index, gain in enumerate(within[:, -1].tolist()):
            before[index] = self._sum, self._mass
            self._sum = float(powers[-1]) * (self._sum + gain)
            self._mass = 1 - float(powers[-1]) * (1 - self._mass)
        sums, mass = powers * (before[:, :1] + within), 1 - powers * (1 - before[:, 1:])
        return sums / mass

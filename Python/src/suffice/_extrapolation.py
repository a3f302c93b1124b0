"""Fewer iterations where they converge slowly: parameters are extrapolated from those of the last three.

Source: Varadhan & Roland, *Simple and globally convergent methods for accelerating the convergence of any EM
algorithm*, Scandinavian Journal of Statistics 35 (2008), scheme S3. An extrapolated point is where one iteration
starts; where the bound falls there, whoever asked goes on from the last iteration instead.
"""
from __future__ import annotations

import numpy as np


class Trail:
    """The counts, means and covariances of the last iterations."""

    def __init__(self, kind):
        self.kind = kind
        self.moments: list = []
        # How many iterations' changes a step may be, at most; more after such a step did well, fewer after a bad one.
        self.most = 4.0
        self.step = 0.0

    def restart(self, moments, *, is_better):
        """Begins with the moments after an extrapolated start, or, where that was no better, with those before it."""
        self.moments = [moments]
        if not is_better:
            self.most = max(self.most / 4, 2.0)
        elif self.step == self.most:
            self.most *= 4

    def extrapolated(self, moments):
        """Takes note of one more iteration's moments; those to go on from, or None where it is too early to tell."""
        self.moments.append(moments)
        if len(self.moments) < 3:
            return None
        # Where nothing is left of a component, what comes out are no numbers, and no step is made of them.
        with np.errstate(all="ignore"):
            a, b, c = (self._coordinates(*m) for m in self.moments)
            self.moments = [moments]
            return self._step(a, b, c, moments)

    def _step(self, a, b, c, moments):
        change = [y - x for x, y in zip(a, b)]
        bend = [(z - y) - (y - x) for x, y, z in zip(a, b, c)]
        size, curvature = self._size(change, *moments), self._size(bend, *moments)
        if not size > curvature > 0:
            return None
        step = self.step = min(size / curvature, self.most)
        counts, means, covariances = (x + 2 * step * r + step * step * v for x, r, v in zip(a, change, bend))
        return np.exp(counts), means, covariances if self._is_matrix(covariances) else np.exp(covariances)

    def _is_matrix(self, covariances):
        return self.kind in ("full", "tied") and covariances.shape[-1] > 1

    def _coordinates(self, counts, means, covariances):
        """Positive numbers by their logarithms, so that they stay positive."""
        return np.log(counts), means, covariances if self._is_matrix(covariances) else np.log(covariances)

    def _size(self, parts, counts, means, covariances):
        """A length: means in deviations of their component, every component by its share of the rows."""
        share = counts / counts.sum()
        if self._is_matrix(covariances):
            deviations = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
            spread = parts[2] / (deviations[..., :, None] * deviations[..., None, :])
        else:
            deviations = np.sqrt(covariances.reshape(-1, 1) if covariances.ndim != 2 else covariances)
            spread = parts[2]
        squares = share @ parts[0] ** 2 + share @ ((parts[1] / deviations) ** 2).sum(1)
        each = (spread**2).reshape(len(spread), -1).sum(1)
        return np.sqrt(squares + (share @ each if len(each) == len(share) and self.kind != "tied" else each.sum()))
